"""The blog's own settings and those of its theme, and the `Setup` that the next app is built from."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from blogengine import db as database
from blogengine import schema
from blogengine import themes
from blogengine.config import Config
from blogengine.db import Transaction
from blogengine.db import cache_tag
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins import discovery
from blogengine.setup import PluginSetup
from blogengine.setup import Setup
from blogengine.setup import SiteSettings

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
