"""Taking comments back as their writers do: their words are gone, and a thread keeps its places."""

from collections.abc import Iterable

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.comments.moderation import recount
from blogengine.comments.moderation import tell_removed
from blogengine.comments.repeats import new_digest
from blogengine.db import Transaction
from blogengine.meta import drop_meta
from blogengine.models import Comment

CHUNK = 500
GONE = "removed-by-author"
TYPED = "comment"
"""Kind of what was typed into the form."""


def withdraw(ids: Iterable[int]) -> int:
    """Take these comments back for their writers, for good; returns how many there were.

    One that readers saw or that was answered keeps its place, without name, address and text, as Blogger's "removed by the
    author"; any other is deleted. What came from elsewhere and was not answered leaves no place: nobody wrote it here.
    """
    wanted = list(ids)

    def change(tx: Transaction) -> int:
        posts: set[int] = set()
        count = 0
        for start in range(0, len(wanted), CHUNK):
            some = wanted[start : start + CHUNK]
            drop_meta(tx, "comment", some)
            answered = set(
                tx.session.scalars(sa.select(Comment.parent_id).where(Comment.parent_id.in_(some)))
            )
            for comment in tx.session.scalars(sa.select(Comment).where(Comment.id.in_(some))):
                posts.add(comment.post_id)
                count += 1
                _take_back(tx, comment, is_answered=comment.id in answered)
            tx.session.flush()
        for post_id in posts:
            recount(tx, post_id)
        if posts:
            tx.bump("comments", "moderation")
        return count

    return database.write(change)


def _take_back(tx: Transaction, comment: Comment, *, is_answered: bool) -> None:
    before = comment.status
    # A comment that was imported stays known by its id, or the next import would bring it back.
    was_unseen = before in ("pending", "spam") or comment.kind != TYPED
    if was_unseen and not is_answered and comment.source_id is None:
        tx.session.delete(comment)
        tell_removed(tx, comment, before, "deleted")
        return
    if before == "published":
        tell_removed(tx, comment, before, GONE)
        comment.status = GONE
    elif before == "pending":
        comment.status = "spam"
    comment.author_name = comment.author_url = comment.source = comment.html = comment.source_url = ""
    comment.author_email = comment.email_key = ""
    comment.held_reason = comment.status_before = comment.address_key = ""
    comment.user_id = comment.edited_at = None
    comment.score = 0.0
    comment.digest = new_digest()
    comment.modified_at = clock.now()
