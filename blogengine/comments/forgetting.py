"""Forgetting from which networks comments were sent, after the time that the owner has set."""

from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Comment
from blogengine.runtime import blog

PAUSE = timedelta(hours=1)
BATCH = 500
"""Comments in one transaction."""


class Forgetting:
    """Looks once an hour in each process that does jobs; where two look at once, the second finds nothing to do."""

    def __init__(self) -> None:
        self._looked: datetime | None = None

    def run(self) -> None:
        """Forget what is older than the setting `network_days`, unless it was looked at less than an hour ago."""
        now = clock.now()
        if self._looked is not None and now - self._looked < PAUSE:
            return
        self._looked = now
        before = now - timedelta(days=blog().site.network_days)
        old = sa.select(Comment.id).where(Comment.address_key != "", Comment.created_at < before).limit(BATCH)

        def change(tx: Transaction) -> None:
            forgotten = sa.update(Comment).where(Comment.id.in_(ids)).values(address_key="")
            tx.session.execute(forgotten.execution_options(synchronize_session=False))

        while ids := list(db.session.scalars(old)):
            database.write(change)
