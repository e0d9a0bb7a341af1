"""What the owner may set."""

from dataclasses import dataclass

from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of cards and related posts."""

    related: bool = option(
        True, "Related posts", help="List posts with the same labels under each post, newest first."
    )
    how_many: int = option(5, "Number of related posts", minimum=0, maximum=10)
    site: str = option(
        "", "Site name on cards to own posts", help="Left empty, it is the blog's title.", max_length=100
    )


def current() -> Settings:
    """Return the settings of the running blog."""
    found: Settings = settings_of("also_on")
    return found
