"""What the owner may set."""

from dataclasses import dataclass

from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True)
class Settings:
    """How long figures are kept, and whose views count."""

    days_kept: int = option(
        400, "Days for which figures are kept", help="Older ones are forgotten.", minimum=30, maximum=4000
    )
    count_robots: bool = option(
        False, "Count robots", help="Also what search engines and feed readers ask for."
    )


def current() -> Settings:
    """Return the owner's choice."""
    chosen: Settings = settings_of("stats")
    return chosen
