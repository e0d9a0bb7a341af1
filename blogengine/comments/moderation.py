"""The owner's decisions: approve, mark as spam, remove, undo, delete; and the lists to decide from."""

from collections.abc import Callable
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine import events
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.meta import drop_meta
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.pagecache import depends

BATCH = 500
"""Comments that are deleted in one transaction."""


def approve(ids: Iterable[int]) -> int:
    """Publish these comments; returns how many changed."""
    return _decide(ids, "published")


def mark_spam(ids: Iterable[int]) -> int:
    """Take these comments out as spam; returns how many changed."""
    return _decide(ids, "spam")


def remove(ids: Iterable[int], *, by_author: bool = False) -> int:
    """Take the text of these comments away and keep their places; returns how many changed."""
    return _decide(ids, "removed-by-author" if by_author else "removed-by-admin", by_owner=not by_author)


def undo(ids: Iterable[int]) -> int:
    """Take the last decision on these comments back; returns how many changed."""

    def change(comment: Comment) -> bool:
        if not comment.status_before:
            return False
        comment.status, comment.status_before = comment.status_before, ""
        return True

    return _change(ids, change)


def delete_forever(ids: Iterable[int]) -> int:
    """Delete spam and removed comments without trace; their answers stay. Returns how many were deleted."""

    def change(tx: Transaction) -> int:
        rows = tx.session.scalars(
            sa.select(Comment).where(
                Comment.id.in_(list(ids)),
                Comment.status.in_(("spam", "removed-by-author", "removed-by-admin")),
            )
        ).all()
        drop_meta(tx, "comment", [comment.id for comment in rows])
        for comment in rows:
            tx.bump("comments", f"comments:{comment.post_id}")
            tx.session.delete(comment)
            _tell(tx, comment, comment.status, "deleted")
        tx.bump("moderation")
        return len(rows)

    return database.write(change)


def delete_all_spam() -> int:
    """Delete all spam without trace, some hundred in each transaction; returns how many were deleted."""
    deleted = 0
    some = sa.select(Comment.id).where(Comment.status == "spam").order_by(Comment.id).limit(BATCH)
    while True:
        ids = database.write(lambda tx: list(tx.session.scalars(some)))
        if not ids:
            return deleted
        deleted += delete_forever(ids)


def _decide(ids: Iterable[int], status: str, *, by_owner: bool = True) -> int:
    def change(comment: Comment) -> bool:
        if comment.status == status:
            comment.status_before = ""  # this decision changed nothing: taking it back must not either
            return False
        if status == "published" and not comment.source:
            return False  # its writer took the words back
        comment.status_before, comment.status = comment.status, status
        return True

    return _change(ids, change, by_owner=by_owner)


def _change(ids: Iterable[int], decide: Callable[[Comment], bool], *, by_owner: bool = True) -> int:
    wanted = list(ids)

    def change(tx: Transaction) -> int:
        changed = 0
        posts = set()
        for comment in tx.session.scalars(sa.select(Comment).where(Comment.id.in_(wanted))):
            before = comment.status
            if decide(comment):
                _tell(tx, comment, before, comment.status)
                if by_owner:
                    facts = {"comment_id": comment.id, "post_id": comment.post_id}
                    events.tell(tx, "comment_decided", **facts, before=before, status=comment.status)
                comment.modified_at = clock.now()
                posts.add(comment.post_id)
                changed += 1
        tx.session.flush()
        for post_id in posts:
            recount(tx, post_id)
        if changed:
            tx.bump("comments", "moderation")
        return changed

    return database.write(change)


def tell_removed(tx: Transaction, comment: Comment, before: str, status: str) -> None:
    """Let plugins hear of a comment that was taken out; `before` is the status it had."""
    _tell(tx, comment, before, status)


def _tell(tx: Transaction, comment: Comment, before: str, status: str) -> None:
    """Let plugins hear of a comment that became public or was taken out, not of one that only waits again."""
    facts = {"comment_id": comment.id, "post_id": comment.post_id}
    if status == "published":
        events.tell(tx, "comment_published", **facts)
    elif status != "pending" or before == "published":
        events.tell(tx, "comment_removed", **facts, status=status, was_public=before == "published")


def recount(tx: Transaction, post_id: int) -> None:
    """Set a post's number of published comments to what is there."""
    published = (
        sa.select(sa.func.count())
        .where(Comment.post_id == post_id, Comment.status == "published")
        .scalar_subquery()
    )
    tx.session.execute(
        sa.update(Post)
        .where(Post.id == post_id)
        .values(comment_count=published)
        .execution_options(synchronize_session=False)
    )
    tx.bump(f"comments:{post_id}", f"post:{post_id}")


def get(comment_id: int) -> Comment:
    """Return a comment in whatever state, for authors of the blog. Raises `NotFound`."""
    comment = db.session.get(Comment, comment_id) if 0 < comment_id < 2**63 else None
    if comment is None:
        raise NotFound("This comment is not here any more.")
    return comment


def edits_of(ids: Iterable[int]) -> dict[int, datetime | None]:
    """Return when the text of each of these comments was changed last, by id."""
    rows = db.session.execute(sa.select(Comment.id, Comment.edited_at).where(Comment.id.in_(list(ids))))
    return {row[0]: row[1] for row in rows}


def posts_under(ids: Iterable[int]) -> list[tuple[int, int | None]]:
    """Return (id, id of its author) of each post that has one of these comments."""
    of_these = sa.select(Comment.post_id).where(Comment.id.in_(list(ids)))
    rows = db.session.execute(sa.select(Post.id, Post.author_id).where(Post.id.in_(of_these)))
    return [(row[0], row[1]) for row in rows]


def waiting_under(post_id: int) -> int:
    """Return how many comments under a post wait for the owner."""
    depends("moderation", f"comments:{post_id}")
    waiting = sa.select(sa.func.count()).where(Comment.post_id == post_id, Comment.status == "pending")
    return db.session.execute(waiting).scalar_one()
