"""Judges have a deadline: a visitor waits for them, and one that hangs means *hold*."""

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

from blogengine.plugins.calls import Ledger

Apart = Callable[[], AbstractContextManager[Any]]
"""Enters the app a second time, for another thread: with a database session of its own."""


class TooLong(Exception):
    """A judge did not answer in time; `frame` is where it was."""

    def __init__(self, message: str, frame: FrameType | None) -> None:
        super().__init__(message)
        self.frame = frame


class Judge:
    """Calls an implementation of `judge_comment` in a thread of its own, and gives up on it after its time.

    Nothing ends a thread of Python, so one that hangs stays; it is not called again before it has come back.
    """

    def __init__(self, function: Callable[..., Any], ledger: Ledger, apart: Apart) -> None:
        self._function = function
        self._ledger = ledger
        self._apart = apart
        self._late: threading.Thread | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Return its verdict. Raises `TooLong`, or what it raised."""
        if self._late is not None and self._late.is_alive():
            raise TooLong("An earlier call has not come back yet.", _frame_of(self._late))
        answer: list[Any] = []
        errors: list[BaseException] = []

        def judge() -> None:
            try:
                with self._apart():
                    answer.append(self._function(*arguments))
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=judge, name="judge", daemon=True)
        thread.start()
        seconds = self._ledger.patience.judge
        thread.join(seconds)
        if errors:
            raise errors[0]
        if answer:
            return answer[0]
        self._late = thread
        raise TooLong(f"It did not answer within {seconds:g} seconds.", _frame_of(thread))


def _frame_of(thread: threading.Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)
