"""What the owner may set."""

from dataclasses import dataclass
from typing import Literal

from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True, slots=True)
class Settings:
    """Points of a comment are added up; these are the marks at which something happens."""

    hold_at: float = option(
        3.0,
        "Points from which a comment waits for you",
        help="Lower holds more. Each comment that waits shows its points and what they are for.",
        minimum=0.5,
        maximum=100,
    )
    spam_at: float = option(
        8.0,
        "Points from which a comment goes to the spam folder",
        help="Nothing is deleted there: look into it now and then.",
        minimum=1,
        maximum=100,
    )
    doubtful: Literal["hold", "ask"] = option(
        "hold",
        "What waits by its points",
        choices={"hold": "Waits for me", "ask": "Is asked for one more press first"},
        help="Asked, commenters are shown their comment and press once more; the points are counted anew with that. Most "
        "robots do not come back. Who does not press has sent nothing. What is on your lists waits in any case.",
    )
    work: int = option(
        16,
        "Work for browsers with one more press",
        help="Bits of a small proof of work, done by a script while the commenter looks: 16 are a moment, one more takes "
        "twice as long, 0 is none. Browsers without scripts are not asked for it; with it, more points are taken off.",
        minimum=0,
        maximum=20,
    )
    links: int = option(2, "Links that a comment may have", help="More give points.", minimum=0, maximum=100)
    alphabet: bool = option(
        True,
        "Give points for another alphabet",
        help="Where most letters of a comment are not those of the blog's language.",
    )
    learn: bool = option(
        True,
        "Learn from my decisions",
        help="Counts words of what you approve and of what you mark as spam. It begins to count once there are "
        "20 of each. Nothing leaves the blog.",
    )


def current() -> Settings:
    """Return the owner's choice."""
    chosen: Settings = settings_of("antispam")
    return chosen
