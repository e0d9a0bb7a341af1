"""What stands in a marker: an address on this blog or elsewhere, and perhaps a site's name."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult
from urllib.parse import unquote
from urllib.parse import urlsplit

from blogengine.plugin import blog

NAME = "also-on"
"""Of the marker."""
_LIMIT = 2000
_SITE_LIMIT = 200
_WORDS_LIMIT = 100
_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>\"\\]")


class Reference(NamedTuple):
    """Where a card leads: one of `path` and `url` is set."""

    path: str
    """On this blog, decoded, without query."""
    url: str
    """Of a page elsewhere, as typed."""
    fragment: str = ""
    """With its `#`, for a path."""
    site: str = ""
    """As the author named it, or empty."""


def read(arguments: str) -> Reference | None:
    """Return what a marker's arguments mean, or None where they are no address."""
    address, _, site = (part.strip() for part in arguments.partition("|"))
    site = site[:_SITE_LIMIT]
    if not address or len(address) > _LIMIT or _NOT_IN_ADDRESSES.search(address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    if address.startswith("/") and not parts.netloc and not address.startswith("//"):
        return _own(parts, site)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    own = blog().url
    if own and _place(parts) == _place(urlsplit(own)):
        return _own(parts, site)
    return Reference("", address, site=site)


def _own(parts: SplitResult, site: str) -> Reference:
    return Reference(unquote(parts.path) or "/", "", f"#{parts.fragment}" if parts.fragment else "", site)


def _place(parts: SplitResult) -> tuple[str, int | None]:
    """Return host and unusual port: the same blog answers to http and https."""
    return parts.hostname or "", parts.port if parts.port not in (80, 443) else None


def host_of(url: str) -> str:
    """Return the host of an absolute address as a site's name: `example.org`."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def words_of(url: str) -> str:
    """Return the last words of an address as a title, or its host: `/2020/01/on-tea.html` says `On tea`."""
    parts = urlsplit(url)
    for segment in reversed(unquote(parts.path).split("/")):
        bare = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", segment)
        words = " ".join(re.sub(r"[\s\x00-\x1f\x7f-\x9f_+-]+", " ", bare).split())
        if words:
            return (words[0].upper() + words[1:])[:_WORDS_LIMIT]
    return host_of(url)
