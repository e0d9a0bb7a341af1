"""The database's schema, step by step (Alembic), and how it is brought up to date."""

import importlib
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine.db import Transaction
from blogengine.tables import Tables
from blogengine.tables import owners_of

HEAD = "0008"
"""The newest step; a test compares it with the steps that are there."""


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD


def upgrade(engine: Engine) -> bool:
    """Bring the database to the newest schema; returns whether anything was done.

    Raises `ConfigError` when the database was written by a newer engine, or cannot be reached. Alembic is loaded
    only when there is something to do: it costs a server 10 MB and a tenth of a second at every start.
    """
    try:
        if is_current(engine):
            return False
    except sa.exc.DatabaseError:
        pass  # the careful way below says what is wrong
    done: bool = importlib.import_module("blogengine.migrations.running").upgrade(engine)
    return done


def version_of(connection: Connection, tables: Tables) -> str:
    """Return the step that a plugin's tables are at (`0002`); empty while it has none."""
    if not sa.inspect(connection).has_table(tables.version_table):
        return ""
    version = sa.table(tables.version_table, sa.column("version_num"))
    return str(connection.execute(sa.select(version.c.version_num)).scalar() or "")


def upgrade_plugin(engine: Engine, tables: Tables, change: Callable[[Transaction], object]) -> None:
    """Bring a plugin's own tables to its newest step and run `change`, whole or not at all.

    Under the lock of the core's own steps. Raises `Refused` with the reason.
    """
    importlib.import_module("blogengine.migrations.plugins").upgrade(engine, tables, change)


def found_tables(connection: Connection, plugin_id: str, plugin_ids: Iterable[str]) -> list[str]:
    """Return the names of the tables that a plugin has in the database, whether or not its code is there.

    `plugin_ids` are all plugins that are known: `p_also_on_link` is not one of `also`. What only serves a virtual table
    of SQLite, and the virtual table itself, are left out.
    """
    names = sa.inspect(connection).get_table_names()
    if connection.dialect.name == "sqlite":
        virtual = sa.text("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'table'")
        names = sorted(set(names) - set(connection.execute(virtual).scalars()))
    owners = owners_of(names, [*plugin_ids, plugin_id])
    return sorted(name for name, owner in owners.items() if owner == plugin_id)


def drop_tables(
    engine: Engine, plugin_id: str, plugin_ids: Iterable[str], change: Callable[[Transaction], object]
) -> None:
    """Run `change`, then drop everything in the database that is named as the plugin's, whole or not at all."""
    importlib.import_module("blogengine.migrations.dropping").drop(engine, plugin_id, plugin_ids, change)


def write_step(scratch: Engine, tables: Tables, message: str) -> tuple[Path, list[str]] | None:
    """Write the next step of a plugin's tables from its models; None where there is nothing to do. Raises `Refused`.

    Returns its path and what must be changed in it before it is used where rows are.
    """
    written: tuple[Path, list[str]] | None = importlib.import_module(
        "blogengine.migrations.writing"
    ).write_step(scratch, tables, message)
    return written
