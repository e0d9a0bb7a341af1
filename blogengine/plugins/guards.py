"""Containment: a failing hook implementation is named, counted and muted while all others still run."""

import functools
import hashlib
import inspect
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blogengine.pages import HOLD
from blogengine.pages import Verdict

log = logging.getLogger("blogengine.plugins")

FAILURES = 5
"""Failures of one hook of one plugin within `WINDOW` seconds after which it is muted for `WINDOW` seconds."""
WINDOW = 60.0


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure. `muting` is true for the one that made the hook mute."""

    plugin_id: str
    hook: str
    message: str
    traceback: str
    fingerprint: str
    at: float
    muting: bool


class FailureLog:
    """The failures of this process which are not yet stored; bounded, oldest dropped first."""

    def __init__(self) -> None:
        self._failures: deque[Failure] = deque(maxlen=500)
        self._lock = threading.Lock()

    def add(self, plugin_id: str, hook: str, error: BaseException, *, muting: bool = False) -> Failure:
        """Note that `hook` of `plugin_id` raised `error`."""
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        place = f"{last.filename}:{last.lineno}" if last else ""
        key = f"{plugin_id}|{hook}|{type(error).__name__}|{place}"
        failure = Failure(
            plugin_id,
            hook,
            f"{type(error).__name__}: {error}"[:500],
            "".join(traceback.format_exception(error))[-8000:],
            hashlib.sha256(key.encode()).hexdigest()[:16],
            time.time(),
            muting,
        )
        with self._lock:
            self._failures.append(failure)
        log.error("plugin %s failed in %s: %s", plugin_id, hook, failure.message)
        return failure

    def take(self) -> list[Failure]:
        """Return what was noted since the last call."""
        with self._lock:
            failures = list(self._failures)
            self._failures.clear()
        return failures


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
    if hook == "judge_comment":
        return Verdict(HOLD, f"The plugin {plugin_id} could not judge this comment.")
    return None


def guarded(
    plugin_id: str, hook: str, function: Callable[..., Any], failures: FailureLog
) -> Callable[..., Any]:
    """Return `function` with its failures contained; one that is given `tx` runs in a savepoint of its own."""
    breaker = Breaker()
    expected: Any = str if hook.endswith("_html") else object
    expected = {"markers_html": Mapping, "judge_comment": Verdict}.get(hook, expected)
    parameters = list(inspect.signature(function).parameters)
    transaction_at = parameters.index("tx") if "tx" in parameters else None

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        if breaker.is_muted:
            return fallback_for(hook, plugin_id)
        try:
            if transaction_at is not None:
                with arguments[transaction_at].session.begin_nested():
                    return function(*arguments)
            result = function(*arguments)
            if result is not None and not isinstance(result, expected):
                raise TypeError(f"{hook} must return {expected.__name__} or None, not {result!r:.200}")
            return result
        except (Exception, SystemExit) as error:
            failures.add(plugin_id, hook, error, muting=breaker.fail())
            return fallback_for(hook, plugin_id)

    return call
