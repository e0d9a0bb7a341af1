"""What plugins did wrong, stored for the owner to see; one that keeps failing is switched off."""

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import PluginError
from blogengine.plugins.guards import Failure
from blogengine.runtime import blog
from blogengine.settings.plugin_states import set_state

_JUDGING = "judge_comment"


def store_failures(failures: list[Failure]) -> None:
    """Store what plugins did wrong; a plugin whose hook went mute is switched off, unless it judges comments.

    A judge stays: while it is mute every comment is held, and switching it off would publish them.
    """
    if not failures:
        return

    def change(tx: Transaction) -> None:
        for failure in failures:
            row = tx.session.scalars(
                sa.select(PluginError).where(
                    PluginError.plugin_id == failure.plugin_id, PluginError.fingerprint == failure.fingerprint
                )
            ).first()
            now = clock.now()
            if row is None:
                row = PluginError(
                    plugin_id=failure.plugin_id,
                    hook=failure.hook,
                    fingerprint=failure.fingerprint,
                    count=0,
                    first_at=now,
                )
                tx.session.add(row)
            row.count += 1
            row.message, row.traceback, row.last_at = failure.message, failure.traceback, now
        for failure in failures:
            if failure.muting and not blog().plugins.implements(failure.plugin_id, _JUDGING):
                set_state(
                    failure.plugin_id,
                    enabled=False,
                    reason=f"Switched off because {failure.hook} kept failing: {failure.message}",
                )

    database.write(change)


def failures_of(plugin_id: str) -> list[PluginError]:
    """Return the stored failures of a plugin, latest first."""
    return list(
        db.session.scalars(
            sa.select(PluginError)
            .where(PluginError.plugin_id == plugin_id)
            .order_by(PluginError.last_at.desc())
        )
    )


def failure_counts() -> dict[str, int]:
    """Return how many failures of each plugin are stored."""
    rows = db.session.execute(
        sa.select(PluginError.plugin_id, sa.func.sum(PluginError.count)).group_by(PluginError.plugin_id)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def forget_failures(plugin_id: str) -> None:
    """Delete the stored failures of a plugin."""

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(PluginError).where(PluginError.plugin_id == plugin_id))

    database.write(change)
