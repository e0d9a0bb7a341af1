"""The watchdog: a thread in each process that notes hooks which take too long, with the line where they are."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Protocol

from blogengine.plugins.calls import JOB
from blogengine.plugins.calls import JOBS
from blogengine.plugins.calls import Call
from blogengine.plugins.calls import Lane
from blogengine.plugins.calls import Ledger

log = logging.getLogger("blogengine.plugins")

STORE_SECONDS = 5.0
"""How often failures are stored while none is urgent."""
COSTS_SECONDS = 60.0
"""How often costs are stored."""


class Store(Protocol):
    """Stores what plugins did."""

    def __call__(self, *, costs: bool) -> None:
        """Store failures and, with `costs`, costs."""


class Watchdog:
    """Looks at all running calls several times a second; `store` writes down what was noted, `give_up` ends the process.

    `give_up(plugin_id, reason, trace)` is for a hang that stops everybody: in the building of the app, in the one thread
    that does jobs, or with the database's write lock.
    """

    def __init__(self, ledger: Ledger, store: Store, give_up: Callable[[str, str, str], None]) -> None:
        self._ledger = ledger
        self._store = store
        self._give_up = give_up
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._stored = self._costs_stored = time.monotonic()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout=2)

    def hanging(self) -> int:
        """Return how many threads hang in plugins now."""
        noted = self._ledger.calls.noted
        return sum(
            noted.get(lane.present, False) for lane in list(self._ledger.calls.lanes.values()) if lane.present
        )

    def _run(self) -> None:
        pause = min(0.5, self._ledger.patience.slow / 4)
        while not self._stop.wait(pause):
            try:
                self.look()
            except Exception:
                log.exception("the watchdog failed; it goes on")

    def look(self) -> None:
        """Look once."""
        calls = self._ledger.calls
        calls.crumbs.beat()
        frames = sys._current_frames()
        hangs: list[tuple[Call, str, str]] = []
        for thread, lane in list(calls.lanes.items()):
            if thread not in frames and calls.lanes.get(thread) is lane and lane.present is None:
                del calls.lanes[thread]
            elif lane.present is not None:
                hangs += self._look_at(lane, lane.present, frames.get(thread))
        running = {lane.present for lane in list(calls.lanes.values())}
        for call in [call for call in calls.noted if call not in running]:
            calls.noted.pop(call, None)
        self._store_noted(hangs)

    def _look_at(self, lane: Lane, call: Call, frame: FrameType | None) -> list[tuple[Call, str, str]]:
        """Note a call that is slow or hangs, each once; return it when it has begun to hang."""
        patience, noted, failures = self._ledger.patience, self._ledger.calls.noted, self._ledger.failures
        place, begun, _ = call
        seconds = (time.perf_counter_ns() - begun) / 1e9
        if place.name == "judge_comment" or lane.present is not call:
            return []
        is_job = place.name.startswith(JOB)
        if seconds >= patience.hook * (JOBS if is_job else 1) and not noted.get(call):
            noted[call] = True
            message = f"It had not come back after {seconds:.0f} seconds."
            failure = failures.note(place.plugin_id, place.name, message, frame, muting=True, hanging=True)
            return [(call, message, failure.traceback)]
        if seconds >= patience.slow and call not in noted and not (is_job or is_building(place.name)):
            noted[call] = False
            message = f"It has been running for more than {patience.slow:.1f} seconds."
            failures.note(place.plugin_id, place.name, message, frame, muting=place.fail())
        return []

    def _store_noted(self, hangs: list[tuple[Call, str, str]]) -> None:
        now = time.monotonic()
        if not hangs and now - self._stored < STORE_SECONDS:
            return
        costs = now - self._costs_stored >= COSTS_SECONDS
        is_stored = True
        try:
            self._store(costs=costs)
            self._costs_stored = now if costs else self._costs_stored
        except Exception:
            is_stored = False
            log.exception("what plugins did wrong could not be stored; it is tried again")
        self._stored = time.monotonic()
        for call, message, trace in hangs:
            place = call[0]
            if not is_stored or is_building(place.name) or place.name.startswith(JOB):
                self._give_up(place.plugin_id, f"Switched off because {place.name} hung: {message}", trace)


def is_building(name: str) -> bool:
    """Whether a call of this name is part of the building or the start of an app, which all requests wait for."""
    return name in ("import", "startup", "shutdown") or name.startswith("register_")
