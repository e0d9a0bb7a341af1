"""The calls of plugins that are running now, by thread, for the watchdog and for whoever reads the breadcrumbs."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from blogengine.plugins import surroundings
from blogengine.plugins.breadcrumbs import EMPTY
from blogengine.plugins.breadcrumbs import Crumbs
from blogengine.plugins.breadcrumbs import record
from blogengine.plugins.costs import Costs
from blogengine.plugins.failures import FailureLog

HOOK_SECONDS = 10.0
"""Seconds after which a hook that has not come back counts as hanging."""
JUDGE_SECONDS = 2.0
"""Seconds that a `judge_comment` has; a visitor waits for it."""
JOBS = 60
"""A job may take so many times as long as a hook."""
JOB = "the job "
"""Begin of the names of places that are jobs."""
SLOW_SHARE = 5
"""A hook that took a fifth of `HOOK_SECONDS` or more is slow."""


@dataclass(slots=True, eq=False)
class Place:
    """What can be called: a plugin's hook, or its `import`. `fail` counts a failure and says whether it mutes.

    `crumb` is what is written while it is called; it is another one after the first call has come back.
    """

    plugin_id: str
    name: str
    crumb: bytes
    fail: Callable[[], bool]


Call = tuple[Place, int, Any]
"""One call that is running: where, since when (`perf_counter_ns`), and the call around it or None.

A plain tuple, because making one with names takes seven times as long, forty times a page.
"""


class Lane:
    """What one thread is doing."""

    __slots__ = ("present", "slot", "thread")

    def __init__(self, thread: int, slot: slice) -> None:
        self.thread = thread
        self.slot = slot
        self.present: Call | None = None


class Calls:
    """The running calls of this process."""

    def __init__(self, failures: FailureLog) -> None:
        self._failures = failures
        self._come_back: set[tuple[str, str]] = set()
        self.lanes: dict[int, Lane] = {}
        self.crumbs = Crumbs()
        self.noted: dict[Call, bool] = {}
        """Running calls that the watchdog has noted as slow, and whether they hang."""

    def lane(self) -> Lane:
        """Return the lane of this thread."""
        thread = threading.get_ident()
        lane = self.lanes.get(thread)
        if lane is None:
            lane = self.lanes[thread] = Lane(thread, self.crumbs.slot())
        return lane

    @contextmanager
    def at(self, plugin_id: str, name: str, fail: Callable[[], bool] = bool) -> Iterator[None]:
        """Note that this thread works for a plugin outside of a guarded hook, which does the same by hand.

        What an import changes for everybody is put back.
        """
        lane = self.lane()
        outer = lane.present
        key = (plugin_id, name)
        place = Place(plugin_id, name, record(plugin_id, name, came_back=key in self._come_back), fail)
        lane.present = (place, time.perf_counter_ns(), outer)
        self.crumbs.put(lane.slot, place.crumb)
        try:
            around: AbstractContextManager[list[str]] = nullcontext([])
            with surroundings.kept() if name == "import" else around as changed:
                yield
            for what in changed:
                self._failures.note(plugin_id, name, f"It changed {what} for everybody; that was put back.")
        finally:
            if name != "import":  # which may be of another text each time
                self._come_back.add(key)
            lane.present = outer
            self.crumbs.put(lane.slot, EMPTY if outer is None else outer[0].crumb)


@dataclass(slots=True)
class Patience:
    """How long plugins may take, in seconds."""

    hook: float = HOOK_SECONDS
    judge: float = JUDGE_SECONDS
    mutes: bool = True
    """Whether a hook that raises again and again is not called any more; at the door each page is to be seen with it."""

    @property
    def slow(self) -> float:
        """From when a hook is slow."""
        return self.hook / SLOW_SHARE


class Ledger:
    """What plugins do in this process, over all the apps that follow each other in it.

    An app that only tries something has a ledger of its own with the same `calls`: what runs, runs in this process.
    """

    def __init__(self, patience: Patience | None = None, calls: Calls | None = None) -> None:
        self.failures = FailureLog()
        self.costs = Costs()
        self.calls = calls or Calls(self.failures)
        self.patience = patience or Patience()
