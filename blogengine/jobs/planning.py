"""Planning: a row for each job that recurs, none for those of plugins that are off, and no event for them either."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import cache_tag
from blogengine.db import db
from blogengine.jobs.doing import Jobs
from blogengine.jobs.doing import known
from blogengine.jobs.queue import row
from blogengine.models import Outbox
from blogengine.pagecache import SETUP_TAG
from blogengine.runtime import blog
from blogengine.work import Job


def plan(core_jobs: Jobs) -> None:
    """Make what waits fit the app that runs. Writes nothing where it fits already; to be called for each new app.

    A job that was planned keeps its rhythm through restarts. With another rule, or when a wrong clock put it too far
    ahead, it is planned anew.
    """
    jobs = {kind: job for kind, job in known(core_jobs).items() if job.recurs}
    if not _differences(jobs):
        return

    def change(tx: Transaction) -> None:
        seq = tx.session.execute(sa.select(cache_tag.c.seq).where(cache_tag.c.tag == SETUP_TAG)).scalar()
        if (seq or 0) > blog().setup.generation:
            return  # another app follows, and plans for itself
        for stray, values in _differences(jobs):
            if values is None:
                tx.session.execute(sa.delete(Outbox).where(Outbox.id == stray))
            elif stray is None:
                new = database.insert(tx.session, Outbox).values(values)
                tx.session.execute(new.on_conflict_do_nothing(index_elements=["key"]))
            else:
                tx.session.execute(sa.update(Outbox).where(Outbox.id == stray).values(**values))
        tx.bump("jobs")

    database.write(change)


def _differences(jobs: dict[str, Job]) -> list[tuple[int | None, dict[str, Any] | None]]:
    """Return what is to be done: rows to change (id, values), to make (None, values) and to delete (id, None)."""
    now, zone, statuses = clock.now(), blog().zone, blog().plugins.statuses
    interesting = sa.or_(Outbox.rule != "", Outbox.kind.contains(":"))
    found = db.session.execute(
        sa.select(Outbox.id, Outbox.kind, Outbox.rule, Outbox.run_at).where(interesting)
    ).all()
    missing = dict(jobs)
    differences: list[tuple[int | None, dict[str, Any] | None]] = []
    for row_id, kind, rule, run_at in found:
        plugin_id = kind.replace(":", ".").partition(".")[0]
        job = missing.pop(kind, None) if rule else None
        if job is not None:
            first = _first(job, now)
            if rule != job.rule(zone) or run_at > first:
                differences.append((row_id, _facts(job, first)))
        elif not blog().config.safe_mode and (
            plugin_id not in statuses or (rule and statuses[plugin_id].state == "active")
        ):
            differences.append((row_id, None))
    for kind, job in missing.items():
        first = _first(job, now)
        differences.append((None, {**row(kind, {}, first, f"every:{kind}"), **_facts(job, first)}))
    return differences


def _first(job: Job, now: datetime) -> datetime:
    first = job.next_after(now, blog().zone)
    assert first is not None, "only jobs that recur are planned"
    return first


def _facts(job: Job, first: datetime) -> dict[str, Any]:
    return {"rule": job.rule(blog().zone), "run_at": first, "payload": {"due": first.isoformat()}}
