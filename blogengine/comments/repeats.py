"""Which comments are one: the same words by the same name under a post within a day, or one source of the web for ever."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from blogengine import clock
from blogengine.db import Transaction
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.prepared import Prepared
from blogengine.text import fold

DAY = timedelta(hours=24)
"""For how long the same words are a repeat: the same thanks may come again another day."""
_EVER = datetime(1, 1, 2, tzinfo=UTC)
_SAME = Prepared(
    sa.select(Comment.id, Comment.status).where(
        Comment.digest == bindparam("digest"),
        Comment.created_at > bindparam("since", type_=Comment.created_at.type),
    )
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a comment. `status` is `published`, `pending` or `spam`; `is_repeat` when it was there already."""

    comment_id: int
    status: str
    is_repeat: bool = False


def digest_of(draft: CommentDraft, post_id: int, user_id: int | None) -> str:
    """Return what is the same for two comments that are one: post, parent, name and text; or post, kind and source."""
    if draft.source_url:
        received = "\0".join(["", str(post_id), draft.kind, draft.source_url])
        return hashlib.sha256(received.encode()).hexdigest()
    name = f"\0{user_id}" if user_id is not None else fold(draft.name)  # which nobody can type
    facts = "\0".join([str(post_id), str(draft.parent_id or ""), name, draft.text.strip()])
    return hashlib.sha256(facts.encode()).hexdigest()


def since(draft: CommentDraft) -> datetime:
    """Return how old a comment may be of which `draft` is a repeat."""
    return _EVER if draft.source_url else clock.now() - DAY


def repeat_of(draft: CommentDraft, post_id: int, user_id: int | None = None) -> Outcome | None:
    """Return what became of the same words, or the same source, when they came before; None where they did not."""
    row = _SAME.row(digest=digest_of(draft, post_id, user_id), since=since(draft))
    return Outcome(row[0], told(row[1]), is_repeat=True) if row is not None else None


def give_up(tx: Transaction, digest: str) -> None:
    """Let the comment of another day have a digest of its own, so that the same words can be stored once more."""
    older = sa.update(Comment).where(Comment.digest == digest, Comment.created_at <= clock.now() - DAY)
    tx.session.execute(older.values(digest=new_digest()).execution_options(synchronize_session=False))


def told(status: str) -> str:
    """Return the status as an `Outcome` says it: what is neither public nor spam waits."""
    return status if status in ("published", "spam") else "pending"


def new_digest() -> str:
    """Return a digest for a comment that is never a repeat of another (imports)."""
    return secrets.token_hex(32)
