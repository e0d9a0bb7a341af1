"""Doing a job, and what follows: it goes away, is tried again later, is put aside, or moves on to its next time."""

import contextlib
import logging
import random
import re
import time
from collections.abc import Callable
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Any

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.jobs import queue
from blogengine.models import Outbox
from blogengine.plugins.calls import JOB
from blogengine.runtime import blog
from blogengine.secret import redact
from blogengine.work import Job

log = logging.getLogger("blogengine.jobs")

Jobs = Mapping[str, Job | Callable[[dict[str, Any]], None]]
"""Jobs by kind; a plain function is one that is done on demand."""


class Postponed(Exception):
    """Raised by a job whose time has not come: it is done again after `pause`, and this try does not count."""

    def __init__(self, reason: str, pause: timedelta) -> None:
        super().__init__(reason)
        self.pause = pause


class GivenUp(Exception):
    """Raised by a job that is of no use to try again: it is put aside at once, with the reason."""


def known(core_jobs: Jobs) -> dict[str, Job]:
    """Return the jobs that are done here, of the core and of the plugins that run, by kind."""
    found = {**blog().jobs, **core_jobs}
    return {kind: job if isinstance(job, Job) else Job(job) for kind, job in found.items()}


def run_next(
    worker: str, core_jobs: Jobs, begin: Callable[[int, str, Job], None] | None = None, slow: str = ""
) -> bool:
    """Do the next job that is due; return whether there was one. A job that raises is tried again later.

    `begin` is told which job it will be. Jobs of the kind `slow` let all others go first.
    """
    jobs = known(core_jobs)
    claimed = queue.claim(worker, jobs, slow)
    if claimed is None:
        return False
    job_id, kind, payload, job = claimed.id, claimed.kind, dict(claimed.payload or {}), jobs[claimed.kind]
    if begin is not None:
        begin(job_id, kind, job)
    started, began = clock.now(), time.perf_counter()
    outcome: BaseException | None = None
    try:
        with _noted(kind):
            job.function(payload)
    except (Postponed, GivenUp) as end:
        outcome, reason = end, redact(str(end))[:1000]
        log.info("job %s (%s) was %s: %s", job_id, kind, type(end).__name__.lower(), reason)
    except (Exception, SystemExit) as error:
        reason = redact(f"{type(error).__name__}: {error}")[:1000]
        log.warning("job %s (%s) failed: %s", job_id, kind, reason)
        blame(kind, error)
    else:
        reason = ""
    facts = {"last_at": started, "last_seconds": round(time.perf_counter() - began, 3)}
    database.write(lambda tx: _settle(tx, job_id, worker, job, reason, facts, outcome))
    return True


def _noted(kind: str) -> contextlib.AbstractContextManager[None]:
    """Note what this thread does for which plugin, should the job end or stop the process."""
    plugin_id, name = re.split("[.:]", kind, maxsplit=1)
    if plugin_id not in blog().plugins.statuses:
        return contextlib.nullcontext()
    return blog().plugins.ledger.calls.at(plugin_id, f"{JOB}{name}")


def blame(kind: str, error: BaseException) -> None:
    """Show a failure under the plugin whose job or listener it was."""
    plugin_id, name = re.split("[.:]", kind, maxsplit=1)
    if plugin_id in blog().plugins.statuses:
        blog().plugins.failures.add(plugin_id, name if ":" in kind else f"the job {name}", error)


def _settle(
    tx: Transaction,
    job_id: int,
    worker: str,
    job: Job,
    reason: str,
    facts: Mapping[str, Any],
    outcome: BaseException | None = None,
) -> None:
    row = tx.session.get(Outbox, job_id, populate_existing=True)
    if row is None or row.lease_by != worker:  # put off again meanwhile, or another worker has it
        queue.let_go(tx, job_id)
        return
    row.last_at, row.last_seconds = facts["last_at"], facts["last_seconds"]
    if row.rule:
        _move_on(row, job, reason)
    elif not reason:
        tx.session.delete(row)
    elif isinstance(outcome, Postponed):
        row.attempts = max(0, row.attempts - 1)
        _free(row, reason, clock.now() + outcome.pause * random.uniform(0.9, 1.1))  # noqa: S311
    elif isinstance(outcome, GivenUp) or row.attempts >= queue.ATTEMPTS:
        queue.put_aside(tx, row, reason)
    else:
        _free(row, reason, _later(row.attempts))
    tx.session.flush()


def _move_on(row: Outbox, job: Job, reason: str) -> None:
    """Let a job that recurs wait for its next time; one that failed is tried again before that, a few times."""
    due = datetime.fromisoformat(row.payload["due"])
    following = job.next_after(clock.now(), blog().zone, due)
    if following is None:  # its plugin was changed: it no longer recurs, and the next plan deletes it
        following = row.run_at + timedelta(days=1)
    if reason and row.attempts < queue.ATTEMPTS and _later(row.attempts) < following:
        _free(row, reason, _later(row.attempts))
        return
    _free(row, reason, following)
    row.attempts, row.payload = 0, {"due": following.isoformat()}


def _free(row: Outbox, reason: str, run_at: datetime) -> None:
    row.lease_until, row.lease_by, row.last_error, row.run_at = None, "", reason, run_at


def _later(attempts: int) -> datetime:
    pause = min(2.0**attempts, 3600) * random.uniform(0.8, 1.2)  # noqa: S311
    return clock.now() + timedelta(seconds=pause)
