"""The threads that do jobs: one works, one keeps its lease."""

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from blogengine import clock
from blogengine.jobs import queue
from blogengine.jobs.doing import Jobs
from blogengine.jobs.doing import blame
from blogengine.jobs.doing import known
from blogengine.jobs.doing import run_next
from blogengine.jobs.planning import plan
from blogengine.work import Job

log = logging.getLogger("blogengine.jobs")


SLOW = 1.0
"""Seconds after which the next job is one of another kind, if one waits: strangers can make a blog wait for machines of
theirs, and neither mails nor scheduled posts shall stand in that line."""


@dataclass(slots=True)
class _Doing:
    """The job that is being done now."""

    id: int
    kind: str
    job: Job
    began: float
    hangs: bool = False


class Runner:
    """Does jobs in a thread; several may run, on several machines: a lease gives each job to one of them."""

    def __init__(
        self,
        in_app: Callable[[], contextlib.AbstractContextManager[Any]],
        core_jobs: Jobs,
        housekeeping: Callable[[], None],
        *,
        beat: float = queue.LEASE.total_seconds() / 3,
    ) -> None:
        self._in_app = in_app
        self._core_jobs = core_jobs
        self._housekeeping = housekeeping
        self._beat = beat
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._doing: _Doing | None = None
        self._slow = ""
        self._planned: Any = None
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._threads = [
            threading.Thread(target=self._run, name="jobs", daemon=True),
            threading.Thread(target=self._keep, name="jobs, lease", daemon=True),
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the job that is being done, or after two seconds."""
        self._ended.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=2)

    def _run(self) -> None:
        while not self._ended.is_set():
            pause = 5.0
            try:
                while not self._ended.is_set():
                    with (
                        self._in_app() as app
                    ):  # anew for each job: a plugin that was disabled does nothing more
                        if app is not self._planned:
                            plan(self._core_jobs)
                            self._planned = app
                        if self._do_next():
                            continue
                        self._housekeeping()
                        due = queue.next_due(known(self._core_jobs))
                        if due is not None:
                            pause = min(pause, max(0.05, (due - clock.now()).total_seconds()))
                        break
            except Exception:
                log.exception("the job thread could not look for work; it tries again")
            self._wake.wait(pause)
            self._wake.clear()

    def _do_next(self) -> bool:
        try:
            return run_next(self.name, self._core_jobs, self._begin, self._slow)
        finally:
            done, self._doing = self._doing, None
            is_slow = done is not None and time.monotonic() - done.began > SLOW
            self._slow = done.kind if done is not None and is_slow else ""

    def _begin(self, job_id: int, kind: str, job: Job) -> None:
        self._doing = _Doing(job_id, kind, job, time.monotonic())

    def _keep(self) -> None:
        """Renew the lease of a job that takes long, until it takes longer than it may."""
        while not self._ended.wait(self._beat):
            doing = self._doing
            if doing is None or doing.hangs:
                continue
            try:
                with self._in_app():
                    if time.monotonic() - doing.began > doing.job.timeout.total_seconds():
                        doing.hangs = True
                        error = TimeoutError(
                            f"It runs for longer than {doing.job.timeout}; another worker may do it."
                        )
                        blame(doing.kind, error)
                        log.error("job %s (%s) hangs", doing.id, doing.kind)
                    else:
                        queue.renew(doing.id, self.name)
            except Exception:
                log.exception("the lease of job %s (%s) could not be renewed", doing.id, doing.kind)
