"""The list of comments, and the owner's decisions on them, one by one or many at once."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.exceptions import Forbidden

from blogengine import comments as service
from blogengine import posts
from blogengine.admin import comment_filters
from blogengine.admin import comment_rows
from blogengine.admin.comment_filters import SCORES
from blogengine.admin.comment_filters import TABS
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.errors import Refused
from blogengine.pages import Link
from blogengine.permissions import Resource
from blogengine.runtime import blog
from blogengine.web import access
from blogengine.web.rendering import assets

PAGE = 50
DECISIONS: dict[str, tuple[Callable[[list[int]], int], str]] = {
    "approve": (service.approve, "Published"),
    "spam": (service.mark_spam, "Marked as spam"),
    "remove": (service.remove, "Removed"),
}


@admin.get("/comments", permission="comment.read")
def comments() -> Response:
    """Comments, newest first; those that wait unless told otherwise."""
    wanted = comment_filters.shown(request.args)
    found, has_more = wanted.found(PAGE)
    rows = comment_rows.rows(found)
    counts = _counts()
    if rows:
        assets.need(["queue.js"])
    all_selected = request.args.get("select") == "all"
    tabs = [
        (Link(wanted.url(status=key, before=None), text), counts[key], key == wanted.status)
        for key, text in TABS
    ]
    return show(
        "comments.html",
        shown=wanted,
        post=posts.get(wanted.post) if wanted.post is not None else None,
        tabs=tabs,
        judges=[(service.ENGINE, "the blog itself"), *((name, name) for name in _judges())],
        scores=list(SCORES.items()),
        kinds=service.kinds(),
        rows=rows,
        decisions=comment_rows.decisions(wanted.status) if any(row.decisions for row in rows) else [],
        all_selected=all_selected,
        select_url=wanted.url(select=None if all_selected else "all"),
        more_url=wanted.url(before=found[-1][0].id) if has_more else "",
        can_empty=wanted.status == "spam" and bool(rows) and access.can("comment.moderate"),
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
    late = (
        comment_rows.changed_since_seen(request.form.getlist("seen"), ids) if action == "approve" else set()
    )
    if late:
        complain(
            f"Not published, because the text was changed after you opened this list: {_count(len(late))}. "
            "Look once more, then approve."
        )
        ids = [comment_id for comment_id in ids if comment_id not in late]
        if not ids:
            return redirect(back, 303)
    decision, said = DECISIONS[action]
    changed = decision(ids)
    say(
        f"{said}: {_count(changed)}.",
        undo_url=url_for("admin.undo_comments") if changed else "",
        undo_fields=[("id", str(comment_id)) for comment_id in ids] + _fields(),
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


@admin.get("/comments/empty", permission="comment.moderate")
def ask_empty() -> Response:
    """Ask before all spam is deleted."""
    total = service.count_spam()
    return show(
        "confirm.html",
        heading="Delete all spam?",
        message=f"{_count(total).capitalize()} in the spam folder will be gone for ever. What the filter learned stays.",
        action=url_for("admin.empty_spam"),
        fields=[],
        button=f"Delete {_count(total)} for good",
        cancel_url=url_for("admin.comments", status="spam"),
    )


@admin.post("/comments/empty", permission="comment.moderate")
def empty_spam() -> Any:
    """Delete all spam for good."""
    say(f"Deleted for good: {_count(service.delete_all_spam())}.")
    return redirect(url_for("admin.comments", status="spam"), 303)


def _ask_delete(ids: list[int], back: str) -> Response:
    return show(
        "confirm.html",
        heading="Delete for good?",
        message=f"{_count(len(ids)).capitalize()} will be gone for ever; answers to them stay.",
        action=url_for("admin.delete_comments"),
        fields=[("id", str(comment_id)) for comment_id in ids] + _fields(),
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


def _fields() -> list[tuple[str, str]]:
    """Return what the list shows as fields that lead back to it."""
    return comment_filters.shown(request.form).fields


def _back() -> str:
    """Return the list as it stood when the button was pressed, or the page of the one comment."""
    one = request.form.get("page", "")
    if one.isdecimal() and len(one) <= 15:
        return url_for("admin.comment", comment_id=int(one))
    return comment_filters.shown(request.form).url()


def _judges() -> list[str]:
    """Return the plugins that may have held a comment."""
    return sorted(blog().plugins.listeners("judge_comment"))


def _counts() -> dict[str, int]:
    counts = dict.fromkeys(dict(TABS), 0)
    for status, count in service.counts().items():
        counts["removed" if status.startswith("removed") else status] += count
    counts["all"] = sum(counts[name] for name in ("pending", "published", "removed"))
    return counts


def _check(ids: list[int]) -> None:
    """Raise `Forbidden` when one of these comments is under a post where who is signed in may not decide."""
    places = [Resource("post", post_id, author_id) for post_id, author_id in service.posts_under(ids)]
    if len(access.among("comment.moderate", places)) < len(places):
        raise Forbidden(f"{access.denied('comment.moderate')} Nothing was changed.")


def _count(amount: int) -> str:
    return "1 comment" if amount == 1 else f"{amount} comments"
