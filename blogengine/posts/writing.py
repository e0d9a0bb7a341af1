"""The life of a post: draft, scheduled, published, unpublished, trashed, restored, deleted."""

import secrets
from datetime import datetime

import sqlalchemy as sa

from blogengine import clock
from blogengine import content
from blogengine import db as database
from blogengine import events
from blogengine import jobs
from blogengine import markup
from blogengine.db import Transaction
from blogengine.documents import Document
from blogengine.errors import Refused
from blogengine.meta import drop_meta
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.models import User
from blogengine.pages import PostDraft
from blogengine.posts.accepting import SOURCE_LIMIT
from blogengine.posts.accepting import accept
from blogengine.posts.labelling import date_labels
from blogengine.posts.labelling import set_labels
from blogengine.posts.listing import get
from blogengine.posts.paths import free_path
from blogengine.runtime import blog
from blogengine.text import clean_slug
from blogengine.text import fold
from blogengine.text import plain_text
from blogengine.text import slugify


def save(
    draft: PostDraft, *, post_id: int | None = None, author: User | None = None, version: int | None = None
) -> int:
    """Store `draft` as a new post, or into post `post_id` whatever its state; return the id.

    `version` is what the editor had loaded: raises `Refused(code="conflict")` when somebody saved since, and
    `Refused` for text that is too long or not text.
    """
    draft = accept(draft)
    atom_id = new_atom_id("post") if post_id is None else get(post_id).atom_id
    rendered = content.render(
        Document(draft.source, draft.source_format, draft.kind, post_id, content.anchor_of(atom_id))
    )
    html = rendered.html
    text_key = fold(f"{draft.title} {plain_text(markup.without_markers(html))}")[:SOURCE_LIMIT]

    def change(tx: Transaction) -> int:
        now = clock.now()
        if post_id is None:
            post = Post(created_at=now, modified_at=now, atom_id=atom_id, kind=draft.kind)
            if author is not None:
                post.author_id, post.author_name = author.id, author.name
            tx.session.add(post)
        else:
            post = get(post_id)
            if version is not None and version != post.version:
                raise Refused(
                    "Somebody saved this post after you opened it; nothing was overwritten.",
                    code="conflict",
                    hint="Your text is below. Open the post in another window, bring both together, then save again.",
                )
            post.version += 1
        changed = (post.title, post.source) != (draft.title, draft.source)
        post.title, post.source, post.source_format = draft.title, draft.source, draft.source_format
        post.html, post.pipeline, post.text_key = html, rendered.pipeline, text_key
        post.comment_mode, post.description, post.title_link = (
            draft.comment_mode,
            draft.description,
            draft.title_link,
        )
        if post.path is None:
            post.custom_slug = draft.custom_slug
        if post.status == "published" and changed:
            post.updated_at = now
        post.modified_at = now
        tx.session.flush()
        if post.status == "draft" and (draft.published_at is not None or post.path is None):
            post.published_at = draft.published_at
        set_labels(tx, post, draft.labels)
        content.write_facts(tx, post.id, rendered.facts)
        blog().hook.post_saved(post_id=post.id, draft=draft, tx=tx)
        _bump(tx, post)
        return post.id

    return database.write(change)


def publish(post_id: int, *, at: datetime | None = None) -> str:
    """Make a post public now, dated `at` if given and past; a future `at` schedules it. Returns the status."""
    now = clock.now()
    if at is not None and at > now:
        return schedule(post_id, at)

    def change(tx: Transaction) -> str:
        post = get(post_id)
        _require_words(post)
        post.published_at = at or (post.published_at if _was_public(post, now) else now)
        _make_public(tx, post)
        return post.status

    return database.write(change)


def schedule(post_id: int, at: datetime) -> str:
    """Let a post become public at `at`, an aware time in the future."""
    if at <= clock.now():
        raise Refused("The time to publish at has passed.", hint="Choose a later one, or publish now.")

    def change(tx: Transaction) -> str:
        post = get(post_id)
        _require_words(post)
        before = post.status
        post.status, post.published_at, post.modified_at = "scheduled", at, clock.now()
        jobs.enqueue(tx, "core.publish", {}, run_at=at, key=f"publish:{post.id}:{at.isoformat()}")
        _bump(tx, post)
        _tell(tx, post, before)
        return post.status

    return database.write(change)


def publish_due() -> int:
    """Make all scheduled posts public whose time has come; return how many."""

    def change(tx: Transaction) -> int:
        due = sa.select(Post).where(Post.status == "scheduled", Post.published_at <= clock.now())
        posts = list(tx.session.scalars(due))
        for post in posts:
            _make_public(tx, post)
        return len(posts)

    return database.write(change)


def unpublish(post_id: int) -> None:
    """Make a post a draft again; its permalink stays its own."""

    def change(tx: Transaction) -> None:
        post = get(post_id)
        before = post.status
        post.status, post.modified_at = "draft", clock.now()
        _bump(tx, post)
        _tell(tx, post, before)

    database.write(change)


def trash(post_id: int) -> None:
    """Take a post out of the blog; `restore` brings it back as it was."""

    def change(tx: Transaction) -> None:
        post = get(post_id)
        if post.status != "trashed":
            post.trashed_from, post.status, post.trashed_at = post.status, "trashed", clock.now()
            _bump(tx, post)
            _tell(tx, post, post.trashed_from)

    database.write(change)


def restore(post_id: int) -> str:
    """Bring a post back from the trash in the state it had; returns the state."""

    def change(tx: Transaction) -> str:
        post = get(post_id)
        if post.status == "trashed":
            post.status, post.trashed_at, post.trashed_from = post.trashed_from or "draft", None, ""
            if (
                post.status == "scheduled"
                and post.published_at is not None
                and post.published_at <= clock.now()
            ):
                post.status = "draft"
            _bump(tx, post)
            _tell(tx, post, "trashed")
        return post.status

    return database.write(change)


def delete_forever(post_id: int) -> None:
    """Delete a trashed post with its comments; nothing brings it back."""

    def change(tx: Transaction) -> None:
        post = get(post_id)
        if post.status != "trashed":
            raise Refused(
                "Only a post in the trash can be deleted for good.", hint="Move it to the trash first."
            )
        _bump(tx, post)
        tx.bump("comments", f"comments:{post.id}")
        drop_meta(tx, "comment", sa.select(Comment.id).where(Comment.post_id == post.id))
        drop_meta(tx, "post", [post.id])
        tx.session.delete(post)
        facts = {"kind": post.kind, "path": post.path or "", "title": post.title}
        events.tell(tx, "post_deleted", post_id=post.id, **facts)

    database.write(change)


def new_atom_id(kind: str) -> str:
    """Return a fresh `tag:` address (RFC 4151) for a feed entry; it never changes, wherever the blog moves."""
    setup = blog().setup
    return f"tag:blogengine.invalid,{setup.blog_created}:blog-{setup.blog_id}.{kind}-{secrets.token_hex(10)}"


def _make_public(tx: Transaction, post: Post) -> None:
    assert post.published_at is not None
    if post.path is None:
        slug = clean_slug(post.custom_slug) or slugify(
            post.title, plain_text(markup.without_markers(post.html))
        )
        post.path = free_path(tx.session, post.kind, slug, post.published_at, blog().zone)
    before, post.status, post.modified_at = post.status, "published", clock.now()
    _bump(tx, post)
    _tell(tx, post, before)


def _tell(tx: Transaction, post: Post, before: str) -> None:
    """Let plugins hear when readers see a post now that they did not see, or no longer see it."""
    if post.status == "published" != before:
        events.tell(tx, "post_published", post_id=post.id)
    elif before == "published" != post.status:
        events.tell(tx, "post_unpublished", post_id=post.id, status=post.status)


def _was_public(post: Post, now: datetime) -> bool:
    return post.path is not None and post.published_at is not None and post.published_at <= now


def _require_words(post: Post) -> None:
    if post.status == "trashed":
        raise Refused("This post is in the trash.", hint="Restore it first.")
    if not post.title.strip() and not post.source.strip():
        raise Refused("An empty post cannot be published.", hint="Write a title or some text first.")


def _bump(tx: Transaction, post: Post) -> None:
    tx.session.flush()
    date_labels(tx, [post.id])
    tx.bump("posts", f"post:{post.id}")
