"""The jobs as the owner sees them: what waits, what recurs, what was put aside; trying again and deleting."""

from collections.abc import Iterable

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Outbox
from blogengine.runtime import blog

TABS: dict[str, list[sa.ColumnElement[bool]]] = {
    "waiting": [Outbox.state == "waiting", Outbox.rule == ""],
    "recurring": [Outbox.rule != ""],
    "dead": [Outbox.state == "dead"],
}


def dead_count() -> int:
    """Return how many jobs were put aside after `ATTEMPTS` failures."""
    return db.session.execute(sa.select(sa.func.count()).where(Outbox.state == "dead")).scalar_one()


def counts() -> dict[str, int]:
    """Return the number of jobs by tab: `waiting`, `recurring`, `dead`."""
    numbers = [sa.func.count().filter(*conditions) for conditions in TABS.values()]
    return dict(zip(TABS, db.session.execute(sa.select(*numbers)).one(), strict=True))


def listed(
    tab: str, *, q: str = "", after_id: int | None = None, limit: int = 50
) -> tuple[list[Outbox], bool]:
    """Return the jobs of a tab with `q` in their kind, in the order they came in, and whether more follow."""
    statement = sa.select(Outbox).where(*TABS[tab])
    for word in q.lower().split():
        statement = statement.where(Outbox.kind.contains(word, autoescape=True))
    if after_id is not None:
        statement = statement.where(Outbox.id > after_id)
    found = list(db.session.scalars(statement.order_by(Outbox.id).limit(limit + 1)))
    return found[:limit], len(found) > limit


def retry(ids: Iterable[int]) -> int:
    """Let these jobs be done now, with all their tries before them; returns how many were not being done already."""

    def change(tx: Transaction) -> int:
        now = clock.now()
        chosen = sa.select(Outbox).where(Outbox.id.in_(list(ids)), Outbox.lease_by == "")
        rows = tx.session.scalars(chosen.execution_options(populate_existing=True)).all()
        for row in rows:
            row.state, row.attempts, row.run_at = "waiting", 0, now
            if row.rule:
                row.payload = {"due": now.isoformat()}
        tx.bump("jobs")
        tx.after_commit(blog().wake_jobs)
        return len(rows)

    return database.write(change)


def drop(ids: Iterable[int]) -> int:
    """Delete these jobs undone, but not those that recur: they would be planned again. Returns how many there were."""

    def change(tx: Transaction) -> int:
        chosen = sa.delete(Outbox).where(Outbox.id.in_(list(ids)), Outbox.rule == "")
        tx.bump("jobs")
        return len(tx.session.execute(chosen.returning(Outbox.id)).all())

    return database.write(change)
