"""Taking a plugin's tables out of the database, by their names, so that it works without the plugin's code."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine.db import Transaction
from blogengine.db import take_turn
from blogengine.db import write_on
from blogengine.errors import Refused
from blogengine.migrations import running
from blogengine.tables import owners_of

_SQLITE = {
    "TRIGGER": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "VIEW": "SELECT name FROM sqlite_master WHERE type = 'view'",
    "TABLE": "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'table')"
    " ORDER BY type = 'table'",
}
"""What has a name of its own, in the order in which it goes: the shadows of a virtual table go with it."""
_POSTGRESQL = {
    "FUNCTION": "SELECT p.oid::regprocedure::text, p.proname FROM pg_proc p"
    " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema() AND p.prokind = 'f'",
    "MATERIALIZED VIEW": "SELECT quote_ident(matviewname), matviewname FROM pg_matviews WHERE schemaname = current_schema()",
    "VIEW": "SELECT quote_ident(viewname), viewname FROM pg_views WHERE schemaname = current_schema()",
    "TABLE": "SELECT quote_ident(tablename), tablename FROM pg_tables WHERE schemaname = current_schema()",
    "SEQUENCE": "SELECT quote_ident(sequencename), sequencename FROM pg_sequences WHERE schemaname = current_schema()",
}
"""A trigger on a table of the core goes with its function."""


def drop(
    engine: Engine, plugin_id: str, plugin_ids: Iterable[str], change: Callable[[Transaction], Any]
) -> None:
    """Run `change`, then drop everything that is named as the plugin's, in one transaction. Raises `Refused`."""
    known = [*plugin_ids, plugin_id]
    try:
        with running.locked(engine), running.connected(engine) as connection:
            take_turn(connection)
            # A plugin whose code is gone is known by its version table.
            known += {*owners_of(sa.inspect(connection).get_table_names(), known).values()}
            after = write_on(connection, change)
            if connection.dialect.name == "sqlite":
                _drop_sqlite(connection, plugin_id, known)
            else:
                _drop_postgresql(connection, plugin_id, known)
            connection.commit()
    except sa.exc.DBAPIError as error:
        raise Refused(
            f"The tables of {plugin_id} could not be dropped: {error.orig}.", hint="Nothing was removed."
        ) from error
    for action in after:
        action()


def _drop_sqlite(connection: Connection, plugin_id: str, known: list[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    for kind, query in _SQLITE.items():
        names = list(connection.scalars(sa.text(query)))
        for name in _own(names, plugin_id, known):
            connection.exec_driver_sql(f"DROP {kind} {quote(name)}")


def _drop_postgresql(connection: Connection, plugin_id: str, known: list[str]) -> None:
    for kind, query in _POSTGRESQL.items():
        quoted = {name: text for text, name in connection.execute(sa.text(query))}
        for name in _own(list(quoted), plugin_id, known):
            connection.exec_driver_sql(f"DROP {kind} IF EXISTS {quoted[name]} CASCADE")


def _own(names: list[str], plugin_id: str, known: list[str]) -> list[str]:
    owners = owners_of(names, known)
    return [name for name in names if owners.get(name) == plugin_id]
