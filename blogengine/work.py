"""Work as values: an event that plugins are told of after the commit, and a job that is done once or again and again."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

SHORTEST = timedelta(seconds=10)
"""A shorter period would be of no use: a worker looks for work every few seconds."""


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened, as a plugin is told of it after the commit, at least once."""

    id: str
    """Random letters and digits; the same for each plugin and at each try, so that nothing need be done twice."""
    at: datetime
    """When it happened, aware UTC; it is told of a moment later, or much later after a failure."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the background: when `enqueue` asks for it and, with `every` or `at`, by itself again and again.

    Run by itself, `function` is given `{"due": "<ISO 8601>"}`: the moment it was due, the same when it is tried again.
    Raises `ValueError` with a sentence for a period or a time that cannot be.
    """

    function: Callable[[dict[str, Any]], None]
    every: timedelta | None = None
    """At least 10 seconds. Counted from when the job was first seen, whatever stops and starts meanwhile."""
    at: str | None = None
    """`HH:MM` on the blog's own clock, each day."""
    timeout: timedelta = timedelta(hours=1)
    """After that it counts as hanging: another worker may do it."""

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ValueError(f"a job's function must be a function, not {self.function!r}")
        if self.every is not None and self.at is not None:
            raise ValueError("a job has every= or at=, not both")
        if self.every is not None and not (isinstance(self.every, timedelta) and self.every >= SHORTEST):
            raise ValueError(
                f"every= must be a timedelta of at least {SHORTEST.seconds} seconds, not {self.every!r}"
            )
        if self.at is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(self.at)):
            raise ValueError(f"at= must be a time like '03:30', not {self.at!r}")
        if not (isinstance(self.timeout, timedelta) and self.timeout > timedelta(0)):
            raise ValueError(f"timeout= must be a timedelta, not {self.timeout!r}")

    @property
    def recurs(self) -> bool:
        """Whether it is done again and again."""
        return self.every is not None or self.at is not None

    def rule(self, zone: ZoneInfo) -> str:
        """Return when it is done, for people and to notice a change; empty when only on demand."""
        if self.every is not None:
            return f"every {_words(self.every)}"
        return f"at {self.at} {zone.key}" if self.at is not None else ""

    def next_after(self, moment: datetime, zone: ZoneInfo, due: datetime | None = None) -> datetime | None:
        """Return the first time after `moment` at which it is due; None when only on demand.

        A period goes on in the rhythm of `due`, the last time it was. A time of day that the clock skips in spring is
        the moment at which it would have been, an hour later on the clock; one that comes twice in autumn is the first.
        """
        if self.every is not None:
            start = due if due is not None else moment
            return start if start > moment else start + ((moment - start) // self.every + 1) * self.every
        if self.at is None:
            return None
        clock = time.fromisoformat(self.at)
        day = moment.astimezone(zone).date() - timedelta(days=1)
        while True:
            candidate = datetime.combine(day, clock, zone).astimezone(UTC)
            if candidate > moment:
                return candidate
            day += timedelta(days=1)


def _words(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = int(seconds // size)
            return name if count == 1 else f"{count} {name}s"
    return f"{seconds:g} seconds"
