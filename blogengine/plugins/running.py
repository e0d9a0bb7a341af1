"""Which files of installed plugins a process has loaded, said in a file, so that another one can tell what is outdated.

A module is loaded once in a process: a server goes on with what it has when a package is upgraded, until it is restarted.
"""

import contextlib
import json
import os
from pathlib import Path

from blogengine.plugins import loading
from blogengine.plugins.breadcrumbs import is_alive
from blogengine.plugins.discovery import Candidate

PREFIX = "loaded-"


class Loadings:
    """What this process has loaded, in its file in the instance's folder `run`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: dict[str, str] = {}

    def say(self) -> None:
        """Write the file where there is something new; a folder that cannot be written is left alone."""
        found = loading.stamps()
        if found == self._said:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            (self._folder / f"{PREFIX}{os.getpid()}").write_text(json.dumps(found), encoding="utf-8")
        self._said = found

    def forget(self) -> None:
        """Delete the file."""
        self._said = {}
        (self._folder / f"{PREFIX}{os.getpid()}").unlink(missing_ok=True)


def is_outdated(folder: Path, candidate: Candidate) -> bool:
    """Whether a process that runs has loaded other files of an installed plugin than those that are there now."""
    found = False
    for path in folder.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX)
        if not (pid.isdigit() and is_alive(int(pid))):
            path.unlink(missing_ok=True)
            continue
        with contextlib.suppress(OSError, ValueError, AttributeError):
            known = json.loads(path.read_text(encoding="utf-8")).get(loading.module_name(candidate))
            found = found or known not in (None, loading.stamp_of(candidate))
    return found
