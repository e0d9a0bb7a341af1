"""Marks that plugins' own tables leave by themselves: on the page that reads them, and on the write that changes them.

Both are seen in the statement that goes to the database, whoever made it (ORM, Core, text), so an author cannot forget them.
The hot pages' own selects (`prepared`) do not pass here.
"""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from blogengine.db import transaction
from blogengine.pagecache import current_view
from blogengine.runtime import running_blog
from blogengine.tables import CORE_TABLES
from blogengine.tables import Tables

_NAME = re.compile(r"\bp_[a-z]\w*")
_SOURCE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(p_[a-z]\w*)', re.IGNORECASE)
_DELETED = re.compile(r'\s*DELETE\s+FROM\s+"?(\w+)', re.IGNORECASE)
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH)\b", re.IGNORECASE)
_MOST = 1000
"""Statements that are remembered; a plugin that puts values into its SQL makes a new one each time."""


class Marks:
    """Which tags the statements of one app mean."""

    def __init__(self, all_tables: Iterable[Tables] = ()) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._names: set[str] = set()
        self._silent: set[str] = set()
        self._pointing: dict[str, set[str]] = {name: set() for name in CORE_TABLES}
        for tables in all_tables:
            for table in tables.metadata.own_tables:
                self._names.add(table.name)
                if table.info.get("cache", True) is False:
                    self._silent.add(table.name)
                for key in table.foreign_keys:
                    target = key.target_fullname.partition(".")[0]
                    if target in self._pointing:
                        self._pointing[target].add(table.name)
        # The rows of comments go with their post, and what points to a comment with both.
        self._pointing["post"] |= self._pointing["comment"]

    def of(self, sql: str) -> tuple[str, ...]:
        """Return a tag for each table of a plugin that a statement names; for a delete of the core, those it takes along."""
        known = self._known.get(sql)
        if known is None:
            if len(self._known) >= _MOST:
                self._known = {}
            known = self._known[sql] = self._find(sql)
        return known

    def _find(self, sql: str) -> tuple[str, ...]:
        named = self._names.intersection(_NAME.findall(sql)) | set(_SOURCE.findall(sql))
        deleted = _DELETED.match(sql)
        if deleted is not None:
            named |= self._pointing.get(deleted[1], set())
        return tuple(sorted(f"t:{name}" for name in named - self._silent))


def watch(engine: Engine) -> None:
    """Let every statement that SQLAlchemy runs on `engine` leave its marks."""
    event.listen(engine, "before_cursor_execute", _see)


def _see(
    connection: sa.Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    changing = transaction()
    if changing is not None:
        if not _WRITES.match(statement):
            return
        tags = changing.tags
    else:
        view = current_view()
        if view is None or "p_" not in statement:
            return
        tags = view.tags
    blog = running_blog()
    if blog is not None:
        compiled = getattr(context, "compiled", None)
        # Before its lists of values were written out a statement is the same for lists of all lengths.
        tags.update(blog.marks(compiled.string if compiled is not None else statement))
