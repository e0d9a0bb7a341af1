"""What the owner may set, and whether mails can be sent at all."""

from dataclasses import dataclass
from typing import Literal

from blogengine.plugin import Health
from blogengine.plugin import blog
from blogengine.plugin import mail
from blogengine.plugin import option
from blogengine.plugin import settings_of

ID = "notify"


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices."""

    follow: bool = option(
        True,
        "Readers may follow the comments on a post by mail",
        help="They say so in the comment form, confirm it by mail, and stop it with one press. Needs a mail server and the "
        "blog's address under Settings.",
    )
    tell: Literal["none", "waiting", "every"] = option(
        "waiting",
        "Mail to me",
        choices={"none": "None", "waiting": "About comments that wait", "every": "About every comment"},
        help="With links to approve, remove or mark as spam, which work without signing in. Needs a mail server and the "
        "blog's address under Settings.",
    )
    pause: int = option(
        60,
        "Minutes between two mails to me",
        help="What comes meanwhile stands in the next one. With 0 each comment is a mail.",
        minimum=0,
        maximum=1440,
    )


def current() -> Settings:
    """Return what the owner set."""
    found: Settings = settings_of(ID)
    return found


def is_ready() -> bool:
    """Whether mails can be sent, and links in them lead here."""
    return mail.is_ready() and bool(blog().url)


def offers_follow() -> bool:
    """Whether the comment form offers to follow a post."""
    return current().follow and is_ready()


def health() -> Health | None:
    """Say why no mails go out yet, where some are wanted."""
    if is_ready() or not (current().follow or current().tell != "none"):
        return None
    return Health(
        "ok",
        "Mails about comments begin once a mail server, a sender and the blog's address are set under Settings.",
    )
