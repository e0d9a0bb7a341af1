"""A plugin loaded in a process of its own: what its import warns of, touches and costs."""

import multiprocessing
import os
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from dataclasses import field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from blogengine.plugins import discovery
from blogengine.plugins import loading

_TOUCHES = {
    "socket.connect": "a connection",
    "socket.getaddrinfo": "the network",
    "sqlite3.connect": "a database",
    "subprocess.Popen": "a process",
    "os.system": "a process",
    "os.mkdir": "a folder",
    "os.remove": "a file",
    "os.rename": "a file",
    "_thread.start_new_thread": "a thread",
}
"""Audit events (Python's `sys.addaudithook`) that an import must not cause, and what each is."""


@dataclass
class Loading:
    """What a plugin's import did."""

    problem: str = ""
    warnings: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0


CONTEXT = multiprocessing.get_context("forkserver")
"""New processes are copies of one that has the engine loaded and no plugin; each takes some milliseconds."""
CONTEXT.set_forkserver_preload(["blogengine.testing"])


def load_apart(plugin_id: str, drop_in_folder: Path) -> Loading:
    """Load a plugin in a new process and return what its import did."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_tell, args=(theirs, plugin_id, drop_in_folder), daemon=True)
    process.start()
    theirs.close()
    try:
        found: Loading = ours.recv()
    except EOFError:
        process.join()
        return Loading(problem=f"Its import ended the process with the code {process.exitcode}.")
    finally:
        ours.close()
    process.join()
    return found


def _tell(pipe: Connection, plugin_id: str, drop_in_folder: Path) -> None:
    sys.dont_write_bytecode = True
    pipe.send(load(plugin_id, drop_in_folder))


def load(plugin_id: str, drop_in_folder: Path) -> Loading:
    """Load a plugin here and return what its import did."""
    candidate = discovery.find(drop_in_folder).get(plugin_id)
    if candidate is None:
        return Loading(problem=f"There is no plugin {plugin_id} here: is it installed (pip install -e .)?")
    if candidate.problem:
        return Loading(problem=candidate.problem)
    result = Loading()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        what = _TOUCHES.get(event, "")
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            what = "a file"
        if what:
            result.touched.append(f"{what} ({', '.join(str(value) for value in arguments[:2])})"[:200])

    begun = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sys.addaudithook(audit)
        try:
            loading.load(candidate, is_trial=True)
        except loading.PluginProblem as problem:
            result.problem = f"{problem}\n{problem.trace}"[-2000:]
        except BaseException:
            result.problem = traceback.format_exc()[-2000:]
    result.cpu_seconds = time.process_time() - begun
    result.touched = list(result.touched)
    result.warnings = [
        f"{one.category.__name__}: {one.message} ({one.filename}:{one.lineno})" for one in caught
    ]
    return result
