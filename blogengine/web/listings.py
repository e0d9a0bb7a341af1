"""Lists of posts: home and its older pages, labels, archives, search."""

from datetime import UTC
from datetime import datetime
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import abort
from flask import redirect
from flask import request
from werkzeug.routing import PathConverter

from blogengine import posts
from blogengine.head import Meta
from blogengine.pages import Link
from blogengine.pages import ListingPage
from blogengine.pages import PostView
from blogengine.posts import PostQuery
from blogengine.runtime import blog
from blogengine.web import frame
from blogengine.web import moments
from blogengine.web import rendering
from blogengine.web import security
from blogengine.web.caching import cacheable

listings = Blueprint("listings", __name__)

PERIOD_PAGE = 100
"""Posts on one page of an archive."""
SEARCH_PAGE = 20


@listings.get("/")
@cacheable()
def home() -> Response:
    """The newest posts."""
    found = posts.newest(blog().site.posts_per_page)
    return _listing("home", "", found, frame.meta("", "/", description=blog().site.description))


@listings.get("/search")
@cacheable("updated-max", "updated-min", "max-results", "start-id")
def older() -> Response:
    """Older and newer pages of home, at Blogger's address; with `q` what a search finds."""
    if "q" in request.args:
        return _found("".join(filter(str.isprintable, request.args["q"][:200])))
    found = _page_of_posts(None)
    return _listing("home", "Older posts" if found.has_newer else "", found, frame.meta("Older posts"))


class LabelConverter(PathConverter):
    """A label in an address: anything, with slashes wherever the author put them."""

    regex = ".+?"
    part_isolating = False


@listings.get("/search/label/<label:label>")
@cacheable("updated-max", "updated-min", "max-results", "start-id")
def label_page(label: str) -> Response:
    """Posts with one label."""
    found = _page_of_posts(label)
    if not found.posts and "updated-max" not in request.args:
        abort(404, f"No post here has the label “{label}”.")
    return _listing("label", label, found, frame.meta(label, rendering.label_url(label)), label=label)


@listings.get("/<int(fixed_digits=4):year>/")
@cacheable("updated-max", "start-id")
def year_archive(year: int) -> Response:
    """The posts of a year."""
    return _archive("year", year, 1, str(year))


@listings.get("/<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/")
@cacheable("updated-max", "start-id")
def month_archive(year: int, month: int) -> Response:
    """The posts of a month."""
    if not 1 <= month <= 12:
        abort(404)
    heading = moments.month_name(datetime(max(year, 1), month, 1, tzinfo=UTC))
    return _archive("month", year, month, heading)


@listings.get(
    "/<int(fixed_digits=4):year>_<int(fixed_digits=2):month>_<int(fixed_digits=2):day>_archive.html"
)
def old_archive(year: int, month: int, day: int) -> Any:
    """Blogger's old archive addresses."""
    return redirect(f"/{year:04d}/{month:02d}/", 301)


def _archive(kind: str, year: int, month: int, heading: str) -> Response:
    zone = blog().zone
    # The first and the last year have moments outside of Python's time in other zones.
    if not 1 < year < 9999:
        abort(404)
    start = datetime(year, month, 1, tzinfo=zone)
    if kind == "year" or month == 12:
        end = datetime(year + 1, 1, 1, tzinfo=zone)
    else:
        end = datetime(year, month + 1, 1, tzinfo=zone)
    found = posts.in_period(
        start.astimezone(UTC), end.astimezone(UTC), limit=PERIOD_PAGE, before=_cursor("updated-max")
    )
    if not found.posts:
        abort(404, "Nothing was published in that time.")
    path = f"/{year:04d}/" if kind == "year" else f"/{year:04d}/{month:02d}/"
    return _listing(kind, heading, found, frame.meta(heading, path), base=path)


def _page_of_posts(label: str | None) -> posts.PostList:
    limit = blog().site.posts_per_page
    wish = request.args.get("max-results", "")
    if wish.isdecimal() and 1 <= int(wish[:4]) <= 100:
        limit = int(wish[:4])
    return posts.newest(limit, before=_cursor("updated-max"), after=_cursor("updated-min"), label=label)


def _cursor(name: str) -> tuple[datetime, int | None] | None:
    text = request.args.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(400, f"{name} must be a time such as 2020-01-31T10:00:00Z.")
    number = request.args.get("start-id", "")
    return moment, int(number) if number.isdecimal() and len(number) < 16 else None


def _listing(
    kind: str,
    heading: str,
    found: posts.PostList,
    head: Meta,
    *,
    label: str | None = None,
    base: str = "",
) -> Response:
    base = base or ("/search" if label is None else rendering.label_url(label))
    limit = request.args.get("max-results", str(blog().site.posts_per_page))
    older = newer = None
    if found.has_older and found.posts:
        older = Link(
            _keyset(base, "updated-max", found.posts[-1], limit if kind in ("home", "label") else ""),
            "Older Posts",
        )
    if found.has_newer and found.posts:
        newer = Link(_keyset(base, "updated-min", found.posts[0], limit), "Newer Posts")
    if not found.posts and (request.args.get("updated-max") or request.args.get("updated-min")):
        newer = Link("/" if label is None else base, "Newer Posts")
    rendering.fill_bodies(found.posts, until_jump=True)
    page = ListingPage(
        blog=frame.blog_view(),
        meta=head,
        signed_in=security.current_user() is not None,
        flashes=[],
        kind=kind,
        heading=heading,
        posts=found.posts,
        newer=newer,
        older=older,
        pages=frame.static_links(),
    )
    return rendering.respond("listing.html", page)


def _keyset(base: str, name: str, post: PostView, limit: str) -> str:
    assert post.published_at is not None
    query = {name: post.published_at.isoformat(), "start-id": str(post.id)}
    if limit:
        query["max-results"] = limit
    return f"{base}?{urlencode(query, quote_via=quote)}"


def _found(q: str) -> Response:
    start = request.args.get("start", "1")
    number = int(start) if start.isdecimal() and len(start) < 7 and int(start) > 0 else 1
    found = posts.query(PostQuery(q=q, orderby="relevance", start_index=number, max_results=SEARCH_PAGE))
    rendering.fill_bodies(found.posts, until_jump=True)
    query = {"q": q}
    older = newer = None
    if found.has_older:
        older = Link(f"/search?{urlencode({**query, 'start': str(number + SEARCH_PAGE)})}", "Older Posts")
    if number > 1:
        newer = Link(
            f"/search?{urlencode({**query, 'start': str(max(1, number - SEARCH_PAGE))})}", "Newer Posts"
        )
    page = ListingPage(
        blog=frame.blog_view(),
        meta=frame.meta(f"Search: {q}"),
        signed_in=security.current_user() is not None,
        flashes=[],
        kind="search",
        heading=f"Posts with “{q}”",
        posts=found.posts,
        newer=newer,
        older=older,
        pages=frame.static_links(),
    )
    return rendering.respond("listing.html", page)
