"""One comment: why it is here and who wrote it, an answer, and an edit."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.exceptions import Forbidden

from blogengine import comments as service
from blogengine import posts
from blogengine.admin import comment_rows
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.pages import CommentFacts
from blogengine.web import access
from blogengine.web import security

ID = "int(max=999999999999999)"
_BY_AN_AUTHOR = CommentFacts(True, "", False, True)


@admin.get(f"/comments/<{ID}:comment_id>", permission="comment.read")
def comment(comment_id: int) -> Response:
    """One comment, with a form for an answer and one for an edit."""
    return _page(service.get(comment_id))


@admin.post(f"/comments/<{ID}:comment_id>/reply", permission="comment.read")
def reply(comment_id: int) -> Any:
    """Answer a comment in the name of who is signed in; one that waits is approved by this."""
    found = _mine(comment_id)
    text = request.form.get("reply", "")
    post = posts.by_id(found.post_id)
    if post is None:
        return _page(found, "reply", "The post is not public, so nobody can answer there.", 409)
    waited = found.status != "published"
    if waited and comment_rows.changed_since_seen(request.form.getlist("seen"), [comment_id]):
        return _page(
            found, "reply", "The comment was changed since you opened this page. Look once more.", 409
        )
    try:
        draft = service.check("", "", text, comment_id)
        if not post.takes_comments:
            raise Refused("Comments on this post are closed; open them in the editor first.", code="closed")
        if waited:
            service.approve([comment_id])
        outcome = service.submit(draft, post, _BY_AN_AUTHOR, security.current_user())
    except Invalid as error:
        return _page(found, "reply", error.problems.get("text", str(error)), 422)
    except Refused as error:
        return _page(service.get(comment_id), "reply", str(error), 409)
    said = "Your answer is published, and so is the comment." if waited else "Your answer is published."
    say(
        said,
        url=f"{post.url}#c{outcome.comment_id}",
        url_text="Show it",
        undo_url=url_for("admin.undo_comments") if waited else "",
        undo_fields=[("id", str(comment_id))] if waited else (),
    )
    return redirect(url_for("admin.comment", comment_id=comment_id), 303)


@admin.post(f"/comments/<{ID}:comment_id>/edit", permission="comment.read")
def edit_comment(comment_id: int) -> Any:
    """Change the text of a comment; its name and its status stay."""
    found = _mine(comment_id)
    try:
        draft = service.check("", "", request.form.get("text", ""), None)
        outcome = service.edit(comment_id, draft, _BY_AN_AUTHOR, by_owner=True)
    except Invalid as error:
        return _page(found, "text", error.problems.get("text", str(error)), 422)
    except Refused as error:
        return _page(found, "text", str(error), 409)
    say("Nothing was changed." if outcome.is_repeat else "Changed. Readers see that it was edited.")
    return redirect(url_for("admin.comment", comment_id=comment_id), 303)


@shows_again("admin.reply", "admin.edit_comment")
def _again(message: str) -> Response:
    comment_id = int((request.view_args or {})["comment_id"])
    field = "reply" if request.endpoint == "admin.reply" else "text"
    return _page(service.get(comment_id), field, message, 400)


def _mine(comment_id: int) -> Comment:
    """Return a comment under a post where who is signed in may decide. Raises `NotFound`, `Forbidden`."""
    found = service.get(comment_id)
    if not access.can("comment.moderate", access.about(posts.get(found.post_id))):
        raise Forbidden(f"{access.denied('comment.moderate')} Nothing was changed.")
    return found


def _page(found: Comment, field: str = "", problem: str = "", status: int = 200) -> Response:
    """Show a comment; `problem` stands beside the form of `field`, which keeps what was typed."""
    post = posts.get(found.post_id)
    (row,) = comment_rows.rows([(found, post)])
    return show(
        "comment.html",
        status,
        row=row,
        reply=request.form.get("reply", "") if field == "reply" else "",
        text=request.form.get("text", "") if field == "text" else found.source,
        field=field,
        problem=problem,
        limit=service.TEXT_LIMIT,
        can_reply=bool(row.decisions) and not found.status.startswith("removed"),
        can_edit=bool(row.decisions) and not found.status.startswith("removed"),
    )
