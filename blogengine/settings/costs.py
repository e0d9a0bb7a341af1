"""What plugins cost, stored for the owner to see: time of each hook, and the lines that keep pages from being kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import PluginCost
from blogengine.models import PluginPersonal
from blogengine.plugins.costs import PAGES
from blogengine.plugins.costs import Cost
from blogengine.plugins.costs import Personal


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one hook of one plugin cost in all processes. Times are microseconds."""

    plugin_id: str
    hook: str
    calls: int
    total: int
    longest: int
    errors: int
    share: float
    """Part of the time that all pages took to make, 0 to 1 and more (some hooks run outside of pages)."""
    since: datetime

    @property
    def mean(self) -> float:
        """Microseconds of a call."""
        return self.total / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """A line of a plugin that made a page personal which could have been kept for everybody."""

    plugin_id: str
    what: str
    file: str
    line: int
    path: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PagesMade:
    """All pages that were made and not sent from memory: the time that shares are shares of."""

    count: int
    mean: float
    """Microseconds of a page."""
    since: datetime


def store_costs(costs: list[Cost], personal: dict[Personal, int]) -> None:
    """Add what was counted in a process to what is stored."""
    if not costs and not personal:
        return
    now = clock.now()

    def change(tx: Transaction) -> None:
        for cost in costs:
            add: dict[str, Any] = {
                "calls": cost.calls,
                "microseconds": cost.total // 1000,
                "errors": cost.errors,
            }
            statement = database.insert(tx.session, PluginCost).values(
                plugin_id=cost.plugin_id, hook=cost.hook, longest=cost.longest // 1000, since=now, **add
            )
            sums: dict[str, Any] = {
                name: getattr(PluginCost, name) + statement.excluded[name] for name in add
            }
            longer = sa.case(
                (PluginCost.longest > statement.excluded.longest, PluginCost.longest),
                else_=statement.excluded.longest,
            )
            tx.session.execute(
                statement.on_conflict_do_update(
                    index_elements=["plugin_id", "hook"], set_={**sums, "longest": longer}
                )
            )
        for place, count in personal.items():
            row = database.insert(tx.session, PluginPersonal).values(
                plugin_id=place.plugin_id,
                what=place.what,
                file=place.file,
                line=place.line,
                path=place.path,
                count=count,
                last_at=now,
            )
            tx.session.execute(
                row.on_conflict_do_update(
                    index_elements=["plugin_id", "what", "file", "line"],
                    set_={
                        "count": PluginPersonal.count + row.excluded["count"],
                        "path": row.excluded.path,
                        "last_at": row.excluded.last_at,
                    },
                )
            )

    database.write(change)


def costs(plugin_id: str | None = None) -> list[CostRow]:
    """Return what hooks cost, the dearest first; of one plugin, or of all."""
    rows = list(db.session.scalars(sa.select(PluginCost).order_by(PluginCost.microseconds.desc())))
    pages = sum(row.microseconds for row in rows if row.plugin_id == PAGES)
    return [
        CostRow(
            row.plugin_id,
            row.hook,
            row.calls,
            row.microseconds,
            row.longest,
            row.errors,
            row.microseconds / pages if pages else 0.0,
            row.since,
        )
        for row in rows
        if row.plugin_id != PAGES and plugin_id in (None, row.plugin_id)
    ]


def personal_pages(plugin_id: str | None = None) -> list[PersonalRow]:
    """Return the lines that kept pages from being kept, the latest first; of one plugin, or of all."""
    rows = db.session.scalars(sa.select(PluginPersonal).order_by(PluginPersonal.last_at.desc()).limit(500))
    return [
        PersonalRow(row.plugin_id, row.what, row.file, row.line, row.path, row.count, row.last_at)
        for row in rows
        if plugin_id in (None, row.plugin_id)
    ]


def pages_made() -> PagesMade | None:
    """Return how many pages were made and how long that took, or None while none was."""
    row = db.session.get(PluginCost, (PAGES, "page"))
    if row is None or not row.calls:
        return None
    return PagesMade(row.calls, row.microseconds / row.calls, row.since)


def forget_costs() -> None:
    """Begin to count anew, for all plugins and pages at once: shares compare only what was counted together."""

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(PluginCost))
        tx.session.execute(sa.delete(PluginPersonal))

    database.write(change)
