"""How many comments a network may send: counted in the database, for all processes, whatever becomes of the comments."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from blogengine import clock
from blogengine.attempts import key_of
from blogengine.db import Transaction
from blogengine.errors import Refused
from blogengine.models import LoginAttempt
from blogengine.pages import CommentFacts
from blogengine.prepared import Prepared
from blogengine.runtime import blog

WINDOW = timedelta(minutes=10)
_RECENT = Prepared(
    sa.select(sa.func.count()).where(
        LoginAttempt.key == bindparam("key"),
        LoginAttempt.at > bindparam("since", type_=LoginAttempt.at.type),
    )
)


def check(facts: CommentFacts) -> None:
    """Raise `Refused` (`rate`) where a network has no place left."""
    if not _counts(facts):
        return
    row = _RECENT.row(key=_key(facts), since=clock.now() - WINDOW)
    if row is not None and row[0] >= blog().site.comment_rate:
        raise Refused(
            "Many comments came from your network in the last ten minutes.",
            code="rate",
            hint="Your text is below; please send it again a little later.",
        )


def take(tx: Transaction, facts: CommentFacts) -> None:
    """Take one place, with the comment or not at all; raises as `check` does where others were quicker.

    A comment that is taken back or deleted does not give its place back.
    """
    if not _counts(facts):
        return
    check(facts)
    now, connection = clock.now(), tx.session.connection()
    key = _key(facts)
    over = LoginAttempt.key == key, LoginAttempt.at <= now - WINDOW
    connection.execute(sa.delete(LoginAttempt).where(*over))
    connection.execute(sa.insert(LoginAttempt), {"key": key, "at": now})


def _counts(facts: CommentFacts) -> bool:
    is_limited = bool(blog().site.comment_rate) and blog().config.comment_rate_limit
    return is_limited and not facts.signed_in and bool(facts.address_key)


def _key(facts: CommentFacts) -> str:
    return key_of("comment", facts.address_key)
