"""Containment: a failing hook implementation is named, counted, timed and muted while all others still run."""

import functools
import inspect
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from blogengine import hookspecs
from blogengine.documents import Document
from blogengine.pages import HOLD
from blogengine.pages import Verdict
from blogengine.plugins.answers import Kept
from blogengine.plugins.answers import checked
from blogengine.plugins.breadcrumbs import record
from blogengine.plugins.calls import Ledger
from blogengine.plugins.failures import Failure as Failure
from blogengine.plugins.failures import FailureLog as FailureLog
from blogengine.plugins.judges import Apart
from blogengine.plugins.judges import Judge
from blogengine.plugins.judges import TooLong

FAILURES = 5
"""Failures of one hook of one plugin within `WINDOW` seconds after which it is muted for `WINDOW` seconds."""
WINDOW = 60.0
JUDGING = "judge_comment"


class Breaker:
    """Counts the failures of one hook of one plugin in this process."""

    __slots__ = ("_failures", "_muted_until")

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._muted_until = 0.0

    @property
    def is_muted(self) -> bool:
        """Whether the hook is not called for now."""
        return self._muted_until > 0 and time.monotonic() < self._muted_until

    def fail(self) -> bool:
        """Count a failure; return whether it mutes the hook."""
        now = time.monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
            self._muted_until = now + WINDOW
            self._failures.clear()
            return True
        return False


def fallback_for(hook: str, plugin_id: str) -> Any:
    """Return what stands in for a failed implementation: nothing, but *hold* for a judge."""
    if hook == JUDGING:
        return Verdict(HOLD, f"The plugin {plugin_id} could not judge this comment.")
    return None


def is_for_us(error: BaseException) -> bool:
    """Whether an error that came out of a plugin is meant for the person at the terminal: Ctrl-C in a command."""
    return (
        isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()
    ) or isinstance(error, GeneratorExit)


def guarded(
    plugin_id: str, hook: str, function: Callable[..., Any], ledger: Ledger, apart: Apart = nullcontext
) -> Callable[..., Any]:
    """Return `function` with its failures contained and its time counted.

    One that is given `tx` runs in a savepoint of its own; a document that is left with nonsense in it is put back; a
    judge has a deadline, and enters the app by `apart`.
    """
    breaker = Breaker()
    cost = ledger.costs.of(plugin_id, hook)
    crumb = record(plugin_id, hook)
    calls, failures = ledger.calls, ledger.failures
    slow = int(ledger.patience.slow * 1e9)
    parameters = list(inspect.signature(function).parameters)
    transaction_at = parameters.index("tx") if "tx" in parameters else None
    prepares = hook.startswith("prepare_")
    document = next(iter(inspect.signature(hookspecs.known()[hook]).parameters), "") if prepares else ""
    asked = Judge(function, ledger, apart) if hook == JUDGING else function

    def run(arguments: tuple[Any, ...]) -> Any:
        if transaction_at is not None:
            with arguments[transaction_at].session.begin_nested():
                return checked(hook, asked(*arguments))
        if not prepares:
            return checked(hook, asked(*arguments))
        kept = Kept(plugin_id, hook, parameters, arguments, document)
        try:
            result = checked(hook, asked(*arguments))
            kept.check()
        except BaseException:
            kept.restore()
            raise
        return result

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        if breaker.is_muted:
            for argument in arguments:
                if isinstance(argument, Document):
                    argument.missed(plugin_id)
            return fallback_for(hook, plugin_id)
        present = calls.begin(plugin_id, hook, crumb, breaker.fail)
        try:
            result = run(arguments)
        except TooLong as late:
            cost.errors += 1
            present.is_noted = True
            failures.add_slow(plugin_id, hook, str(late), late.frame, muting=breaker.fail())
            result = fallback_for(hook, plugin_id)
        except BaseException as error:
            cost.errors += 1
            if is_for_us(error):
                raise
            failures.add(plugin_id, hook, error, muting=breaker.fail())
            result = fallback_for(hook, plugin_id)
        finally:
            elapsed = calls.end(present)
            cost.count(elapsed)
        if elapsed >= slow and not present.is_noted:
            failures.add_slow(plugin_id, hook, f"It took {elapsed / 1e9:.1f} seconds.", muting=breaker.fail())
        return result

    return call
