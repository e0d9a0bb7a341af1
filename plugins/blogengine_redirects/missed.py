"""Addresses that visitors asked for in vain, counted in memory and stored now and then; who asked is not kept."""

import threading
from collections import Counter
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa

from blogengine.plugin import Transaction
from blogengine.plugin import now
from blogengine.plugin import session
from blogengine.plugin import settings_of
from blogengine.plugin import write
from blogengine_redirects.models import Missed

MOST = 500
"""Addresses that are kept; of more, those asked for longest ago go."""
LONGEST = 200
_PATIENCE = timedelta(minutes=1)
_ENOUGH = 200
"""Different addresses in memory after which they are stored before the minute is over."""

_lock = threading.Lock()
_counts: Counter[str] = Counter()
_since: datetime | None = None


def forget() -> None:
    """Begin anew: what a process inherited when it was forked was counted by its parent."""
    global _since
    with _lock:
        _counts.clear()
        _since = None


def note(path: str) -> None:
    """Count an address; store all that were counted when the first of them has waited for a minute."""
    global _since
    if not settings_of("redirects").note_missed or len(path) > LONGEST or not path.isprintable():
        return
    moment = now()
    with _lock:
        _counts[path] += 1
        _since = _since or moment
        is_due = moment - _since >= _PATIENCE or len(_counts) >= _ENOUGH
    if is_due:
        store()


def store() -> None:
    """Store what was counted in this process."""
    global _since
    with _lock:
        found = dict(_counts)
        _counts.clear()
        _since = None
    if not found:
        return
    moment = now()

    def change(tx: Transaction) -> None:
        known = set(tx.session.scalars(sa.select(Missed.path).where(Missed.path.in_(found))))
        table = sa.update(Missed)
        for path in sorted(found):
            if path in known:
                values = {"count": Missed.count + found[path], "last_at": moment}
                tx.session.execute(table.where(Missed.path == path).values(values))
            else:
                tx.session.add(Missed(path=path, count=found[path], last_at=moment))
        tx.session.flush()
        kept = (
            sa.select(Missed.path)
            .order_by(Missed.last_at.desc(), Missed.count.desc(), Missed.path)
            .limit(MOST)
        )
        tx.session.execute(sa.delete(Missed).where(Missed.path.not_in(kept)))

    write(change)


def newest(limit: int = MOST) -> list[Missed]:
    """Return what was asked for in vain, the most often asked first."""
    return list(session().scalars(sa.select(Missed).order_by(Missed.count.desc(), Missed.path).limit(limit)))


def clear(tx: Transaction, path: str = "") -> None:
    """Forget one address, or all."""
    tx.session.execute(sa.delete(Missed).where(Missed.path == path if path else sa.true()))
