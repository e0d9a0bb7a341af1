"""A plugin's own tables: models in a MetaData of its own, names that no other plugin has, steps of their schema."""

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase

from blogengine.db import NAMING
from blogengine.db import BigId

CORE_TABLES = ("post", "comment", "media", "user")
"""What a plugin's rows may point to."""
LONGEST_NAME = 50
"""Characters of a table's name; PostgreSQL cuts longer names of its indexes at 63."""
VERSION = "_version"
"""End of the name of the table in which Alembic keeps how far a plugin's schema is."""
_ID = re.compile(r"[a-z][a-z0-9_]{1,30}")
_SCRIPT = re.compile(r"(\d{4})_\w+\.py")

Change = Callable[[Any], object]
"""A step's function; it is given Alembic's operations (`alembic.op`)."""
Step = Change | tuple[Change, Change]
"""A function that changes the schema, or a pair: that function, and the one that takes the change back."""


class PluginMetaData(sa.MetaData):
    """The tables of one plugin, and stand-ins for those of the core that they may point to."""

    def __init__(self, prefix: str) -> None:
        super().__init__(naming_convention=NAMING)
        self.prefix = prefix
        for name in CORE_TABLES:
            sa.Table(name, self, sa.Column("id", BigId, primary_key=True), info={"core": True})

    @property
    def own_tables(self) -> list[sa.Table]:
        """The plugin's tables, those that others point to first."""
        return [table for table in self.sorted_tables if not table.info.get("core")]


class Tables:
    """Everything about the tables of plugin `plugin_id`; its hook `register_tables` returns it.

    Models derive from `Base`, their names begin with `p_<plugin id>_`. The steps that make them are Alembic scripts in the
    plugin's folder `migrations` (`0001_words.py`, `0002_more.py`), or the functions of `migrations`, in their order; a
    function is given Alembic's operations, a pair of functions can be taken back too.
    """

    def __init__(self, plugin_id: str, *, migrations: Sequence[Step] = ()) -> None:
        if not _ID.fullmatch(plugin_id):
            raise ValueError(f"{plugin_id!r} is no plugin id: use {_ID.pattern}.")
        self.id = plugin_id
        self.prefix = prefix_of(plugin_id)
        self.version_table = version_table_of(plugin_id)
        self.metadata = PluginMetaData(self.prefix)
        self.Base: type[DeclarativeBase] = type("Base", (DeclarativeBase,), {"metadata": self.metadata})
        self.steps = tuple(migrations)
        self.folder: Path | None = None
        """Where the scripts are; set when the plugin is registered."""

    def reference(self, noun: str, *, ondelete: str = "CASCADE") -> sa.ForeignKey:
        """Return a foreign key to the id of a `post`, `comment`, `media` or `user`.

        `ondelete` is `CASCADE` (the row goes with what it points to) or `SET NULL`.
        """
        if noun not in CORE_TABLES:
            raise ValueError(f"tables.reference knows {', '.join(CORE_TABLES)}, not {noun!r}.")
        return sa.ForeignKey(f"{noun}.id", ondelete=ondelete)

    @property
    def names(self) -> list[str]:
        """The names of the plugin's tables."""
        return [table.name for table in self.metadata.own_tables]

    @property
    def revisions(self) -> list[str]:
        """The numbers of all steps (`0001`), in order."""
        if self.steps:
            return [f"{number:04d}" for number in range(1, len(self.steps) + 1)]
        return [number for number, _ in scripts_in(self.folder)]

    @property
    def head(self) -> str:
        """The number of the newest step; empty while there is none."""
        return (self.revisions or [""])[-1]

    @property
    def problem(self) -> str:
        """A sentence where the steps cannot be right; else empty."""
        found = self.revisions
        if not found and self.names:
            return (
                f"It has the table {self.names[0]} but nothing that makes it: "
                f'run `blogengine plugins makemigration {self.id} -m "the first table"`.'
            )
        if found != [f"{number:04d}" for number in range(1, len(found) + 1)]:
            return f"Its migrations are numbered {', '.join(found)}; number them 0001, 0002 and so on without a gap."
        return ""


def prefix_of(plugin_id: str) -> str:
    """Return how the names of all tables of a plugin begin."""
    return f"p_{plugin_id}_"


def version_table_of(plugin_id: str) -> str:
    """Return the name of the table in which Alembic keeps how far the plugin's schema is."""
    return f"p_{plugin_id}{VERSION}"


def scripts_in(folder: Path | None) -> list[tuple[str, Path]]:
    """Return number and file of each Alembic script in `folder`, in order."""
    if folder is None or not folder.is_dir():
        return []
    found = [(match[1], path) for path in folder.iterdir() if (match := _SCRIPT.fullmatch(path.name))]
    return sorted(found)


def owners_of(tables: Iterable[str], plugin_ids: Iterable[str]) -> dict[str, str]:
    """Return which plugin each table of a database belongs to; tables of the core are left out.

    The longest id counts: `p_also_on_link` belongs to `also_on` where that is a plugin, else to `also`.
    """
    names = list(tables)
    ids = {
        *plugin_ids,
        *(name[2 : -len(VERSION)] for name in names if name.startswith("p_") and name.endswith(VERSION)),
    }
    by_length = sorted(ids, key=len, reverse=True)
    owned = {}
    for name in names:
        owner = next((one for one in by_length if name.startswith(prefix_of(one))), None)
        if owner is not None:
            owned[name] = owner
    return owned


@event.listens_for(sa.Table, "after_parent_attach")
def _check(table: sa.Table, parent: sa.MetaData) -> None:
    """Refuse a table that could meet another's, or that would keep the core from deleting a row."""
    if not isinstance(parent, PluginMetaData) or table.info.get("core"):
        return
    if not table.name.startswith(parent.prefix) or table.name == parent.prefix:
        raise ValueError(
            f"The table {table.name!r} must be named {parent.prefix}…, so that it meets no other plugin's."
        )
    if table.name.endswith(VERSION):
        raise ValueError(
            f"The name {table.name} is kept for the engine; do not end a table's name in {VERSION}."
        )
    if len(table.name) > LONGEST_NAME:
        raise ValueError(f"The name {table.name} is too long: at most {LONGEST_NAME} characters.")
    if table.schema:
        raise ValueError(f"The table {table.name} has a schema; a plugin's tables stand with the blog's.")
    for key in table.foreign_keys:
        target = key.target_fullname.partition(".")[0]
        if target in CORE_TABLES and key.ondelete not in ("CASCADE", "SET NULL"):
            raise ValueError(
                f"{table.name}.{key.parent.name} would keep the blog from deleting a {target}: "
                f'write tables.reference("{target}").'
            )
        if target not in CORE_TABLES and not target.startswith(parent.prefix):
            raise ValueError(
                f"{table.name}.{key.parent.name} points to {target}; a plugin's tables may point to each other and to "
                f"{', '.join(CORE_TABLES)}."
            )
