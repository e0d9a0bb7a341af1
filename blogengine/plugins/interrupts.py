"""Ctrl-C of the person at the terminal, told from a plugin that raises the same."""

import signal
import threading
from typing import NoReturn

_interrupted = threading.Event()


def mind_interrupts() -> None:
    """Tell Ctrl-C from a plugin that raises `KeyboardInterrupt`, in the main thread of a command."""
    signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: object) -> NoReturn:
    _interrupted.set()
    raise KeyboardInterrupt


def is_for_us(error: BaseException) -> bool:
    """Whether an error that came out of a plugin is meant for the person at the terminal: Ctrl-C in a command."""
    if not isinstance(error, KeyboardInterrupt):
        return isinstance(error, GeneratorExit)
    if signal.getsignal(signal.SIGINT) is _interrupt:
        return _interrupted.is_set()
    return threading.current_thread() is threading.main_thread()
