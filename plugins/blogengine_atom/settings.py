"""What the owner decides about feeds."""

from dataclasses import dataclass
from typing import Literal

from blogengine.plugin import option


@dataclass(frozen=True, slots=True)
class Settings:
    """How much of posts and comments the feeds at `default` addresses carry."""

    posts: Literal["full", "jump", "short", "none"] = option(
        "full",
        "Feeds of posts",
        help="Until the jump break: up to the place where a list of posts says Read more.",
        choices={"full": "Full", "jump": "Until the jump break", "short": "Short", "none": "None"},
    )
    comments: Literal["full", "short", "none"] = option(
        "full",
        "Feeds of comments",
        choices={"full": "Full", "short": "Short", "none": "None"},
    )
    entries: int = option(
        25, "Entries in a feed", help="Readers may ask for another number.", minimum=1, maximum=150
    )
