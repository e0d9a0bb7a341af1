"""Reading comments: threads for pages, recent ones for feeds."""

import hmac
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from blogengine import clock
from blogengine import markup
from blogengine import posts
from blogengine.addresses import mail_key
from blogengine.comments.places import PAGE_SIZE
from blogengine.comments.places import SHOWN
from blogengine.comments.places import permalink
from blogengine.comments.threads import SHOWN_DEPTH
from blogengine.comments.threads import nest
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.meta import expect
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.models import User
from blogengine.pagecache import depends
from blogengine.pagecache import remember
from blogengine.pages import AnsweredView
from blogengine.pages import CommentDraft
from blogengine.pages import CommentView
from blogengine.pages import PostView
from blogengine.prepared import Prepared
from blogengine.runtime import blog
from blogengine.sanitize import escape
from blogengine.sanitize import trusted

_COLUMNS = (
    Comment.id,
    Comment.post_id,
    Comment.parent_id,
    Comment.author_name,
    Comment.author_url,
    Comment.html,
    Comment.published_at,
    Comment.depth,
    Comment.status,
    Comment.atom_id,
    Comment.user_id,
    Comment.pipeline,
    Comment.edited_at,
    Comment.email_key,
    Comment.kind,
    Comment.source_url,
)
_ANY = Prepared(sa.select(*_COLUMNS).where(Comment.id == bindparam("id")))
_IN_ORDER = (Comment.thread_key, Comment.id)
_SHOWN = (Comment.post_id == bindparam("post_id"), sa.or_(*(Comment.status == status for status in SHOWN)))
_LIMIT = bindparam("limit", type_=sa.Integer)
_FIRST_PAGE = Prepared(sa.select(*_COLUMNS).where(*_SHOWN).order_by(*_IN_ORDER).limit(_LIMIT))
# Only the index is walked up to the page: 10,000 comments with their texts would be read for its last one otherwise.
_ON_PAGE = (
    sa.select(Comment.id)
    .where(*_SHOWN)
    .order_by(*_IN_ORDER)
    .limit(_LIMIT)
    .offset(bindparam("offset", type_=sa.Integer))
    .subquery()
)
_FURTHER_PAGE = Prepared(
    sa.select(*_COLUMNS).join(_ON_PAGE, _ON_PAGE.c.id == Comment.id).order_by(*_IN_ORDER)
)


@dataclass(slots=True)
class CommentList:
    """Comments of a feed, how many there are in all, and when one of all these last changed."""

    comments: list[CommentView]
    total: int
    modified_at: datetime | None = None


def thread(post_id: int, url: str, page: int = 1) -> tuple[list[CommentView], bool]:
    """Return page `page` (from 1) of the comments under a post in thread order, and whether more follow."""
    depends(f"comments:{post_id}")
    if page == 1:
        rows = _FIRST_PAGE.rows(post_id=post_id, limit=PAGE_SIZE + 1)
    else:
        rows = _FURTHER_PAGE.rows(post_id=post_id, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
    shown = rows[:PAGE_SIZE]
    expect("comment", [row[0] for row in shown])
    views = [_view(row, permalink(url, row[0], row[6])) for row in shown]
    nest(views)
    _name_answered(views, [row[7] for row in shown], url)
    return views, len(rows) > PAGE_SIZE


def _name_answered(views: list[CommentView], depths: list[int], url: str) -> None:
    """Say what a comment answers where the page does not show it: on an earlier page, or deeper than is shown."""
    before: dict[int, CommentView] = {}
    elsewhere: dict[int, list[CommentView]] = {}
    for view, depth in zip(views, depths, strict=True):
        if view.parent_id is not None and view.parent_id not in before:
            elsewhere.setdefault(view.parent_id, []).append(view)
        elif view.parent_id is not None and depth > SHOWN_DEPTH:
            parent = before[view.parent_id]
            name = "" if parent.is_removed else parent.author_name
            view.answered = AnsweredView(f"#c{parent.id}", name, parent.is_removed)
        before[view.id] = view
    if not elsewhere:
        return
    rows = db.session.execute(
        sa.select(Comment.id, Comment.author_name, Comment.published_at, Comment.status).where(
            Comment.id.in_(sorted(elsewhere)), Comment.status.in_(SHOWN)
        )
    )
    for comment_id, author_name, published_at, status in rows:
        is_removed = status != "published"
        found = AnsweredView(
            permalink(url, comment_id, published_at), "" if is_removed else author_name, is_removed
        )
        for view in elsewhere[comment_id]:
            view.answered = found


def by_id(comment_id: int) -> CommentView | None:
    """Return a comment that readers see, or None."""
    return public_by_ids([comment_id]).get(comment_id)


def public_by_ids(ids: Iterable[int]) -> dict[int, CommentView]:
    """Return those of these comments that readers see, in one query; removed ones keep their place without words."""
    depends("posts", "comments")
    wanted = _possible(ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(*_COLUMNS, Post.path, Post.title)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.id.in_(wanted), Comment.status.in_(SHOWN), Post.status == "published")
    )
    return {row[0]: _listed(row) for row in rows}


def stored(comment_id: int) -> tuple[Comment, Post] | None:
    """Return all that is stored of a comment, in whatever state, with its post; its address and text are private."""
    return stored_by_ids([comment_id]).get(comment_id)


def stored_by_ids(ids: Iterable[int]) -> dict[int, tuple[Comment, Post]]:
    """Return all that is stored of these comments, as `stored` does, in one query."""
    wanted = _possible(ids)
    if not wanted:
        return {}
    both = sa.select(Comment, Post).join(Post, Post.id == Comment.post_id)
    return {row[0].id: (row[0], row[1]) for row in db.session.execute(both.where(Comment.id.in_(wanted)))}


def _possible(ids: Iterable[int]) -> list[int]:
    """Return the numbers that a database takes as ids."""
    return [comment_id for comment_id in ids if 0 < comment_id < 2**63]


def by_address(
    address: str, *, before_id: int | None = None, limit: int = 20
) -> tuple[list[tuple[Comment, Post]], bool]:
    """Return comments that were sent with a mail address, with their posts, newest first, and whether more follow.

    In whatever state: for the one who reads mail at that address, and nobody else.
    """
    key = mail_key(address)
    if not key:
        return [], False
    found = sa.select(Comment, Post).join(Post, Post.id == Comment.post_id).where(Comment.email_key == key)
    if before_id is not None:
        found = found.where(Comment.id < before_id)
    rows = db.session.execute(found.order_by(Comment.id.desc()).limit(limit + 1)).all()
    return [(comment, post) for comment, post in rows[:limit]], len(rows) > limit


def own_comment(comment_id: int) -> tuple[CommentView, PostView] | None:
    """Return a comment in whatever state with its post, for the one who wrote it; None where the post is not public."""
    row = _ANY.row(id=comment_id)
    post = posts.by_id(row[1]) if row is not None else None
    if row is None or post is None:
        return None
    return _view(row, permalink(post.url, comment_id, row[6])), post


def preview(draft: CommentDraft, post: PostView, user: User | None) -> CommentView:
    """Return the comment as it would be shown."""
    return CommentView(
        id=0,
        post_id=post.id,
        parent_id=draft.parent_id,
        author_name=user.name if user is not None else draft.name,
        author_url=draft.website,
        body=trusted(draft.html) if draft.html else markup.render_comment(draft.text),
        published_at=clock.now(),
        depth=0,
        status="preview",
        by_author=user is not None,
        email_key=_person_key(mail_key(draft.email)) if user is None else "",
    )


def recent(
    *,
    post_id: int | None = None,
    start_index: int = 1,
    max_results: int = 25,
    published_min: datetime | None = None,
    published_max: datetime | None = None,
) -> CommentList:
    """Return comments that readers see, newest first, of one post or of the blog, with their number in all."""
    depends("posts", "comments" if post_id is None else f"comments:{post_id}")
    shown = Comment.status.not_in(("pending", "spam"))  # so that SQLite walks the index of times
    where: list[Any] = [shown, Post.status == "published", Post.comment_mode != "hide"]
    if post_id is not None:
        where.append(Comment.post_id == post_id)
    where += [Comment.published_at >= published_min] if published_min is not None else []
    where += [Comment.published_at < published_max] if published_max is not None else []
    joined = sa.select(*_COLUMNS, Post.path, Post.title).join(Post, Post.id == Comment.post_id).where(*where)
    rows: Sequence[Any] = db.session.execute(
        joined.order_by(Comment.published_at.desc(), Comment.id.desc())
        .offset(start_index - 1)
        .limit(max_results)
    ).all()

    def count() -> tuple[int, datetime | None]:
        facts = sa.select(sa.func.count(), sa.func.max(Comment.modified_at)).select_from(Comment)
        found = db.session.execute(facts.join(Post, Post.id == Comment.post_id).where(*where)).one()
        return found[0], found[1]

    is_whole = post_id is None and published_min is None and published_max is None
    total, modified_at = remember("comments", ("comments", "posts"), count) if is_whole else count()
    return CommentList([_listed(row) for row in rows], total, modified_at)


def _listed(row: Any) -> CommentView:
    """Make the view of a comment outside of its thread; its page is only looked up when somebody goes there."""
    path, title = row[len(_COLUMNS) :]
    view = _view(row, permalink(path, row[0], row[6]))
    view.post_title = title
    return view


def _view(row: Any, url: str) -> CommentView:
    html = row[5] if row[11] == markup.PIPELINE else _render_again(row[0])
    return CommentView(
        id=row[0],
        post_id=row[1],
        parent_id=row[2],
        author_name=row[3],
        author_url=row[4],
        body=trusted(html),
        published_at=row[6],
        depth=min(row[7], SHOWN_DEPTH),
        status=row[8],
        url=url,
        atom_id=row[9],
        by_author=row[10] is not None,
        edited_at=row[12],
        email_key=_person_key(row[13]),
        kind=row[14],
        source_url=row[15],
    )


def _person_key(address: str) -> str:
    """Return the keyed digest of a mail address: views go to themes and plugins, which show what they like."""
    return _keyed(blog().config.secret_key, address) if address else ""


@lru_cache(maxsize=1024)
def _keyed(secret: str, address: str) -> str:
    return hmac.digest(secret.encode(), f"person:{address}".encode(), "sha256").hex()[:24]


def _render_again(comment_id: int) -> str:
    """Return the clean HTML of a comment that an older pipeline rendered."""
    source = db.session.execute(sa.select(Comment.source).where(Comment.id == comment_id)).scalar_one()
    try:
        return str(markup.render_comment(source))
    except Refused:
        return str(escape(source))  # too much for the present limits: shown as it was typed
