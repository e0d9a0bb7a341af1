"""A commenter's own comments: how each stands, and what can be done with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from blogengine.plugin import NotFound
from blogengine.plugin import comments
from blogengine.plugin import mail_key
from blogengine.plugin import now
from blogengine.plugin import sanitize
from blogengine_commenter_pass.settings import current

PAGE = 20
"""Comments on one page."""


@dataclass(frozen=True, slots=True)
class Own:
    """One comment as its writer sees it. `state` is `published`, `waiting` or `removed`; `post_url` is empty where the post
    is not public; `no_edit` says why it cannot be changed, or is empty."""

    id: int
    post_id: int
    post_title: str
    post_url: str
    url: str
    name: str
    body: Markup
    source: str
    state: str
    written_at: datetime
    edited_at: datetime | None
    no_edit: str
    follows: bool


def page(address: str, follows: Collection[int] = (), before_id: int | None = None) -> tuple[list[Own], bool]:
    """Return comments that were sent with an address, newest first, and whether more follow."""
    found, has_more = comments.by_address(address, before_id=before_id, limit=PAGE)
    return [_own(comment, post, follows) for comment, post in found], has_more


def one(address: str, comment_id: int) -> Own:
    """Return one of them. Raises `NotFound` for all others, whether they are there or not."""
    found = comments.stored(comment_id)
    if found is None or not found[0].email_key or found[0].email_key != mail_key(address):
        raise NotFound("This comment is not here any more.")
    return _own(*found)


def _own(comment: Any, post: Any, follows: Collection[int] = ()) -> Own:
    url = post.path if post.status == "published" else ""
    state = {"published": "published", "pending": "waiting", "spam": "waiting"}.get(comment.status, "removed")
    return Own(
        id=comment.id,
        post_id=post.id,
        post_title=post.title,
        post_url=url,
        url=comments.permalink(url, comment.id, comment.published_at) if url and state == "published" else "",
        name=comment.author_name,
        body=sanitize.clean_comment(comment.html),
        source=comment.source,
        state=state,
        written_at=comment.created_at,
        edited_at=comment.edited_at,
        no_edit=_no_edit(comment.created_at, state, bool(url)),
        follows=post.id in follows,
    )


def _no_edit(written_at: datetime, state: str, is_public: bool) -> str:
    minutes = current().minutes
    if state == "removed":
        return "It was removed by the author of the blog."
    if not is_public:
        return "Its post is not public any more."
    if not minutes:
        return "Comments cannot be changed on this blog."
    if now() > written_at + timedelta(minutes=minutes):
        return f"A comment can be changed for {_span(minutes)} after it was sent."
    return ""


def _span(minutes: int) -> str:
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            count = minutes // size
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{minutes} minutes"
