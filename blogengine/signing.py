"""Signed words for links in mails: made with the blog's key, for one purpose, for a time."""

import hashlib
from datetime import timedelta
from typing import Any

from itsdangerous import BadData
from itsdangerous import URLSafeSerializer

from blogengine import clock
from blogengine.errors import Refused
from blogengine.runtime import blog

SKEW = 60
"""Seconds by which the clocks of two machines may differ."""


def seal(purpose: str, value: Any, *, life: timedelta | None = None) -> str:
    """Return `value` (of JSON) as a text for an address, which only this blog can make, for `life` or for ever.

    Begin `purpose` with your plugin's id: a text that was made for one purpose is worth nothing for another. Anybody who has
    the text can read the value, so put a number into it rather than somebody's address.
    """
    until = int(clock.timestamp() + life.total_seconds()) if life is not None else 0
    return str(_signer(purpose).dumps([until, value]))


def unseal(purpose: str, text: str) -> Any:
    """Return what was sealed for `purpose`. Raises `Refused`: `forged`, or `expired` where its time is over."""
    try:
        until, value = _signer(purpose).loads(text)
    except (BadData, TypeError, ValueError):
        raise Refused(
            "This address is not whole, or was made for something else. Open the link in the mail once more.",
            code="forged",
        ) from None
    if until and clock.timestamp() > until + SKEW:
        raise Refused("This link is too old.", code="expired")
    return value


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        blog().config.secret_key,
        salt=f"blogengine.link:{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
