"""Rescue without plugins and without mail: a link that signs the owner in once, and safe mode for one browser."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from blogengine import accounts
from blogengine import clock
from blogengine import db as database
from blogengine.config import Config
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Setting

PATH = "/admin/rescue"
"""Where the link leads; answered without plugins, always."""
SAFE_COOKIE = "blog_safe"
VALID = timedelta(minutes=30)
_KEY = "_rescue"


def make_link(address: str) -> str:
    """Return a link below `address` that signs the owner in once, within `VALID`.

    The link made before opens nothing any more. Raises `Refused` where the blog has no owner.
    """
    if not accounts.has_owner():
        raise Refused(
            "Nobody owns this blog yet.", hint="Set it up first: `blogengine serve` prints the link."
        )
    token = secrets.token_urlsafe(32)
    kept = {"digest": _digest(token), "until": (clock.now() + VALID).isoformat()}

    def change(tx: Transaction) -> None:
        tx.session.merge(Setting(key=_KEY, value=kept))

    database.write(change)
    return f"{address}{PATH}?token={quote(token)}"


def is_open(token: str) -> bool:
    """Whether a link with `token` would sign in now."""
    row = db.session.get(Setting, _KEY, populate_existing=True)
    return row is not None and _fits(row.value, token)


def sign_in(token: str, user_agent: str) -> str:
    """Return the token of a new session of the owner, once for each link. Raises `Refused`."""

    def change(tx: Transaction) -> bool:
        row = tx.session.get(Setting, _KEY, populate_existing=True)
        if row is None or not _fits(row.value, token):
            return False
        tx.session.delete(row)
        return True

    if not database.write(change):
        raise Refused(
            "This link is too old, or was used already.", hint="Make another: blogengine plugins rescue"
        )
    return accounts.sign_in_owner(user_agent)


def _fits(kept: Any, token: str) -> bool:
    try:
        is_fresh = clock.now() < datetime.fromisoformat(kept["until"])
        return is_fresh and hmac.compare_digest(str(kept["digest"]).encode(), _digest(token).encode())
    except (KeyError, TypeError, ValueError):
        return False


def safe_mark(config: Config, session_token: str) -> str:
    """Return the value of the cookie that lets the browser with this sign-in session see the blog without plugins."""
    return hmac.digest(config.secret_key.encode(), f"safe mode:{session_token}".encode(), "sha256").hex()


def wants_safe_mode(config: Config, path: str, cookies: Mapping[str, str]) -> bool:
    """Whether a request is to be answered without plugins: the rescue link, or a browser in safe mode.

    The mark belongs to one sign-in session: plugins may hide something, so nobody else may do without them.
    """
    if path == PATH:
        return True
    mark = cookies.get(SAFE_COOKIE, "")
    sessions = [cookies.get(name, "") for name in ("__Host-blog_session", "blog_session")]
    return bool(mark) and any(
        token and hmac.compare_digest(mark.encode(), safe_mark(config, token).encode()) for token in sessions
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
