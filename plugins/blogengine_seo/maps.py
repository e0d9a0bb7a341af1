"""`/sitemap.xml` (sitemaps.org, 0.9) and `/robots.txt` (RFC 9309)."""

from collections.abc import Callable
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from flask import Blueprint
from flask import Response
from flask import abort
from flask import request

from blogengine.plugin import blog
from blogengine.plugin import cacheable
from blogengine.plugin import posts
from blogengine.plugin import settings_of

BLOCK = 5_000
"""Posts in one file. The format allows 50,000; files of this size can be kept among the pages."""
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SAFE = "/%!$&()*+,;=:@~"

files = Blueprint("seo", __name__)


@files.get("/sitemap.xml")
def sitemap() -> Response:
    """All posts and pages, or the list of files that have them."""
    return _answer(_sitemap)


@files.get("/sitemap-<int:number>.xml")
def block(number: int) -> Response:
    """A part of the posts and pages."""
    return _answer(lambda root: _block(root, number))


@files.get("/robots.txt")
@cacheable()
def robots() -> Response:
    """What robots may read."""
    lines = settings_of("seo").robots.splitlines()
    rules = ["User-agent: *", "Disallow: /admin/", "Disallow: /search?q=", "Allow: /"]
    if blog().url:
        maps = ["sitemap.xml", *(f"feeds/{feed}/default" for feed in blog().feeds if feed == "updated")]
        rules += ["", *(f"Sitemap: {blog().url}/{name}" for name in maps)]
    return Response("\n".join([*lines, *([""] if lines else []), *rules, ""]), mimetype="text/plain")


def _answer(make: Callable[[str], Iterator[str]]) -> Response:
    # Without an address of its own the blog's links carry the visitor's Host: not to be kept for others.
    return (_kept if blog().url else _written)(make)


def _written(make: Callable[[str], Iterator[str]]) -> Response:
    text = "".join(make(blog().url or request.url_root.rstrip("/")))
    response = Response(text, mimetype="application/xml")
    if not blog().url:
        response.headers["Cache-Control"] = "no-store"
    return response


_kept = cacheable()(_written)


def _sitemap(root: str) -> Iterator[str]:
    blocks = posts.address_blocks(BLOCK)
    if len(blocks) < 2:
        yield from _urls(root, blocks[0][0] if blocks else 0, blocks)
        return
    yield f'{_PROLOG}<sitemapindex xmlns="{NAMESPACE}">\n'
    for number, moment in blocks:
        yield f"<sitemap><loc>{root}/sitemap-{number}.xml</loc>{_lastmod(moment)}</sitemap>\n"
    yield "</sitemapindex>\n"


def _block(root: str, number: int) -> Iterator[str]:
    blocks = posts.address_blocks(BLOCK)
    if len(blocks) < 2 or number not in dict(blocks):
        abort(404, "There is no such part of the sitemap.")
    return _urls(root, number, blocks)


def _urls(root: str, number: int, blocks: list[tuple[int, datetime]]) -> Iterator[str]:
    yield f'{_PROLOG}<urlset xmlns="{NAMESPACE}">\n'
    if not blocks or number == blocks[0][0]:
        newest = max((moment for _, moment in blocks), default=None)
        yield f"<url><loc>{root}/</loc>{_lastmod(newest)}</url>\n"
    for one in posts.addresses(number, BLOCK) if blocks else ():
        yield f"<url><loc>{escape(root + quote(one.url, safe=_SAFE))}</loc>{_lastmod(one.modified_at)}</url>\n"
    yield "</urlset>\n"


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat(timespec='seconds')}</lastmod>" if moment is not None else ""
