"""What plugins cost in this process: calls and time of each hook of each plugin, and pages they keep from being kept."""

import threading
from dataclasses import dataclass

PAGES = ""
"""Stands for a plugin's id where the time of whole pages is counted."""


class Cost:
    """Calls of one hook of one plugin since they were last taken; times are nanoseconds.

    Counted without a lock, on the way of every page: two threads at once may lose a call now and then.
    """

    __slots__ = ("calls", "errors", "hook", "longest", "plugin_id", "total")

    def __init__(self, plugin_id: str, hook: str) -> None:
        self.plugin_id = plugin_id
        self.hook = hook
        self.calls = self.total = self.longest = self.errors = 0


@dataclass(frozen=True, slots=True)
class Personal:
    """A place where a plugin made a page that could be kept one for a single visitor."""

    plugin_id: str
    what: str
    """`cookies`, `session` or `set-cookie`."""
    file: str
    line: int
    path: str
    """The rule or the address of the page."""


class Costs:
    """The costs of this process that are not yet stored."""

    def __init__(self) -> None:
        self._costs: dict[tuple[str, str], Cost] = {}
        self._personal: dict[Personal, int] = {}
        self._lock = threading.Lock()

    def of(self, plugin_id: str, hook: str) -> Cost:
        """Return the counter of a hook of a plugin, which stays the same in all apps of this process."""
        with self._lock:
            return self._costs.setdefault((plugin_id, hook), Cost(plugin_id, hook))

    def note_personal(self, place: Personal) -> None:
        """Note that a page was not kept because of a plugin."""
        with self._lock:
            if place in self._personal or len(self._personal) < 200:
                self._personal[place] = self._personal.get(place, 0) + 1

    def __bool__(self) -> bool:
        return bool(self._personal) or any(cost.calls or cost.errors for cost in list(self._costs.values()))

    @property
    def calls(self) -> int:
        """How many calls were counted and not yet taken."""
        return sum(cost.calls for cost in list(self._costs.values()))

    def take(self) -> tuple[list[Cost], dict[Personal, int]]:
        """Return what was counted since the last call."""
        taken = []
        with self._lock:
            for cost in self._costs.values():
                if cost.calls or cost.errors:
                    part = Cost(cost.plugin_id, cost.hook)
                    part.calls, part.total, part.longest = cost.calls, cost.total, cost.longest
                    part.errors = cost.errors
                    cost.calls = cost.total = cost.longest = cost.errors = 0
                    taken.append(part)
            personal, self._personal = self._personal, {}
        return taken, personal
