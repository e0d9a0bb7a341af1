"""Mails to one person that wait or were given up: shown to who asks, and taken back."""

from typing import Any

import sqlalchemy as sa

from blogengine.addresses import mail_key
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.mail.messages import recipient_of
from blogengine.mail.sending import KIND
from blogengine.models import Outbox


def mails_to(address: str) -> list[dict[str, Any]]:
    """Return subject, text and state of the mails to an address that are still here, oldest first."""
    return [
        {"subject": payload["subject"], "text": payload["text"], "state": state}
        for _, state, payload in _found(address)
    ]


def forget(tx: Transaction, address: str) -> None:
    """Take back the mails to an address; one that is on its way now arrives."""
    ids = [job_id for job_id, _, _ in _found(address)]
    if ids:
        tx.session.execute(sa.delete(Outbox).where(Outbox.id.in_(ids)))
        tx.bump("jobs")


def _found(address: str) -> list[tuple[int, str, dict[str, Any]]]:
    key = mail_key(address)
    if not key:
        return []
    rows = db.session.execute(
        sa.select(Outbox.id, Outbox.state, Outbox.payload).where(Outbox.kind == KIND).order_by(Outbox.id)
    )
    return [
        (job_id, state, payload) for job_id, state, payload in rows if mail_key(recipient_of(payload)) == key
    ]
