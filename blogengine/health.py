"""What a plugin finds wrong with itself on this installation: shown by `blogengine doctor` and on the plugin's page."""

from collections.abc import Callable
from dataclasses import dataclass

LEVELS = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found. `level` is `ok`, `warn` (worth a look) or `fail` (does not work)."""

    level: str
    sentence: str
    """What is so, and how to mend it."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A look at one thing that can be wrong. `run` returns what it found, or None when there is nothing to say."""

    name: str
    """Small letters, digits and hyphens."""
    run: Callable[[], Health | None]
