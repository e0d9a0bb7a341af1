"""Putting back what a removed plugin kept, from the file that was written before."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from blogengine import access
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.errors import Refused
from blogengine.meta import write_meta
from blogengine.models import PluginState
from blogengine.pagecache import SETUP_TAG
from blogengine.runtime import blog
from blogengine.tables import version_table_of

_SOME = 500


def restore(path: Path) -> tuple[str, int]:
    """Put back rows, meta and settings from the file at `path`, in place of what the plugin keeps now.

    The plugin must run, with its tables at the step of the file. Returns its id and how many rows there were. Raises
    `Refused` with the reason; then nothing was changed.
    """
    kept = _read(path)
    plugin_id, tables = str(kept["plugin"]), dict(kept["tables"])
    if not blog().plugins.is_active(plugin_id):
        raise Refused(
            f"The plugin {plugin_id} does not run.", hint=f"First: blogengine plugins enable {plugin_id}"
        )
    steps = tables.pop(version_table_of(plugin_id), [])

    def change(tx: Transaction) -> int:
        connection = tx.session.connection()
        found = sa.MetaData()
        for name in [*tables, *([version_table_of(plugin_id)] if steps else [])]:
            if not sa.inspect(connection).has_table(name):
                raise Refused(f"The plugin {plugin_id} has no table {name} here.")
            sa.Table(name, found, autoload_with=connection, resolve_fks=False)
        if steps:
            present = connection.scalar(sa.select(found.tables[version_table_of(plugin_id)]))
            if present != steps[0]["version_num"]:
                raise Refused(
                    f"The file was written at step {steps[0]['version_num']} of the tables of {plugin_id}, which are at "
                    f"step {present} here.",
                    hint="Install the version that wrote it first.",
                )
        own = [table for table in found.sorted_tables if table.name in tables]
        for table in reversed(own):
            tx.session.execute(sa.delete(table))
        for table in own:
            _fill(tx, table, tables[table.name])
        for row in kept.get("meta", ()):
            write_meta(tx, row["owner_kind"], row["owner_id"], plugin_id, row["key"], row["value"])
        state = tx.session.get(PluginState, plugin_id)
        if state is not None:
            state.settings = kept.get("settings") or {}
        access.put_back(tx, plugin_id, kept.get("permissions") or {})
        tx.bump(SETUP_TAG, "settings")
        return sum(map(len, tables.values()))

    try:
        return plugin_id, database.write(change)
    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
        raise Refused(
            f"The rows do not fit any more: {error.orig}. What they point to may have been deleted.",
            hint="Nothing was changed.",
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        tables = kept["tables"]
        if isinstance(kept["plugin"], str) and all(isinstance(rows, list) for rows in tables.values()):
            return dict(kept)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise Refused(f"{path} is no file that `blogengine plugins uninstall` wrote.")


def _fill(tx: Transaction, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    postgresql = tx.session.get_bind().dialect.name == "postgresql"
    for start in range(0, len(rows), _SOME):
        some = [_values(table, row, aware=postgresql) for row in rows[start : start + _SOME]]
        tx.session.execute(sa.insert(table), some)
    if postgresql and rows:
        for column in table.primary_key:
            if isinstance(column.type, sa.Integer):
                _go_on_counting(tx, table, column)


def _go_on_counting(tx: Transaction, table: sa.Table, column: sa.Column[Any]) -> None:
    """Let PostgreSQL number the next row after those that were put back."""
    named = sa.func.pg_get_serial_sequence(table.name, column.name)
    if tx.session.scalar(sa.select(named)) is not None:
        tx.session.execute(sa.select(sa.func.setval(named, sa.select(sa.func.max(column)).scalar_subquery())))


def _values(table: sa.Table, row: dict[str, Any], *, aware: bool) -> dict[str, Any]:
    return {name: _value(table.columns[name], row[name], aware=aware) for name in _known(table, row)}


def _known(table: sa.Table, row: dict[str, Any]) -> Iterable[str]:
    unknown = row.keys() - table.columns.keys()
    if unknown:
        raise Refused(f"The table {table.name} has no column {min(unknown)}.")
    return row


def _value(column: sa.Column[Any], value: Any, *, aware: bool) -> Any:
    if isinstance(value, dict) and value.keys() == {"base64"}:
        return base64.b64decode(value["base64"])
    if isinstance(value, str) and isinstance(column.type, sa.DateTime):
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment if aware else moment.replace(tzinfo=None)
    if isinstance(value, str) and isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return value
