"""The pages behind a commenter's link: each GET shows, each POST of a button changes."""

import json
from typing import Any

from flask import Blueprint
from flask import Response
from flask import redirect
from flask import request

from blogengine.plugin import CommentFacts
from blogengine.plugin import DataSubject
from blogengine.plugin import Invalid
from blogengine.plugin import Refused
from blogengine.plugin import check_mail_address
from blogengine.plugin import comments
from blogengine.plugin import posts
from blogengine.plugin import privacy
from blogengine.plugin import public_form
from blogengine.plugin import public_page
from blogengine.plugin import sanitize
from blogengine.plugin import visitor_key
from blogengine_commenter_pass import follows
from blogengine_commenter_pass import links
from blogengine_commenter_pass import own
from blogengine_commenter_pass.settings import current
from blogengine_commenter_pass.settings import is_ready

pages = Blueprint("commenter_pass", __name__)

HOME = "/-/commenter_pass/"
SAID = {
    "edited": "Your comment was changed.",
    "held": "Your comment was changed. It appears again once the author of the blog has approved it.",
    "same": "Nothing was changed.",
    "deleted": "Your comment was taken back.",
    "on": "You get a mail about each new comment on that post.",
    "off": "No more mails about that post will come.",
    "no": "That could not be done: this blog sends no such mails now.",
}
FOLLOWS = 50
"""Posts on one page of those that are followed."""


@pages.route("/", methods=["GET", "POST"])
@public_form(rate=10)
def ask() -> Any:
    """Take an address and have a link sent to it; the answer is the same for every address."""
    typed, problem = request.form.get("email", "").strip()[:300], ""
    if request.method == "POST" and is_ready():
        try:
            address = check_mail_address(typed)
            problem = "" if address else "Write your e-mail address first."
        except Refused as refused:
            problem = refused.message
        if not problem:
            links.ask(address)
            return redirect(f"{HOME}?said=sent", 303)
    return _page(
        "ask.html",
        "Your comments here",
        status=422 if problem else 200,
        typed=typed,
        problem=problem,
        said=request.args.get("said", ""),
        is_ready=is_ready(),
        days=current().days,
    )


@pages.route("/<token>/")
@public_form()
def index(token: str) -> Any:
    """Show what was written with this address."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    followed = follows.followed(holder.address)
    before = request.args.get("before", "")
    shown, has_more = own.page(
        holder.address, set(followed or ()), int(before) if before.isdecimal() and len(before) < 16 else None
    )
    return _page(
        "own.html",
        "Your comments here",
        address=holder.address,
        comments=shown,
        is_first=not before,
        more=shown[-1].id if has_more else 0,
        followed=followed,
        said=SAID.get(request.args.get("said", ""), ""),
    )


@pages.route("/<token>/edit/<int(max=999999999999999):comment_id>", methods=["GET", "POST"])
@public_form()
def edit(token: str, comment_id: int) -> Any:
    """Let a comment be changed within its time."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    mine = own.one(holder.address, comment_id)
    typed, problem, preview = mine.source, mine.no_edit, None
    if request.method == "POST":
        typed = request.form.get("text", "")
        try:
            draft = comments.check("", "", typed, None)
            if request.form.get("action") == "preview":
                preview = sanitize.clean_comment(draft.html)
            elif not mine.no_edit:
                facts = CommentFacts(True, visitor_key(), honeypot_filled=False, signed_in=False)
                outcome = comments.edit(comment_id, draft, facts)
                said = "same" if outcome.is_repeat else "edited"
                return redirect(_home(token, "held" if outcome.status != "published" else said), 303)
        except Invalid as invalid:
            problem = problem or " ".join(invalid.problems.values())
        except Refused as refused:
            problem = refused.message
    return _page(
        "edit.html",
        "Change your comment",
        status=409 if problem and request.method == "POST" else 200,
        comment=mine,
        typed=typed,
        problem=problem,
        preview=preview,
        back=_home(token),
    )


@pages.route("/<token>/delete/<int(max=999999999999999):comment_id>", methods=["GET", "POST"])
@public_form()
def delete(token: str, comment_id: int) -> Any:
    """Ask, and take a comment back for good."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    mine = own.one(holder.address, comment_id)
    if request.method == "POST":
        comments.withdraw([comment_id])
        return redirect(_home(token, "deleted"), 303)
    return _page("delete.html", "Take your comment back?", comment=mine, back=_home(token))


@pages.route("/<token>/follows", methods=["GET", "POST"])
@public_form()
def followed(token: str) -> Any:
    """Show which posts are followed, and begin or end it."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    if request.method == "POST":
        typed, wish = request.form.get("post", ""), request.form.get("follow", "")
        post_id = int(typed) if typed.isdecimal() and len(typed) < 16 else 0
        post = posts.by_id(post_id) if post_id else None
        done = follows.follow(holder.address, post_id, wish == "on") if post or wish == "off" else False
        return redirect(_home(token, ("on" if wish == "on" else "off") if done else "no"), 303)
    found = follows.followed(holder.address) or []
    number = request.args.get("page", "1")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    shown = [(post_id, posts.by_id(post_id)) for post_id in found[(page - 1) * FOLLOWS : page * FOLLOWS]]
    return _page(
        "follows.html",
        "Posts you follow",
        posts=shown,
        page_number=page,
        has_more=len(found) > page * FOLLOWS,
        back=_home(token),
    )


@pages.post("/<token>/export")
@public_form()
def export(token: str) -> Any:
    """Hand over everything that is stored under this address."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    found = privacy.export(DataSubject(email=holder.address), to_themselves=True)
    answer = Response(json.dumps(found, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.route("/<token>/erase", methods=["GET", "POST"])
@public_form()
def erase(token: str) -> Any:
    """Ask, and erase everything that is stored under this address."""
    holder = _holder(token)
    if isinstance(holder, Response):
        return holder
    person = DataSubject(email=holder.address)
    if request.method == "POST":
        privacy.erase(person)
        return redirect(f"{HOME}?said=erased", 303)
    found = privacy.export(person)
    return _page(
        "erase.html",
        "Erase everything?",
        address=holder.address,
        count=len(found["comments"]),
        not_asked=found["not_asked"],
        back=_home(token),
    )


def _holder(token: str) -> links.Pass | Response:
    """Return who opened the link, or the page that says why it does not work."""
    try:
        return links.read(token)
    except Refused as refused:
        status = 410 if refused.code == "expired" else 404
        return _page("over.html", "This link does not work", status=status, message=refused.message)


def _home(token: str, said: str = "") -> str:
    return f"{HOME}{token}/?said={said}" if said else f"{HOME}{token}/"


def _page(template: str, title: str, *, status: int = 200, **values: Any) -> Response:
    return public_page(f"@commenter_pass/{template}", title, private=True, status=status, **values)
