"""The order of a thread: one sort key a comment, so that a page of a thread is one range of an index."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from blogengine.pages import CommentView

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


def nest(views: Sequence[CommentView]) -> None:
    """Say where lists of answers begin and end among comments in thread order.

    A page may begin in the middle of a thread: what stands deeper than its neighbours before it hangs under them, the
    first comment of a page under nothing.
    """
    above: list[int] = []
    for position, view in enumerate(views):
        following = views[position + 1].depth if position + 1 < len(views) else -1
        view.has_answers = following > view.depth
        if view.has_answers:
            above.append(view.depth)
            continue
        view.closes = 0
        while above and above[-1] >= following:
            above.pop()
            view.closes += 1
