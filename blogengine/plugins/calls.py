"""The calls of hooks that are running now, by thread, for the watchdog and for whoever reads the breadcrumbs."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from blogengine.plugins.breadcrumbs import EMPTY
from blogengine.plugins.breadcrumbs import Crumbs
from blogengine.plugins.breadcrumbs import record
from blogengine.plugins.costs import Costs
from blogengine.plugins.failures import FailureLog

HOOK_SECONDS = 10.0
"""Seconds after which a hook that has not come back counts as hanging."""
JUDGE_SECONDS = 2.0
"""Seconds that a `judge_comment` has; a visitor waits for it."""
SLOW_SHARE = 5
"""A hook that took a fifth of `HOOK_SECONDS` or more is slow."""


class Call:
    """One call that is running. `place` is a hook's name, or `import`."""

    __slots__ = ("begun", "crumb", "fail", "is_hanging", "is_noted", "outer", "place", "plugin_id")

    def __init__(
        self, plugin_id: str, place: str, crumb: bytes, outer: "Call | None", fail: Callable[[], bool]
    ) -> None:
        self.plugin_id = plugin_id
        self.place = place
        self.crumb = crumb
        self.outer = outer
        self.fail = fail
        """Counts a failure of this hook; returns whether that mutes it."""
        self.is_noted = self.is_hanging = False
        self.begun = time.perf_counter_ns()


class Calls:
    """The running calls of this process."""

    def __init__(self) -> None:
        self.running: dict[int, Call] = {}
        """By thread; the innermost, which knows the ones around it."""
        self.crumbs = Crumbs()

    def begin(self, plugin_id: str, place: str, crumb: bytes, fail: Callable[[], bool] = bool) -> Call:
        """Note that this thread calls a plugin."""
        thread = threading.get_ident()
        call = Call(plugin_id, place, crumb, self.running.get(thread), fail)
        self.running[thread] = call
        self.crumbs.put(thread, crumb)
        return call

    def end(self, call: Call) -> int:
        """Note that it came back; return how many nanoseconds it took."""
        elapsed = time.perf_counter_ns() - call.begun
        thread = threading.get_ident()
        outer = call.outer
        if outer is None:
            self.running.pop(thread, None)
            self.crumbs.put(thread, EMPTY)
        else:
            self.running[thread] = outer
            self.crumbs.put(thread, outer.crumb)
        return elapsed

    @contextmanager
    def at(self, plugin_id: str, place: str) -> Iterator[None]:
        """Note that this thread works for a plugin outside of a guarded hook."""
        call = self.begin(plugin_id, place, record(plugin_id, place))
        try:
            yield
        finally:
            self.end(call)


@dataclass(slots=True)
class Patience:
    """How long plugins may take, in seconds."""

    hook: float = HOOK_SECONDS
    judge: float = JUDGE_SECONDS

    @property
    def slow(self) -> float:
        """From when a hook is slow."""
        return self.hook / SLOW_SHARE


class Ledger:
    """What plugins do in this process, over all the apps that follow each other in it."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.failures = FailureLog()
        self.costs = Costs()
        self.calls = Calls()
        self.patience = patience or Patience()
