"""Holds comments until the author has approved them: always, on older posts, the first of each sender, or never.

The choice is Blogger's, and one more. A held comment is seen by nobody but its writer and the authors of the blog: not on
the page, not in its count, not in a feed. Old posts are where spam goes and where nobody looks, so comments
on posts older than 14 days are held until the owner decides otherwise. The page Moderation shows what waits.
"""

from collections.abc import Mapping
from collections.abc import Sequence

from flask import url_for
from markupsafe import Markup

from blogengine.plugin import ALLOW
from blogengine.plugin import HOLD
from blogengine.plugin import Actor
from blogengine.plugin import AdminPages
from blogengine.plugin import CommentDraft
from blogengine.plugin import CommentFacts
from blogengine.plugin import CommentFormView
from blogengine.plugin import CommentView
from blogengine.plugin import Judgement
from blogengine.plugin import PostView
from blogengine.plugin import Resource
from blogengine.plugin import Verdict
from blogengine.plugin import can
from blogengine.plugin import comments as comment_service
from blogengine.plugin import expires
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_moderation import asking
from blogengine_moderation import queue
from blogengine_moderation import rules
from blogengine_moderation.queue import pages
from blogengine_moderation.rules import Settings

__all__ = [
    "comment_form_html",
    "comments_header_html",
    "comments_html",
    "dashboard_html",
    "judge_comment",
    "judge_permission",
    "prepare_comment_form",
    "register_admin_pages",
    "register_settings",
]


@hookimpl
def register_settings() -> type:
    """Let the owner choose which comments are held."""
    return Settings


@hookimpl
def register_admin_pages() -> AdminPages:
    """Show what is waiting."""
    return AdminPages(pages, "Moderation", permission="comment.read")


@hookimpl
def judge_comment(comment: CommentDraft, post: PostView, facts: CommentFacts) -> Verdict | None:
    """Hold a comment where the owner's rule says so, or the question was not answered."""
    reason = (
        rules.reason_to_hold(post) or rules.reason_for_sender(comment, facts) or asking.reason_to_hold(facts)
    )
    return Verdict(HOLD, reason) if reason else None


@hookimpl
def judge_permission(
    actor: Actor, permission: str, resources: Sequence[Resource]
) -> Mapping[Resource, Judgement] | None:
    """Let authors decide about comments under their own posts, where the owner wants that."""
    if permission != "comment.moderate" or not rules.current().own_posts:
        return None
    return {one: ALLOW for one in resources if one.kind == "post" and one.author_id == actor.id}


@hookimpl
def prepare_comment_form(form: CommentFormView) -> None:
    """Ask the owner's question."""
    asking.ask(form)


@hookimpl
def comment_form_html(post: PostView, signed_in: bool) -> Markup | None:
    """Say before somebody writes that the comment will wait."""
    if signed_in:
        return None
    if rules.reason_to_hold(post) or rules.current().mode == "first":
        return fragment("@moderation/notice.html", only_first=rules.current().mode == "first")
    expires(rules.holds_from(post))
    return None


@hookimpl
def comments_header_html(post: PostView) -> Markup | None:
    """Say how many comments wait, where the owner wants that said."""
    if not rules.current().waiting:
        return None
    count = comment_service.waiting_under(post.id)
    return fragment("@moderation/waiting.html", count=count) if count else None


@hookimpl
def comments_html(comments: Sequence[CommentView], signed_in: bool) -> Mapping[int, Markup]:
    """Lead an author of the blog from a comment to where it is decided."""
    if not signed_in or not can("comment.read"):
        return {}
    return {
        comment.id: fragment(
            "@moderation/decide.html",
            href=url_for(
                "admin.comments", status="all", post=comment.post_id, _anchor=f"comment-{comment.id}"
            ),
        )
        for comment in comments
        if not comment.is_removed
    }


@hookimpl
def dashboard_html() -> Markup | None:
    """Show the newest comments that wait, so that nobody has to go and look."""
    if not can("comment.read"):
        return None
    found, total, spam = queue.newest()
    return fragment("@moderation/dashboard.html", comments=found, total=total, spam=spam) if found else None
