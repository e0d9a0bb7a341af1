"""Looking up the titles of pages elsewhere: asked for with the save, fetched after the commit."""

import hashlib
import re
from typing import Any

from blogengine.plugin import BlogError
from blogengine.plugin import Marker
from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import enqueue
from blogengine.plugin import fetch
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import split_markers
from blogengine.plugin import text
from blogengine.plugin import write
from blogengine_also_on.addresses import NAME
from blogengine_also_on.addresses import read
from blogengine_also_on.cards import Known
from blogengine_also_on.cards import moved_here
from blogengine_also_on.cards import remember
from blogengine_also_on.cards import remembered

_LIMIT = 1_000_000
_TITLE_LIMIT = 300
_SITE_LIMIT = 100
_LATER = ("unreachable", "slow")
"""Codes of refusals that another try may overcome."""


def ask_for(tx: Transaction, html: str) -> None:
    """Put off fetching the titles that the cards in a post's clean `html` need and that are not known."""
    markers = [piece for piece in split_markers(html) if isinstance(piece, Marker) and piece.name == NAME]
    references = [read(marker.arguments) for marker in markers]
    urls = {reference.url for reference in references if reference is not None and reference.url}
    moved = moved_here(urls)
    here = posts.public_by_paths(moved.values())
    known = remembered(urls)
    for url in sorted(urls):
        if moved.get(url) in here:
            continue
        if url not in known or not known[url].title:
            digest = hashlib.sha256(url.encode()).hexdigest()[:24]
            # The day: a job that was given up keeps its key, and a save on another day may try anew.
            enqueue(tx, "also_on.look", {"url": url}, key=f"also_on.look:{digest}:{now():%Y-%m-%d}")


def look(payload: dict[str, Any]) -> None:
    """Fetch one page and store its title and site; raises where another try may help."""
    url = str(payload["url"])
    known = _read_page(url)
    write(lambda tx: remember(tx, url, known))


def _read_page(url: str) -> Known:
    try:
        page = fetch.get(url, limit=_LIMIT)
    except Refused as refusal:
        if refusal.code in _LATER:
            raise
        return Known("", "")
    if page.status == 429 or page.status >= 500:
        raise BlogError(f"{url} answered with status {page.status}.")
    if page.status != 200 or page.mime not in ("text/html", "application/xhtml+xml"):
        return Known("", "")
    return describe(_decode(page.body, page.charset))


_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
# Python's other codecs are no encodings of pages, and some take quadratic time.
_ENCODINGS = re.compile(
    r"utf-?(8|16([bl]e)?)|us-ascii|ascii|latin-?1|iso-?8859-\d+|windows-\d+|cp\d+|koi8-[rut]|mac\w*"
    r"|shift[_-]?jis|sjis|euc[_-]?(jp|kr|cn)|iso-2022-(jp|kr)|gb(k|2312|18030)|hz|big5(-hkscs)?",
    re.IGNORECASE,
)


def _decode(body: bytes, charset: str) -> str:
    if not charset and (found := _CHARSET.search(body[:4096])):
        charset = found[1].decode("ascii")
    if not _ENCODINGS.fullmatch(charset):
        charset = "utf-8"
    try:
        return body.decode(charset, "replace").lstrip("\ufeff")
    except LookupError:
        return body.decode("utf-8", "replace")


# Each piece ends at the next `<` at the latest, so hostile pages cost no more than their length.
_META = re.compile(r"<meta\s((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![a-z:_-])([a-z:_-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))", re.IGNORECASE
)
_TITLE = re.compile(r"<title(?:\s[^<>]*+)?>", re.IGNORECASE)
_TITLE_END = re.compile("</title", re.IGNORECASE)


def describe(html: str) -> Known:
    """Return the title and the site's name that a page gives itself, in its own `og:` words first."""
    said: dict[str, str] = {}
    for found in _META.finditer(html):
        if len(found[1]) > 3000:
            continue
        facts = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(found[1])}
        key = (facts.get("property") or facts.get("name") or "").lower()
        if key in ("og:title", "og:site_name", "twitter:title", "application-name"):
            said.setdefault(key, facts.get("content", ""))
    title = _tidy(said.get("og:title", ""), _TITLE_LIMIT) or _tidy(
        said.get("twitter:title", ""), _TITLE_LIMIT
    )
    site = _tidy(said.get("og:site_name", ""), _SITE_LIMIT) or _tidy(
        said.get("application-name", ""), _SITE_LIMIT
    )
    return Known(title or _tidy(_title_of(html), _TITLE_LIMIT), site)


def _title_of(html: str) -> str:
    start = _TITLE.search(html)
    end = _TITLE_END.search(html, start.end(), start.end() + 10_000) if start else None
    return html[start.end() : end.start()] if start and end else ""


_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def _tidy(words: str, limit: int) -> str:
    """Return what another site wrote as one line that this blog can store and show, or nothing."""
    line = " ".join(_NOT_SHOWN.sub(" ", text.unescape(words)).split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    try:
        return text.accept_text(line, limit=2 * limit, multiline=False)
    except Refused:
        return ""
