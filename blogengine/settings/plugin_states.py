"""What the owner decided about plugins: which run, and with which settings."""

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import PluginState
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins import discovery
from blogengine.runtime import blog


def enable(plugin_id: str) -> None:
    """Let a plugin run in all processes from their next request on.

    An app with it is built first; raises `Refused` with the reason when it does not run there, and nothing changes.
    """
    running = blog()
    candidates = discovery.find(running.config.drop_in_folder)
    if plugin_id not in candidates:
        raise NotFound(
            f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there."
        )
    reason = running.try_plugin(plugin_id)
    if reason:
        raise Refused(f"The plugin {plugin_id} was not enabled: {reason}", code="broken")
    db.session.rollback()  # an open snapshot would keep PostgreSQL from changing the plugin's tables
    running.install_plugin(plugin_id)


def disable(plugin_id: str, *, reason: str = "") -> None:
    """Let a plugin run nowhere from the next request on; its data stays. `reason` is kept when the engine did it."""
    if plugin_id not in blog().plugins.candidates and db.session.get(PluginState, plugin_id) is None:
        raise NotFound(
            f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there."
        )
    set_state(plugin_id, enabled=False, reason=reason)


def set_state(plugin_id: str, *, enabled: bool, reason: str = "") -> None:
    """Store whether a plugin runs; all processes follow."""

    def change(tx: Transaction) -> None:
        state = tx.session.get(PluginState, plugin_id)
        if state is None:
            state = PluginState(id=plugin_id, settings={})
            tx.session.add(state)
        state.enabled, state.off_reason, state.changed_at = enabled, reason, clock.now()
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def states() -> dict[str, PluginState]:
    """Return what the owner decided about plugins, by id."""
    return {state.id: state for state in db.session.scalars(sa.select(PluginState))}
