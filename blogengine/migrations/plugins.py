"""The schema of plugins' own tables: steps and a version table for each, so that none can stop another's upgrade."""

import importlib.util
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine.db import Transaction
from blogengine.db import take_turn
from blogengine.db import write_on
from blogengine.errors import BlogError
from blogengine.errors import Refused
from blogengine.migrations import running
from blogengine.migrations import version_of
from blogengine.tables import Tables
from blogengine.tables import scripts_in

Change = Callable[[Transaction], object]
Run = Callable[[Operations], Any]


def upgrade(engine: Engine, tables: Tables, change: Change | None = None) -> None:
    """Bring a plugin's tables to the newest step and run `change`, in one transaction: whole or not at all.

    An SQLite file with the plugin's rows in it is copied before. Raises `Refused` with the reason.
    """
    _run(engine, tables, tables.head, change)


def downgrade(engine: Engine, tables: Tables, to: str = "") -> None:
    """Take a plugin's tables back to step `to` (empty: none are left), whole or not at all. Raises `Refused`."""
    _run(engine, tables, to)


def _run(engine: Engine, tables: Tables, to: str, then: Change | None = None) -> None:
    doing = ""
    after: list[Callable[[], None]] = []
    try:
        with running.locked(engine), running.connected(engine) as connection:
            take_turn(connection)
            present = version_of(connection, tables)
            if present and present not in tables.revisions:
                raise Refused(
                    f"The tables of {tables.id} were made by a newer version of it (step {present}).",
                    hint="Install that version again.",
                )
            if present and present != to and engine.dialect.name == "sqlite":
                running.copy(Path(str(engine.url.database)), f"{tables.id}-{present}")
            context = MigrationContext.configure(
                connection, opts={"target_metadata": tables.metadata, "version_table": tables.version_table}
            )
            with Operations.context(context) as operations:
                for number, change in _plan(tables, present, to):
                    doing = f": step {number} failed"
                    change(operations)
                doing = ""
            if present != to:
                _note(connection, tables, to)
            if then is not None:
                after = write_on(connection, then)
            _check_links(connection, tables)
            connection.commit()
    except BlogError:
        raise
    except (Exception, SystemExit) as error:
        raise Refused(
            f"The tables of the plugin {tables.id} could not be changed"
            f"{doing}: {type(error).__name__}: {str(error).strip()[:500]}.",
            code="broken",
            hint="Nothing was changed.",
        ) from error
    for action in after:
        action()


def _plan(tables: Tables, present: str, to: str) -> list[tuple[str, Run]]:
    """Return number and function of what leads from step `present` to step `to`."""
    if present <= to:
        return [(number, _step(tables, number, 0)) for number in tables.revisions if present < number <= to]
    return [(number, _step(tables, number, 1)) for number in reversed(tables.revisions) if to < number]


def _step(tables: Tables, number: str, way: int) -> Run:
    """Return the function of step `number`: up for `way` 0, down for 1."""
    if tables.steps:
        step = tables.steps[int(number) - 1]
        pair = step if isinstance(step, tuple) else (step, None)
        function = pair[way]
        if function is None:
            raise Refused(f"Step {number} of {tables.id} cannot be taken back: give a pair of functions.")
        return function
    path = dict(scripts_in(tables.folder))[number]
    module = _load(path)
    before = f"{int(number) - 1:04d}" if number != "0001" else None
    said = getattr(module, "revision", None), getattr(module, "down_revision", None)
    if said != (number, before):
        raise Refused(
            f'{path.name} must say revision = "{number}" and down_revision = {before!r}.'.replace("'", '"')
        )
    function = getattr(module, ("upgrade", "downgrade")[way], None)
    if function is None:
        raise Refused(f"{path.name} has no function {('upgrade', 'downgrade')[way]}.")
    return partial(_without_operations, function)


def _without_operations(function: Callable[[], Any], operations: Operations) -> None:
    function()  # an Alembic script takes them from `alembic.op`


def _load(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"blogengine_step_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise Refused(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _note(connection: Connection, tables: Tables, to: str) -> None:
    """Write down how far the schema is, in the form that Alembic uses."""
    version = sa.Table(
        tables.version_table, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    )
    version.create(connection, checkfirst=True)
    connection.execute(version.delete())
    if to:
        connection.execute(version.insert().values(version_num=to))
    else:
        version.drop(connection)


def _check_links(connection: Connection, tables: Tables) -> None:
    """Refuse steps that broke links between rows; SQLite does not watch them while a table is copied and dropped."""
    if connection.dialect.name != "sqlite":
        return
    for name in sa.inspect(connection).get_table_names():
        if name.startswith(tables.prefix):
            quoted = connection.dialect.identifier_preparer.quote(name)
            if connection.exec_driver_sql(f"PRAGMA foreign_key_check({quoted})").first():
                raise Refused(f"The step would have broken links of rows in {name}; nothing was changed.")
