"""The order of a thread: one sort key a comment, so that a page of a thread is one range of an index."""

import secrets
from datetime import datetime

STORED_DEPTH = 50
"""Deeper answers hang on the fiftieth: keys stay short, and no page is deeper than a reader can follow."""
SHOWN_DEPTH = 6
_SEGMENT = 16


def next_thread_key(parent_key: str, at: datetime) -> str:
    """Return the key of an answer written at `at` under the comment with `parent_key` (empty: under the post).

    A segment is the time in milliseconds as 11 hexadecimal digits and 5 random ones; answers sort by time.
    """
    kept = parent_key[: _SEGMENT * STORED_DEPTH]
    return f"{kept}{int(at.timestamp() * 1000):011x}{secrets.token_hex(3)[:5]}"


def depth_of(thread_key: str) -> int:
    """Return how many comments stand above the one with this key."""
    return len(thread_key) // _SEGMENT - 1
