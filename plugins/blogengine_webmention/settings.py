"""What the owner may set."""

from dataclasses import dataclass

from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True, slots=True)
class Settings:
    """The owner's choices."""

    hold: bool = option(
        True,
        "Hold webmentions until you approve them",
        help="Anybody can make a page that links to yours. What other plugins hold is held in any case.",
    )


def current() -> Settings:
    """Return what the owner set."""
    found: Settings = settings_of("webmention")
    return found
