"""The pages behind links in mails: a GET shows what would be done, a POST of its button does it."""

from typing import Any

from flask import Blueprint
from flask import Response
from flask import redirect
from flask import request

from blogengine.plugin import Refused
from blogengine.plugin import comments
from blogengine.plugin import posts
from blogengine.plugin import public_form
from blogengine.plugin import public_page
from blogengine.plugin import seal
from blogengine.plugin import unseal
from blogengine_notify import deciding
from blogengine_notify import following
from blogengine_notify.models import ON

pages = Blueprint("notify", __name__)


@pages.route("/confirm/<token>", methods=["GET", "POST"])
@public_form()
def confirm(token: str) -> Any:
    """Ask whether mails shall come, and begin with them."""
    try:
        follow_id, post_id = unseal(following.CONFIRM, token)
    except Refused as refused:
        return _over(refused, "Ask for mails once more in the comment form.")
    if request.method == "POST":
        following.confirm(follow_id, post_id)
        return redirect(request.path, 303)
    follow = following.by_id(follow_id, post_id)
    post = posts.by_id(post_id)
    stop = seal(following.STOP, [post_id, follow.digest])
    return _page("confirm.html", "Mails about comments", follow=follow, post=post, on=ON, stop=stop)


@pages.route("/stop/<token>", methods=["GET", "POST"])
@public_form(rate=0, machines=True)
def stop(token: str) -> Any:
    """Ask whether mails shall end, and end them: for a reader, and for a mail program's own button (RFC 8058)."""
    try:
        post_id, digest = unseal(following.STOP, token)
    except Refused as refused:
        return _over(refused, "Copy the whole address from the mail.")
    done = ""
    if request.method == "POST":
        done = "all" if request.form.get("which") == "all" else "one"
        following.stop(digest, None if done == "all" else post_id)
    follow = following.find(post_id, digest)
    again = seal(following.CONFIRM, [follow.id, post_id], life=following.LIFE) if follow and done else ""
    return _page(
        "stop.html",
        "Mails about comments",
        post=posts.by_id(post_id),
        follows=follow is not None and follow.state == ON,
        done=done,
        again=again,
    )


@pages.route("/decide/<token>", methods=["GET", "POST"])
@public_form()
def decide(token: str) -> Any:
    """Show the owner a comment with one button, and do what stands on it."""
    try:
        comment_id, decision = deciding.read(token)
    except Refused as refused:
        return _over(refused, "Sign in to decide about comments.", "/admin/comments?status=pending")
    said, problem, status = "", "", 200
    if request.method == "POST":
        if request.form.get("action") == "undo":
            taken_back = deciding.undo(comment_id, decision)
            said = "Taken back." if taken_back else "There was nothing to take back any more."
        else:
            try:
                deciding.decide(comment_id, decision, request.form.get("seen", ""))
                said = "Done."
            except Refused as refused:
                problem, status = refused.message, 409
    now, before, mark = deciding.stand(comment_id)
    own = comments.own_comment(comment_id)
    return _page(
        "decide.html",
        "A comment",
        status=status,
        comment=own[0] if own else None,
        post=own[1] if own else None,
        decision=decision,
        is_done=now == decision.status,
        can_undo=now == decision.status and bool(before),
        waits=now == "pending",
        seen=mark,
        said=said,
        problem=problem,
    )


def _page(template: str, title: str, *, status: int = 200, **values: Any) -> Response:
    return public_page(f"@notify/{template}", title, private=True, status=status, **values)


def _over(refused: Refused, todo: str, address: str = "") -> Response:
    return _page(
        "over.html",
        "This link does not work",
        status=410 if refused.code == "expired" else 404,
        message=refused.message,
        todo=todo,
        address=address,
    )
