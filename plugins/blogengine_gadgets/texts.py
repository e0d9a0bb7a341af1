"""Boxes that the owner writes: a text, a list of links."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from markupsafe import Markup

from blogengine.plugin import Link
from blogengine.plugin import Page
from blogengine.plugin import Refused
from blogengine.plugin import fragment
from blogengine.plugin import option
from blogengine.plugin import sanitize


def check_html(html: str) -> str:
    """Accept HTML that is not too much to clean."""
    sanitize.clean_post(html)
    return html


def check_links(lines: str) -> str:
    """Accept lines of an address and words for it."""
    read_links(lines)
    return lines


@dataclass(frozen=True, slots=True)
class Text:
    """Settings of one text."""

    html: str = option(
        "",
        "Text",
        help="HTML as in posts. Scripts and styles are taken out.",
        multiline=True,
        max_length=20_000,
        check=check_html,
    )


@dataclass(frozen=True, slots=True)
class Links:
    """Settings of one list of links."""

    links: str = option(
        "",
        "Links",
        help="One a line: the address, a space, and words for it. https://example.org A good page",
        multiline=True,
        max_length=10_000,
        check=check_links,
    )


def text(settings: Text, page: Page) -> Markup | None:
    """Show what the owner wrote."""
    return fragment("@gadgets/text.html", html=long(settings.html)) if settings.html.strip() else None


def links(settings: Links, page: Page) -> Markup | None:
    """Show the links."""
    found = read_links(settings.links)
    return fragment("@gadgets/links.html", assets=["gadgets.css"], links=found) if found else None


def read_links(lines: str) -> list[Link]:
    """Return the links in `lines`. Raises `Refused` for a line that is none."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        address, _, words = line.partition(" ")
        try:
            parts = urlsplit(address)
            fits = (parts.scheme in ("http", "https") and bool(parts.hostname)) or (
                address.startswith("/") and not address.startswith("//")
            )
        except ValueError:
            fits = False
        if not fits:
            raise Refused(
                f"“{address[:60]}” is no address: begin each line with https://… or a path like /p/about.html."
            )
        found.append(Link(address, words.strip() or address))
    return found


@lru_cache(maxsize=64)
def long(html: str) -> Markup:
    """Return what the owner wrote as clean HTML, once for each text: cleaning takes milliseconds."""
    return sanitize.clean_post(html)


@lru_cache(maxsize=64)
def short(html: str) -> Markup:
    """Return a line that the owner wrote as clean HTML with links, once."""
    return sanitize.clean_comment(html)
