"""The address that the imported blog had: what still points there means a post of this blog."""

import re
from dataclasses import dataclass
from urllib.parse import unquote
from urllib.parse import urlsplit

from blogengine.plugin import Refused
from blogengine.plugin import option
from blogengine.plugin import settings_of

_COUNTRY = re.compile(r"\.blogspot\.(?:com\.|co\.)?[a-z]{2,3}\Z")
"""Blogger answered for the same blog at `.blogspot.com`, `.blogspot.de`, `.blogspot.co.uk` and so on."""


def check_address(address: str) -> str:
    """Accept an absolute address, or nothing; keep its host."""
    if not address:
        return ""
    host = _host(address)
    if not host:
        raise Refused("The address must look like https://my-blog.example.org.")
    return f"https://{host}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner tells about the imported blog."""

    old_address: str = option(
        "",
        "Old address of the imported blog",
        help="Like https://my-blog.example.org. Cards to posts there lead to the same posts here.",
        max_length=300,
        check=check_address,
    )


def path_of(url: str) -> str:
    """Return the path of the post that `url` meant at the old address, or nothing."""
    old = settings_of("import_blogger").old_address
    if not old or _host(url) != _host(old):
        return ""
    path = unquote(urlsplit(url).path)
    return path if path.startswith("/") and path != "/" else ""


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    return _COUNTRY.sub(".blogspot.com", host.removeprefix("www."))
