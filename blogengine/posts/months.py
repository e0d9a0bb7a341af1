"""The archive: how many posts were published in which month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blogengine.db import db
from blogengine.models import Post
from blogengine.pagecache import remember
from blogengine.posts.reading import PUBLIC
from blogengine.runtime import blog

AT_ONCE = 200
"""Months that one statement counts; SQLite takes at most 500 selects in one (SQLITE_MAX_COMPOUND_SELECT)."""
MOST = 1200


@dataclass(frozen=True, slots=True)
class Month:
    """A month, in the blog's time zone, in which something was published."""

    year: int
    month: int
    posts: int

    @property
    def url(self) -> str:
        """The path of its page."""
        return f"/{self.year:04d}/{self.month:02d}/"

    @property
    def moment(self) -> datetime:
        """A moment in it, for the filter `month`."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)


def archive() -> list[Month]:
    """Return the months with public posts, newest first; counted anew only after a post has changed."""
    zone = blog().zone
    return remember(f"archive {zone.key}", ("posts",), lambda: _count(zone))


def _count(zone: ZoneInfo) -> list[Month]:
    """Count each month in the index of times: months begin at midnight in the blog's zone, not in the database's."""
    first, last = db.session.execute(
        sa.select(sa.func.min(Post.published_at), sa.func.max(Post.published_at)).where(
            Post.kind == "post", PUBLIC
        )
    ).one()
    if first is None or last is None:
        return []
    months = list(_months(first.astimezone(zone), last.astimezone(zone)))[:MOST]
    found = []
    for begin in range(0, len(months), AT_ONCE):
        counts = [
            _of_month(number, zone, *month) for number, month in enumerate(months[begin : begin + AT_ONCE])
        ]
        rows = db.session.execute(sa.union_all(*counts) if len(counts) > 1 else counts[0])
        found += [Month(*months[begin + number], posts) for number, posts in rows if posts]
    return sorted(found, key=lambda month: (month.year, month.month), reverse=True)


def _months(first: datetime, last: datetime) -> Iterator[tuple[int, int]]:
    """Yield year and month from `last` back to `first`."""
    year, month = last.year, last.month
    while (year, month) >= (first.year, first.month):
        yield year, month
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _of_month(number: int, zone: ZoneInfo, year: int, month: int) -> sa.Select[int, int]:
    start = datetime(year, month, 1, tzinfo=zone).astimezone(UTC)
    where = [Post.kind == "post", PUBLIC, Post.published_at >= start]
    if (year, month) < (9999, 12):
        after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(UTC)
        where.append(Post.published_at < after)
    return sa.select(sa.literal(number, sa.Integer, literal_execute=True), sa.func.count()).where(*where)
