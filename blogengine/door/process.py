"""Where plugins are checked: a child process tries one, and whatever it does to itself, this process reads what came out."""

import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from typing import Any

from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.errors import Refused
from blogengine.migrations.copying import drop_copy
from blogengine.migrations.copying import new_schema
from blogengine.plugins.breadcrumbs import left_by
from blogengine.plugins.door_report import Problem
from blogengine.plugins.door_report import Report

SECONDS = 20.0
"""How long a trial may take once the database is copied."""
COPY_SECONDS = 120.0
"""How long copying the database may take."""
SPARE = 50_000_000
"""Bytes that must be left on the disk beside the copy."""
_one_at_a_time = threading.Lock()


def try_plugin(config: Config, plugin_id: str, source: str = "", *, seconds: float = SECONDS) -> Report:
    """Try a plugin (from `source`) beside those that run, in a process of its own on a copy of the database.

    The blog is not changed, whatever happens. One trial at a time in each process. Raises `Refused` where no trial can be
    made.
    """
    with _one_at_a_time, _scratch(config) as (folder, schema):
        return _Child(config, plugin_id, source, folder, schema, seconds).run()


@contextlib.contextmanager
def _scratch(config: Config) -> Iterator[tuple[Path, str]]:
    """Yield a folder, and a name for a schema, for what is deleted afterwards."""
    is_file = config.database_url.startswith("sqlite")
    if is_file:
        database = Path(config.database_url.removeprefix("sqlite:///"))
        size = database.stat().st_size
        free = shutil.disk_usage(config.instance).free
        if free < size + SPARE:
            raise Refused(
                f"There is no room for a copy of the database to try the plugin on: it has {size // 1_000_000} MB, and "
                f"{free // 1_000_000} MB are free.",
                hint="Make room, or start without trying: see the manual for hosts, Rescue.",
            )
    for left in config.instance.glob(".door-*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".door-", dir=config.instance))
    schema = "" if is_file else new_schema()
    try:
        yield folder, schema
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if schema:
            engine = make_engine(config.database_url)
            with contextlib.suppress(Exception):
                drop_copy(engine, schema)
            engine.dispose()


class _Child:
    def __init__(
        self, config: Config, plugin_id: str, source: str, folder: Path, schema: str, seconds: float
    ) -> None:
        self._config = config
        self._plugin_id = plugin_id
        self._folder = folder
        self._seconds = seconds
        self._facts: dict[str, Any] = {
            "config": {
                **dataclasses.asdict(config),
                "instance": str(config.instance),
                "scratch": str(folder),
                "safe_mode": False,
            },
            "plugin_id": plugin_id,
            "source": source,
            "schema": schema,
            "seconds": seconds,
        }
        self._at = "starting"
        self._report: Report | None = None
        self._deadline = time.monotonic() + COPY_SECONDS
        self._ran_out = False

    def run(self) -> Report:
        """Start the child, hear it to its end, and leave nothing of it."""
        mine, theirs = os.pipe()
        output = (self._folder / "output").open("w+b")
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "blogengine.door.child"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[theirs],
                start_new_session=True,
                env=self._environment(),
            )
        except OSError as error:
            os.close(mine)
            output.close()
            raise Refused(f"No process could be started to try the plugin: {error}.") from error
        finally:
            os.close(theirs)
        try:
            with open(mine, "rb", buffering=0) as words:
                self._send(process, theirs)
                self._hear(words)
            return self._report or self._died(process, output)
        finally:
            self._end(process)
            output.close()

    def _environment(self) -> dict[str, str]:
        """Return an environment in which the child finds the same code."""
        return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def _send(self, process: subprocess.Popen[bytes], report_to: int) -> None:
        order = json.dumps({**self._facts, "report_to": report_to}) + "\n"
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.write(order.encode())
            process.stdin.flush()

    def _hear(self, words: IO[bytes]) -> None:
        """Read what the child says until its report, its end, or the deadline."""
        said = b""
        while self._report is None:
            ready, _, _ = select.select([words], [], [], max(0.0, self._deadline - time.monotonic()))
            if not ready:
                self._ran_out = True
                return
            part = words.read(65_536)
            if not part:
                return
            said += part
            *lines, said = said.split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            return
        if "report" in message:
            self._report = Report.load(message["report"])
        elif "at" in message:
            self._at = str(message["at"])
            if self._at == "copied":
                self._deadline = time.monotonic() + self._seconds

    def _died(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> Report:
        """Say how a child ended that made no report."""
        crumbs = left_by(self._folder, process.pid)
        doing = ", ".join(f"{crumb.place} of {crumb.plugin_id}" for crumb in crumbs)
        if self._ran_out:
            how = f"It was not done after {self._seconds:g} seconds."
        else:
            how = f"The process ended with {_said(process)}."
        output.seek(0)
        said = output.read()[-4000:].decode(errors="replace")
        where = f"{self._at}, in {doing}" if doing else self._at
        return Report(self._plugin_id, [Problem(where, how, said)])

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End the child with all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()


def _said(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return "no word, and goes on"
    if code >= 0:
        return f"exit code {code} and without a word"
    try:
        return f"the signal {signal.Signals(-code).name}"
    except ValueError:
        return f"the signal {-code}"
