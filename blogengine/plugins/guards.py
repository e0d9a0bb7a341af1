"""Containment: a failing hook implementation is named, counted, timed and muted while all others still run."""

import functools
import inspect
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from blogengine import hookspecs
from blogengine.documents import Document
from blogengine.plugins.answers import Kept
from blogengine.plugins.answers import checked
from blogengine.plugins.breadcrumbs import EMPTY
from blogengine.plugins.breadcrumbs import record
from blogengine.plugins.calls import Ledger
from blogengine.plugins.calls import Place
from blogengine.plugins.failures import Failure as Failure
from blogengine.plugins.failures import FailureLog as FailureLog
from blogengine.plugins.interrupts import is_for_us as is_for_us
from blogengine.plugins.judges import Apart
from blogengine.plugins.judges import Judge
from blogengine.plugins.judges import TooLong
from blogengine.verdicts import HOLD
from blogengine.verdicts import Verdict

FAILURES = 5
"""Failures of one hook of one plugin within `WINDOW` seconds after which it is muted for `WINDOW` seconds."""
WINDOW = 60.0
JUDGING = "judge_comment"


class Breaker:
    """Counts the failures of one hook of one plugin in this process."""

    __slots__ = ("_failures", "muted_until")

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self.muted_until = 0.0

    @property
    def is_muted(self) -> bool:
        """Whether the hook is not called for now."""
        return self.muted_until > 0 and time.monotonic() < self.muted_until

    def fail(self) -> bool:
        """Count a failure; return whether it mutes the hook."""
        now = time.monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
            self.muted_until = now + WINDOW
            self._failures.clear()
            return True
        return False


def fallback_for(hook: str, plugin_id: str) -> Any:
    """Return what stands in for a failed implementation: nothing, but *hold* for a judge."""
    if hook == JUDGING:
        return Verdict(HOLD, f"The plugin {plugin_id} could not judge this comment.", plugin=plugin_id)
    return None


def guarded(
    plugin_id: str, hook: str, function: Callable[..., Any], ledger: Ledger, apart: Apart = nullcontext
) -> Callable[..., Any]:
    """Return `function` with its failures contained and its time counted.

    One that is given `tx` runs in a savepoint of its own; a document that is left with nonsense in it is put back; a
    judge has a deadline, and enters the app by `apart`.
    """
    breaker = Breaker()
    asked = Judge(function, ledger, apart) if hook == JUDGING else function
    run = _checking(plugin_id, hook, function, asked)
    place = Place(plugin_id, hook, record(plugin_id, hook), breaker.fail)
    come_back = record(plugin_id, hook, came_back=True)
    cost = ledger.costs.of(plugin_id, hook)
    calls, failures, crumbs = ledger.calls, ledger.failures, ledger.calls.crumbs
    lanes, clock, thread = calls.lanes, time.perf_counter_ns, threading.get_ident
    slow, mutes = int(ledger.patience.slow * 1e9), ledger.patience.mutes

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        if breaker.muted_until and breaker.is_muted:
            for argument in arguments:
                if isinstance(argument, Document):
                    argument.missed(plugin_id)
            return fallback_for(hook, plugin_id)
        # Written out, because it runs forty times a page: with methods it took four times as long.
        lane = lanes.get(thread()) or calls.lane()
        outer = lane.present
        begun = clock()
        present = lane.present = (place, begun, outer)
        memory = crumbs.memory
        if memory is not None:
            memory[lane.slot] = place.crumb
        try:
            result = run(arguments)
        except BaseException as error:
            cost.errors += 1
            if is_for_us(error):
                raise
            if isinstance(error, TooLong):
                calls.noted[present] = True
                failures.note(plugin_id, hook, str(error), error.frame, muting=breaker.fail())
            else:
                failures.add(plugin_id, hook, error, muting=mutes and breaker.fail())
            result = fallback_for(hook, plugin_id)
        finally:
            elapsed = clock() - begun
            place.crumb = come_back
            lane.present = outer
            if memory is not None:
                memory[lane.slot] = EMPTY if outer is None else outer[0].crumb
            cost.calls += 1
            cost.total += elapsed
            if elapsed > cost.longest:
                cost.longest = elapsed
        if elapsed >= slow and calls.noted.pop(present, None) is None:
            message = f"It took {elapsed / 1e9:.1f} seconds."
            failures.note(plugin_id, hook, message, muting=breaker.fail())
        return result

    return call


def _checking(
    plugin_id: str, hook: str, function: Callable[..., Any], asked: Callable[..., Any]
) -> Callable[[tuple[Any, ...]], Any]:
    """Return what calls an implementation by its arguments and raises where it answers or leaves nonsense."""
    parameters = list(inspect.signature(function).parameters)
    if "tx" in parameters:
        position = parameters.index("tx")

        def with_savepoint(arguments: tuple[Any, ...]) -> Any:
            with arguments[position].session.begin_nested():
                return checked(hook, asked(*arguments))

        return with_savepoint
    if hook.startswith("prepare_"):
        document = next(iter(inspect.signature(hookspecs.known()[hook]).parameters), "")

        def with_documents(arguments: tuple[Any, ...]) -> Any:
            kept = Kept(plugin_id, hook, parameters, arguments, document)
            try:
                result = checked(hook, asked(*arguments))
                kept.check()
            except BaseException:
                kept.restore()
                raise
            return result

        return with_documents

    if hook == JUDGING:

        def signed(arguments: tuple[Any, ...]) -> Any:
            verdict = checked(hook, asked(*arguments))
            return None if verdict is None else replace(verdict, plugin=plugin_id)

        return signed

    def plainly(arguments: tuple[Any, ...]) -> Any:
        result = asked(*arguments)
        return None if result is None else checked(hook, result)

    return plainly
