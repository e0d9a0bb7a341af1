"""Mails to the owner about new comments, with links to decide: what comes within the pause stands in one mail."""

from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from blogengine.plugin import CommentFacts
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import comments
from blogengine.plugin import enqueue
from blogengine.plugin import mail
from blogengine.plugin import now
from blogengine.plugin import read_meta
from blogengine.plugin import session
from blogengine.plugin import text
from blogengine.plugin import write
from blogengine.plugin import write_meta
from blogengine_notify.deciding import decision_url
from blogengine_notify.models import News
from blogengine_notify.settings import ID
from blogengine_notify.settings import current
from blogengine_notify.settings import is_ready

JOB = "notify.tell"
SHOWN = 10
"""Comments in one mail."""
LONGEST = 1000
"""Letters of each."""
_WANTED = {"none": (), "waiting": ("pending",), "every": ("pending", "published")}


def note(tx: Transaction, comment_id: int, status: str, facts: CommentFacts) -> None:
    """Remember a comment for the next mail where the owner wants to hear of it."""
    if status not in _WANTED[current().tell] or facts.signed_in or not is_ready():
        return
    if facts.is_edit and status == "published":
        return
    if tx.session.get(News, comment_id) is None:
        tx.session.add(News(comment_id=comment_id, at=now()))
        tx.session.flush()
    enqueue(tx, JOB, {}, run_at=max(now(), _last() + _pause()), key=JOB)


def tell(payload: dict[str, Any]) -> None:
    """Write the mail, but nothing about what was decided meanwhile, and none within the pause."""
    to, tells = mail.owner_address(), current().tell
    rows = session().scalars(sa.select(News).order_by(News.at, News.comment_id).limit(SHOWN + 1)).all()
    ids = [row.comment_id for row in rows[:SHOWN]]
    has_more = len(rows) > SHOWN
    stored = comments.stored_by_ids(ids)
    shown = [
        _about(stored[number])
        for number in ids
        if number in stored and stored[number][0].status in _WANTED[tells]
    ]
    moment = now()
    subject, words = _subject(len(shown)), _text(shown)

    def change(tx: Transaction) -> None:
        if _last() + _pause() > moment:
            enqueue(tx, JOB, {}, run_at=_last() + _pause(), key=JOB)
            return
        done = tx.session.scalars(
            sa.delete(News).where(News.comment_id.in_(ids)).returning(News.comment_id)
        ).all()
        if shown and done and to:
            mail.send(
                tx, to=to, subject=subject, text=words, identity=f"{JOB}:{min(ids)}:{moment.isoformat()}"
            )
            write_meta(tx, ID, 1, ID, "told_at", moment.isoformat())
        if has_more:
            enqueue(tx, JOB, {}, run_at=moment + _pause(), key=JOB)

    if ids:
        write(change)


def _pause() -> timedelta:
    return timedelta(minutes=current().pause)


def _last() -> datetime:
    """Return when the last mail was written; long ago where there was none."""
    told = read_meta(ID, [1], ID)[1].get("told_at")
    return datetime.fromisoformat(told) if told else now() - timedelta(days=30)


def _subject(count: int) -> str:
    return f"{'1 new comment' if count == 1 else f'{count} new comments'} on {blog().site.title}"


def _about(found: tuple[Any, Any]) -> str:
    comment, post = found
    said = text.plain_text(comment.html).strip()
    said = said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip()} …"
    waits = comment.status == "pending"
    reasons = " ".join(reason.text for reason in comments.reasons_in(comment.held_reason))
    why = f"It waits for you: {reasons}" if waits else "Readers see it."
    decisions = (("Approve", "approve"), ("Remove", "remove"), ("Spam", "spam"))
    return "\n".join(
        [
            f"{comment.author_name or 'Anonymous'} under “{post.title}”. {why.strip()}",
            *([f"{comment.kind.capitalize()} of {comment.source_url}"] if comment.source_url else []),
            "",
            *(f"> {line}".rstrip() for line in said.splitlines()),
            "",
            *(
                f"{label}: {decision_url(comment.id, decision)}"
                for label, decision in decisions
                if waits or decision != "approve"
            ),
            "",
        ]
    )


def _text(shown: list[str]) -> str:
    waiting = comments.counts().get("pending", 0)
    return "\n".join(
        [
            *shown,
            "Each link opens a page with the comment and one button; nothing happens before you press it.",
            f"{waiting} wait in all: {blog().url}/admin/comments?status=pending",
            "",
            "Which mails you get, and how often, is a setting of the plugin Notify.",
            "",
        ]
    )
