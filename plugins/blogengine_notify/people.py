"""What the plugin keeps about a person: the posts that an address follows."""

from typing import Any

import sqlalchemy as sa

from blogengine.plugin import DataSubject
from blogengine.plugin import Transaction
from blogengine.plugin import mail_key
from blogengine.plugin import session
from blogengine_notify.models import Follow


def stored(person: DataSubject) -> list[dict[str, Any]]:
    """Return what a person follows, and has followed a while ago."""
    key = mail_key(person.email)
    mine = sa.select(Follow).where(Follow.email_key == key).order_by(Follow.id)
    return [
        {
            "post": follow.post_id,
            "address": follow.email,
            "state": follow.state,
            "since": follow.changed_at.isoformat(),
        }
        for follow in (session().scalars(mine) if key else ())
    ]


def erase(tx: Transaction, person: DataSubject) -> int:
    """Forget it; return how many rows there were."""
    key = mail_key(person.email)
    ids = tx.session.scalars(sa.select(Follow.id).where(Follow.email_key == key)).all() if key else []
    tx.session.execute(sa.delete(Follow).where(Follow.id.in_(ids)))
    return len(ids)
