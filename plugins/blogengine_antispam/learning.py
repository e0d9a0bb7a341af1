"""Learning from what the owner decided: each comment once, and taken back with the decision."""

from typing import Any

import sqlalchemy as sa

from blogengine.plugin import SILENT
from blogengine.plugin import CommentDraft
from blogengine.plugin import NotFound
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import session
from blogengine.plugin import write
from blogengine_antispam import bayes
from blogengine_antispam import features
from blogengine_antispam import words
from blogengine_antispam.models import Lesson
from blogengine_antispam.models import Token
from blogengine_antispam.settings import current

_KINDS = {"published": "ham", "spam": "spam"}


def learn(comment_id: int) -> None:
    """Make what was learned from a comment fit what the owner decided last; done again, nothing changes.

    A decision that was taken back leaves no `status_before`: then nothing is to be learned, whatever the state.
    """
    try:
        comment = comments.get(comment_id)
    except NotFound:
        return  # deleted for good: what was learned stays
    is_quiet = comment.score >= SILENT
    decided = bool(comment.status_before) and comment.user_id is None and not is_quiet
    kind = _KINDS.get(comment.status, "") if decided and current().learn else ""
    draft = CommentDraft(
        comment.source, comment.author_name, comment.author_url, source_url=comment.source_url
    )
    numbers = list(words.tokens(features.look(draft), current().links)) if kind else []

    def change(tx: Transaction) -> None:
        lesson = tx.session.get(Lesson, comment_id)
        if (lesson.kind if lesson is not None else "") == kind:
            return
        if lesson is not None:
            bayes.count(tx, lesson.kind, lesson.tokens, -1)
            tx.session.delete(lesson)
            tx.session.flush()
        if kind:
            bayes.count(tx, kind, numbers, 1)
            tx.session.add(Lesson(comment_id=comment_id, kind=kind, tokens=numbers))

    write(change)


def learned() -> tuple[int, int]:
    """Return from how many comments was learned: spam, ham."""
    row = session().execute(sa.select(Token.spam, Token.ham).where(Token.id == bayes.TOTAL)).first()
    return (row[0], row[1]) if row is not None else (0, 0)


def forget(tx: Transaction) -> None:
    """Begin anew: forget everything that was learned."""
    models: tuple[Any, ...] = (Lesson, Token)
    for model in models:
        tx.session.execute(sa.delete(model))
