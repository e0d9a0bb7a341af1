"""The addresses of all public posts and pages, in blocks that stay the same: for maps of the blog."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from blogengine.db import db
from blogengine.models import Post
from blogengine.pagecache import depends
from blogengine.pagecache import remember
from blogengine.posts.reading import PUBLIC


@dataclass(frozen=True, slots=True)
class PostAddress:
    """Where a public post or page stands, and when anything in it was last changed (aware UTC)."""

    id: int
    kind: str
    """`post` or `page`."""
    url: str
    modified_at: datetime


def address_blocks(size: int) -> list[tuple[int, datetime]]:
    """Return the blocks of `size` ids in which public posts and pages are, with the last change in each.

    Block 0 holds the ids up to `size - 1`, block 1 the next. Ids are never given again, so a post stays in its block.
    Reads an index alone; 100,000 posts take a quarter of a second, once for each change of a post.
    """

    def read() -> list[tuple[int, datetime]]:
        number = (Post.id // size).label("number")
        rows = db.session.execute(
            sa.select(number, sa.func.max(Post.modified_at))
            .where(Post.kind.in_(("post", "page")), PUBLIC)
            .group_by(number)
            .order_by(number)
        )
        return [(int(block), moment) for block, moment in rows]

    return remember(f"blocks of {size} posts", ("posts",), read)


def addresses(block: int, size: int) -> list[PostAddress]:
    """Return the addresses of the public posts and pages in a block, in the order of their ids."""
    depends("posts")
    rows = db.session.execute(
        sa.select(Post.id, Post.kind, Post.path, Post.modified_at)
        .where(Post.id >= block * size, Post.id < (block + 1) * size, PUBLIC)
        .order_by(Post.id)
    )
    return [PostAddress(post_id, kind, path or "", moment) for post_id, kind, path, moment in rows]
