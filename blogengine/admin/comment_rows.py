"""Rows of the queue: a comment with what one wants to know before deciding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from blogengine import comments as service
from blogengine import markup
from blogengine import text
from blogengine.comments import Known
from blogengine.comments import Reason
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.sanitize import trusted
from blogengine.verdicts import SILENT
from blogengine.web import access


@dataclass(frozen=True, slots=True)
class Row:
    """A comment in the list; `body` is clean HTML, `decisions` are the buttons that make sense, none where one may not."""

    comment: Comment
    post: Post
    body: Markup
    decisions: list[tuple[str, str]]
    reasons: list[Reason]
    """Why it waits or is spam."""
    points: str
    """The score, as it is shown; empty where there is none."""
    known: Known | None
    """What is known of other comments by the sender; None where nothing tells who that is."""
    answered: Comment | None
    """The comment that it answers."""
    answered_words: str
    mark: str
    """What a button says of the text that was looked at."""


def rows(found: Sequence[tuple[Comment, Post]]) -> list[Row]:
    """Return comments with all that is shown of them, in a number of queries that does not grow with them."""
    listed = [comment for comment, _ in found]
    mine = access.among("comment.moderate", [access.about(post) for _, post in found])
    known = service.known_senders(listed)
    parents = service.parents_of(listed)
    return [
        _row(
            comment,
            post,
            access.about(post) in mine,
            known.get(comment.id),
            parents.get(comment.parent_id or 0),
        )
        for comment, post in found
    ]


def _row(comment: Comment, post: Post, is_mine: bool, known: Known | None, answered: Comment | None) -> Row:
    is_current = comment.pipeline == markup.PIPELINE
    in_doubt = comment.status in ("pending", "spam")
    return Row(
        comment,
        post,
        trusted(comment.html) if is_current else markup.render_comment(comment.source),
        decisions(comment.status) if is_mine else [],
        service.reasons_in(comment.held_reason) if in_doubt else [],
        _points(comment.score),
        known,
        answered,
        text.excerpt(answered.html, 120) if answered is not None else "",
        _mark(comment.id, comment.edited_at),
    )


def changed_since_seen(seen: Sequence[str], ids: Sequence[int]) -> set[int]:
    """Return those of these comments whose text is not the one that was looked at, by the marks of their rows."""
    looked_at = {mark.partition(":")[0] for mark in seen}
    return {
        comment_id
        for comment_id, edited_at in service.edits_of(ids).items()
        if str(comment_id) in looked_at and _mark(comment_id, edited_at) not in seen
    }


def _mark(comment_id: int, edited_at: datetime | None) -> str:
    return f"{comment_id}:{edited_at.isoformat() if edited_at is not None else ''}"


def _points(score: float) -> str:
    if not score:
        return ""
    return "black hole" if score >= SILENT else "1 point" if score == 1 else f"{score:g} points"


def decisions(status: str) -> list[tuple[str, str]]:
    """Return the buttons for comments of a status: (what it does, what stands on it)."""
    removed = status.startswith("removed")
    publish = {"pending": "Approve", "spam": "Not spam: publish"}.get(
        status, "Publish again" if removed else "Approve"
    )
    found = [("approve", publish)] if status != "published" else []
    found += [("spam", "Spam")] if status != "spam" else []
    found += [("remove", "Remove")] if not removed else []
    return found + ([("delete", "Delete for good")] if removed or status == "spam" else [])
