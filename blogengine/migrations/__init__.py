"""The database's schema, step by step (Alembic), and how it is brought up to date."""

import importlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine.tables import Tables

HEAD = "0003"
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


def upgrade_plugin(engine: Engine, tables: Tables) -> bool:
    """Bring a plugin's own tables to its newest step; returns whether anything was done.

    Whole or not at all, under the lock of the core's own steps. Raises `Refused` with the reason.
    """
    with engine.connect() as connection:
        if version_of(connection, tables) == tables.head:
            return False
    done: bool = importlib.import_module("blogengine.migrations.plugins").upgrade(engine, tables)
    return done
