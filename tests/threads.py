"""Long threads, written at once."""

import secrets

import sqlalchemy as sa

from blogengine import comments
from blogengine import db as database
from blogengine import markup
from blogengine.comments.threads import depth_of
from blogengine.comments.threads import next_thread_key
from blogengine.db import Transaction
from blogengine.models import Comment
from blogengine.posts.writing import new_atom_id
from blogengine.testing import FrozenClock


def fill(
    post_id: int, count: int, clock: FrozenClock, *, parent: int | None = None, is_deep: bool = False
) -> int:
    """Write `count` comments a second apart, under `parent` or, when deep, each under the one before it.

    Returns the number of the first.
    """

    def change(tx: Transaction) -> int:
        first: int = (tx.session.execute(sa.select(sa.func.max(Comment.id))).scalar() or 0) + 1
        key = ""
        if parent is not None:
            key = tx.session.execute(sa.select(Comment.thread_key).where(Comment.id == parent)).scalar_one()
        rows = []
        for number in range(first, first + count):
            clock.tick(seconds=1)
            now = clock.moment
            own = next_thread_key(key, now)
            rows.append(
                {
                    "post_id": post_id,
                    "parent_id": number - 1 if is_deep and number > first else parent,
                    "thread_key": own,
                    "depth": depth_of(own),
                    "status": "published",
                    "author_name": f"Writer {number}",
                    "source": f"Number {number}.",
                    "html": f"<p>Number {number}.</p>",
                    "pipeline": markup.PIPELINE,
                    "created_at": now,
                    "published_at": now,
                    "modified_at": now,
                    "digest": secrets.token_hex(16),
                    "atom_id": new_atom_id("comment"),
                }
            )
            key = own if is_deep else key
        tx.session.execute(sa.insert(Comment), rows)
        comments.recount(tx, post_id)
        tx.bump("comments", f"comments:{post_id}", f"post:{post_id}")
        return first

    return database.write(change)
