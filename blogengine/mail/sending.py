"""Sending: a row of the outbox for each mail, and the job that hands it to the mail server."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from email.headerregistry import Address
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from blogengine import clock
from blogengine.addresses import mailbox
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.jobs import GivenUp
from blogengine.jobs import Postponed
from blogengine.jobs import enqueue
from blogengine.mail.delivery import Server
from blogengine.mail.delivery import Undelivered
from blogengine.mail.delivery import hand_over
from blogengine.mail.messages import draft
from blogengine.mail.messages import message_of
from blogengine.mail.messages import recipient_of
from blogengine.models import Outbox
from blogengine.models import User
from blogengine.runtime import blog

KIND = "core.mail"
"""The job's kind in the outbox."""
TIMEOUT = timedelta(minutes=2)
"""After which handing one mail over counts as hanging."""
PATIENCE = timedelta(days=5)
"""For how long a mail is tried (RFC 5321 §4.5.4.1)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Mails that are not sent yet: how many, since when the oldest waits, and what the server said last."""

    count: int
    since: datetime | None = None
    reason: str = ""


def send(
    tx: Transaction,
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    headers: Mapping[str, str] | None = None,
    key: str | None = None,
    identity: str | None = None,
) -> None:
    """Write one mail to the outbox with the change that causes it; it is sent after the commit, at least once.

    `to` is one address, `ann@example.org` or `Ann <ann@example.org>`: several people get a mail each. `headers` may add
    such as `Reply-To` or `List-Unsubscribe`. While a mail with the same `key` waits, another is not stored; begin it
    with your plugin's id. A mail that is written again with the same `identity` (your plugin's id and what it is about) has
    the same Message-ID, and mail programs show it once. Without a mail server in the blog's settings mails wait. Raises
    `Refused` for an address or a header that cannot be.
    """
    host = urlsplit(blog().url).hostname or _sender().domain or "blogengine.invalid"
    payload = draft(
        to=to,
        subject=subject,
        text=text,
        html=html,
        headers=headers,
        host=host,
        at=clock.now(),
        identity="" if identity is None else _digest(f"{to}\0{identity}"),
    )
    enqueue(tx, KIND, payload, key=None if key is None else f"mail:{key}")


def _digest(identity: str) -> str:
    key = b"mail:" + blog().config.secret_key.encode()
    return hmac.digest(key, identity.encode(), "sha256").hex()[:32]


def missing() -> str:
    """Return what the blog's settings lack to send mail, as a sentence, or an empty text."""
    if not blog().site.mail_server:
        return "No mail server is set: set mail_server and mail_from."
    return "" if blog().site.mail_from else "No sender of mails is set: set mail_from."


def is_ready() -> bool:
    """Whether the blog's settings name a mail server and a sender."""
    return not missing()


def owner_address() -> str:
    """Return the name and address of the blog's first owner for `send`; empty while nobody owns the blog."""
    found = db.session.execute(
        sa.select(User.name, User.email).where(User.role == "owner").order_by(User.id).limit(1)
    ).first()
    if found is None:
        return ""
    name = "".join(letter for letter in found.name if letter not in '<>"' and letter.isprintable())
    return f"{name} <{found.email}>"


def waiting() -> Waiting:
    """Return how many mails are not sent yet."""
    here = (Outbox.kind == KIND, Outbox.state == "waiting")
    count, since = db.session.execute(
        sa.select(sa.func.count(), sa.func.min(Outbox.created_at)).where(*here)
    ).one()
    reason = db.session.execute(
        sa.select(Outbox.last_error).where(*here, Outbox.last_error != "").order_by(Outbox.id.desc()).limit(1)
    ).scalar()
    return Waiting(count, since, reason or "")


def trouble() -> str:
    """Return what the owner should know of mails that wait, and how to mend it, or an empty text."""
    now = waiting()
    if not now.count or (is_ready() and not now.reason):
        return ""
    count = "1 mail waits" if now.count == 1 else f"{now.count} mails wait"
    return f"{count} to be sent. {missing() or f'The last try: {now.reason}'}"


def deliver(payload: dict[str, Any]) -> None:
    """Hand one mail to the mail server: the job `core.mail`."""
    try:
        _hand_over(payload)
    except Undelivered as fault:
        age = clock.now() - datetime.fromisoformat(payload["date"])
        if fault.is_final or age > PATIENCE:
            raise GivenUp(str(fault)) from fault
        pause = max(timedelta(minutes=1), min(age / 2, timedelta(hours=4)))
        raise Postponed(str(fault), pause) from fault
    except Refused as refusal:
        raise GivenUp(str(refusal)) from refusal


def try_out(to: str) -> None:
    """Send a mail to `to` at once, to see whether it can be done. Raises `Refused` with the server's words."""
    if problem := missing():
        raise Refused(problem)
    text = f"This is a test. The blog {blog().site.title} can send mail.\n"
    payload = draft(
        to=to,
        subject="Test: your blog can send mail",
        text=text,
        html=None,
        headers=None,
        host=urlsplit(blog().url).hostname or _sender().domain,
        at=clock.now(),
    )
    try:
        _hand_over(payload, patience=15.0)
    except Undelivered as fault:
        raise Refused(f"No mail was sent. {str(fault)[:1].upper()}{str(fault)[1:]}") from fault


def _hand_over(payload: Mapping[str, Any], *, patience: float = 45.0) -> None:
    site, sender = blog().site, _sender()
    hello = urlsplit(blog().url).hostname or "localhost"
    server = Server(
        site.mail_server, site.mail_port, site.mail_security, site.mail_user, site.mail_password, hello
    )
    message = message_of(payload, sender)
    hand_over(server, sender.addr_spec, recipient_of(payload), message, patience=patience)


def _sender() -> Address:
    """Return the sender of the blog's mails, named like the blog where the setting has no name."""
    if not blog().site.mail_from:
        return Address()
    found = mailbox(blog().site.mail_from)
    return Address(found.display_name or blog().site.title, found.username, found.domain)
