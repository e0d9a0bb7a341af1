"""The list of posts and pages, and what can be done from it: trash, restore, delete for good."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import clock
from blogengine import posts as service
from blogengine.admin.frame import admin
from blogengine.admin.frame import number
from blogengine.admin.frame import require
from blogengine.admin.frame import say
from blogengine.admin.frame import searched
from blogengine.admin.frame import show
from blogengine.admin.notices import notices
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import Post
from blogengine.pages import Link
from blogengine.web import access

ID = "int(max=999999999999999)"
PAGE = 30
TABS = (
    ("", "All"),
    ("published", "Published"),
    ("draft", "Drafts"),
    ("scheduled", "Scheduled"),
    ("trashed", "Trash"),
)


def named(post: Post) -> str:
    """Return how the owner's pages call a post."""
    return f"“{post.title}”" if post.title else f"the untitled {post.kind} {post.id}"


@admin.get("/", permission="post.write")
def posts() -> Any:
    """Posts or pages, last changed first."""
    kind = "page" if request.args.get("kind") == "page" else "post"
    status = request.args.get("status", "")
    status = status if status in dict(TABS) else ""
    q = searched()
    try:
        found, has_more = service.all_posts(
            kind=kind, status=status, q=q, before_id=number(request.args, "before"), limit=PAGE
        )
    except NotFound:
        return redirect(_list_url(kind, status, q), 303)
    return show(
        "posts.html",
        kind=kind,
        status=status,
        q=q,
        tabs=[(Link(_list_url(kind, key), text), key == status) for key, text in TABS],
        posts=found,
        deletable=_deletable(found),
        now=clock.now(),
        is_first=number(request.args, "before") is None,
        first_url=_list_url(kind, status, q),
        more_url=_list_url(kind, status, q, before=found[-1].id) if has_more else "",
        notices=notices(),
    )


def _deletable(found: list[Post]) -> set[int]:
    """Return the ids of the posts that who is signed in may delete."""
    return {one.id for one in access.among("post.delete", map(access.about, found))}


def _list_url(kind: str = "post", status: str = "", q: str = "", before: int | None = None) -> str:
    return url_for(
        "admin.posts",
        kind=kind if kind == "page" else None,
        status=status or None,
        q=q or None,
        before=before,
    )


@admin.post(f"/posts/<{ID}:post_id>/trash", permission="post.delete")
def trash_post(post_id: int) -> Any:
    """Move a post to the trash."""
    post = service.get(post_id)
    require("post.delete", post)
    kind, title = post.kind, named(post)
    service.trash(post_id)
    say_trashed(post_id, title)
    return redirect(_list_url(kind), 303)


def say_trashed(post_id: int, title: str) -> None:
    """Say that a post is in the trash, with the way back."""
    say(f"Moved {title} to the trash.", undo_url=url_for("admin.restore_post", post_id=post_id))


@admin.post(f"/posts/<{ID}:post_id>/restore", permission="post.delete")
def restore_post(post_id: int) -> Any:
    """Bring a post back from the trash."""
    post = service.get(post_id)
    require("post.delete", post)
    kind, title = post.kind, named(post)
    status = service.restore(post_id)
    say(
        f"Brought {title} back: it is {'a draft' if status == 'draft' else status} again.",
        url=url_for("admin.post", post_id=post_id),
        url_text="Open it",
    )
    return redirect(_list_url(kind), 303)


@admin.get(f"/posts/<{ID}:post_id>/delete", permission="post.delete")
def ask_delete_post(post_id: int) -> Response:
    """Ask before a post is deleted for good."""
    post = service.get(post_id)
    require("post.delete", post)
    if post.status != "trashed":
        raise Refused("Only a post in the trash can be deleted for good.", hint="Move it to the trash first.")
    answers = f" and its {post.comment_count} published comments" if post.comment_count else ""
    return show(
        "confirm.html",
        heading="Delete for good?",
        message=f"{named(post)}{answers} will be gone. Nothing brings this back.",
        action=url_for("admin.delete_post", post_id=post_id),
        fields=[],
        button="Delete for good",
        cancel_url=_list_url(post.kind, "trashed"),
    )


@admin.post(f"/posts/<{ID}:post_id>/delete", permission="post.delete")
def delete_post(post_id: int) -> Any:
    """Delete a post in the trash for good."""
    post = service.get(post_id)
    require("post.delete", post)
    kind, title = post.kind, named(post)
    service.delete_forever(post_id)
    say(f"Deleted {title} for good.")
    return redirect(_list_url(kind, "trashed"), 303)
