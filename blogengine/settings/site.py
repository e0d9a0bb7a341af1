"""The blog's own settings and those of its theme, and the `Setup` that the next app is built from."""

import contextlib
import os
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from blogengine import db as database
from blogengine import schema
from blogengine import secret
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
from blogengine.places import read_layout
from blogengine.plugins import discovery
from blogengine.runtime import blog
from blogengine.secret import Lost
from blogengine.secret import Secret
from blogengine.settings.changes import tell_change
from blogengine.setup import INSTALLED
from blogengine.setup import PluginSetup
from blogengine.setup import Setup
from blogengine.setup import SiteSettings
from blogengine.tryouts import Trial

LAYOUT = "_layout"
_THEME = "_theme:"
ORDER = "_plugin_order"
"""Where the order of plugins is stored."""
AUTHORS = "_author_permissions"
"""Where it is stored which permissions authors have, where that is other than the default."""


def load_setup(
    connection: Connection,
    config: Config,
    candidates: dict[str, discovery.Candidate],
    *,
    also: str = "",
    also_source: str = "",
    trial: Trial | None = None,
) -> Setup:
    """Read what the next app is built from. The generation is read first, so the rest is never older than it.

    `also` is a plugin that is to run whatever the owner decided so far, from `also_source` where it is given. `trial` stands
    on top of all that is stored.
    """
    generation = (
        connection.execute(sa.select(cache_tag.c.seq).where(cache_tag.c.tag == SETUP_TAG)).scalar() or 0
    )
    stored: dict[str, Any] = {
        row.key: row.value for row in connection.execute(sa.select(Setting.key, Setting.value))
    }
    trial = trial or Trial()
    opened = {**secret.opened(config.secret_key, "", stored), **trial.site}
    reading = schema.read_all(SiteSettings, opened, given=_given(config, os.environ))
    site, problems = reading.settings, [f"Setting {name}: {text}" for name, text in reading.problems.items()]
    chosen = stored.get(f"{_THEME}{site.theme}") or {}
    if not isinstance(chosen, dict) or not all(isinstance(value, str) for value in chosen.values()):
        problems.append(f"What is stored for the theme {site.theme} cannot be used; its own settings hold.")
        chosen = {}
    blog_id, created = _identity(stored, problems)
    columns = (
        PluginState.id,
        PluginState.enabled,
        PluginState.settings,
        PluginState.source,
        PluginState.holds_comments,
    )
    states = {row.id: row for row in connection.execute(sa.select(*columns))}
    plugins = []
    if not config.safe_mode:
        for plugin_id in sorted({*candidates, *states}):
            found, state = candidates.get(plugin_id), states.get(plugin_id)
            wanted = state.enabled if state is not None else found is not None and found.on_by_default
            is_trial = plugin_id == also
            wanted = (wanted and plugin_id not in trial.off) or plugin_id in trial.on
            if wanted or is_trial:
                source = (also_source if is_trial else "") or (state.source if state is not None else "")
                there = discovery.resolve(found, source)
                version = there.manifest.version if there is not None else ""
                kept = (
                    secret.opened(config.secret_key, plugin_id, state.settings) if state is not None else {}
                )
                if plugin_id in trial.plugins:
                    kept = {**(kept if isinstance(kept, dict) else {}), **trial.plugins[plugin_id]}
                given = schema.find_given(plugin_prefix(plugin_id), os.environ)
                at_home = stored.get(f"{INSTALLED}{plugin_id}")
                plugins.append(PluginSetup(plugin_id, version, kept, given, source, is_trial, at_home))
    order = stored.get(ORDER)
    layout, misplaced = read_layout(stored.get(LAYOUT))
    authors = stored.get(AUTHORS) or {}
    if not isinstance(authors, dict):
        problems.append(
            "What is stored about the permissions of authors cannot be used; save them anew under People."
        )
        authors = {}
    return Setup(
        generation=generation,
        site=site,
        plugins=tuple(plugins),
        blog_id=blog_id,
        theme_settings=chosen,
        blog_created=created,
        layout=layout,
        problems=(*problems, *misplaced),
        locked=reading.locked,
        author_permissions={name: value is True for name, value in authors.items()},
        plugin_order=tuple(filter(None, map(str, order))) if isinstance(order, list) else (),
        holding=tuple(sorted(row.id for row in states.values() if row.holds_comments and not row.enabled)),
    )


def _identity(stored: Mapping[str, Any], problems: list[str]) -> tuple[str, str]:
    """Return the blog's id and the date it was made, which ids of feed entries begin with."""
    blog_id, created = str(stored.get("_blog_id")), str(stored.get("_blog_created"))
    if re.fullmatch("[A-Za-z0-9_-]{1,64}", blog_id) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", created):
        with contextlib.suppress(ValueError):
            date.fromisoformat(created)
            return blog_id, created
    problems.append(
        "The blog's own id is damaged: feed readers will show entries twice. Take the rows _blog_id and _blog_created "
        "of the table setting from a backup."
    )
    return "0", "1970-01-01"


def plugin_prefix(plugin_id: str) -> str:
    """Return how variables of the environment begin that give settings of a plugin."""
    return f"BLOGENGINE_P_{plugin_id.upper()}__"


def _given(config: Config, environment: Mapping[str, str]) -> schema.Given:
    """Return what the environment gives of the blog's settings; `Config` has read the address already."""
    fields = [item.name.upper() for item in schema.describe(SiteSettings) if item.name != "url"]
    ours = {f"BLOGENGINE_{name}{end}" for name in fields for end in ("", "_FILE")}
    given = {name: text for name, text in environment.items() if name in ours}
    return schema.find_given("BLOGENGINE_", given)


def save_site(site: SiteSettings) -> None:
    """Store the blog's settings, but for those that the environment gives."""
    key, locked = blog().config.secret_key, blog().setup.locked
    described = schema.describe(SiteSettings)
    wanted = {name: value for name, value in schema.differences(site).items() if name not in locked}
    ready = {
        name: secret.seal(key, "", value) if isinstance(value, Secret) else value
        for name, value in wanted.items()
    }

    def change(tx: Transaction) -> None:
        rows = {
            row.key: row
            for row in tx.session.scalars(
                sa.select(Setting).where(Setting.key.in_([item.name for item in described]))
            )
        }
        raw = {name: row.value for name, row in rows.items()}
        before = secret.opened(key, "", raw)
        changed = [
            item.name
            for item in described
            if item.name not in locked
            and not (
                item.kind == "secret"
                and isinstance(before.get(item.name), Lost)
                and not getattr(site, item.name)
            )
            and (item.name in wanted, wanted.get(item.name)) != (item.name in before, before.get(item.name))
        ]
        for name in changed:
            if name not in ready:
                tx.session.delete(rows[name])
            elif name in rows:
                rows[name].value = ready[name]
            else:
                tx.session.add(Setting(key=name, value=ready[name]))
        if changed:
            after = {name: value for name, value in before.items() if name not in changed}
            after |= {name: wanted[name] for name in changed if name in wanted}
            tell_change(tx, "", SiteSettings, before, after)
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
