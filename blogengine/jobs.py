"""Work that is done after a commit, at least once: a table of jobs claimed with a lease.

A job is a row written in the transaction that causes it, so it is neither lost in a crash nor done for a change that was
rolled back. (Measured: the common task queues lost or stuck every task that ran when its worker was killed.)
"""

import contextlib
import logging
import os
import random
import re
import secrets
import socket
import threading
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Outbox
from blogengine.runtime import blog
from blogengine.secret import redact

log = logging.getLogger("blogengine.jobs")

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
"""Tries before a job is put aside as dead for the owner to see."""

Job = Callable[[dict[str, Any]], None]


def enqueue(
    tx: Transaction,
    kind: str,
    payload: Mapping[str, Any],
    *,
    run_at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Put off `kind` (`core.publish`, `<plugin id>.<job>`) until `run_at` or now; one waiting job for each `key`.

    A job that is being done at this moment may have read what was there before, so its key is done once more.
    """
    statement = database.insert(tx.session, Outbox).values(row(kind, payload, run_at, key))
    anew = ("kind", "payload", "state", "run_at", "lease_by", "attempts", "last_error")
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={name: statement.excluded[name] for name in anew},
            where=sa.or_(Outbox.state == "dead", Outbox.lease_by != ""),
        )
    )
    tx.bump("jobs")
    tx.after_commit(blog().wake_jobs)


def row(
    kind: str, payload: Mapping[str, Any], run_at: datetime | None = None, key: str | None = None
) -> dict[str, Any]:
    """Return the columns of a job that waits."""
    now = clock.now()
    return {
        "kind": kind,
        "payload": dict(payload),
        "key": key,
        "state": "waiting",
        "run_at": run_at or now,
        "lease_by": "",
        "attempts": 0,
        "last_error": "",
        "created_at": now,
    }


def known_kinds(core_jobs: Mapping[str, Job]) -> list[str]:
    """Return the kinds of jobs that somebody here does; a job of a plugin that does not run waits for it."""
    return sorted({*core_jobs, *blog().jobs})


def next_due(kinds: Collection[str] | None = None) -> datetime | None:
    """Return when the next job (of these kinds) can be claimed, or None while none waits."""
    at = sa.func.coalesce(Outbox.lease_until, Outbox.run_at)
    moment = db.session.execute(
        sa.select(Outbox.run_at, Outbox.lease_until).where(*_waiting(kinds)).order_by(at).limit(1)
    ).first()
    return None if moment is None else max(filter(None, moment))


def _waiting(kinds: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    waiting = [Outbox.state == "waiting"]
    return waiting if kinds is None else [*waiting, Outbox.kind.in_(kinds)]


def dead_count() -> int:
    """Return how many jobs were put aside after `ATTEMPTS` failures."""
    return db.session.execute(sa.select(sa.func.count()).where(Outbox.state == "dead")).scalar_one()


def claim(worker: str, kinds: Collection[str] | None = None) -> Outbox | None:
    """Take the next job (of these kinds) that is due for `LEASE`, or None.

    A lease further ahead than any lease can be was made by a wrong clock and counts as over.
    """
    now = clock.now()
    free = sa.or_(
        Outbox.lease_until.is_(None), Outbox.lease_until <= now, Outbox.lease_until > now + 2 * LEASE
    )
    ready = (
        sa.select(Outbox.id)
        .where(*_waiting(kinds), Outbox.run_at <= now, free)
        .order_by(Outbox.run_at, Outbox.id)
        .limit(1)
    )
    if db.session.execute(ready).first() is None:
        return None

    def change(tx: Transaction) -> Outbox | None:
        while (job_id := tx.session.execute(ready.with_for_update(skip_locked=True)).scalar()) is not None:
            job = tx.session.get_one(Outbox, job_id, populate_existing=True)
            if job.attempts < ATTEMPTS:
                job.lease_until, job.lease_by = now + LEASE, worker
                job.attempts += 1
                return job
            _put_aside(tx, job, "Each worker that did it ended before it was done.")
        return None

    return database.write(change)


def run_next(worker: str, core_jobs: Mapping[str, Job]) -> bool:
    """Do the next job that is due; return whether there was one. A job that raises is tried again later."""
    job = claim(worker, known_kinds(core_jobs))
    if job is None:
        return False
    job_id, kind, payload = job.id, job.kind, dict(job.payload or {})
    function = core_jobs.get(kind) or blog().jobs[kind]
    try:
        function(payload)
    except (Exception, SystemExit) as error:
        reason = redact(f"{type(error).__name__}: {error}")[:1000]
        log.warning("job %s (%s) failed: %s", job_id, kind, reason)
        plugin_id, name = re.split("[.:]", kind, maxsplit=1)
        if plugin_id in blog().plugins.statuses:
            what = name if ":" in kind else f"the job {name}"
            blog().plugins.failures.add(plugin_id, what, error)
        _failed(job_id, worker, reason)
        return True

    def done(tx: Transaction) -> None:
        tx.session.execute(sa.delete(Outbox).where(Outbox.id == job_id, Outbox.lease_by == worker))
        _let_go(tx, job_id)

    database.write(done)
    return True


def _let_go(tx: Transaction, job_id: int) -> None:
    """Free a job that was put off again while it was being done."""
    again = sa.update(Outbox).where(Outbox.id == job_id, Outbox.lease_by == "")
    tx.session.execute(again.values(lease_until=None))


def _put_aside(tx: Transaction, job: Outbox, reason: str) -> None:
    job.state, job.lease_until, job.lease_by, job.last_error = "dead", None, "", reason
    tx.session.flush()
    tx.bump("jobs")


def _failed(job_id: int, worker: str, reason: str) -> None:
    def change(tx: Transaction) -> None:
        job = tx.session.get(Outbox, job_id, populate_existing=True)
        if job is None or job.lease_by != worker:
            _let_go(tx, job_id)
        elif job.attempts >= ATTEMPTS:
            _put_aside(tx, job, reason)
        else:
            job.lease_until, job.lease_by, job.last_error = None, "", reason
            pause = min(2.0**job.attempts, 3600) * random.uniform(0.8, 1.2)  # noqa: S311
            job.run_at = clock.now() + timedelta(seconds=pause)

    database.write(change)


class Runner:
    """A thread that does jobs; several may run, on several machines: a lease gives each job to one of them."""

    def __init__(
        self,
        in_app: Callable[[], contextlib.AbstractContextManager[Any]],
        core_jobs: Mapping[str, Job],
        housekeeping: Callable[[], None],
    ) -> None:
        self._in_app = in_app
        self._core_jobs = core_jobs
        self._housekeeping = housekeeping
        self._wake = threading.Event()
        self._stop = False
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the job that is being done, or after two seconds."""
        self._stop = True
        self._wake.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._stop:
            pause = 5.0
            try:
                with self._in_app():
                    self._housekeeping()
                    while not self._stop and run_next(self.name, self._core_jobs):
                        pass
                    due = next_due(known_kinds(self._core_jobs))
                    if due is not None:
                        pause = min(pause, max(0.05, (due - clock.now()).total_seconds()))
            except Exception:
                log.exception("the job thread could not look for work; it tries again")
            self._wake.wait(pause)
            self._wake.clear()
