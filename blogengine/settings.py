"""The blog's settings and its plugins' states: what is stored, read into a `Setup`; every change makes a new one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from blogengine import clock
from blogengine import db as database
from blogengine import schema
from blogengine import themes
from blogengine.config import Config
from blogengine.db import Transaction
from blogengine.db import cache_tag
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import PluginError
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG as SETUP_TAG
from blogengine.plugins import discovery
from blogengine.plugins.guards import Failure
from blogengine.runtime import blog
from blogengine.setup import PluginSetup
from blogengine.setup import Setup
from blogengine.setup import SiteSettings

_JUDGING = "judge_comment"
_THEME = "_theme:"


def load_setup(
    connection: Connection, config: Config, candidates: dict[str, discovery.Candidate], *, also: str = ""
) -> Setup:
    """Read what the next app is built from. The generation is read first, so the rest is never older than it.

    `also` is a plugin that is to run whatever the owner decided so far.
    """
    generation = (
        connection.execute(sa.select(cache_tag.c.seq).where(cache_tag.c.tag == SETUP_TAG)).scalar() or 0
    )
    stored: dict[str, Any] = {
        row.key: row.value for row in connection.execute(sa.select(Setting.key, Setting.value))
    }
    site, problems = schema.read(SiteSettings, stored)
    states = {
        row.id: row
        for row in connection.execute(sa.select(PluginState.id, PluginState.enabled, PluginState.settings))
    }
    plugins = []
    if not config.safe_mode:
        for plugin_id in sorted({*candidates, *states}):
            candidate, state = candidates.get(plugin_id), states.get(plugin_id)
            wanted = state.enabled if state is not None else candidate is not None and candidate.on_by_default
            if wanted or plugin_id == also:
                version = candidate.manifest.version if candidate is not None else ""
                plugins.append(PluginSetup(plugin_id, version, state.settings if state is not None else {}))
    return Setup(
        generation=generation,
        site=site,
        plugins=tuple(plugins),
        blog_id=str(stored.get("_blog_id", "")),
        theme_settings=stored.get(f"{_THEME}{site.theme}") or {},
        blog_created=str(stored.get("_blog_created", "")),
        problems=tuple(f"Setting {name}: {text}" for name, text in problems.items()),
    )


def save_site(site: SiteSettings) -> None:
    """Store the blog's settings."""

    def change(tx: Transaction) -> None:
        names = [item.name for item in schema.describe(SiteSettings)]
        tx.session.execute(sa.delete(Setting).where(Setting.key.in_(names)))
        for key, value in schema.differences(site).items():
            tx.session.add(Setting(key=key, value=value))
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def save_theme_settings(theme: themes.Theme, typed: dict[str, str]) -> None:
    """Store settings of a theme on top of those it has; an empty value goes back to the theme's own.

    Raises `Invalid` with a sentence for each setting that does not fit.
    """
    problems: dict[str, str] = {}
    accepted: dict[str, str] = {}
    for key, value in typed.items():
        try:
            accepted[key] = themes.accept_setting(theme, key, value) if value.strip() else ""
        except Refused as refusal:
            problems[key] = str(refusal)
    if problems:
        raise Invalid(problems)

    def change(tx: Transaction) -> None:
        row = tx.session.get(Setting, f"{_THEME}{theme.id}")
        chosen = {**(row.value if row is not None else {}), **accepted}
        chosen = {key: value for key, value in chosen.items() if value}
        if row is None:
            tx.session.add(Setting(key=f"{_THEME}{theme.id}", value=chosen))
        else:
            row.value = chosen
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def is_blank() -> bool:
    """Whether the owner has not yet given the blog a title."""
    return db.session.get(Setting, "title") is None


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
    _set_state(plugin_id, enabled=True)


def disable(plugin_id: str, *, reason: str = "") -> None:
    """Let a plugin run nowhere from the next request on; its data stays. `reason` is kept when the engine did it."""
    if plugin_id not in blog().plugins.candidates and db.session.get(PluginState, plugin_id) is None:
        raise NotFound(
            f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there."
        )
    _set_state(plugin_id, enabled=False, reason=reason)


def save_plugin_settings(plugin_id: str, form: dict[str, Any]) -> None:
    """Store a plugin's settings from what was typed. Raises `Invalid` with a sentence for each field."""
    plugins = blog().plugins
    cls = plugins.settings_classes.get(plugin_id)
    if cls is None:
        raise NotFound(f"The plugin {plugin_id} has no settings, or does not run.")
    values = schema.differences(schema.parse(cls, form, plugins.settings(plugin_id)))
    known = {item.name for item in schema.describe(cls)}

    def change(tx: Transaction) -> None:
        state = tx.session.get(PluginState, plugin_id)
        if state is None:
            state = PluginState(id=plugin_id, enabled=True, settings={}, changed_at=clock.now())
            tx.session.add(state)
        kept = {key: value for key, value in (state.settings or {}).items() if key not in known}
        state.settings, state.changed_at = {**kept, **values}, clock.now()
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def _set_state(plugin_id: str, *, enabled: bool, reason: str = "") -> None:
    def change(tx: Transaction) -> None:
        state = tx.session.get(PluginState, plugin_id)
        if state is None:
            state = PluginState(id=plugin_id, settings={})
            tx.session.add(state)
        state.enabled, state.off_reason, state.changed_at = enabled, reason, clock.now()
        tx.bump(SETUP_TAG, "settings")

    database.write(change)


def store_failures(failures: list[Failure]) -> None:
    """Store what plugins did wrong; a plugin whose hook went mute is switched off, unless it judges comments.

    A judge stays: while it is mute every comment is held, and switching it off would publish them.
    """
    if not failures:
        return

    def change(tx: Transaction) -> None:
        for failure in failures:
            row = tx.session.scalars(
                sa.select(PluginError).where(
                    PluginError.plugin_id == failure.plugin_id, PluginError.fingerprint == failure.fingerprint
                )
            ).first()
            now = clock.now()
            if row is None:
                row = PluginError(
                    plugin_id=failure.plugin_id,
                    hook=failure.hook,
                    fingerprint=failure.fingerprint,
                    count=0,
                    first_at=now,
                )
                tx.session.add(row)
            row.count += 1
            row.message, row.traceback, row.last_at = failure.message, failure.traceback, now
        for failure in failures:
            if failure.muting and not blog().plugins.implements(failure.plugin_id, _JUDGING):
                _set_state(
                    failure.plugin_id,
                    enabled=False,
                    reason=f"Switched off because {failure.hook} kept failing: {failure.message}",
                )

    database.write(change)


def failures_of(plugin_id: str) -> list[PluginError]:
    """Return the stored failures of a plugin, latest first."""
    return list(
        db.session.scalars(
            sa.select(PluginError)
            .where(PluginError.plugin_id == plugin_id)
            .order_by(PluginError.last_at.desc())
        )
    )


def failure_counts() -> dict[str, int]:
    """Return how many failures of each plugin are stored."""
    rows = db.session.execute(
        sa.select(PluginError.plugin_id, sa.func.sum(PluginError.count)).group_by(PluginError.plugin_id)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def forget_failures(plugin_id: str) -> None:
    """Delete the stored failures of a plugin."""

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(PluginError).where(PluginError.plugin_id == plugin_id))

    database.write(change)


def states() -> dict[str, PluginState]:
    """Return what the owner decided about plugins, by id."""
    return {state.id: state for state in db.session.scalars(sa.select(PluginState))}
