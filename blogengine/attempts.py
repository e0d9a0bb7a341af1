"""Slowing down those who guess: tries are counted for a day by account, network or browser, and each costs a longer wait."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import LoginAttempt
from blogengine.signing import seal
from blogengine.signing import unseal

FREE = 5
"""Tries within an hour before each further one has to wait."""
LONGEST = 900
"""Seconds to wait at most."""
KNOWN = timedelta(days=400)
"""For how long a browser that was signed in stays known."""
_PURPOSE = "core:known browser"


def key_of(kind: str, value: str) -> str:
    """Return the key of tries, which does not say of what they are."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()[:32]


def check(keys: Sequence[str], said: str) -> None:
    """Raise `Refused` (`slow_down`) with the sentence `said` while somebody has to wait before the next try."""
    now = clock.now()
    for key in keys:
        count, last = db.session.execute(
            sa.select(sa.func.count(), sa.func.max(LoginAttempt.at)).where(*_within_an_hour(key))
        ).one()
        if count < FREE or last is None:
            continue
        pause = timedelta(seconds=min(2 ** (count - FREE) * 5, LONGEST))
        if now < last + pause:
            left = int((last + pause - now).total_seconds()) + 1
            raise Refused(said, code="slow_down", hint=f"Please wait {left} seconds and try again.")


def count(key: str) -> int:
    """Return the tries within the last hour."""
    return db.session.scalar(sa.select(sa.func.count()).where(*_within_an_hour(key))) or 0


def note(keys: Sequence[str]) -> None:
    """Count one more try, and forget those of the day before."""

    def change(tx: Transaction) -> None:
        now = clock.now()
        tx.session.execute(sa.delete(LoginAttempt).where(LoginAttempt.at < now - timedelta(days=1)))
        for key in keys:
            tx.session.add(LoginAttempt(key=key, at=now))

    database.write(change)


def forget(tx: Transaction, keys: Sequence[str]) -> None:
    """Forget tries: the last one was right."""
    tx.session.execute(sa.delete(LoginAttempt).where(LoginAttempt.key.in_(keys)))


def known_mark(user_id: int) -> str:
    """Return what a browser keeps that was signed in as this person: it does not wait for what others guessed."""
    return seal(_PURPOSE, [user_id, secrets.token_hex(12)], life=KNOWN)


def known_key(mark: str, user_id: int | None) -> str:
    """Return the key by which tries of a known browser are counted, or an empty text where it is not known for this person.

    Each mark is counted by itself, so one that was stolen is worth no more guesses than the account without it.
    """
    try:
        of_user, browser = unseal(_PURPOSE, mark)
    except (Refused, TypeError, ValueError):
        return ""
    return key_of("browser", str(browser)) if of_user == user_id else ""


def _within_an_hour(key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return LoginAttempt.key == key, LoginAttempt.at > clock.now() - timedelta(hours=1)
