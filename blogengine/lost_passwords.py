"""A link by mail for who lost their password; whoever asks learns nothing of who is here."""

from datetime import timedelta
from typing import Any

from blogengine import attempts
from blogengine import db as database
from blogengine import mail
from blogengine import people
from blogengine.db import Transaction
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.jobs import enqueue
from blogengine.runtime import blog
from blogengine.text import accept_text
from blogengine.text import fold

KIND = "core.lost_password"
"""The job's kind in the outbox."""
LIFE = timedelta(hours=2)
"""How long the link in the mail can be used."""
MAILS = 3
"""Mails to one person within an hour."""


def can_send() -> bool:
    """Whether there is a way to send a link: a mail server, and an address of the blog to put into it."""
    return mail.is_ready() and bool(blog().url)


def ask(email: str, address_key: str) -> None:
    """Have a link sent to `email`, if somebody has it; nothing that this does depends on whether.

    Raises `Refused` (`slow_down`) where one network asks often, and for a text that is no line.
    """
    address = accept_text(email, limit=200, multiline=False).strip()
    network = [attempts.key_of("lost password", address_key)]
    attempts.check(network, "Links were asked for many times from where you are.")
    attempts.note(network)
    database.write(lambda tx: enqueue(tx, KIND, {"email": address}))


def send(payload: dict[str, Any]) -> None:
    """Write the mail, unless nobody has the address or got some within the hour: the job `core.lost_password`."""
    try:
        user = people.by_email(payload["email"])
    except NotFound:
        return
    key = attempts.key_of("lost password of", fold(user.email))
    if attempts.count(key) >= MAILS:
        return
    attempts.note([key])
    # One that is good for a while yet is sent again: who asks twice has two mails that work, and a stranger ends no link.
    link = people.link_of(user.id, at_least=LIFE / 2) or people.new_link(user.id, LIFE)
    title = blog().site.title
    text = (
        f"Somebody asked for a new password for {user.email} at {title}.\n\n"
        f"To choose one, open this address; it works once, until {link.until:%Y-%m-%d %H:%M} UTC:\n\n"
        f"{blog().url}/admin/welcome?token={link.token}\n\n"
        "If that was not you, do nothing: your password stays as it is.\n"
    )

    def change(tx: Transaction) -> None:
        mail.send(tx, to=user.email, subject=f"A new password for {title}", text=text)

    try:
        database.write(change)
    except Refused:  # an address that no mail can go to
        return
