"""The page Moderation: how much is waiting under which post, the longest waiting first."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint
from flask import render_template

from blogengine.plugin import comments
from blogengine_moderation.rules import current

pages = Blueprint("moderation", __name__)

_READ = 500
"""Waiting comments that the page looks at; with more, it says so."""


@dataclass(slots=True)
class Waiting:
    """A post with comments that wait."""

    post_id: int
    title: str
    count: int
    oldest: datetime
    reasons: list[str]


@pages.get("/")
def index() -> str:
    """Show what is waiting, with links to the list where it is decided."""
    found, has_more = comments.comments_for_owner(status="pending", limit=_READ)
    by_post: dict[int, Waiting] = {}
    for comment, post in found:
        waiting = by_post.setdefault(post.id, Waiting(post.id, post.title, 0, comment.published_at, []))
        waiting.count += 1
        waiting.oldest = min(waiting.oldest, comment.published_at)
        if comment.held_reason and comment.held_reason not in waiting.reasons:
            waiting.reasons.append(comment.held_reason)
    return render_template(
        "@moderation/queue.html",
        total=comments.counts().get("pending", 0),
        looked_at=len(found) if has_more else 0,
        posts=sorted(by_post.values(), key=lambda waiting: waiting.oldest),
        settings=current(),
    )
