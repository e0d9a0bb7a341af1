"""Reading posts: every function returns page values and leaves the tags of what it read on the page being made."""

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy import bindparam

from blogengine.db import db
from blogengine.feeds import PostList
from blogengine.meta import expect
from blogengine.models import Label
from blogengine.models import Post
from blogengine.models import Redirect
from blogengine.models import post_label
from blogengine.pagecache import depends
from blogengine.pagecache import remember
from blogengine.pages import PostView
from blogengine.posts.renewing import render_again
from blogengine.prepared import Prepared
from blogengine.runtime import blog

COLUMNS = (
    Post.id,
    Post.kind,
    Post.title,
    Post.path,
    Post.status,
    Post.published_at,
    Post.updated_at,
    Post.modified_at,
    Post.author_name,
    Post.author_url,
    Post.html,
    Post.comment_count,
    Post.comment_mode,
    Post.description,
    Post.title_link,
    Post.atom_id,
    Post.author_id,
    Post.pipeline,
)
PUBLIC = Post.status == "published"
NEWEST_FIRST = (Post.published_at.desc(), Post.id.desc())

_BY_PATH = Prepared(sa.select(*COLUMNS).where(Post.path == bindparam("path"), PUBLIC))
_BY_ID = Prepared(sa.select(*COLUMNS).where(Post.id == bindparam("id"), PUBLIC))
_LABELS = Prepared(
    sa.select(Label.name)
    .join(post_label, post_label.c.label_id == Label.id)
    .where(post_label.c.post_id == bindparam("id"))
    .order_by(Label.name)
)
_AT = bindparam("at", type_=Post.published_at.type)
_OLDER = Prepared(
    sa.select(Post.path, Post.title)
    .where(
        Post.kind == "post", PUBLIC, sa.tuple_(Post.published_at, Post.id) < sa.tuple_(_AT, bindparam("id"))
    )
    .order_by(*NEWEST_FIRST)
    .limit(1)
)
_NEWER = Prepared(
    sa.select(Post.path, Post.title)
    .where(
        Post.kind == "post", PUBLIC, sa.tuple_(Post.published_at, Post.id) > sa.tuple_(_AT, bindparam("id"))
    )
    .order_by(Post.published_at, Post.id)
    .limit(1)
)
_LIMIT = bindparam("limit", type_=sa.Integer)
_NEWEST = Prepared(
    sa.select(*COLUMNS).where(Post.kind == "post", PUBLIC).order_by(*NEWEST_FIRST).limit(_LIMIT)
)
_NEXT = Prepared(
    sa.select(*COLUMNS)
    .where(
        Post.kind == "post", PUBLIC, sa.tuple_(Post.published_at, Post.id) < sa.tuple_(_AT, bindparam("id"))
    )
    .order_by(*NEWEST_FIRST)
    .limit(_LIMIT)
)
_LABELLED = (
    sa.select(*COLUMNS)
    .join(post_label, post_label.c.post_id == Post.id)
    .where(
        post_label.c.label_id
        == sa.select(Label.id).where(Label.name == bindparam("label")).scalar_subquery(),
        post_label.c.public_at.is_not(None),
    )
)
_OF_LABEL = Prepared(
    _LABELLED.order_by(post_label.c.public_at.desc(), post_label.c.post_id.desc()).limit(_LIMIT)
)
_IN_PERIOD = sa.select(*COLUMNS).where(
    Post.kind == "post",
    PUBLIC,
    Post.published_at >= bindparam("start"),
    Post.published_at < bindparam("end"),
)
_NEWEST_IN_PERIOD = Prepared(_IN_PERIOD.order_by(*NEWEST_FIRST).limit(_LIMIT))
_TITLES = Prepared(
    sa.select(Post.path, Post.title).where(Post.kind == "post", PUBLIC).order_by(*NEWEST_FIRST).limit(_LIMIT)
)
_REDIRECT = Prepared(
    sa.select(Redirect.target, Redirect.permanent, Post.path, Post.status, Redirect.post_id)
    .join(Post, Post.id == Redirect.post_id, isouter=True)
    .where(Redirect.path == bindparam("path"))
)
_PAGES = Prepared(sa.select(Post.path, Post.title).where(Post.kind == "page", PUBLIC).order_by(Post.title))


def by_path(path: str) -> PostView | None:
    """Return the public post or page at `path`."""
    row = _BY_PATH.row(path=path)
    return _single(row)


def by_id(post_id: int) -> PostView | None:
    """Return the public post or page with this id."""
    return _single(_BY_ID.row(id=post_id)) if 0 < post_id < 2**63 else None


def _single(row: tuple[Any, ...] | None) -> PostView | None:
    if row is None:
        return None
    view = _view(row, [name for (name,) in _LABELS.rows(id=row[0])])
    depends(f"post:{view.id}")
    return view


def public_by_ids(ids: Iterable[int]) -> dict[int, PostView]:
    """Return the public ones of these posts, without labels, in one query."""
    wanted = list(ids)
    depends(*(f"post:{post_id}" for post_id in wanted))
    if not wanted:
        return {}
    rows = db.session.execute(sa.select(*COLUMNS).where(Post.id.in_(wanted), PUBLIC))
    return {row[0]: _view(row, []) for row in rows}


def public_by_paths(paths: Iterable[str]) -> dict[str, PostView]:
    """Return the public posts at these paths or where they redirect to, by the path asked for, without labels.

    One query, or two where a path leads nowhere at once; the page depends on all posts.
    """
    wanted = set(paths)
    depends("posts", "redirects")
    if not wanted:
        return {}
    rows = db.session.execute(sa.select(*COLUMNS).where(Post.path.in_(wanted), PUBLIC))
    found = {str(row[3]): _view(row, []) for row in rows}
    if wanted <= set(found):
        return found
    moved = sa.select(*COLUMNS, Redirect.path).join(Redirect, Redirect.post_id == Post.id)
    rows = db.session.execute(moved.where(Redirect.path.in_(wanted - set(found)), PUBLIC))
    return {**found, **{str(row[len(COLUMNS)]): _view(row, []) for row in rows}}


def newest(
    limit: int,
    *,
    before: tuple[datetime, int | None] | None = None,
    after: tuple[datetime, int | None] | None = None,
    label: str | None = None,
) -> PostList:
    """Return a page of posts, newest first, by keyset: those `before` or `after` a post's (time, id)."""
    if label is not None:
        return _newest_of_label(label, limit, before, after)
    if after is None and before is None:
        rows: Sequence[Any] = _NEWEST.rows(limit=limit + 1)
    elif after is not None:
        return _newer_page(sa.select(*COLUMNS).where(Post.kind == "post", PUBLIC), after, limit)
    elif before is not None and before[1] is not None:
        rows = _NEXT.rows(at=before[0], id=before[1], limit=limit + 1)
    else:
        statement = sa.select(*COLUMNS).where(Post.kind == "post", PUBLIC)
        statement = statement.where(_beyond(before, older=True)) if before is not None else statement
        rows = db.session.execute(statement.order_by(*NEWEST_FIRST).limit(limit + 1)).all()
    return PostList(views_of(rows[:limit]), has_older=len(rows) > limit, has_newer=before is not None)


def _newest_of_label(
    label: str,
    limit: int,
    before: tuple[datetime, int | None] | None,
    after: tuple[datetime, int | None] | None,
) -> PostList:
    """Walk the index of a label's public posts."""
    own = (post_label.c.public_at, post_label.c.post_id)
    statement = _LABELLED.params(label=label)
    if after is not None:
        statement = statement.where(_beyond(after, own, older=False)).order_by(*own)
        found = db.session.execute(statement.limit(limit + 1)).all()
        return PostList(views_of(found[:limit][::-1]), has_older=True, has_newer=len(found) > limit)
    if before is None:
        rows: Sequence[Any] = _OF_LABEL.rows(label=label, limit=limit + 1)
    else:
        statement = statement.where(_beyond(before, own, older=True))
        rows = db.session.execute(statement.order_by(own[0].desc(), own[1].desc()).limit(limit + 1)).all()
    return PostList(views_of(rows[:limit]), has_older=len(rows) > limit, has_newer=before is not None)


def _newer_page(
    statement: sa.Select[*tuple[Any, ...]], after: tuple[datetime, int | None], limit: int
) -> PostList:
    statement = statement.where(_beyond(after, older=False)).order_by(Post.published_at, Post.id)
    rows = db.session.execute(statement.limit(limit + 1)).all()
    return PostList(views_of(rows[:limit][::-1]), has_older=True, has_newer=len(rows) > limit)


def in_period(
    start: datetime, end: datetime, *, limit: int, before: tuple[datetime, int | None] | None = None
) -> PostList:
    """Return the posts published from `start` until before `end`, newest first."""
    if before is None:
        rows: Sequence[Any] = _NEWEST_IN_PERIOD.rows(start=start, end=end, limit=limit + 1)
    else:
        older = _IN_PERIOD.params(start=start, end=end).where(_beyond(before, older=True))
        rows = db.session.execute(older.order_by(*NEWEST_FIRST).limit(limit + 1)).all()
    return PostList(views_of(rows[:limit]), has_older=len(rows) > limit)


def neighbours(post: PostView) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """Return (path, title) of the next older and the next newer post."""

    def read() -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
        older = _OLDER.row(at=post.published_at, id=post.id)
        newer = _NEWER.row(at=post.published_at, id=post.id)
        return (older[0], older[1]) if older else None, (newer[0], newer[1]) if newer else None

    return remember(f"neighbours of {post.id} {post.published_at}", ("posts",), read)


def newest_titles(limit: int) -> list[tuple[str, str]]:
    """Return (path, title) of the newest public posts."""
    depends("posts")
    return [(path, title) for path, title in _TITLES.rows(limit=limit)]


def static_pages() -> list[tuple[str, str]]:
    """Return (path, title) of the public static pages by title."""
    return remember("static pages", ("posts",), lambda: [(path, title) for path, title in _PAGES.rows()])


def redirect_for(path: str) -> tuple[str, bool] | None:
    """Return (target, permanent) of the redirect at `path`."""
    depends("redirects", "posts")
    row = _REDIRECT.row(path=path)
    if row is None:
        return None
    target, permanent, post_path, status, post_id = row
    if post_id is not None:
        return (post_path, permanent) if status == "published" and post_path else None
    return target, permanent


def _beyond(
    at: tuple[datetime, int | None], own: tuple[Any, Any] = (Post.published_at, Post.id), *, older: bool
) -> Any:
    moment, post_id = at
    if post_id is None:
        return own[0] < moment if older else own[0] >= moment
    here, there = sa.tuple_(*own), sa.tuple_(sa.literal(moment, Post.published_at.type), post_id)
    return here < there if older else here > there


def views_of(rows: Sequence[Any]) -> list[PostView]:
    """Make views of `rows` with their labels, in one more query."""
    depends("posts")
    ids = [row[0] for row in rows]
    labels: dict[int, list[str]] = {post_id: [] for post_id in ids}
    if ids:
        asked = {f"id_{number}": post_id for number, post_id in enumerate(ids)}
        for post_id, name in _labels_of(len(ids)).rows(**asked):
            labels[post_id].append(name)
    depends(*(f"comments:{post_id}" for post_id in ids))
    expect("post", ids)
    return [_view(row, labels[row[0]]) for row in rows]


@lru_cache(maxsize=128)
def _labels_of(posts: int) -> Prepared:
    return Prepared(
        sa.select(post_label.c.post_id, Label.name)
        .join(Label, Label.id == post_label.c.label_id)
        .where(post_label.c.post_id.in_([bindparam(f"id_{number}") for number in range(posts)]))
        .order_by(Label.name)
    )


def _view(row: Any, labels: list[str]) -> PostView:
    html = row[10] if abs(row[17]) == blog().pipeline else render_again(row[0])
    return PostView(
        id=row[0],
        kind=row[1],
        title=row[2],
        url=row[3] or "",
        status=row[4],
        published_at=row[5],
        updated_at=row[6],
        modified_at=row[7],
        author_name=row[8],
        author_url=row[9],
        html=html,
        body=Markup(""),
        labels=labels,
        comment_count=row[11],
        comment_mode=row[12],
        description=row[13],
        title_link=row[14],
        atom_id=row[15],
        author_id=row[16],
    )
