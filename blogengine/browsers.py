"""Browsers that are signed in: which a person has, and signing them out one by one or all others at once."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.accounts import ABSOLUTE
from blogengine.accounts import IDLE
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import AuthSession

# In this order: the later ones name the earlier ones in their own lines.
_PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is signed in; `is_this` is the one that asks."""

    id: int
    name: str
    """As it calls itself, in words: `Firefox on Linux`."""
    since: datetime
    seen_at: datetime
    is_this: bool


def listed(
    user_id: int, token: str, *, before_id: int | None = None, limit: int = 20
) -> tuple[list[Browser], bool]:
    """Return a person's browsers, the last that signed in first, and whether more follow."""
    now = clock.now()
    found = sa.select(AuthSession).where(
        AuthSession.user_id == user_id,
        AuthSession.seen_at > now - IDLE,
        AuthSession.created_at > now - ABSOLUTE,
    )
    if before_id is not None:
        found = found.where(AuthSession.id < before_id)
    rows = db.session.scalars(found.order_by(AuthSession.id.desc()).limit(limit + 1)).all()
    mine = _digest(token)
    shown = [
        Browser(row.id, name_of(row.user_agent), row.created_at, row.seen_at, row.token_digest == mine)
        for row in rows[:limit]
    ]
    return shown, len(rows) > limit


def name_of(user_agent: str) -> str:
    """Return a browser's line about itself (RFC 9110 §10.1.5) in words."""
    program = next((name for mark, name in _PROGRAMS if re.search(rf"{mark}[A-Za-z]*/", user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if program and system:
        return f"{program} on {system}"
    return program or system or "A browser that does not say its name"


def sign_out(user_id: int, browser_id: int) -> bool:
    """Sign out one browser of a person; whether it was signed in."""

    def change(tx: Transaction) -> bool:
        one = sa.delete(AuthSession).where(AuthSession.id == browser_id, AuthSession.user_id == user_id)
        return bool(getattr(tx.session.execute(one), "rowcount", 0))

    return database.write(change)


def sign_out_others(user_id: int, token: str) -> int:
    """Sign out all browsers of a person but the one with `token`; return how many there were."""
    return database.write(lambda tx: end_others(tx, user_id, token))


def end_others(tx: Transaction, user_id: int, token: str) -> int:
    """Do so inside another change."""
    others = sa.delete(AuthSession).where(
        AuthSession.user_id == user_id, AuthSession.token_digest != _digest(token)
    )
    return int(getattr(tx.session.execute(others), "rowcount", 0))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
