"""A copy of the database for a trial: SQLite's own backup, or a schema of PostgreSQL's with part of the rows.

PostgreSQL needs no right beyond CREATE on the blog's own database, which its owner has.
"""

import re
import secrets
import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url

from blogengine.db import Base

PREFIX = "blogengine_door_"
POSTS = 200
"""The newest posts and pages that are copied on PostgreSQL, with all of their comments, labels and small data."""
ROWS = 20_000
"""Rows of any other table, and of each table of a plugin, that are copied on PostgreSQL."""
OLD = 3600
"""Seconds after which a copy was left behind by a process that died."""
_LEFT_OUT = ("auth_session", "login_attempt", "outbox")


class NoCopy(Exception):
    """This database user may not make a copy; the sentence says what would let it."""


def copy_sqlite(source: Path, target: Path) -> str:
    """Copy a database file that is in use, whole, and return the copy's URL."""
    live = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
    try:
        copy = sqlite3.connect(target)
        try:
            live.backup(copy, pages=5000, sleep=0)
        finally:
            copy.close()
    finally:
        live.close()
    return f"sqlite:///{target}"


def new_schema() -> str:
    """Return a name for a copy on PostgreSQL."""
    return f"{PREFIX}{int(time.time())}_{secrets.token_hex(4)}"


def copy_postgresql(engine: Engine, schema: str) -> str:
    """Copy the blog's tables and those of plugins into the new schema `schema`; return a URL that sees nothing else.

    Raises `NoCopy` where the user may not make a schema.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        try:
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
        except sa.exc.ProgrammingError as error:
            user = connection.engine.url.username or "the blog's user"
            raise NoCopy(
                f"{user} may not make a schema in this database, so tables of plugins cannot be tried. Let the "
                f"database's owner say: GRANT CREATE ON DATABASE {connection.engine.url.database} TO {user}"
            ) from error
        live = str(connection.execute(sa.select(sa.func.current_schema())).scalar())
        here = connection.execution_options(schema_translate_map={None: schema})
        Base.metadata.create_all(here)
        for table in Base.metadata.sorted_tables:
            if table.name not in _LEFT_OUT:
                _copy_core(connection, table, live, schema)
        names = sa.inspect(connection).get_table_names(schema=live)
        known = {table.name for table in Base.metadata.sorted_tables}
        for name in sorted(names):
            if name.startswith("p_") or (name == "alembic_version" and name not in known):
                _copy_like(connection, name, live, schema)
        connection.commit()
    url = make_url(engine.url.render_as_string(hide_password=False))
    return url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)


def drop_copy(engine: Engine, schema: str = "") -> None:
    """Delete the copy `schema`, and copies that were left behind."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        for name in sa.inspect(connection).get_schema_names():
            made = re.fullmatch(rf"{PREFIX}(\d+)_[0-9a-f]+", name)
            if made and (name == schema or int(made[1]) < time.time() - OLD):
                connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
        connection.commit()


def _copy_core(connection: Connection, table: sa.Table, live: str, schema: str) -> None:
    """Copy the rows of a table of the core whose posts and comments are copied."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    wheres, order, limit = ["true"], "", ROWS
    for column in table.columns:
        for key in column.foreign_keys:
            target = key.column.table.name
            if target != table.name:
                wheres.append(
                    f'("{column.name}" IS NULL OR "{column.name}" IN '  # noqa: S608
                    f'(SELECT "{key.column.name}" FROM "{schema}"."{target}"))'
                )
    if table.name == "post":
        order, limit = 'ORDER BY (published_at IS NULL), published_at DESC, "id" DESC', POSTS
    elif table.name == "comment":
        order = 'ORDER BY "id"'
    elif table.name == "meta":
        for kind in ("post", "comment"):
            wheres.append(f"(owner_kind <> '{kind}' OR owner_id IN (SELECT id FROM \"{schema}\".{kind}))")  # noqa: S608
    connection.exec_driver_sql(
        f'INSERT INTO "{schema}"."{table.name}" ({columns}) SELECT {columns} FROM "{live}"."{table.name}" '  # noqa: S608
        f"WHERE {' AND '.join(wheres)} {order} LIMIT {limit}"
    )
    if "id" in table.columns and isinstance(table.columns["id"].type, sa.BigInteger | sa.Integer):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{schema}\".\"{table.name}\"', 'id'), "  # noqa: S608
            f'coalesce((SELECT max(id) FROM "{live}"."{table.name}"), 0) + 1, false) '
            f"WHERE pg_get_serial_sequence('\"{schema}\".\"{table.name}\"', 'id') IS NOT NULL"
        )


def _copy_like(connection: Connection, name: str, live: str, schema: str) -> None:
    """Copy a table whose models are not known here; its indexes keep their names, so that steps find them."""
    connection.exec_driver_sql(f'CREATE TABLE "{schema}"."{name}" (LIKE "{live}"."{name}" INCLUDING ALL)')
    made = {
        column["name"]
        for column in sa.inspect(connection).get_columns(name, schema=live)
        if not column.get("computed")
    }
    columns = ", ".join(f'"{column}"' for column in sorted(made))
    connection.exec_driver_sql(
        f'INSERT INTO "{schema}"."{name}" ({columns}) OVERRIDING SYSTEM VALUE '  # noqa: S608
        f'SELECT {columns} FROM "{live}"."{name}" LIMIT {ROWS}'
    )
    wanted, given = _indexes(connection, name, live), _indexes(connection, name, schema)
    for definition, index in given.items():
        if definition in wanted and wanted[definition] != index:
            connection.exec_driver_sql(f'ALTER INDEX "{schema}"."{index}" RENAME TO "{wanted[definition]}"')


def _indexes(connection: Connection, name: str, schema: str) -> dict[str, str]:
    """Return the names of a table's indexes by what they are."""
    indexes = sa.table("pg_indexes", *map(sa.column, ("indexname", "indexdef", "tablename", "schemaname")))
    rows = connection.execute(
        sa.select(indexes.c.indexname, indexes.c.indexdef).where(
            indexes.c.tablename == name, indexes.c.schemaname == schema
        )
    )
    return {re.sub(r"INDEX \S+ ON \S+", "", str(row[1]), count=1): str(row[0]) for row in rows}
