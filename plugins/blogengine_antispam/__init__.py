"""Weighs comments: the owner's lists, links, alphabet and form, and a filter that learns from the owner's decisions.

Points add up. A comment with few of them is published, with more it waits, or its writer is asked for one more press, with
many it goes to the spam folder. Nothing is ever refused, nothing leaves the blog, and each comment that waits says what its
points are for.
"""

from collections.abc import Mapping
from collections.abc import Sequence

from flask import url_for
from markupsafe import Markup

from blogengine.plugin import AdminPages
from blogengine.plugin import CommentDraft
from blogengine.plugin import CommentFacts
from blogengine.plugin import CommentFormView
from blogengine.plugin import Permission
from blogengine.plugin import Tables
from blogengine.plugin import Verdict
from blogengine.plugin import can
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_antispam import judging
from blogengine_antispam import learning
from blogengine_antispam import working
from blogengine_antispam.models import tables
from blogengine_antispam.pages import pages
from blogengine_antispam.settings import Settings
from blogengine_antispam.settings import current

__all__ = [
    "comment_decided",
    "comment_form_html",
    "comment_removed",
    "judge_comment",
    "moderation_html",
    "prepare_comment_form",
    "register_admin_pages",
    "register_permissions",
    "register_settings",
    "register_tables",
]

MANAGE = "antispam.manage"


@hookimpl
def register_settings() -> type:
    """Let the owner choose how strict it is."""
    return Settings


@hookimpl
def register_tables() -> Tables:
    """Keep lists and counts."""
    return tables


@hookimpl
def register_admin_pages() -> AdminPages:
    """Let the owner work on the lists."""
    return AdminPages(pages, "Spam", permission=MANAGE)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Let the owner leave the lists to authors."""
    return [Permission(MANAGE, "Change the lists of the spam filter", "They hold for all posts.", roles=())]


@hookimpl
def moderation_html(comment_ids: Sequence[int]) -> Mapping[int, Markup]:
    """Lead from each comment to where its sender can be blocked."""
    if not can(MANAGE):
        return {}
    return {
        number: fragment("@antispam/block.html", href=url_for("admin_antispam.choose", comment_id=number))
        for number in comment_ids
    }


@hookimpl
def judge_comment(comment: CommentDraft, facts: CommentFacts) -> Verdict | None:
    """Weigh a comment."""
    return judging.judge(comment, facts)


@hookimpl
def prepare_comment_form(form: CommentFormView) -> None:
    """Ask a browser for work, where its visitor is asked for one more press."""
    working.ask(form)


@hookimpl
def comment_form_html(signed_in: bool) -> Markup | None:
    """Give forms the script that works, where the owner wants that: it waits for a form that asks."""
    if signed_in or current().doubtful != "ask" or not current().work:
        return None
    return fragment("@antispam/work.html", assets=["work.js"])


@hookimpl
def comment_removed(comment_id: int) -> None:
    """Forget what was learned from a comment that was taken back, or erased."""
    learning.learn(comment_id)


@hookimpl
def comment_decided(comment_id: int) -> None:
    """Learn from what the owner decided."""
    learning.learn(comment_id)
