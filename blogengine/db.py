"""The database: one engine, snapshot reads, and `write()`, the only way to change anything.

SQLite runs with WAL, `synchronous=FULL` and foreign keys; writers queue on a file lock because SQLite's own
busy handler retries without a queue and starves somebody (measured: worst wait 5 to 10 times longer). On
PostgreSQL they queue on an advisory lock, so that a change means the same on both.
"""

import contextlib
import fcntl
import os
import re
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any
from typing import TypeVar

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm import Session

from blogengine.columns import BigId as BigId
from blogengine.columns import JSONValue as JSONValue
from blogengine.columns import KeyText as KeyText
from blogengine.columns import UTCDateTime as UTCDateTime
from blogengine.columns import read_json
from blogengine.errors import Busy

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

WRITE_DEADLINE = 10.0
"""Seconds after which a write that could not start or kept failing gives up with `Busy`."""
LATER = "Nothing was lost: please send it again in a minute."


class Base(DeclarativeBase):
    """Base of all models of the core."""

    metadata = sa.MetaData(naming_convention=NAMING)


cache_seq = sa.Table(
    "cache_seq", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("seq", sa.BigInteger)
)
cache_tag = sa.Table(
    "cache_tag",
    Base.metadata,
    sa.Column("tag", KeyText, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False, index=True),
)


class _EngineFromConfig(SQLAlchemy):
    """Flask-SQLAlchemy over an engine made once: an app that replaces another keeps its connections."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine: Engine = app.config["BLOGENGINE_ENGINE"]
        return engine


db = _EngineFromConfig(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})


class Transaction:
    """What a change is given: the session to write with, and the tags of the pages it makes untrue."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tags: set[str] = set()
        self.after: list[Callable[[], None]] = []

    def bump(self, *tags: str) -> None:
        """Say that pages made from `tags` are no longer true once this transaction commits."""
        self.tags.update(tags)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the data is on disk and the lock is free; only for wake-ups, not for work."""
        self.after.append(action)


# PostgreSQL would let two read-modify-writes overlap and lose one (measured: 4 of 12 approvals at once
# were not counted). One writer at a time costs little: the row of the sequence is locked until the commit.
_WRITERS = 7_620_091_401
# By schema as well: a copy of the blog beside it (a trial) does not wait for it.
_TAKE_TURN = sa.select(
    sa.func.set_config("lock_timeout", sa.bindparam("patience"), True),
    sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.func.current_schema(), _WRITERS)),
)

_CHANGES = re.compile(
    r"\s*(?:insert|update|delete|replace|merge|create|alter|drop|truncate)\b", re.IGNORECASE
)

_transaction: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
_thread_lock = threading.Lock()


def transaction() -> Transaction | None:
    """Return what the running `write` was given, or None outside of one."""
    return _transaction.get()


def session() -> Session:
    """Return the session to read with: one snapshot for each request or job.

    It only reads: a change outside of `write` is an error. Rows of a plugin's own tables that are read while a page is
    made are remembered as what it was made from.
    """
    return db.session()


def write_on(connection: Connection, change: Callable[[Transaction], object]) -> list[Callable[[], None]]:
    """Run `change` in a transaction that is open on `connection` and that the caller commits: with changes of the schema.

    Meanwhile the session of this thread is that of the transaction, so that services called by `change` read what it wrote.
    Returns what is to be done after the commit.
    """
    registry: Any = db.session.registry
    before = registry()
    with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
        registry.set(session)
        try:
            return _attempt(session, change)[0].after
        finally:
            registry.set(before)


def make_engine(url: str) -> Engine:
    """Return an engine for `url` with this project's settings for its database."""
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url, pool_pre_ping=True, pool_size=10, max_overflow=10, json_deserializer=read_json
        )
    engine = sa.create_engine(url, pool_size=20, max_overflow=20, json_deserializer=read_json)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions; `begin` below does
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={WRITE_DEADLINE * 1000:.0f}",
            "trusted_schema=OFF",
            "journal_size_limit=67108864",
            "temp_store=MEMORY",
            "cache_size=-500",  # kB; each thread has a connection, and the system keeps the file's pages for all of them
        ):
            connection.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _transaction.get() is None:
            # Past SQLAlchemy: every page begins with it, and it waits for nothing that could go wrong.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@event.listens_for(Session, "before_flush")
def _refuse_stray_flush(session: Session, context: object, instances: object) -> None:
    if _transaction.get() is None:
        raise RuntimeError("flush outside db.write(): every change goes through db.write()")


@event.listens_for(Session, "do_orm_execute")
def _refuse_stray_statement(state: ORMExecuteState) -> None:
    is_change = state.is_update or state.is_insert or state.is_delete
    if _transaction.get() is None and (
        is_change or _CHANGES.match(str(getattr(state.statement, "text", "")))
    ):
        raise RuntimeError("write outside db.write(): every change goes through db.write()")


@event.listens_for(Session, "before_commit")
def _refuse_stray_commit(session: Session) -> None:
    if _transaction.get() is None:
        raise RuntimeError("commit outside db.write(): every change goes through db.write()")


def write(change: Callable[[Transaction], T]) -> T:
    """Run `change` in one write transaction and return what it returns; when this returns, it is on disk.

    `change` may run more than once (lost connection, deadlock, serialization failure), so it must have no
    effect but through the session. A call inside another `write` joins it. Objects read before are read
    again. Raises `Busy` when the database takes no writes for `WRITE_DEADLINE` seconds.
    """
    outer = _transaction.get()
    if outer is not None:
        return change(outer)
    session: Session = db.session()
    session.rollback()  # ends the read snapshot, which could not be upgraded to a write
    engine = db.engine
    deadline = time.monotonic() + WRITE_DEADLINE
    pause = 0.01
    while True:
        try:
            with _write_lock(engine, deadline):
                transaction, result = _attempt(session, change)
            break
        except sa.exc.DBAPIError as error:
            if not _may_work_later(error):
                raise
            if time.monotonic() + pause > deadline or _is_out_of_space(error):
                raise Busy("The blog could not store this just now.", hint=LATER) from error
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
    for action in transaction.after:
        action()
    return result


def _attempt(session: Session, change: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    transaction = Transaction(session)
    token = _transaction.set(transaction)
    try:
        take_turn(session.connection())
        result = change(transaction)
        session.flush()
        if transaction.tags:
            _bump(session, transaction.tags)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _transaction.reset(token)
    return transaction, result


def take_turn(connection: Connection) -> None:
    """Let no other writer in until the end of the transaction; on SQLite the file lock has done that already."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE_TURN, {"patience": f"{WRITE_DEADLINE * 1000:.0f}ms"})


def _bump(session: Session, tags: set[str]) -> None:
    """Give `tags` the next number of the one commit-ordered sequence.

    The counter row stays locked until the commit, so numbers become visible in the order of commits.
    """
    connection = session.connection()
    seq = connection.execute(_NEXT).scalar_one()
    connection.execute(_STAMP[connection.dialect.name], [{"tag": tag, "seq": seq} for tag in sorted(tags)])


def _stamp(dialect: ModuleType) -> sqlite.Insert | postgresql.Insert:
    statement: sqlite.Insert | postgresql.Insert = dialect.insert(cache_tag)
    return statement.on_conflict_do_update(index_elements=["tag"], set_={"seq": statement.excluded.seq})


# Made once: putting a statement together costs ten times as much as SQLite takes to run it.
_NEXT = sa.update(cache_seq).values(seq=cache_seq.c.seq + 1).returning(cache_seq.c.seq)
_STAMP = {"sqlite": _stamp(sqlite), "postgresql": _stamp(postgresql)}


def insert(session: Session, table: Any) -> sqlite.Insert | postgresql.Insert:
    """Return the engine's own INSERT, which knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


@contextlib.contextmanager
def _write_lock(engine: Engine, deadline: float) -> Iterator[None]:
    if engine.dialect.name != "sqlite":
        yield
        return
    if not _thread_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise Busy("The blog is busy.", hint=LATER)
    try:
        try:
            descriptor = os.open(f"{Path(str(engine.url.database))}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Busy(f"The blog cannot store anything just now ({error.strerror}).", hint=LATER) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
    finally:
        _thread_lock.release()


def _may_work_later(error: sa.exc.DBAPIError) -> bool:
    if error.connection_invalidated or _is_out_of_space(error):
        return True
    if getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "55P03", "57P01", "57P03"):
        return True
    return "database is locked" in str(error.orig)


def _is_out_of_space(error: sa.exc.DBAPIError) -> bool:
    text = str(error.orig)
    signs = ("database or disk is full", "readonly database", "disk I/O error", "No space left")
    return any(words in text for words in signs)
