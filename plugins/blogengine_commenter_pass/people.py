"""What the plugin keeps about a person: that a link was sent."""

from typing import Any

import sqlalchemy as sa

from blogengine.plugin import DataSubject
from blogengine.plugin import Transaction
from blogengine.plugin import mail_key
from blogengine.plugin import session
from blogengine_commenter_pass.models import Holder


def stored(person: DataSubject) -> list[dict[str, Any]]:
    """Return to which address a link was sent last, and when it is over."""
    key = mail_key(person.email)
    mine = session().scalars(sa.select(Holder).where(Holder.email_key == key)) if key else ()
    return [
        {
            "address": holder.email,
            "link_sent_at": holder.sent_at.isoformat(),
            "link_works_until": holder.until.isoformat(),
        }
        for holder in mine
    ]


def erase(tx: Transaction, person: DataSubject) -> int:
    """Forget it, which ends the link; return how many there were."""
    key = mail_key(person.email)
    mine = tx.session.scalars(sa.select(Holder).where(Holder.email_key == key)).all() if key else []
    for holder in mine:
        tx.session.delete(holder)
    return len(mine)
