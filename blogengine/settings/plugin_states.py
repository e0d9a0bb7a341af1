"""What the owner decided about plugins: which run, and with which settings."""

from collections.abc import Sequence

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins import discovery
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.door_report import NotLetIn
from blogengine.plugins.manifest import did_you_mean
from blogengine.runtime import blog
from blogengine.settings.site import ORDER
from blogengine.setup import INSTALLED


def enable(plugin_id: str, source: str = "") -> Candidate:
    """Let a plugin run in all processes from their next request on; return the one that runs.

    Of several with this id it is the one in front, or that from `source` (`bundled`, `installed`, `drop-in`, or one of these
    with the name of the distribution or file). It is tried at the door first; raises `NotLetIn` with the report when
    it does not pass, and nothing changes.
    """
    running = blog()
    if running.config.safe_mode:
        raise Refused("In safe mode no plugin is enabled.", code="safe_mode", hint="Leave safe mode first.")
    found = discovery.find(running.config.drop_in_folder).get(plugin_id)
    if found is None:
        raise NotFound(
            f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there."
        )
    chosen = next((one for one in found.everyone if source in ("", one.source, one.origin)), None)
    if chosen is None:
        there = ", ".join(repr(one.source) for one in found.everyone)
        raise NotFound(f"There is no plugin {plugin_id} from {source!r}.", hint=f"It is there from: {there}.")
    report = running.try_plugin(plugin_id, chosen.source)
    if report.problems:
        raise NotLetIn(report)
    db.session.rollback()  # an open snapshot would keep PostgreSQL from changing the plugin's tables
    running.install_plugin(plugin_id, chosen.source)
    return chosen


def disable(plugin_id: str, *, reason: str = "", with_dependants: bool = False) -> list[str]:
    """Let a plugin run nowhere from the next request on; its data stays. `reason` is kept when the engine did it.

    Returns the ids of what was switched off. Raises `Refused` when plugins that run need it, unless they are to go
    `with_dependants`.
    """
    plugins = blog().plugins
    if plugin_id not in plugins.candidates and db.session.get(PluginState, plugin_id) is None:
        raise NotFound(
            f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there."
        )
    needed_by = [other for other in plugins.needed_by(plugin_id) if plugins.is_active(other)]
    if needed_by and not with_dependants and not reason:
        names = ", ".join(needed_by)
        raise Refused(
            f"The plugin {plugin_id} was not disabled: {names} cannot run without it.",
            code="needed",
            hint=f"Disable {'it' if len(needed_by) == 1 else 'them'} too: "
            f"blogengine plugins disable {plugin_id} --with-dependants",
        )
    switched_off = [plugin_id, *(needed_by if with_dependants else ())]

    def change(tx: Transaction) -> None:
        for one in reversed(switched_off):
            _store(tx, one, enabled=False, reason=reason)

    database.write(change)
    return switched_off


def set_state(
    plugin_id: str, *, enabled: bool, reason: str = "", source: str = "", holds_comments: bool = False
) -> None:
    """Store whether a plugin runs; all processes follow. With `holds_comments` all comments wait while it is off."""

    def change(tx: Transaction) -> None:
        state = _store(tx, plugin_id, enabled=enabled, reason=reason, source=source)
        state.holds_comments = holds_comments

    database.write(change)


def _store(
    tx: Transaction, plugin_id: str, *, enabled: bool, reason: str = "", source: str = ""
) -> PluginState:
    state = tx.session.get(PluginState, plugin_id)
    if state is None:
        state = PluginState(id=plugin_id, settings={}, source="")
        tx.session.add(state)
    state.enabled, state.off_reason, state.changed_at = enabled, reason, clock.now()
    state.source, state.holds_comments = source or state.source, False
    tx.bump(SETUP_TAG, "settings")
    return state


def save_order(plugin_ids: Sequence[str]) -> None:
    """Store the order in which plugins are called; those that are not named follow. An empty one is the default order.

    Raises `Refused` for an id that is named twice or that no plugin has.
    """
    known = {*discovery.find(blog().config.drop_in_folder), *states()}
    for plugin_id in plugin_ids:
        if plugin_id not in known:
            raise Refused(f"There is no plugin {plugin_id}.{did_you_mean(plugin_id, known)}")
        if list(plugin_ids).count(plugin_id) > 1:
            raise Refused(f"{plugin_id} is named twice; name each plugin once.")

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(Setting).where(Setting.key == ORDER))
        if plugin_ids:
            tx.session.add(Setting(key=ORDER, value=list(plugin_ids)))
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def note_installed(tx: Transaction, plugin_id: str, version: str) -> None:
    """Write down which version of a plugin is at home here."""
    tx.session.merge(Setting(key=f"{INSTALLED}{plugin_id}", value=version))
    tx.bump(SETUP_TAG)


def states() -> dict[str, PluginState]:
    """Return what the owner decided about plugins, by id."""
    return {state.id: state for state in db.session.scalars(sa.select(PluginState))}
