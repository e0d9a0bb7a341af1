"""The owner's queue: which comments there are, what is known of their senders, and how many wait."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from blogengine.addresses import mail_key
from blogengine.db import db
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.models.comments import NOT_TYPED
from blogengine.text import fold
from blogengine.verdicts import SILENT

REMOVED = ("removed-by-author", "removed-by-admin")
SCORES: Mapping[str, tuple[float | None, float | None]] = {
    "low": (None, 3.0),
    "middle": (3.0, 8.0),
    "high": (8.0, None),
}
"""Ranges of points to filter by: from, below."""
ENGINE = "engine"
"""Stands for the engine's own reasons, where one filters by plugin."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which comments are listed."""

    status: str = ""
    """One of the statuses, `removed` for both kinds, or empty for all but spam."""
    q: str = ""
    """Words in name, website or text."""
    post_id: int | None = None
    author: str = ""
    """A name as it was typed."""
    plugin: str = ""
    """Who held it: a plugin, or `ENGINE`."""
    score: str = ""
    """A key of `SCORES`."""
    kind: str = ""
    """`comment`, or the word of what a plugin received."""


@dataclass(frozen=True, slots=True)
class Known:
    """How many other comments by the same sender are published, and how many spam."""

    published: int = 0
    spam: int = 0


def counts() -> dict[str, int]:
    """Return the number of comments by status; spam in a black hole is not counted."""
    rows = db.session.execute(sa.select(Comment.status, sa.func.count()).group_by(Comment.status))
    found = {str(row[0]): int(row[1]) for row in rows}
    if "spam" in found:
        silent = sa.select(sa.func.count()).where(Comment.status == "spam", Comment.score >= SILENT)
        found["spam"] -= db.session.scalar(silent) or 0
    return {status: count for status, count in found.items() if count}


def comments_for_owner(
    *,
    status: str = "",
    q: str = "",
    post_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
    author: str = "",
    plugin: str = "",
    score: str = "",
    kind: str = "",
) -> tuple[list[tuple[Comment, Post]], bool]:
    """Return comments with their posts, newest first, and whether more follow after the last one.

    `status` is one of the statuses, `removed` for both kinds, or empty for all but spam; for the others see `Filter`.
    """
    wanted = Filter(status, q, post_id, author, plugin, score, kind)
    statement = sa.select(Comment, Post).join(Post, Post.id == Comment.post_id).where(*_conditions(wanted))
    if before_id is not None:
        last = db.session.get(Comment, before_id)
        if last is not None:
            statement = statement.where(
                sa.tuple_(Comment.published_at, Comment.id)
                < sa.tuple_(sa.literal(last.published_at, Comment.published_at.type), last.id)
            )
    rows = db.session.execute(
        statement.order_by(Comment.published_at.desc(), Comment.id.desc()).limit(limit + 1)
    ).all()
    return [(comment, post) for comment, post in rows[:limit]], len(rows) > limit


def _conditions(wanted: Filter) -> list[Any]:
    found: list[Any] = []
    if wanted.status == "removed":
        found.append(Comment.status.in_(REMOVED))
    elif wanted.status:
        found.append(Comment.status == wanted.status)
    else:
        found.append(Comment.status != "spam")
    if wanted.post_id is not None:
        found.append(Comment.post_id == wanted.post_id)
    if wanted.author:
        found.append(Comment.author_name == wanted.author)
    for word in fold(wanted.q).split():
        columns = (Comment.source, Comment.author_name, Comment.author_url, Comment.source_url)
        found.append(sa.or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if wanted.plugin == ENGINE:
        found.append(Comment.held_reason.like("The %"))
    elif wanted.plugin:
        line = f"{wanted.plugin}: "
        at_first = Comment.held_reason.startswith(line, autoescape=True)
        found.append(sa.or_(at_first, Comment.held_reason.contains(f"\n{line}", autoescape=True)))
    found += [Comment.kind == wanted.kind] if wanted.kind else []
    least, most = SCORES.get(wanted.score, (None, None))
    found += [Comment.score >= least] if least is not None else []
    found += [Comment.score < most] if most is not None else []
    return found


def known_senders(comments: Sequence[Comment]) -> dict[int, Known]:
    """Return what is known of the senders of `comments`, by the comment's id, in two queries.

    The same sender is who gave the same e-mail address or, where none was given, the same name from the same network
    while that is known. Either can be borrowed by who knows it; it is context, no proof.
    """
    by_mail = Comment.email_key.in_({one.email_key for one in comments if one.email_key})
    by_network = Comment.address_key.in_({one.address_key for one in comments if _has_network(one)})
    totals: dict[tuple[str, ...], dict[str, int]] = {}
    searches: list[tuple[list[Any], Any]] = [
        ([Comment.email_key], by_mail),
        ([Comment.address_key, Comment.author_name], by_network),
    ]
    for columns, condition in searches:
        rows = db.session.execute(
            sa.select(*columns, Comment.status, sa.func.count())
            .where(condition, Comment.status.in_(("published", "spam")))
            .group_by(*columns, Comment.status)
        )
        for *names, status, count in rows:
            totals.setdefault(tuple(names), {})[status] = count
    found = {}
    for one in comments:
        key: tuple[str, ...] = (one.address_key, one.author_name)
        if one.email_key:
            key = (one.email_key,)
        if one.email_key or _has_network(one):
            total = totals.get(key, {})
            found[one.id] = Known(
                *(total.get(status, 0) - (one.status == status) for status in ("published", "spam"))
            )
    return found


def _has_network(comment: Comment) -> bool:
    return bool(not comment.email_key and comment.address_key and comment.author_name)


def is_known_sender(*, email: str, name: str, address_key: str) -> bool:
    """Whether a comment by the same sender is published: same e-mail address, or same name from the same network."""
    same = []
    if email:
        same.append(Comment.email_key == mail_key(email))
    if name and address_key:
        same.append(sa.and_(Comment.address_key == address_key, Comment.author_name == name))
    return any(
        db.session.scalar(sa.select(sa.literal(1)).where(one, Comment.status == "published").limit(1))
        for one in same
    )


def parents_of(comments: Sequence[Comment]) -> dict[int, Comment]:
    """Return the comments that `comments` answer, by id."""
    wanted = {one.parent_id for one in comments if one.parent_id is not None}
    if not wanted:
        return {}
    rows = db.session.scalars(sa.select(Comment).where(Comment.id.in_(wanted)))
    return {one.id: one for one in rows}


def kinds() -> list[str]:
    """Return the kinds of comments there are: `comment`, and what plugins received."""
    received = sa.select(Comment.kind).where(sa.text(NOT_TYPED)).distinct().order_by(Comment.kind)
    return ["comment", *db.session.scalars(received)]


def count_spam() -> int:
    """Return how many comments are spam, those in a black hole included."""
    return db.session.scalar(sa.select(sa.func.count()).where(Comment.status == "spam")) or 0
