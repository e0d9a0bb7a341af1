"""Other processes of one blog: started quickly, given a database, asked for a result."""

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from blogengine.config import Config
from blogengine.site import Site

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["blogengine.testing", "psycopg"])
PATIENCE = 60
"""Seconds after which a process that has said nothing is taken for stuck."""

Work = Callable[..., Any]


class Process:
    """A process that runs `work(site, talk, *arguments)` on a site of its own; `talk` leads to the test."""

    def __init__(self, config: Config, work: Work, *arguments: Any) -> None:
        self.pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_run, args=(config, work, theirs, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.pipe.close()

    def hear(self) -> Any:
        """Return the next thing the process says; raises what it raised."""
        assert self.pipe.poll(PATIENCE), "the process said nothing"
        try:
            kind, value = self.pipe.recv()
        except EOFError:
            self._process.join(PATIENCE)
            raise AssertionError(f"the process ended with {self._process.exitcode} without a word") from None
        if kind == "failed":
            raise AssertionError(value)
        return value

    def tell(self, value: Any) -> Any:
        """Say something to the process and return its answer."""
        self.pipe.send(value)
        return self.hear()

    def kill(self) -> None:
        """End the process in the middle of whatever it does (SIGKILL)."""
        self._process.kill()
        self._process.join()


class Talk:
    """The process's end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, value: Any) -> None:
        """Say something to the test."""
        self._pipe.send(("said", value))

    def hear(self) -> Any:
        """Wait for what the test says."""
        return self._pipe.recv()


def _run(config: Config, work: Work, pipe: Connection, arguments: tuple[Any, ...]) -> None:
    try:
        site = Site(config)
        site.start(work=False)
        pipe.send(("said", work(site, Talk(pipe), *arguments)))
        site.close()
    except EOFError:
        pass
    except BaseException:
        pipe.send(("failed", traceback.format_exc()))
