"""Mail: written to the outbox with the change that causes it, handed to the blog's mail server by the jobs."""

from blogengine.mail.recipients import forget
from blogengine.mail.recipients import mails_to
from blogengine.mail.sending import KIND
from blogengine.mail.sending import TIMEOUT
from blogengine.mail.sending import Waiting
from blogengine.mail.sending import deliver
from blogengine.mail.sending import is_ready
from blogengine.mail.sending import missing
from blogengine.mail.sending import owner_address
from blogengine.mail.sending import send
from blogengine.mail.sending import trouble
from blogengine.mail.sending import try_out
from blogengine.mail.sending import waiting

__all__ = [
    "KIND",
    "TIMEOUT",
    "Waiting",
    "deliver",
    "forget",
    "is_ready",
    "mails_to",
    "missing",
    "owner_address",
    "send",
    "trouble",
    "try_out",
    "waiting",
]
