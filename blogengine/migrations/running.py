"""Bringing a database up to date: under a lock, in one transaction, after a copy of an SQLite file with rows in it."""

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine import clock
from blogengine.db import Base
from blogengine.errors import ConfigError
from blogengine.setup import NEW_BLOG

_LOCK = 7_620_091_402
"""Any number that is this project's own among PostgreSQL's advisory locks."""


def upgrade(engine: Engine) -> bool:
    """Bring the database to the newest schema; returns whether anything was done.

    Raises `ConfigError` when the database was written by a newer engine, or cannot be reached.
    """
    try:
        with locked(engine), connected(engine) as connection:
            return _upgrade(connection, engine)
    except sa.exc.DatabaseError as error:
        if type(error) not in (sa.exc.OperationalError, sa.exc.DatabaseError):
            raise
        raise ConfigError(
            f"The database {engine.url.render_as_string()} cannot be used: {error.orig}.",
            hint="Check that it is there and that this user may write to it.",
        ) from error


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _upgrade(connection: Connection, engine: Engine) -> bool:
    script = _script()
    head = script.get_current_head()
    present = MigrationContext.configure(connection).get_current_revision()
    if present == head:
        return False
    if present is not None and present not in {revision.revision for revision in script.walk_revisions()}:
        raise ConfigError(
            f"The database was written by a newer version of this engine (schema {present}).",
            hint="Install that version again, or restore a backup made before it.",
        )
    if present is not None and engine.dialect.name == "sqlite":
        copy(Path(str(engine.url.database)), present)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ConfigError("The upgrade would have broken links between rows; nothing was changed.")
    _seed(connection, is_new=present is None)
    connection.commit()
    return True


def _seed(connection: Connection, *, is_new: bool) -> None:
    """Put in what every database has: the sequence's one row, and the blog's own id; a new one says that it is new."""
    tables = Base.metadata.tables
    if connection.execute(sa.select(tables["cache_seq"].c.id)).first() is None:
        connection.execute(tables["cache_seq"].insert().values(id=1, seq=1))
    facts: dict[str, object] = {
        "_blog_id": secrets.token_hex(8),
        "_blog_created": clock.now().date().isoformat(),
    }
    if is_new:
        facts[NEW_BLOG] = True
    for key, value in facts.items():
        setting = tables["setting"]
        if connection.execute(sa.select(setting.c.key).where(setting.c.key == key)).first() is None:
            connection.execute(setting.insert().values(key=key, value=value))


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Yield a connection inside a transaction, with SQLite's foreign keys off.

    Altering a table in SQLite copies and drops it; with foreign keys on that deletes every child row, silently.
    The pragma has no effect inside a transaction, so it comes first.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                connection.exec_driver_sql("SELECT 1")
                yield connection
            finally:
                connection.rollback()
                raw.execute("PRAGMA foreign_keys=ON")
        else:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Let one process at a time change the schema; an SQLite file takes no other writer meanwhile."""
    if engine.dialect.name != "sqlite":
        yield
        return
    try:
        # The file holds addresses and password hashes; SQLite gives its side files the same permissions. One that is
        # there must not be opened: closing it would drop the locks SQLite holds on it in this process.
        with suppress(FileExistsError):
            os.close(os.open(str(engine.url.database), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        file = open(f"{engine.url.database}.lock", "a")  # noqa: SIM115
    except OSError as error:
        raise ConfigError(
            f"The folder of the database {engine.url.database} cannot be written: {error.strerror}.",
            hint="SQLite in WAL mode needs to write beside its file.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def copy(path: Path, present: str) -> None:
    """Keep a copy of the database as it was before the upgrade, beside it."""
    target = path.with_name(f"{path.name}.before-upgrade-from-{present}")
    if target.exists():
        return
    source = sqlite3.connect(path)
    try:
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
    finally:
        source.close()
