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
    """Store what plugins did wrong; one whose hook went mute or hangs is switched off.

    One that judges comments stays when a hook of it goes mute, and every comment is held meanwhile. When it hangs it is
    switched off as well, and comments are held until its owner decides: no comment gets out because a filter broke.
    """
    if not failures:
        return

    def change(tx: Transaction) -> None:
        for failure in failures:
            _store(
                tx, failure.plugin_id, failure.hook, failure.fingerprint, failure.message, failure.traceback
            )
        for failure in failures:
            judges = blog().plugins.implements(failure.plugin_id, _JUDGING)
            if failure.hanging or (failure.muting and not judges):
                kept = "hung" if failure.hanging else "kept failing"
                set_state(
                    failure.plugin_id,
                    enabled=False,
                    reason=f"Switched off because {failure.hook} {kept}: {failure.message}",
                    holds_comments=judges,
                )

    database.write(change)


def _store(tx: Transaction, plugin_id: str, hook: str, fingerprint: str, message: str, trace: str) -> None:
    row = tx.session.scalars(
        sa.select(PluginError).where(
            PluginError.plugin_id == plugin_id, PluginError.fingerprint == fingerprint
        )
    ).first()
    now = clock.now()
    if row is None:
        row = PluginError(plugin_id=plugin_id, hook=hook, fingerprint=fingerprint, count=0, first_at=now)
        tx.session.add(row)
    row.count += 1
    row.message, row.traceback, row.last_at = message, trace, now


def _may_judge(plugin_id: str) -> bool:
    """Whether a plugin that must not be loaded may judge comments: its code names the hook, or is not there to be read."""
    candidate = blog().plugins.candidates.get(plugin_id)
    files = candidate.code_files() if candidate is not None else []
    try:
        return not files or any(_JUDGING.encode() in file.read_bytes() for file in files)
    except OSError:
        return True


def switch_off(plugin_id: str, reason: str, trace: str = "") -> None:
    """Switch off a plugin that does harm, without loading it; where it may judge comments, they are held meanwhile."""

    def change(tx: Transaction) -> None:
        _store(tx, plugin_id, "the whole process", "death", reason, trace)
        set_state(plugin_id, enabled=False, reason=reason, holds_comments=_may_judge(plugin_id))

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
