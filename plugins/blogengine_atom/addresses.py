"""Addresses in feeds: absolute, and spelled so that every reader takes them for one."""

import html
import re
from dataclasses import dataclass
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.parse import urljoin
from urllib.parse import urlsplit
from urllib.parse import urlunsplit

from blogengine.plugin import label_url

_SAFE = "/%:?#@!$&'()*+,;=~"
_SAFE_PART = _SAFE.replace("#", "")
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
_PLACE = re.compile(r"(?:[\w.~!$&'()*+,;=:%-]+@)?(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?", re.ASCII)
_TAG = re.compile(r"""<[a-zA-Z][^"'>=]*+=(?:[^"'>]|"[^"]*"|'[^']*')*+>""")
"""A tag with attributes: most have none."""
_ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=)"([^"]*)"', re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are, below `root`, which is absolute and ends without a slash."""

    root: str

    def of(self, path: str) -> str:
        """Return the absolute address of a path of this blog; an absolute address is only tidied."""
        return tidy(path) if _ABSOLUTE.match(path) else f"{self.root}{quote(path, safe=_SAFE)}"

    def label(self, name: str) -> str:
        """Return the address of a label's page."""
        return f"{self.root}{label_url(name)}"

    def entry(self, kind: str, post_id: int) -> str:
        """Return the address of the entry of a `post` or `page`."""
        return f"{self.root}/feeds/{kind}s/default/{post_id}"

    def comments(self, post_id: int, comment_id: int | None = None) -> str:
        """Return the address of a post's comment feed, or of the entry of one of its comments."""
        feed = f"{self.root}/feeds/{post_id}/comments/default"
        return feed if comment_id is None else f"{feed}/{comment_id}"


def label_feed(labels: tuple[str, ...], length: str = "default") -> str:
    """Return the path of the feed of posts with all of `labels`."""
    return "/".join([f"/feeds/posts/{length}/-", *(quote(label, safe="") for label in labels)])


def with_query(address: str, values: dict[str, str]) -> str:
    """Return `address` with `values` as its query."""
    return f"{address}?{urlencode(values, quote_via=quote)}" if values else address


def as_asked(address: str, query: bytes) -> str:
    """Return `address` with the query as it was sent: validators compare it letter by letter."""
    return f"{address}?{quote(query, safe=_SAFE)}" if query else address


def tidy(url: str) -> str:
    """Return an http address as a URI (RFC 3986): ASCII, all encoded; empty where there is none."""
    try:
        scheme, place, *rest = urlsplit(url.strip())
        place = place if place.isascii() else place.encode("idna").decode("ascii")
        path, query, fragment = (quote(_STRAY.sub("%25", part), safe=_SAFE_PART) for part in rest)
    except ValueError:
        return ""
    if scheme not in ("http", "https") or not _PLACE.fullmatch(place):
        return ""
    return urlunsplit((scheme, place, path, query, fragment))


def make_absolute(body: str, base: str) -> str:
    """Return clean HTML with all its addresses absolute, taken relative to the page `base`."""
    if "<" not in body:
        return body
    return _TAG.sub(lambda tag: _in_tag(tag[0], base), body)


def _in_tag(tag: str, base: str) -> str:
    return _ADDRESS.sub(lambda found: f'{found[1]}"{_absolute(found[2], base)}"', tag)


def _absolute(written: str, base: str) -> str:
    if _ABSOLUTE.match(written.strip()):
        return written
    try:
        return html.escape(urljoin(base, html.unescape(written).strip()))
    except ValueError:
        return written


def quote_id(name: str) -> str:
    """Return `name` as a part of a `tag:` address (RFC 4151)."""
    return quote(name, safe="")
