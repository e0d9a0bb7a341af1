"""What the parent does when a worker dies or stands still in a plugin: it finds out in which, and has it switched off."""

import logging
import signal
import time
from pathlib import Path

from blogengine.plugins import deaths
from blogengine.plugins.breadcrumbs import Crumb
from blogengine.plugins.breadcrumbs import left_by
from blogengine.plugins.breadcrumbs import silence_of

log = logging.getLogger("blogengine.server")

OFTEN = 20
"""Restarts within `WINDOW` seconds after which even a known cause does not count as mended."""
WINDOW = 60.0


class Keeper:
    """Looks after the workers of one server. `folder` is the instance's `run`, `hook_seconds` when a hook hangs."""

    def __init__(self, folder: Path, hook_seconds: float) -> None:
        self._folder = folder
        self._silence = hook_seconds * 1.5 + 2
        self._killed: set[int] = set()
        self._mended: list[float] = []

    def is_stuck(self, pid: int) -> bool:
        """Whether a worker stands still in a plugin: it holds the interpreter, so that not even its watchdog runs."""
        silence, crumbs = silence_of(self._folder, pid)
        if silence < self._silence or not crumbs:
            return False
        how = f"the whole process stood still for {silence:.0f} seconds"
        if len(crumbs) == 1:
            crumb = crumbs[0]
            reason = f"Switched off because in {crumb.place} {how}."
            deaths.condemn(self._folder, deaths.Sentence(crumb.plugin_id, reason))
        else:
            deaths.note(self._folder, crumbs, how)
        log.error("worker %d: %s in %s; it is replaced.", pid, how, _named(crumbs))
        self._killed.add(pid)
        return True

    def died(self, pid: int, code: int) -> bool:
        """Whether the cause of a worker's death is known and mended, or came from outside, so that another may be started.

        `code` is its exit code, negative for a signal.
        """
        crumbs = left_by(self._folder, pid)
        if pid in self._killed:
            self._killed.discard(pid)
        elif code in (0, -signal.SIGTERM, -signal.SIGINT):
            return False
        elif code != deaths.REPLACED:
            is_sure = deaths.is_own_doing(code)
            if is_sure and not crumbs:
                return False
            how = f"its process ended with {_said(code)}"
            condemned = deaths.note(self._folder, crumbs, how, is_sure=is_sure)
            log.error(
                "worker %d ended with %s%s.", pid, _said(code), f" in {_named(crumbs)}" if crumbs else ""
            )
            for plugin_id in condemned:
                log.error("The plugin %s is switched off.", plugin_id)
        now = time.monotonic()
        self._mended = [*(at for at in self._mended if now - at < WINDOW), now]
        return len(self._mended) < OFTEN


def _said(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"the signal {signal.Signals(-code).name}"
    except ValueError:
        return f"the signal {-code}"


def _named(crumbs: list[Crumb]) -> str:
    return " or ".join(f"{crumb.place} of the plugin {crumb.plugin_id}" for crumb in crumbs)
