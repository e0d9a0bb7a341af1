"""The list of comments, and the owner's decisions on them, one by one or many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from markupsafe import Markup
from werkzeug.exceptions import Forbidden

from blogengine import comments as service
from blogengine import markup
from blogengine import posts
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import say
from blogengine.admin.frame import searched
from blogengine.admin.frame import show
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.pages import Link
from blogengine.permissions import Resource
from blogengine.sanitize import trusted
from blogengine.web import access

PAGE = 50
TABS = (
    ("pending", "Waiting"),
    ("published", "Published"),
    ("spam", "Spam"),
    ("removed", "Removed"),
    ("all", "All but spam"),
)
DECISIONS: dict[str, tuple[Callable[[list[int]], int], str]] = {
    "approve": (service.approve, "Published"),
    "spam": (service.mark_spam, "Marked as spam"),
    "remove": (service.remove, "Removed"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A comment in the list; `body` is clean HTML, `decisions` are the buttons that make sense."""

    comment: Comment
    post: Post
    body: Markup
    decisions: list[tuple[str, str]]


@admin.get("/comments", permission="comment.read")
def comments() -> Response:
    """Comments, newest first; those that wait unless told otherwise."""
    status, q, post_id = _filter(request.args)
    before = number(request.args, "before")
    found, has_more = service.comments_for_owner(
        status="" if status == "all" else status, q=q, post_id=post_id, before_id=before, limit=PAGE
    )
    counts = _counts()
    mine = access.among("comment.moderate", [access.about(post) for _, post in found])
    return show(
        "comments.html",
        status=status,
        q=q,
        post=posts.get(post_id) if post_id is not None else None,
        before=before,
        tabs=[(Link(_list_url(key, q, post_id), text), counts[key], key == status) for key, text in TABS],
        rows=[_row(comment, post, access.about(post) in mine) for comment, post in found],
        decisions=_decisions(status) if mine else [],
        all_selected=request.args.get("select") == "all",
        select_url=_list_url(
            status, q, post_id, before, select=None if request.args.get("select") else "all"
        ),
        no_filter_url=_list_url(status, q, None),
        first_url=_list_url(status, q, post_id),
        more_url=_list_url(status, q, post_id, found[-1][0].id) if has_more else "",
    )


@admin.post("/comments", permission="comment.read")
def decide() -> Any:
    """Approve, mark as spam or remove the chosen comments; `one` is the button of a single comment."""
    action, ids = _chosen()
    back = _back()
    if not ids:
        complain("No comment was chosen. Tick the boxes of those you mean, then press the button again.")
        return redirect(back, 303)
    _check(ids)
    if action == "delete":
        return _ask_delete(ids, back)
    if action not in DECISIONS:
        raise Refused(f"There is nothing called {action!r} to do with comments.")
    decision, said = DECISIONS[action]
    changed = decision(ids)
    say(
        f"{said}: {_count(changed)}.",
        undo_url=url_for("admin.undo_comments") if changed else "",
        undo_fields=[("id", str(comment_id)) for comment_id in ids] + _filter_fields(),
    )
    return redirect(back, 303)


@admin.post("/comments/undo", permission="comment.read")
def undo_comments() -> Any:
    """Take the last decision on these comments back."""
    _check(_ids())
    changed = service.undo(_ids())
    say(
        f"Taken back: {_count(changed)} as before." if changed else "There was nothing to take back any more."
    )
    return redirect(_back(), 303)


@admin.post("/comments/delete", permission="comment.read")
def delete_comments() -> Any:
    """Delete spam and removed comments for good."""
    _check(_ids())
    say(f"Deleted for good: {_count(service.delete_forever(_ids()))}.")
    return redirect(_back(), 303)


def _ask_delete(ids: list[int], back: str) -> Response:
    return show(
        "confirm.html",
        heading="Delete for good?",
        message=f"{_count(len(ids)).capitalize()} will be gone for ever; answers to them stay.",
        action=url_for("admin.delete_comments"),
        fields=[("id", str(comment_id)) for comment_id in ids] + _filter_fields(),
        button=f"Delete {_count(len(ids))} for good",
        cancel_url=back,
    )


def _chosen() -> tuple[str, list[int]]:
    """Return what shall be done, and to which comments."""
    action, _, single = request.form.get("one", "").partition(":")
    if action:
        return action, [int(single)] if single.isdecimal() and len(single) <= 15 else []
    return request.form.get("action", ""), _ids()


def _ids() -> list[int]:
    texts = request.form.getlist("id")[:1000]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 15]


def _filter(values: Any) -> tuple[str, str, int | None]:
    """Return which comments are listed: their status, words in them, the post they are under."""
    status = values.get("status", "pending")
    return status if status in dict(TABS) else "pending", searched(), number(values, "post")


def _filter_fields() -> list[tuple[str, str]]:
    return [(name, request.form[name]) for name in ("status", "q", "post") if request.form.get(name)]


def _back() -> str:
    """Return the list as it stood when the button was pressed."""
    status, _, post_id = _filter(request.form)
    return _list_url(status, request.form.get("q", "")[:200], post_id, number(request.form, "before"))


def _list_url(
    status: str, q: str = "", post_id: int | None = None, before: int | None = None, select: str | None = None
) -> str:
    return url_for("admin.comments", status=status, q=q or None, post=post_id, before=before, select=select)


def _counts() -> dict[str, int]:
    counts = dict.fromkeys(dict(TABS), 0)
    for status, count in service.counts().items():
        counts["removed" if status.startswith("removed") else status] += count
    counts["all"] = sum(counts[name] for name in ("pending", "published", "removed"))
    return counts


def _decisions(status: str) -> list[tuple[str, str]]:
    """Return the buttons for comments of a status: (what it does, what stands on it)."""
    removed = status.startswith("removed")
    publish = {"pending": "Approve", "spam": "Not spam: publish"}.get(
        status, "Publish again" if removed else "Approve"
    )
    found = [("approve", publish)] if status != "published" else []
    found += [("spam", "Spam")] if status != "spam" else []
    found += [("remove", "Remove")] if not removed else []
    return found + ([("delete", "Delete for good")] if removed or status == "spam" else [])


def _check(ids: list[int]) -> None:
    """Raise `Forbidden` when one of these comments is under a post where who is signed in may not decide."""
    places = [Resource("post", post_id, author_id) for post_id, author_id in service.posts_under(ids)]
    if len(access.among("comment.moderate", places)) < len(places):
        raise Forbidden(f"{access.denied('comment.moderate')} Nothing was changed.")


def _row(comment: Comment, post: Post, is_mine: bool) -> Row:
    is_current = comment.pipeline == markup.PIPELINE
    body = trusted(comment.html) if is_current else markup.render_comment(comment.source)
    return Row(comment, post, body, _decisions(comment.status) if is_mine else [])


def _count(amount: int) -> str:
    return "1 comment" if amount == 1 else f"{amount} comments"
