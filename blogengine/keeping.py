"""What is kept of an answer, and the form in which a visitor gets it: whole, packed, or "you have it already"."""

from collections.abc import Callable
from typing import Any

from blogengine.app import BlogFlask
from blogengine.pagecache import Entry
from blogengine.pagecache import Hit
from blogengine.pagecache import View
from blogengine.pagecache import etag_of
from blogengine.pageviews import Viewer

Environ = dict[str, Any]

_PACKABLE = (
    "text/",
    "application/atom+xml",
    "application/rss+xml",
    "application/json",
    "application/javascript",
    "image/svg",
)
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")
_FOREVER = 253402300799.0


def key_of(environ: Environ) -> tuple[str, bytes]:
    """Return under which key the answer to a request is kept: decoded path and query as sent."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return path, environ.get("QUERY_STRING", "").encode("latin-1")


def conditions_of(environ: Environ) -> tuple[str, str, str]:
    """Return what decides the form of an answer: If-None-Match, Accept-Encoding, If-Modified-Since."""
    names = ("HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING", "HTTP_IF_MODIFIED_SINCE")
    return environ.get(names[0], ""), environ.get(names[1], ""), environ.get(names[2], "")


def viewer_of(environ: Environ) -> Viewer | None:
    """Return who reads; None for HEAD, and for what a browser loads before anybody asked for it."""
    if environ["REQUEST_METHOD"] != "GET" or "HTTP_SEC_PURPOSE" in environ:
        return None
    names = ("HTTP_REFERER", "HTTP_USER_AGENT")
    referrer, agent = (environ.get(name, "").encode("latin-1", "replace") for name in names)
    return referrer, agent


def is_page(headers: list[tuple[str, str]]) -> bool:
    """Whether an answer is HTML that somebody reads, and not at an address that one person alone has."""
    found = {name.lower(): value for name, value in headers}
    return found.get("content-type", "").startswith("text/html") and found.get("x-robots-tag") != "noindex"


def ask(app: BlogFlask, environ: Environ) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the app's whole answer to GET, whatever the visitor has of it already."""
    answer: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], error: Any = None
    ) -> Callable[[bytes], object]:
        answer[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda data: None

    asked = {key: value for key, value in environ.items() if key not in _CONDITIONS}
    asked["REQUEST_METHOD"] = "GET"
    chunks = app(asked, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return answer[0], answer[1], body


def make_entry(status: int, headers: list[tuple[str, str]], body: bytes, view: View, stamp: int) -> Entry:
    """Return what is kept of a whole answer that was made in `view`, stamped before its first read."""
    etag = etag_of(body)
    kept = [
        (name, value) for name, value in headers if name.lower() not in ("content-length", "etag", "vary")
    ]
    kind = next((value for name, value in kept if name.lower() == "content-type"), "")
    base = [*encoded(kept), (b"ETag", etag.encode()), (b"Vary", b"Accept-Encoding")]
    return Entry(
        status=status,
        headers=[*base, (b"Content-Length", str(len(body)).encode())],
        plain=body,
        unchanged=Hit(304, [pair for pair in base if pair[0].lower() != b"content-type"], b""),
        is_packable=kind.startswith(_PACKABLE) and len(body) > 500,
        etag=etag,
        last_modified=next((value for name, value in kept if name.lower() == "last-modified"), ""),
        tags=frozenset(view.tags),
        stamp=stamp,
        checked=stamp,
        until=view.until if view.until is not None else _FOREVER,
        is_page=status == 200 and is_page(headers),
    )


def form_of(entry: Entry, if_none_match: str, accept_encoding: str, if_modified_since: str) -> Hit:
    """Return the answer that fits the visitor; the date counts only without an entity tag (RFC 9110 §13.2.2)."""
    if entry.status == 200:
        if if_none_match:
            if matches(if_none_match, entry.etag):
                return entry.unchanged
        elif if_modified_since and if_modified_since == entry.last_modified:
            return entry.unchanged
    if entry.is_packable and "gzip" in accept_encoding and "gzip;q=0" not in accept_encoding.replace(" ", ""):
        return entry.pack()
    return entry.whole()


def unless_known(hit: Hit, if_none_match: str) -> Hit:
    """Return 304 where a view that is never kept gave the entity tag that the visitor has."""
    etag = next((value.decode("latin-1") for name, value in hit.headers if name.lower() == b"etag"), "")
    if hit.status != 200 or not etag or not if_none_match or not matches(if_none_match, etag):
        return hit
    left_out = (b"content-type", b"content-length")
    return Hit(304, [pair for pair in hit.headers if pair[0].lower() not in left_out], b"")


def matches(if_none_match: str, etag: str) -> bool:
    """Compare entity tags weakly, as If-None-Match does (RFC 9110 §13.1.2)."""
    bare = etag.removeprefix("W/")
    return if_none_match.strip() == "*" or any(
        tag.strip().removeprefix("W/") == bare for tag in if_none_match.split(",")
    )


def is_personal(headers: list[tuple[str, str]]) -> bool:
    """Whether an answer is for one visitor only: it sets a cookie or varies by one."""
    return any(
        name.lower() == "set-cookie"
        or (name.lower() == "vary" and ("cookie" in value.lower() or "*" in value))
        or (name.lower() == "cache-control" and "no-store" in value.lower())
        for name, value in headers
    )


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers as the server sends them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
