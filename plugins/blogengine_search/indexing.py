"""Keeping the index: what was saved, what was not noticed, what is gone. All in jobs, so saving waits for nothing."""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from blogengine.plugin import Health
from blogengine.plugin import NotFound
from blogengine.plugin import Transaction
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import session
from blogengine.plugin import split_markers
from blogengine.plugin import text
from blogengine.plugin import write
from blogengine_search.models import FTS
from blogengine_search.models import POSTS
from blogengine_search.models import VECTORS
from blogengine_search.models import Entry
from blogengine_search.words import tsvector
from blogengine_search.words import words_of

BATCH = 50
"""Posts that are indexed in one transaction."""


@dataclass(frozen=True, slots=True)
class Row:
    """A post as it stands in the index."""

    post_id: int
    title: list[str]
    body: list[str]


def index(payload: dict[str, Any]) -> None:
    """Index posts anew; those that are gone are forgotten."""
    wanted = [int(post_id) for post_id in payload.get("post_ids", ())]
    rows = [row for post_id in wanted if (row := _row(post_id)) is not None]
    write(lambda tx: _store(tx, wanted, rows))


def catch_up(payload: dict[str, Any]) -> None:
    """Index all posts that are not in the index yet, in batches, so that it can be stopped at any moment."""
    for _ in batches():
        pass


def batches() -> Iterator[int]:
    """Index what is missing, batch by batch; yield the number of posts in each."""
    while missing := _missing():
        index({"post_ids": missing})
        yield len(missing)


def health() -> Health:
    """Say whether all posts are in the index."""
    indexed, there = progress()
    if indexed == there:
        return Health("ok", f"All {there} posts and pages are in the index.")
    return Health(
        "warn",
        f"{indexed} of {there} posts and pages are in the index, so searches take longer. The rest follows in the "
        "background; to do it now run: blogengine x search index",
    )


def start_again() -> None:
    """Forget everything."""

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(Entry))
        tx.session.execute(sa.delete(_table(tx)))

    write(change)


def forget(post_ids: Sequence[int]) -> None:
    """Take posts out of the index."""
    write(lambda tx: _store(tx, post_ids, []))


def progress() -> tuple[int, int]:
    """Return how many posts are in the index, and how many there are."""
    indexed = session().scalar(sa.select(sa.func.count()).select_from(Entry)) or 0
    return indexed, session().scalar(sa.select(sa.func.count()).select_from(POSTS)) or 0


def _missing() -> list[int]:
    unknown = (
        sa.select(POSTS.c.id).outerjoin(Entry, Entry.post_id == POSTS.c.id).where(Entry.post_id.is_(None))
    )
    return list(session().scalars(unknown.order_by(POSTS.c.id.desc()).limit(BATCH)))


def _row(post_id: int) -> Row | None:
    try:
        post = posts.get(post_id)
    except NotFound:
        return None
    shown = "".join(part if isinstance(part, str) else " " for part in split_markers(post.html))
    labels = " ".join(label.name for label in post.labels)
    return Row(post_id, words_of(post.title), words_of(f"{text.plain_text(shown)} {labels}"))


def _store(tx: Transaction, wanted: Sequence[int], rows: Sequence[Row]) -> None:
    table = _table(tx)
    key = table.c.rowid if table is FTS else table.c.post_id
    tx.session.execute(sa.delete(Entry).where(Entry.post_id.in_(wanted)))
    tx.session.execute(sa.delete(table).where(key.in_(wanted)))
    alive = set(tx.session.scalars(sa.select(POSTS.c.id).where(POSTS.c.id.in_(wanted))))
    for row in rows:
        if row.post_id not in alive:
            continue
        if table is FTS:
            values: dict[str, Any] = {
                "rowid": row.post_id,
                "title": " ".join(row.title),
                "body": " ".join(row.body),
            }
        else:
            vector = sa.cast(tsvector(row.title, row.body), postgresql.TSVECTOR)
            values = {"post_id": row.post_id, "words": vector}
        tx.session.execute(sa.insert(table).values(**values))
        tx.session.execute(sa.insert(Entry).values(post_id=row.post_id, indexed_at=now()))


def _table(tx: Transaction) -> Any:
    return FTS if tx.session.get_bind().dialect.name == "sqlite" else VECTORS
