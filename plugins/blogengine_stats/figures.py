"""What the numbers say: views of each day or week, and the pages and sites with the most."""

from dataclasses import dataclass
from datetime import date
from datetime import timedelta

import sqlalchemy as sa

from blogengine.plugin import blog
from blogengine.plugin import now
from blogengine.plugin import session
from blogengine_stats.models import TOTAL
from blogengine_stats.models import Count

SPANS = (7, 30, 90, 365)
"""Days that may be looked at."""
WEEKLY_FROM = 100
"""Days from which on a week is one bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Views from `first` to `last`, both included."""

    first: date
    last: date
    views: int


@dataclass(frozen=True, slots=True)
class Row:
    """A page or site and its views."""

    name: str
    views: int


def today() -> date:
    """Return the day it is for the blog."""
    return now().astimezone(blog().zone).date()


def bars(days: int) -> list[Bar]:
    """Return the views of the last `days` days, oldest first, without gaps."""
    last = today()
    first = last - timedelta(days=days - 1)
    rows = session().execute(
        sa.select(Count.day, Count.views).where(Count.kind == TOTAL, Count.day >= first.isoformat())
    )
    views = {row.day: row.views for row in rows}
    width = 7 if days >= WEEKLY_FROM else 1
    found = []
    end = last
    while end >= first:
        begin = max(first, end - timedelta(days=width - 1))
        span = [begin + timedelta(days=step) for step in range((end - begin).days + 1)]
        found.append(Bar(begin, end, sum(views.get(day.isoformat(), 0) for day in span)))
        end = begin - timedelta(days=1)
    return found[::-1]


def top(
    kind: str, days: int, *, q: str = "", after: Row | None = None, limit: int = 20
) -> tuple[list[Row], bool]:
    """Return the names of `kind` with the most views in the last `days` days, and whether more follow.

    `q` is a part of the name; `after` is the last row of the page before.
    """
    first = today() - timedelta(days=days - 1)
    total = sa.func.sum(Count.views)
    statement = (
        sa.select(Count.name, total.label("views"))
        .where(Count.kind == kind, Count.day >= first.isoformat())
        .group_by(Count.name)
        .order_by(total.desc(), Count.name)
        .limit(limit + 1)
    )
    if q:
        statement = statement.where(Count.name.contains(q, autoescape=True))
    if after is not None:
        statement = statement.having(
            sa.or_(total < after.views, sa.and_(total == after.views, Count.name > after.name))
        )
    rows = [Row(row.name, row.views) for row in session().execute(statement)]
    return rows[:limit], len(rows) > limit
