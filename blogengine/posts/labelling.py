"""Labels of posts: giving them, and finding posts by them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Label
from blogengine.models import Post
from blogengine.models import post_label
from blogengine.pagecache import depends
from blogengine.pagecache import remember
from blogengine.pages import PostView
from blogengine.prepared import Prepared

RELATED_OF_EACH = 100
"""The newest posts of each label among which related ones are looked for."""
RELATED_LABELS = 10

_PUBLIC = post_label.c.public_at.is_not(None)


def set_labels(tx: Transaction, post: Post, names: list[str]) -> None:
    """Give `post` exactly these labels; labels that no post has any more are deleted."""
    before = {label.name for label in post.labels}
    if before == set(names):
        return
    known = {label.name: label for label in tx.session.scalars(sa.select(Label).where(Label.name.in_(names)))}
    post.labels = [known.get(name) or Label(name=name) for name in sorted(set(names))]
    tx.session.flush()
    if before - set(names):
        used = sa.select(post_label.c.label_id)
        tx.session.execute(
            sa.delete(Label)
            .where(Label.name.in_(before - set(names)), Label.id.not_in(used))
            .execution_options(synchronize_session=False)
        )


def date_labels(tx: Transaction, post_ids: Iterable[int]) -> None:
    """Note with the labels of these posts since when they are public, or that they are not."""
    is_public = sa.and_(Post.status == "published", Post.kind == "post")
    since = (
        sa.select(sa.case((is_public, Post.published_at)))
        .where(Post.id == post_label.c.post_id)
        .scalar_subquery()
    )
    tx.session.execute(
        sa.update(post_label).where(post_label.c.post_id.in_(list(post_ids))).values(public_at=since)
    )


def labelled(name: str) -> sa.Select[int]:
    """Select the ids of the public posts with the label `name`."""
    return (
        sa.select(post_label.c.post_id)
        .join(Label, Label.id == post_label.c.label_id)
        .where(Label.name == name, _PUBLIC)
    )


def labels_in_use() -> list[tuple[str, int]]:
    """Return (label, number of public posts) by number, then name."""

    def read() -> list[tuple[str, int]]:
        count = sa.func.count()
        counted = (
            sa.select(post_label.c.label_id, count.label("posts"))
            .where(_PUBLIC)
            .group_by(post_label.c.label_id)
            .subquery()
        )
        rows = db.session.execute(
            sa.select(Label.name, counted.c.posts)
            .join(counted, counted.c.label_id == Label.id)
            .order_by(counted.c.posts.desc(), Label.name)
        )
        return [(name, posts) for name, posts in rows]

    return remember("labels in use", ("posts",), read)


def related(post: PostView, limit: int) -> list[tuple[str, str]]:
    """Return (path, title) of public posts that share the most labels with `post`, newest first.

    They are looked for among the newest `RELATED_OF_EACH` posts of each label, so a large blog costs no more.
    """
    depends("posts")
    names = post.labels[:RELATED_LABELS]
    if not names or not limit:
        return []
    values: dict[str, Any] = {f"label_{number}": name for number, name in enumerate(names)}

    def read() -> list[tuple[str, str]]:
        rows = _related(len(names)).rows(post_id=post.id, wanted=limit, **values)
        return [(path, title) for path, title, _, _ in rows]

    return remember(f"related to {post.id} {limit} {names}", ("posts",), read)


@lru_cache(maxsize=RELATED_LABELS)
def _related(labels: int) -> Prepared:
    candidates = [
        sa.select(
            sa.select(post_label.c.post_id, post_label.c.public_at)
            .where(
                post_label.c.label_id
                == sa.select(Label.id).where(Label.name == bindparam(f"label_{number}")).scalar_subquery(),
                _PUBLIC,
            )
            .order_by(post_label.c.public_at.desc(), post_label.c.post_id.desc())
            .limit(RELATED_OF_EACH)
            .subquery()
        )
        for number in range(labels)
    ]
    every = sa.union_all(*candidates).subquery()
    shared = sa.func.count()
    best = (
        sa.select(every.c.post_id, every.c.public_at, shared.label("shared"))
        .where(every.c.post_id != bindparam("post_id"))
        .group_by(every.c.post_id, every.c.public_at)
        .order_by(shared.desc(), every.c.public_at.desc(), every.c.post_id.desc())
        .limit(bindparam("wanted", type_=sa.Integer))
        .subquery()
    )
    return Prepared(
        sa.select(Post.path, Post.title, best.c.shared, Post.id)
        .join(best, best.c.post_id == Post.id)
        .order_by(best.c.shared.desc(), best.c.public_at.desc(), Post.id.desc())
    )
