"""Deaths of processes that plugins caused: counted by breadcrumb; at the second one the plugin is condemned.

A process ends with an exit code or a fault by what runs in it. SIGKILL comes from outside as well: from the system that
wants memory, from a person, at the end of a container. So it is no evidence against a place that the process had come
back from before, and three are asked for at a place where it had not. Where nobody is left who saw it, nobody is blamed.

All this lies in files of the instance's folder `run`, because whoever finds the dead process has no app: the next
process that builds one carries the sentences out before it loads a plugin.
"""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blogengine.plugins.breadcrumbs import Crumb

REPLACED = 75
"""Exit code of a worker that ended itself to be replaced (`EX_TEMPFAIL` of sysexits.h)."""
DEATHS = 2
"""Deaths at the same place after which a plugin is switched off."""
KILLS = 3
"""The same, for deaths by a signal that anybody may have sent."""
TOGETHER = 2.0
"""Seconds within which such deaths are one: who ends one worker from outside may end them all."""
FAULTS = {
    signal.SIGSEGV,
    signal.SIGBUS,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGABRT,
    signal.SIGSYS,
    signal.SIGTRAP,
}
"""Signals that a process gets for what it does itself."""
MEMORY = 24 * 3600.0
"""Seconds after which a death is forgotten."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A plugin that is to be switched off, and why."""

    plugin_id: str
    reason: str
    trace: str = ""


def is_own_doing(code: int) -> bool:
    """Whether a process that ended with this exit code, negative for a signal, surely ended by what ran in it."""
    return code >= 0 or -code in FAULTS


def note(folder: Path, crumbs: Iterable[Crumb], how: str, *, is_sure: bool = True) -> list[str]:
    """Count a death that happened while `crumbs` were being done; return the plugins that are condemned by it.

    `how` ends a sentence: `the process ended with exit code 3`. `is_sure` is false where it may have come from outside.
    """
    found = []
    with _kept(folder) as kept:
        for crumb in crumbs:
            key, enough, often = f"{crumb.plugin_id} {crumb.place}", DEATHS, "twice"
            if not is_sure:
                key, enough, often = f"{key} (killed)", KILLS, "three times"
            times, now = kept["deaths"].setdefault(key, []), time.time()
            if not is_sure and (crumb.came_back or (times and now - times[-1] < TOGETHER)):
                continue
            times.append(now)
            if len(times) >= enough:
                where = "was imported" if crumb.place == "import" else f"was in {crumb.place}"
                reason = f"Switched off because {often}, while it {where}, {how}."
                kept["sentences"][crumb.plugin_id] = [reason, ""]
                found.append(crumb.plugin_id)
    return found


def condemn(folder: Path, sentence: Sentence) -> None:
    """Let a plugin be switched off by the next process that builds an app."""
    with _kept(folder) as kept:
        kept["sentences"][sentence.plugin_id] = [sentence.reason, sentence.trace]


def sentences(folder: Path) -> list[Sentence]:
    """Return the sentences that wait; costs nothing where there is none."""
    if not (folder / "deaths.json").exists():
        return []
    with _kept(folder) as kept:
        return [Sentence(plugin_id, *words) for plugin_id, words in kept["sentences"].items()]


def carried_out(folder: Path, done: Iterable[Sentence]) -> None:
    """Forget sentences that were carried out, and the deaths of those plugins."""
    with _kept(folder) as kept:
        for sentence in done:
            kept["sentences"].pop(sentence.plugin_id, None)
            for key in [key for key in kept["deaths"] if key.startswith(f"{sentence.plugin_id} ")]:
                del kept["deaths"][key]


@contextlib.contextmanager
def _kept(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what is kept, alone, and store it; a folder that cannot be written keeps nothing."""
    kept: dict[str, Any] = {"deaths": {}, "sentences": {}}
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = open(folder / "deaths.lock", "a")  # noqa: SIM115
    except OSError:
        yield kept
        return
    path = folder / "deaths.json"
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            stored = json.loads(path.read_text(encoding="utf-8"))
            now = time.time()
            for key, times in stored["deaths"].items():
                kept["deaths"][str(key)] = [at for at in times if now - MEMORY < at <= now]
            for key, (reason, trace) in stored["sentences"].items():
                kept["sentences"][str(key)] = [str(reason), str(trace)]
        yield kept
        kept["deaths"] = {key: times for key, times in kept["deaths"].items() if times}
        with contextlib.suppress(OSError):
            if not (kept["deaths"] or kept["sentences"]):
                path.unlink(missing_ok=True)
                return
            scratch = path.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps(kept), encoding="utf-8")
            scratch.replace(path)
