"""Mails about comments: to readers who follow a post, and to the owner.

A reader says in the comment form that they want mails, and confirms it by mail; then each comment that readers see is one
mail, until a press on the link in it ends them. The owner gets a mail about what is new or waits, with links to decide.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint
from markupsafe import Markup

from blogengine.plugin import CommentAnswerPage
from blogengine.plugin import CommentFacts
from blogengine.plugin import CommentFormView
from blogengine.plugin import DataSubject
from blogengine.plugin import Event
from blogengine.plugin import Field
from blogengine.plugin import HealthCheck
from blogengine.plugin import Job
from blogengine.plugin import Tables
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine.plugin import now
from blogengine.plugin import read_meta
from blogengine.plugin import write_meta
from blogengine_notify import following
from blogengine_notify import owner
from blogengine_notify import people
from blogengine_notify import replies
from blogengine_notify.models import tables
from blogengine_notify.pages import pages
from blogengine_notify.settings import Settings
from blogengine_notify.settings import health
from blogengine_notify.settings import offers_follow

__all__ = [
    "comment_answer_html",
    "comment_published",
    "comment_saved",
    "commenter_pass_follow",
    "commenter_pass_followed",
    "erase_personal_data",
    "export_personal_data",
    "prepare_comment_form",
    "register_health_checks",
    "register_jobs",
    "register_routes",
    "register_settings",
    "register_tables",
]

FIELD = "notify.follow"


@hookimpl
def register_settings() -> type:
    """Let the owner choose who gets mails."""
    return Settings


@hookimpl
def register_tables() -> Tables:
    """Keep who follows what."""
    return tables


@hookimpl
def register_routes() -> Blueprint:
    """Serve the pages behind links in mails."""
    return pages


@hookimpl
def register_jobs() -> Mapping[str, Job | Callable[[dict[str, Any]], None]]:
    """Write the owner's mail, and forget what is over."""
    return {"tell": owner.tell, "forget": Job(forget, every=timedelta(days=1))}


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    """Say what is missing before mails can be sent."""
    return [HealthCheck("mail", health)]


@hookimpl
def prepare_comment_form(form: CommentFormView) -> None:
    """Offer to follow the post where mails can be sent."""
    if form.signed_in_name or not offers_follow():
        return
    form.asks_email = True
    form.add(
        Field(
            FIELD,
            "Mail me new comments on this post",
            "checkbox",
            help="First comes one mail in which you say yes. Each mail has a link that ends them.",
            needs_email=True,
        )
    )


@hookimpl
def comment_saved(comment_id: int, status: str, facts: CommentFacts, tx: Transaction) -> None:
    """Ask the commenter who wants to follow, and remember the comment for the owner."""
    owner.note(tx, comment_id, status, facts)
    if not facts.fields.get(FIELD) or status == "spam" or not offers_follow():
        return
    found = comments.stored(comment_id)
    if found is not None and found[0].author_email:
        following.ask(tx, found[0].post_id, found[0].author_email)
        write_meta(tx, "comment", comment_id, "notify", "asked", True)


@hookimpl
def comment_answer_html(page: CommentAnswerPage) -> Markup | None:
    """Tell who wants to follow that a mail comes first."""
    comment = page.comment
    if comment is None or not comment.id or now() > comment.published_at + following.LIFE:
        return None
    asked = read_meta("comment", [comment.id], "notify")[comment.id].get("asked")
    return fragment("@notify/asked.html") if asked and offers_follow() else None


@hookimpl
def comment_published(comment_id: int, event: Event) -> None:
    """Write to those who follow."""
    replies.tell(comment_id)


@hookimpl
def export_personal_data(person: DataSubject) -> list[dict[str, Any]]:
    """Show what a person follows."""
    return people.stored(person)


@hookimpl
def erase_personal_data(person: DataSubject, tx: Transaction) -> int:
    """Forget what a person follows."""
    return people.erase(tx, person)


@hookimpl(optionalhook=True)
def commenter_pass_followed(address: str) -> Collection[int]:
    """Say which posts an address follows."""
    return following.followed(address)


@hookimpl(optionalhook=True)
def commenter_pass_follow(address: str, post_id: int, follows: bool) -> bool:
    """Let an address follow a post, or not any more."""
    if follows and not offers_follow():
        return False
    if follows:
        following.begin(post_id, address)
    else:
        following.stop(following.digest_of(address), post_id)
    return True


def forget(payload: dict[str, Any]) -> None:
    """Forget what was never confirmed, and what was ended."""
    while following.forget_old() == following.FORGET_BATCH:
        pass
