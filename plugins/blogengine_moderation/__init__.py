"""Holds comments until the author has approved them: always, on posts older than some days, or never.

The choice is Blogger's. A held comment is seen by nobody but its writer and the authors of the blog: not on
the page, not in its count, not in a feed. Old posts are where spam goes and where nobody looks, so comments
on posts older than 14 days are held until the owner decides otherwise. The page Moderation shows what waits.
"""

from markupsafe import Markup

from blogengine.plugin import HOLD
from blogengine.plugin import AdminPages
from blogengine.plugin import PostView
from blogengine.plugin import Verdict
from blogengine.plugin import expires
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_moderation import rules
from blogengine_moderation.queue import pages
from blogengine_moderation.rules import Settings

__all__ = ["comment_form_html", "judge_comment", "register_admin_pages", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Let the owner choose which comments are held."""
    return Settings


@hookimpl
def register_admin_pages() -> AdminPages:
    """Show what is waiting."""
    return AdminPages(pages, "Moderation")


@hookimpl
def judge_comment(post: PostView) -> Verdict | None:
    """Hold a comment where the owner's rule says so."""
    reason = rules.reason_to_hold(post)
    return Verdict(HOLD, reason) if reason else None


@hookimpl
def comment_form_html(post: PostView, signed_in: bool) -> Markup | None:
    """Say before somebody writes that the comment will wait."""
    if signed_in:
        return None
    if rules.reason_to_hold(post):
        return fragment("@moderation/notice.html")
    expires(rules.holds_from(post))
    return None
