"""The queue: rows of the outbox, put in by a transaction, taken by one worker for the time of a lease."""

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

LEASE = timedelta(seconds=60)
"""How long a job belongs to the worker that took it; a worker that lives renews it, one that was killed does not."""
PAUSE = timedelta(hours=1)
"""After which a job that recurs and killed every worker is tried once more."""
ATTEMPTS = 8
"""Tries before a job is put aside as dead for the owner to see; one that recurs waits for its next time."""


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
        "rule": "",
        "created_at": now,
    }


def waiting(kinds: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of jobs that wait, of these kinds: one of a plugin that does not run waits for it."""
    conditions = [Outbox.state == "waiting"]
    return conditions if kinds is None else [*conditions, Outbox.kind.in_(list(kinds))]


def next_due(kinds: Collection[str] | None = None) -> datetime | None:
    """Return when the next job (of these kinds) can be claimed, or None while none waits."""
    at = sa.func.coalesce(Outbox.lease_until, Outbox.run_at)
    moment = db.session.execute(
        sa.select(Outbox.run_at, Outbox.lease_until).where(*waiting(kinds)).order_by(at).limit(1)
    ).first()
    return None if moment is None else max(filter(None, moment))


def claim(worker: str, kinds: Collection[str] | None = None, slow: str = "") -> Outbox | None:
    """Take the next job (of these kinds) that is due for `LEASE`, or None; one of the kind `slow` only where no other waits.

    A lease further ahead than any lease can be was made by a wrong clock and counts as over.
    """
    now = clock.now()
    free = sa.or_(
        Outbox.lease_until.is_(None), Outbox.lease_until <= now, Outbox.lease_until > now + 2 * LEASE
    )
    ready = (
        sa.select(Outbox.id)
        .where(*waiting(kinds), Outbox.run_at <= now, free)
        .order_by(*([Outbox.kind == slow] if slow else []), Outbox.run_at, Outbox.id)
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
            put_aside(tx, job, "Each worker that did it ended before it was done.")
            if job.rule:
                job.state, job.run_at, job.attempts = "waiting", now + PAUSE, 0
                tx.session.flush()
        return None

    return database.write(change)


def renew(job_id: int, worker: str) -> bool:
    """Keep a job that is being done for another `LEASE`; return whether it still belonged to `worker`."""

    def change(tx: Transaction) -> bool:
        mine = sa.update(Outbox).where(Outbox.id == job_id, Outbox.lease_by == worker).returning(Outbox.id)
        return tx.session.execute(mine.values(lease_until=clock.now() + LEASE)).first() is not None

    return database.write(change)


def let_go(tx: Transaction, job_id: int) -> None:
    """Free a job that was put off again while it was being done."""
    again = sa.update(Outbox).where(Outbox.id == job_id, Outbox.lease_by == "")
    tx.session.execute(again.values(lease_until=None))


def put_aside(tx: Transaction, job: Outbox, reason: str) -> None:
    """Let a job wait for its owner's decision."""
    job.state, job.lease_until, job.lease_by, job.last_error = "dead", None, "", reason
    tx.session.flush()
    tx.bump("jobs")
