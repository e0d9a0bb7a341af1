"""What feeds and searches ask for."""

import re
from typing import Any

import sqlalchemy as sa

from blogengine.db import db
from blogengine.feeds import PostList
from blogengine.feeds import PostQuery
from blogengine.models import Post
from blogengine.pagecache import remember
from blogengine.posts.labelling import labelled
from blogengine.posts.reading import COLUMNS
from blogengine.posts.reading import NEWEST_FIRST
from blogengine.posts.reading import PUBLIC
from blogengine.posts.reading import views_of
from blogengine.runtime import blog
from blogengine.text import fold

_WORDS = re.compile(r'"([^"]+)"|([^\s"]+)')


def query(wanted: PostQuery) -> PostList:
    """Return the public posts that a feed or a search asks for, with their number in all.

    Words are looked for by the plugin that offers a search, or in all texts where none does or it cannot.
    """
    offered = blog().search if wanted.q else None
    if offered is not None:
        plugin_id, search = offered
        try:
            matching = search.matching(wanted.q)
            if matching is not None:
                return _run(wanted, matching.subquery("hits"))
        except (sa.exc.SQLAlchemyError, AttributeError, TypeError, ValueError) as error:
            db.session.rollback()
            blog().plugins.failures.add(plugin_id, "register_search", error)
    return _run(wanted, None)


def _run(wanted: PostQuery, hits: sa.Subquery | None) -> PostList:
    where: list[Any] = [Post.kind == wanted.kind, PUBLIC]
    where += [Post.id.in_(labelled(label)) for label in wanted.labels]
    order = NEWEST_FIRST if wanted.orderby != "updated" else (Post.modified_at.desc(), Post.id.desc())
    if hits is not None:
        post_id, rank = hits.c
        where.append(Post.id == post_id)
        order = (rank.desc(), *order) if wanted.orderby == "relevance" else order
    else:
        for phrase, word in _WORDS.findall(fold(wanted.q)):
            where.append(Post.text_key.contains(phrase or word, autoescape=True))
    for column, low, high in (
        (Post.published_at, wanted.published_min, wanted.published_max),
        (Post.modified_at, wanted.updated_min, wanted.updated_max),
    ):
        where += [column >= low] if low is not None else []
        where += [column < high] if high is not None else []
    rows = db.session.execute(
        sa.select(*COLUMNS)
        .where(*where)
        .order_by(*order)
        .offset(wanted.start_index - 1)
        .limit(wanted.max_results)
    ).all()

    def count() -> int:
        return db.session.execute(sa.select(sa.func.count(Post.id)).where(*where)).scalar_one()

    total = count() if len(where) > 2 else remember(f"number of {wanted.kind}s", ("posts",), count)
    return PostList(views_of(rows), total, has_older=wanted.start_index - 1 + len(rows) < total)
