"""The page Moderation: how much is waiting under which post, the longest waiting first."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint
from flask import render_template

from blogengine.plugin import comments
from blogengine.plugin import text
from blogengine_moderation.rules import current

pages = Blueprint("moderation", __name__)

SHOWN = 3
"""Waiting comments on the first page that authors see."""
_REASONS = 5
"""Different reasons that are shown for one post."""
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


@dataclass(frozen=True, slots=True)
class Waiter:
    """One comment that waits; `words` are its first ones."""

    author_name: str
    words: str
    published_at: datetime
    post_id: int
    post_title: str


def newest() -> tuple[list[Waiter], int, int]:
    """Return the newest comments that wait, and how many there are in all, and how many are spam."""
    counts = comments.counts()
    total, spam = counts.get("pending", 0), counts.get("spam", 0)
    if not total:
        return [], 0, spam
    found, _ = comments.comments_for_owner(status="pending", limit=SHOWN)
    return (
        [
            Waiter(
                comment.author_name,
                text.excerpt(comment.html, 140),
                comment.published_at,
                post.id,
                post.title,
            )
            for comment, post in found
        ],
        total,
        spam,
    )


@pages.get("/")
def index() -> str:
    """Show what is waiting, with links to the list where it is decided."""
    found, has_more = comments.comments_for_owner(status="pending", limit=_READ)
    by_post: dict[int, Waiting] = {}
    for comment, post in found:
        waiting = by_post.setdefault(post.id, Waiting(post.id, post.title, 0, comment.published_at, []))
        waiting.count += 1
        waiting.oldest = min(waiting.oldest, comment.published_at)
        for reason in comments.reasons_in(comment.held_reason):
            if reason.text not in waiting.reasons and len(waiting.reasons) < _REASONS:
                waiting.reasons.append(reason.text)
    return render_template(
        "@moderation/queue.html",
        total=comments.counts().get("pending", 0),
        looked_at=len(found) if has_more else 0,
        posts=sorted(by_post.values(), key=lambda waiting: waiting.oldest),
        settings=current(),
    )
