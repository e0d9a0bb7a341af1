"""Links between the posts of an imported blog: to its old address before, to this blog after."""

import html
import re
from urllib.parse import SplitResult
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from blogengine.plugin import text
from blogengine_import_blogger.entries import PATH

_LINK = re.compile(r"""(<a\b[^<>]{0,2000}?\shref\s*=\s*)(["'])([^"'<>]{1,4000})\2""", re.IGNORECASE)
_OF_BLOGGER = re.compile(r"(?P<name>[a-z0-9-]+)\.blogspot\.[a-z]{2,3}(?:\.[a-z]{2})?")


def place_of(address: str) -> str:
    """Return the host of a web address, without `www.`; all country's names of a blog at Blogger are one."""
    try:
        host = (urlsplit(address).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
    found = _OF_BLOGGER.fullmatch(host)
    return f"{found['name']}.blogspot" if found else host


def with_local_links(source: str, places: frozenset[str], paths: frozenset[str]) -> tuple[str, int]:
    """Return HTML in which links to posts and lists of the old blog lead to this one, and how many they were.

    `places` are its old hosts, `paths` those of its posts and pages; a link to a post that is not among them stays.
    """
    if not places or "href" not in source.lower():
        return source, 0
    count = 0

    def local(found: re.Match[str]) -> str:
        nonlocal count
        target = _local(text.unescape(found[3]).strip(), places, paths)
        if not target:
            return found[0]
        count += 1
        return f"{found[1]}{found[2]}{html.escape(target)}{found[2]}"

    return _LINK.sub(local, source), count


def _local(address: str, places: frozenset[str], paths: frozenset[str]) -> str:
    if not address.lower().startswith(("http://", "https://", "//")) or place_of(address) not in places:
        return ""
    parts = urlsplit(address)
    if parts.path in ("", "/") and not parts.query:
        return f"/{_place_in(parts)}"
    if PATH.match(parts.path):
        shown = parse_qs(parts.query).get("showComment", [""])[0]
        query = f"?showComment={shown}" if shown.isdecimal() else ""
        return f"{parts.path}{query}{_place_in(parts)}" if parts.path in paths else ""
    if parts.path.startswith("/search/label/") and len(parts.path) > len("/search/label/"):
        return parts.path
    return ""


def _place_in(parts: SplitResult) -> str:
    return f"#{parts.fragment}" if re.fullmatch(r"[\w.:-]{1,200}", parts.fragment) else ""
