"""Receives webmentions (W3C Recommendation Webmention, 12 January 2017): pages elsewhere that link to a post here.

A mention is checked by a job: the page must link to the post. It then goes through the same judges and the same queue as a
comment, and stands in the thread with the address it came from. A page that is gone, or links no more, is taken out.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from blogengine.plugin import HOLD
from blogengine.plugin import CommentDraft
from blogengine.plugin import HeadLink
from blogengine.plugin import Meta
from blogengine.plugin import Page
from blogengine.plugin import PostPage
from blogengine.plugin import Verdict
from blogengine.plugin import hookimpl
from blogengine_webmention import checking
from blogengine_webmention import receiving
from blogengine_webmention.settings import Settings
from blogengine_webmention.settings import current

__all__ = ["judge_comment", "prepare_meta", "register_jobs", "register_routes", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Let the owner choose whether mentions wait."""
    return Settings


@hookimpl
def register_routes() -> Blueprint:
    """Serve the endpoint."""
    return receiving.pages


@hookimpl
def register_jobs() -> Mapping[str, Callable[[dict[str, Any]], None]]:
    """Look whether what was claimed is so."""
    return {"check": checking.check}


@hookimpl
def prepare_meta(meta: Meta, page: Page) -> None:
    """Say on posts where mentions are sent (Webmention §3.1.2)."""
    if isinstance(page, PostPage) and page.post.takes_comments:
        meta.links.append(HeadLink("webmention", receiving.ENDPOINT))


@hookimpl
def judge_comment(comment: CommentDraft) -> Verdict | None:
    """Hold mentions where the owner wants to see them first."""
    if comment.kind != checking.KIND or not current().hold:
        return None
    return Verdict(HOLD, "All webmentions wait until you approve them.")
