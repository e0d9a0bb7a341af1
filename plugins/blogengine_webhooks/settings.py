"""What the owner may set for all endpoints."""

from dataclasses import dataclass

from blogengine.plugin import option
from blogengine.plugin import settings_of

ID = "webhooks"


@dataclass(frozen=True)
class Settings:
    """What the owner may set."""

    anywhere: bool = option(
        False,
        "Also send to machines that are not public, at any port",
        help="For a receiver on this machine or in your own network. Else only public machines at ports 80 and 443.",
    )
    keep: int = option(20, "Attempts kept in the list of each endpoint", minimum=1, maximum=200)
    patience: int = option(
        3,
        "Days after which an endpoint that only fails is switched off",
        help="You are told by mail and under Plugins.",
        minimum=1,
        maximum=30,
    )


def current() -> Settings:
    """Return what the owner set."""
    settings: Settings = settings_of(ID)
    return settings
