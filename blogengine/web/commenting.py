"""Taking comments: one form, one service call, and the truth about what happened."""

import re
from typing import Any

from flask import Blueprint
from flask import Response
from flask import abort
from flask import g
from flask import jsonify
from flask import redirect
from flask import request
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms import StringField
from wtforms import TextAreaField

from blogengine import comments
from blogengine import posts
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import User
from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import CommentFormView
from blogengine.pages import PostView
from blogengine.text import accept_text
from blogengine.web import answers
from blogengine.web import challenges
from blogengine.web import failures
from blogengine.web import frame
from blogengine.web import pages as public_pages
from blogengine.web import rendering
from blogengine.web import security

FIELD_LIMIT = 500
"""Characters of what is typed into a field of a plugin."""
_ADDRESS = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]+\.[^@\s<>\"]{2,}")

commenting = Blueprint("commenting", __name__)


class CommentForm(FlaskForm):  # type: ignore[misc]
    """The fields of a comment. Its defence is `security.check_origin`: a token would bind a page to one visitor."""

    class Meta:
        """No CSRF token for visitors."""

        csrf = False

    name = StringField()
    website = StringField()
    email = StringField()
    text = TextAreaField()
    reply_to = HiddenField()
    ft = HiddenField()
    email_again = StringField()
    action = HiddenField()

    def typed(self, field: str) -> str:
        """Return what was sent for `field`, or an empty text."""
        value = getattr(self, field).data
        return value if isinstance(value, str) else ""


@commenting.post("/-/comments/<int(max=999999999999999):post_id>")
@security.public
def send(post_id: int) -> Any:
    """Take a comment, or show it as a preview."""
    form = CommentForm()
    post = posts.by_id(post_id)
    if post is None:
        return _lost(
            form,
            "The post is not here any more",
            "It was taken back while you wrote. Your text is below, so that you can keep it.",
        )
    user = security.current_user()
    if user is not None and not security.has_token():
        return _again(
            form,
            post,
            user,
            "stale",
            400,
            "Please send it once more",
            "Your sign-in changed since you opened this form. Nothing is lost.",
        )
    try:
        return _take(form, post, user)
    except Invalid as error:
        return _again(
            form,
            post,
            user,
            "invalid",
            422,
            "Please look at this again",
            "Nothing was sent yet.",
            error.problems,
        )
    except Refused as error:
        status = 429 if error.code == "rate" else 409
        return _again(form, post, user, "refused", status, "Your comment was not taken", str(error))
    except Busy as error:
        return _again(form, post, user, "refused", 503, "Your comment was not taken", str(error))


def _take(form: CommentForm, post: PostView, user: User | None) -> Any:
    reply_to = form.typed("reply_to")
    parent_id = int(reply_to) if reply_to.isdecimal() and len(reply_to) < 16 else None
    if reply_to and parent_id is None:
        raise Refused(
            "The comment you answer is not there.",
            code="no_parent",
            hint="Your text is below; send it as an answer to the post.",
        )
    token = form.typed("ft")
    asked = public_pages.empty_form(post, token if challenges.is_one(token, post.id) else "")
    fields, problems = _read_fields(asked)
    email = form.typed("email") if asked.asks_email else ""
    try:
        draft = comments.check(
            form.typed("name"), form.typed("website"), form.typed("text"), parent_id, email=email
        )
    except Invalid as invalid:
        raise Invalid({**invalid.problems, **problems}) from invalid
    if problems:
        raise Invalid(problems)
    if request.form.get("action") == "preview":
        return _again(
            form,
            post,
            user,
            "preview",
            200,
            "Preview",
            "This is how your comment will look. It is not sent yet.",
            draft=draft,
            shown=challenges.make(post.id, draft),
        )
    if not security.is_fresh_token(token, post.id):
        return _again(
            form,
            post,
            user,
            "stale",
            409,
            "Please send it once more",
            "This form was open for a long time. Nothing is lost: press the button again.",
        )
    facts = CommentFacts(
        has_origin_evidence=g.has_origin_evidence,
        address_key=comments.address_key(security.client_address()),
        honeypot_filled=bool(form.typed("email_again")),
        signed_in=user is not None,
        fields=fields,
        challenge=token if challenges.is_met(token, post.id, draft) else "",
    )
    try:
        outcome = comments.submit(draft, post, facts, user, may_ask=True)
    except Refused as refusal:
        if refusal.code != "ask":
            raise
        return _ask(form, post, user, draft)
    told = f"/-/comments/answer/{security.sign_answer(outcome.comment_id)}"
    own = comments.own_comment(outcome.comment_id) if outcome.status == "published" else None
    if own is not None and not answers.is_needed(answers.page_about(*own)):
        page = comments.page_address(post.url, comments.page_of(outcome.comment_id))
        return _sent("published", f"{page}#c{outcome.comment_id}")
    return _sent("told" if own is not None else "waiting", told)


def _ask(form: CommentForm, post: PostView, user: User | None, draft: CommentDraft) -> Response:
    """Show a doubtful comment to its writer, who presses once more."""
    token = form.typed("ft")
    if challenges.is_early(token, post.id, draft):
        heading, why = "A moment, please", "That was quicker than anybody reads."
    else:
        heading, token = "Please look at it once more", challenges.make(post.id, draft)
        why = "Something in it resembles what robots send, and robots seldom come back; so one more press is asked of you."
    return _again(
        form,
        post,
        user,
        "asked",
        409,
        heading,
        f"{why} It is not sent yet, and your text is kept: look at it, and press “Post Comment” again.",
        draft=draft,
        challenge=token,
    )


def _sent(status: str, address: str) -> Any:
    """Lead to what was sent. A script that asks for JSON is told where: browsers keep the fragment of a redirect from it."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(status=status, url=address)
    return redirect(address, 303)


@commenting.get("/-/comments/<int(max=999999999999999):post_id>")
def back(post_id: int) -> Any:
    """A reload of the form's address leads back to the post."""
    post = posts.by_id(post_id)
    if post is None:
        abort(404)
    return redirect(f"{post.url}#comment-form", 302)


@commenting.get("/-/comments/answer/<token>")
def answer(token: str) -> Any:
    """What became of a comment, for the one who wrote it: the address is private."""
    comment_id = security.read_answer(token)
    own = comments.own_comment(comment_id) if comment_id is not None else None
    if own is None:
        abort(404)
    page = answers.page_about(*own)
    if page.comment is not None and not answers.is_needed(page):
        return redirect(page.comment.url, 302)
    return frame.hidden(rendering.respond("comment_answer.html", page))


def _read_fields(asked: CommentFormView) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was typed into the fields of plugins, and a sentence for each value that does not fit."""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for item in asked.fields:
        value = request.form.get(item.name, "")
        try:
            value = accept_text(value, limit=FIELD_LIMIT, multiline=False).strip()
        except Refused as refusal:
            problems[item.name] = f"{item.label or item.name}: {refusal}"
        if item.kind == "checkbox":
            value = "on" if value else ""
        if item.required and not value:
            problems[item.name] = f"“{item.label}” is needed."
        if item.kind == "email" and value and not _ADDRESS.fullmatch(value):
            problems[item.name] = f"“{item.label}” must look like name@example.org."
        if item.needs_email and value and asked.asks_email and not request.form.get("email", "").strip():
            problems["email"] = f"“{item.label}” needs your e-mail address."
        values[item.name] = value
    return values, problems


def _again(
    form: CommentForm,
    post: PostView,
    user: User | None,
    outcome: str,
    status: int,
    heading: str,
    message: str,
    problems: dict[str, str] | None = None,
    draft: CommentDraft | None = None,
    challenge: str = "",
    shown: str = "",
) -> Response:
    """Show the form again with everything that was typed; `shown` is the token of a preview that nobody asked for."""
    filled = public_pages.empty_form(post, challenge)
    filled.token = shown or filled.token
    filled.name, filled.website, filled.text = form.typed("name"), form.typed("website"), form.typed("text")
    filled.email = form.typed("email")
    filled.problems = problems or {}
    for item in filled.fields:
        if item.kind != "hidden" or not challenge:
            item.value = request.form.get(item.name, "")
    filled.reply_to = public_pages.answered(form.typed("reply_to"), post)
    page = CommentAnswerPage(
        blog=frame.blog_view(),
        meta=frame.meta(heading),
        signed_in=user is not None,
        flashes=[],
        outcome=outcome,
        heading=heading,
        message=message,
        comment=comments.preview(draft, post, user) if draft is not None else None,
        form=filled,
        post=post,
        back=answers.way_back(post.url, post),
    )
    return rendering.respond("comment_answer.html", page, status)


def _lost(form: CommentForm, heading: str, message: str) -> Response:
    return failures.show(404, heading, message, kept_text=form.typed("text"))
