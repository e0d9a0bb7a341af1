"""What all threads of a process share, put back when the import of a plugin has changed it."""

import contextlib
import locale
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator


class Surroundings:
    """The working folder, the locale, limits and the three standard files as they are now."""

    def __init__(self) -> None:
        self._folder = _folder()
        self._locale = locale.setlocale(locale.LC_ALL)
        self._timeout = socket.getdefaulttimeout()
        self._recursion = sys.getrecursionlimit()
        self._files = [_copy_of(number) for number in range(3)]
        self._handlers = {
            number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }

    def mend(self) -> list[str]:
        """Put back what is different now; return what it was, in words."""
        changed = []
        if self._folder and _folder() != self._folder:
            with contextlib.suppress(OSError):
                os.chdir(self._folder)
            changed.append("the working folder")
        if locale.setlocale(locale.LC_ALL) != self._locale:
            locale.setlocale(locale.LC_ALL, self._locale)
            changed.append("the locale")
        if socket.getdefaulttimeout() != self._timeout:
            socket.setdefaulttimeout(self._timeout)
            changed.append("the time limit of all sockets")
        if sys.getrecursionlimit() != self._recursion:
            sys.setrecursionlimit(self._recursion)
            changed.append("the recursion limit")
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._handlers.items():
                if signal.getsignal(number) is not handler and handler is not None:
                    signal.signal(number, handler)
                    changed.append(f"what happens at {signal.Signals(number).name}")
        if _reopen(self._files):
            changed.append("the standard input or output, which it closed")
        for copy in filter(None, self._files):
            with contextlib.suppress(OSError):
                os.close(copy)
        return changed


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _reopen(kept: list[int | None]) -> bool:
    """Open again what is closed of 0, 1 and 2: else the next file that is opened, a database, would get their output."""
    reopened = False
    for number, copy in enumerate(kept):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                source = os.open(os.devnull, os.O_RDWR) if copy is None else copy
                if source != number:
                    os.dup2(source, number)
                    if copy is None:
                        os.close(source)
                reopened = reopened or copy is not None
    return reopened


def _copy_of(number: int) -> int | None:
    try:
        return os.dup(number)
    except OSError:
        return None


@contextlib.contextmanager
def kept() -> Iterator[list[str]]:
    """Put the surroundings back at the end; the list then says what had to be."""
    before = Surroundings()
    changed: list[str] = []
    try:
        yield changed
    finally:
        changed += before.mend()
