"""The one source of time: aware UTC datetimes."""

import time
from collections.abc import Callable
from datetime import UTC
from datetime import datetime

_read: Callable[[], float] = time.time


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.fromtimestamp(_read(), UTC)


def timestamp() -> float:
    """Return the present moment in seconds since 1970-01-01 UTC."""
    return _read()


def use(source: Callable[[], float]) -> Callable[[], float]:
    """Read the time from `source` (seconds since 1970) from now on; return the source used before."""
    global _read
    before = _read
    _read = source
    return before
