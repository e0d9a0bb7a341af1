"""The database's schema, step by step (Alembic), and how it is brought up to date."""

import importlib

import sqlalchemy as sa
from sqlalchemy.engine import Engine

HEAD = "0001"
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
