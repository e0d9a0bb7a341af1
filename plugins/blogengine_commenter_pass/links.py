"""Links by mail: asked for by whoever types an address, sent only where something is stored under it."""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import comments
from blogengine.plugin import enqueue
from blogengine.plugin import mail
from blogengine.plugin import mail_key
from blogengine.plugin import mailbox_key
from blogengine.plugin import now
from blogengine.plugin import seal
from blogengine.plugin import session
from blogengine.plugin import unseal
from blogengine.plugin import write
from blogengine_commenter_pass.follows import followed
from blogengine_commenter_pass.models import Holder
from blogengine_commenter_pass.settings import current
from blogengine_commenter_pass.settings import is_ready

OPEN = "commenter_pass.open"
PAUSE = timedelta(minutes=5)
"""Between two mails to one address."""
DAY = timedelta(days=1)
MOST = 10
"""Mails to one mailbox in a day: anybody can type anybody's address, in many spellings."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Who opened a link: mail to this address reaches them."""

    id: int
    address: str


def ask(address: str) -> None:
    """Have a link sent. Whether there is anything to open is looked up later, so that the answer says nothing of it."""
    write(lambda tx: enqueue(tx, "commenter_pass.send", {"address": address}))


def send(payload: dict[str, Any]) -> None:
    """Send a link where something is stored under the address, and none was sent just now: the job."""
    address = payload["address"]
    if not is_ready() or not _is_known(address):
        return
    moment, life = now(), timedelta(days=current().days)

    def change(tx: Transaction) -> None:
        if _sent_to_mailbox(tx, address, moment) >= MOST:
            return
        same = sa.select(Holder).where(Holder.email_key == mail_key(address))
        holder = tx.session.scalars(same).first()
        if holder is None:
            holder = Holder(email_key=mail_key(address), day=moment, count=0)
            tx.session.add(holder)
        elif holder.sent_at > moment - PAUSE:
            return
        if holder.day <= moment - DAY:
            holder.day, holder.count = moment, 0
        holder.count += 1
        holder.email, holder.sent_at, holder.until = address, moment, moment + life
        tx.session.flush()
        mail.send(
            tx,
            to=address,
            subject=f"Your comments on {blog().site.title}",
            text=_text(f"{blog().url}/-/commenter_pass/{seal(OPEN, holder.id, life=life)}/", life.days),
            identity=f"commenter_pass:{holder.id}:{moment.isoformat()}",
        )

    write(change)


def read(token: str) -> Pass:
    """Return who opened a link. Raises `Refused`: `forged`, or `expired` where it is too old or everything was erased."""
    holder = session().get(Holder, unseal(OPEN, token))
    if holder is None:
        raise Refused("This link does not work any more.", code="expired")
    return Pass(holder.id, holder.email)


def forget_old(payload: dict[str, Any]) -> None:
    """Forget addresses whose links are over: the job."""
    write(lambda tx: tx.session.execute(sa.delete(Holder).where(Holder.until < now() - DAY)))


def _sent_to_mailbox(tx: Transaction, address: str, moment: datetime) -> int:
    """Return how many mails went today to addresses that may all be one mailbox."""
    mailbox = mailbox_key(address)
    rows = tx.session.execute(
        sa.select(Holder.email_key, Holder.count).where(
            Holder.day > moment - DAY,
            Holder.email_key.endswith(f"@{mailbox.rpartition('@')[2]}", autoescape=True),
        )
    )
    return sum(row[1] for row in rows if mailbox_key(row[0]) == mailbox)


def _is_known(address: str) -> bool:
    return bool(comments.by_address(address, limit=1)[0] or followed(address))


def _text(url: str, days: int) -> str:
    return "\n".join(
        [
            f"Somebody, probably you, asked for a link to what is stored under this address on {blog().site.title}.",
            "",
            "With it you see your comments, change and take them back, follow posts, and get or erase everything:",
            url,
            "",
            f"It works for {'a day' if days == 1 else f'{days} days'}, on every device. "
            "Whoever has it can do all this, so keep it to yourself.",
            "If you did not ask for it, do nothing: nothing was changed.",
            "",
        ]
    )
