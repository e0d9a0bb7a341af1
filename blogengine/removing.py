"""Removing a plugin with all it left in the database, after a copy of it was written to a file."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import date
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from blogengine import access
from blogengine import clock
from blogengine.db import Transaction
from blogengine.db import cache_tag
from blogengine.db import db
from blogengine.errors import BlogError
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.migrations import drop_tables
from blogengine.migrations import found_tables
from blogengine.models import Meta
from blogengine.models import Outbox
from blogengine.models import PluginError
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins.guards import is_for_us
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.settings.plugin_states import set_state
from blogengine.setup import INSTALLED
from blogengine.tables import VERSION

FOLDER = "removed-plugins"
"""Where in the instance the copies lie."""


def belongings(plugin_id: str) -> dict[str, int]:
    """Return how many rows a plugin keeps, by the name of its table; `meta` for its small data.

    Raises `NotFound` where neither the plugin nor anything of it is here.
    """
    running = blog()
    with db.engine.connect() as connection:
        names = found_tables(connection, plugin_id, _ids(running))
        counts = {name: _count(connection, sa.table(name)) for name in names if not name.endswith(VERSION)}
        counts["meta"] = _count(connection, Meta.__table__, Meta.plugin_id == plugin_id)
        known = connection.execute(sa.select(PluginState.id).where(PluginState.id == plugin_id)).first()
    if not (known or names or counts["meta"] or plugin_id in running.plugins.candidates):
        raise NotFound(
            f"There is no plugin {plugin_id} and nothing of it.",
            hint="`blogengine plugins list` shows what is there.",
        )
    return {name: count for name, count in counts.items() if count or name != "meta"}


def remove(plugin_id: str, *, force: bool = False) -> Path:
    """Remove a plugin's tables, meta, settings, waiting jobs and errors; return the file that has a copy of them.

    A plugin that can run is asked first (`uninstalling`), in an app that was built for it; `force` removes it although it
    raises. Its code stays where it is. Raises `Refused` with the reason; then nothing is removed.
    """
    running = blog()
    belongings(plugin_id)
    db.session.rollback()
    copy = _export(running, plugin_id)

    def change(tx: Transaction) -> None:
        _farewell(tx, running, plugin_id, force=force)
        _forget(tx, running, plugin_id)

    drop_tables(db.engine, plugin_id, _ids(running), change)
    return copy


def set_aside(plugin_id: str) -> None:
    """Stop a plugin, also one whose code is gone, but keep its tables, meta and settings for its return."""
    belongings(plugin_id)
    set_state(plugin_id, enabled=False)


def _ids(running: Blog) -> set[str]:
    return {*running.plugins.candidates, *running.plugins.statuses}


def _count(connection: Connection, table: Any, *conditions: Any) -> int:
    return int(
        connection.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one()
    )


def _farewell(tx: Transaction, running: Blog, plugin_id: str, *, force: bool) -> None:
    try:
        with tx.session.begin_nested():
            running.plugins.ask(plugin_id, "uninstalling", tx=tx)
    except BaseException as error:
        if is_for_us(error):
            raise
        if force:
            return
        if isinstance(error, BlogError):
            raise
        raise Refused(
            f"The plugin {plugin_id} failed when it was told of its removal: {type(error).__name__}: {error}.",
            code="broken",
            hint=f"Nothing was removed. `blogengine plugins uninstall {plugin_id} --force` does not ask it.",
        ) from error


def _forget(tx: Transaction, running: Blog, plugin_id: str) -> None:
    """Delete the plugin's rows in the core's tables."""
    session = tx.session
    marks = [f"t:{name}" for name in found_tables(session.connection(), plugin_id, _ids(running))]
    session.execute(sa.delete(cache_tag).where(cache_tag.c.tag.in_(marks)))
    session.execute(sa.delete(Meta).where(Meta.plugin_id == plugin_id))
    session.execute(sa.delete(PluginError).where(PluginError.plugin_id == plugin_id))
    session.execute(
        sa.delete(Outbox).where(
            sa.or_(
                Outbox.kind.startswith(f"{plugin_id}.", autoescape=True),
                Outbox.kind.startswith(f"{plugin_id}:", autoescape=True),
            )
        )
    )
    access.put_back(tx, plugin_id, {})
    session.execute(sa.delete(Setting).where(Setting.key == f"{INSTALLED}{plugin_id}"))
    session.execute(sa.delete(PluginState).where(PluginState.id == plugin_id))
    candidate = running.plugins.candidates.get(plugin_id)
    if candidate is not None and candidate.on_by_default:
        set_state(plugin_id, enabled=False)  # without a row it would run again at once
    tx.bump(SETUP_TAG, "settings", "jobs")


def _export(running: Blog, plugin_id: str) -> Path:
    """Write everything that will be removed into a JSON file that only this user can read."""
    folder = running.config.instance / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{plugin_id}-{clock.now():%Y%m%d-%H%M%S}.json"
    state = db.session.get(PluginState, plugin_id)
    candidate = running.plugins.candidates.get(plugin_id)
    with (
        db.engine.connect() as connection,
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file,
    ):
        facts = {
            "plugin": plugin_id,
            "version": candidate.manifest.version if candidate is not None else "",
            "settings": dict(state.settings or {}) if state is not None else {},
            "permissions": access.chosen_for(plugin_id, db.session()),
            "meta": [
                dict(row)
                for row in connection.execute(
                    sa.select(Meta.owner_kind, Meta.owner_id, Meta.key, Meta.value).where(
                        Meta.plugin_id == plugin_id
                    )
                ).mappings()
            ],
        }
        file.write(json.dumps(facts, ensure_ascii=False, default=_plain)[:-1])
        file.write(', "tables": {')
        for number, name in enumerate(found_tables(connection, plugin_id, _ids(running))):
            file.write(f"{', ' if number else ''}{json.dumps(name)}: [")
            for line, row in enumerate(_rows(connection, name)):
                file.write(f"{',' if line else ''}\n{json.dumps(row, ensure_ascii=False, default=_plain)}")
            file.write("]")
        file.write("}}\n")
    return path


def _rows(connection: Connection, name: str) -> Iterator[dict[str, Any]]:
    table = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    for row in connection.execution_options(yield_per=500).execute(sa.select(table)).mappings():
        yield dict(row)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    return float(value) if isinstance(value, Decimal) else str(value)
