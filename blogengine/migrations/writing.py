"""Writing the next step of a plugin's schema from the difference between its models and its steps."""

import re
import textwrap
from pathlib import Path
from typing import Any
from typing import Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate import render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import AddColumnOp
from alembic.operations.ops import MigrationScript
from alembic.operations.ops import ModifyTableOps
from alembic.operations.ops import UpgradeOps
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from blogengine.db import UTCDateTime
from blogengine.errors import Refused
from blogengine.migrations import plugins
from blogengine.migrations import printing
from blogengine.tables import Tables

_STEP = '''\
"""{words}"""

{imports}

revision = "{number}"
down_revision = {before}


def upgrade() -> None:
    """{words}"""
{up}


def downgrade() -> None:
    """Take it back."""
{down}
'''


def write_step(scratch: Engine, tables: Tables, message: str) -> tuple[Path, list[str]] | None:
    """Write the next script into the plugin's folder; None where there is nothing to do.

    Returns its path, and sentences about what must be changed in it before it is used where rows are.

    `scratch` is an empty database with the core's tables, on which the plugin's steps are run to compare.
    """
    if tables.steps:
        raise Refused(
            f"The steps of {tables.id} are functions; write the next function.",
            hint="Or leave migrations= away, then scripts are written.",
        )
    if tables.folder is None:
        raise Refused(f"The plugin {tables.id} has no folder for its steps.")
    plugins.upgrade(scratch, tables)
    with scratch.connect() as connection:
        script = difference(connection, tables)
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        if script.upgrade_ops.is_empty():
            return None
        up, down = (_code(ops, connection, tables) for ops in (script.upgrade_ops, script.downgrade_ops))
        warnings = _warnings(script.upgrade_ops)
    imports = ["import sqlalchemy as sa"] if "sa." in up + down else []
    imports.append("from alembic import op")
    imports += ["from sqlalchemy.dialects import postgresql"] if "postgresql." in up + down else []
    before = tables.head
    number = f"{int(before or 0) + 1:04d}"
    words = re.sub(r"\W+", "_", message.lower(), flags=re.ASCII).strip("_")[:40] or "step"
    sentence = textwrap.shorten(message.replace('"', "'").replace("\\", "/"), 90, placeholder=" …")
    sentence = sentence[:1].upper() + sentence[1:].rstrip(".") + "."
    said = f'"{before}"' if before else "None"
    tables.folder.mkdir(parents=True, exist_ok=True)
    path = tables.folder / f"{number}_{words}.py"
    path.write_text(
        _STEP.format(
            imports="\n".join(imports),
            words=sentence,
            number=number,
            before=said,
            up="\n".join([*(f"    # {warning}" for warning in warnings), up]),
            down=down,
        ),
        encoding="utf-8",
    )
    return path, warnings


def _warnings(operations: UpgradeOps) -> list[str]:
    """Return a sentence for each new column that the rows of a table could not have."""
    return [
        f"{one.table_name}.{one.column.name} fails where rows are: give it a server_default, or nullable=True."
        for group in operations.ops
        if isinstance(group, ModifyTableOps)
        for one in group.ops
        if isinstance(one, AddColumnOp) and not one.column.nullable and one.column.server_default is None
    ]


def difference(connection: Connection, tables: Tables) -> MigrationScript:
    """Return what leads from the plugin's tables as they are to its models; what no model names is left out.

    So a plugin may have tables that SQLAlchemy cannot describe (FTS5), and dropping a table is written by hand.
    """
    return produce_migrations(_context(connection, tables), tables.metadata)


def _context(connection: Connection, tables: Tables) -> MigrationContext:
    def is_own(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return kind != "table" or name in tables.names

    return MigrationContext.configure(
        connection,
        opts={
            "target_metadata": tables.metadata,
            "include_object": is_own,
            "render_as_batch": True,
            "render_item": _render_item,
            "sqlalchemy_module_prefix": "sa.",
            "alembic_module_prefix": "op.",
            "user_module_prefix": None,
        },
    )


def _code(ops: Any, connection: Connection, tables: Tables) -> str:
    code = render_python_code(
        ops, render_as_batch=True, render_item=_render_item, migration_context=_context(connection, tables)
    )
    return printing.laid_out(code)


def _render_item(kind: str, thing: Any, context: AutogenContext) -> str | Literal[False]:
    """Write the engine's own types as plain SQLAlchemy, so that a step stays what it was."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if kind == "server_default" and isinstance(getattr(thing, "arg", None), sa.True_ | sa.False_):
        return f"sa.{str(thing.arg).lower()}()"  # the scratch database would make it 0 or 1, which PostgreSQL refuses
    return False
