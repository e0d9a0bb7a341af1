"""Posts as their authors see them, in whatever state: one, the list of all, those that show a file."""

import sqlalchemy as sa

from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.text import fold

_LIGHT = (sa.orm.defer(Post.source), sa.orm.defer(Post.html), sa.orm.defer(Post.text_key))


def get(post_id: int) -> Post:
    """Return a post in whatever state, for its author. Raises `NotFound`."""
    post = db.session.get(Post, post_id)
    if post is None:
        raise NotFound("There is no such post.", hint="It may have been deleted for good.")
    return post


def draft_of(post: Post) -> PostDraft:
    """Return what the editor shows for `post`."""
    return PostDraft(
        title=post.title,
        source=post.source,
        source_format=post.source_format,
        kind=post.kind,
        labels=[label.name for label in post.labels],
        custom_slug=post.custom_slug,
        comment_mode=post.comment_mode,
        description=post.description,
        title_link=post.title_link,
        published_at=post.published_at,
    )


def all_posts(
    *, kind: str = "post", status: str = "", q: str = "", before_id: int | None = None, limit: int = 50
) -> tuple[list[Post], bool]:
    """Return posts for the list of posts, last changed first, and whether more follow after the last one."""
    statement = sa.select(Post).where(Post.kind == kind).options(sa.orm.selectinload(Post.labels), *_LIGHT)
    statement = (
        statement.where(Post.status == status) if status else statement.where(Post.status != "trashed")
    )
    for word in fold(q).split():
        statement = statement.where(Post.text_key.contains(word, autoescape=True))
    if before_id is not None:
        last = get(before_id)
        statement = statement.where(
            sa.tuple_(Post.modified_at, Post.id)
            < sa.tuple_(sa.literal(last.modified_at, Post.modified_at.type), last.id)
        )
    found = list(
        db.session.scalars(statement.order_by(Post.modified_at.desc(), Post.id.desc()).limit(limit + 1))
    )
    return found[:limit], len(found) > limit


def showing(address: str, *, limit: int) -> list[Post]:
    """Return posts and pages with `address` in their text, last changed first: where a picture is used."""
    statement = sa.select(Post).where(Post.source.contains(address, autoescape=True)).options(*_LIGHT)
    return list(db.session.scalars(statement.order_by(Post.modified_at.desc(), Post.id.desc()).limit(limit)))
