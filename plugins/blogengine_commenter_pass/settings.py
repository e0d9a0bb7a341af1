"""What the owner may set, and whether links can be sent at all."""

from dataclasses import dataclass

from blogengine.plugin import blog
from blogengine.plugin import mail
from blogengine.plugin import option
from blogengine.plugin import settings_of

ID = "commenter_pass"


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices."""

    minutes: int = option(
        30,
        "Minutes in which a comment can be changed",
        help="After it was sent. 0: never. Taking a comment back is always possible.",
        minimum=0,
        maximum=525_600,
    )
    days: int = option(7, "Days for which a link works", minimum=1, maximum=90)


def current() -> Settings:
    """Return what the owner set."""
    found: Settings = settings_of(ID)
    return found


def is_ready() -> bool:
    """Whether mails can be sent, and links in them lead here."""
    return mail.is_ready() and bool(blog().url)
