"""What the owner tells search engines and social media."""

import re
from dataclasses import dataclass

from blogengine.plugin import Refused
from blogengine.plugin import option


def check_account(name: str) -> str:
    """Accept an account such as `@garden`; empty is accepted."""
    if name and not re.fullmatch(r"@\w{1,50}", name):
        raise Refused("An account looks like @garden.")
    return name


def check_picture(address: str) -> str:
    """Accept the address of a picture: a path of this blog, or one that begins with https://; empty is accepted."""
    if address and not re.fullmatch(r"(?:/|https?://)[^\s\"<>]*", address):
        raise Refused("The picture's address begins with / or https://.")
    return address


@dataclass(frozen=True, slots=True)
class Settings:
    """What is said beyond what posts say themselves."""

    picture: str = option(
        "",
        "Picture of the blog",
        help="Shown where a link to a page without a picture is shared: /media/… or https://…",
        max_length=500,
        check=check_picture,
    )
    account: str = option("", "Account of the blog, like @garden", max_length=51, check=check_account)
    structured: bool = option(
        True, "Structured data", help="Facts about posts that search engines may show (schema.org)."
    )
    robots: str = option(
        "",
        "More lines for robots.txt",
        help="They stand above those of the engine. A line like User-agent: … begins rules for other robots.",
        multiline=True,
        max_length=10_000,
    )
