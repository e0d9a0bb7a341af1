"""What the owner may set."""

from dataclasses import dataclass

from blogengine.plugin import option


@dataclass(frozen=True)
class Settings:
    """The owner's choices."""

    note_missed: bool = option(
        True,
        "Note addresses that are asked for in vain",
        help="Only the address and how often, never who asked.",
    )
