"""Links of commenters to what they wrote, without the mail that brings them."""

from datetime import timedelta

from blogengine import db as database
from blogengine.addresses import mail_key
from blogengine.clock import now
from blogengine.db import Transaction
from blogengine.plugin import seal
from blogengine.testing import BlogKit
from blogengine_commenter_pass.links import OPEN
from blogengine_commenter_pass.models import Holder


def pass_of(blog: BlogKit, address: str) -> str:
    """Return the secret part of the link of whoever wrote with this address."""
    life = timedelta(days=1)

    def change(tx: Transaction) -> int:
        holder = Holder(email=address, email_key=mail_key(address), sent_at=now(), day=now(), count=1)
        holder.until = now() + life
        tx.session.add(holder)
        tx.session.flush()
        return holder.id

    with blog.app():
        return seal(OPEN, database.write(change), life=life)
