"""What the owner says before an import."""

from dataclasses import dataclass

from blogengine.plugin import option


@dataclass(frozen=True, slots=True)
class Settings:
    """What exports of Blogger do not say themselves."""

    addresses: list[str] = option(
        [],
        "Old addresses of the blog",
        help="One a line, like https://garden.example.com. Links to its posts there will lead to this blog; "
        "Google Takeout does not say where the blog was.",
    )
