"""Where a comment stands: the pages of a thread, and addresses that hold wherever a comment moves."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from blogengine.db import db
from blogengine.models import Comment
from blogengine.pagecache import remember
from blogengine.pages import PostView
from blogengine.prepared import Prepared

PAGE_SIZE = 200
"""Comments on one page of a thread, as Blogger."""

SHOWN = ("published", "removed-by-author", "removed-by-admin")

_COUNT = Prepared(
    sa.select(sa.func.count()).where(
        Comment.post_id == bindparam("post_id"),
        sa.or_(*(Comment.status == status for status in SHOWN)),
    )
)
_OWN = sa.orm.aliased(Comment)
_BEFORE = Prepared(
    sa.select(sa.func.count())
    .select_from(_OWN)
    .join(Comment, Comment.post_id == _OWN.post_id)
    .where(
        _OWN.id == bindparam("id"),
        sa.or_(*(Comment.status == status for status in SHOWN)),
        sa.tuple_(Comment.thread_key, Comment.id) < sa.tuple_(_OWN.thread_key, _OWN.id),
    )
)


def page_of(comment_id: int) -> int:
    """Return the page of its thread on which a comment stands, from 1."""
    before = _BEFORE.row(id=comment_id)
    return (before[0] if before is not None else 0) // PAGE_SIZE + 1


def count_pages(post_id: int) -> int:
    """Return how many pages the comments under a post fill; 1 where there are none."""

    def count() -> int:
        row = _COUNT.row(post_id=post_id)
        return max(1, -(-(row[0] if row is not None else 0) // PAGE_SIZE))

    return remember(f"comment-pages:{post_id}", (f"comments:{post_id}",), count)


def permalink(url: str, comment_id: int, published_at: datetime) -> str:
    """Return the address of a comment under the post at `url`, in Blogger's form: it holds wherever the comment moves.

    The number alone would not do: browsers keep it to themselves, and answers to earlier comments move later ones to
    another page.
    """
    return f"{url}?showComment={int(published_at.timestamp() * 1000)}#c{comment_id}"


def address_at(post: PostView, epoch: str) -> str:
    """Return where the comment of that time stands now, or the post.

    `epoch` is the time in milliseconds since 1970, as in Blogger's `?showComment=1291062944027#c…`. A comment that was
    imported has another number here than in old links, so its own is part of the answer. Of two comments of the same
    millisecond browsers know the number: they keep the fragment through the redirect.
    """
    if not (epoch.isascii() and epoch.isdecimal()) or len(epoch) > 14:
        return post.url
    at = datetime.fromtimestamp(int(epoch) / 1000, UTC)
    moment = sa.and_(Comment.published_at >= at, Comment.published_at < at + timedelta(milliseconds=1))
    where = (Comment.post_id == post.id, Comment.status.in_(SHOWN), moment)
    found = (
        db.session.execute(sa.select(Comment.id).where(*where).order_by(Comment.id).limit(2)).scalars().all()
    )
    if not found:
        return post.url
    fragment = f"#c{found[0]}" if len(found) == 1 else ""
    return f"{page_address(post.url, page_of(found[0]))}{fragment}"


def page_address(url: str, number: int) -> str:
    """Return the address of page `number` of the comments under the post at `url`."""
    return url if number == 1 else f"{url}?commentPage={number}"
