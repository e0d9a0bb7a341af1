"""The public pages: home, post, page, label, archives."""

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
from flask import send_file
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound as HTTPNotFound

from blogengine import clock
from blogengine import comments
from blogengine import posts
from blogengine.pagecache import expires
from blogengine.pages import BlogView
from blogengine.pages import CommentFormView
from blogengine.pages import CommentView
from blogengine.pages import Link
from blogengine.pages import ListingPage
from blogengine.pages import Meta
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.posts import PostQuery
from blogengine.runtime import blog
from blogengine.web import rendering
from blogengine.web import security
from blogengine.web.caching import cacheable

pages = Blueprint("pages", __name__)

PERIOD_PAGE = 100
"""Posts on one page of an archive."""
SEARCH_PAGE = 20
FORM_KEPT = 24 * 3600
"""Seconds after which a page with a comment form is made anew, half the form's life."""


def blog_view() -> BlogView:
    """Return the blog as templates see it."""
    running = blog()
    site = running.site
    return BlogView(
        site.title,
        site.description,
        site.language,
        rendering.text_direction(site.language),
        url=running.url,
    )


def meta(title: str, path: str = "", **facts: Any) -> Meta:
    """Return the head of a page at `path`; without a path it has no canonical address and is not indexed."""
    site = blog().site
    full = f"{site.title}: {title}" if title else site.title
    if not path:
        facts.setdefault("robots", "noindex")
    return Meta(full, canonical=f"{blog().url}{path}" if path and blog().url else "", **facts)


def static_links() -> list[Link]:
    """Return links to the blog's static pages."""
    return [Link(path, title) for path, title in posts.static_pages()]


@pages.get("/")
@cacheable()
def home() -> Response:
    """The newest posts."""
    found = posts.newest(blog().site.posts_per_page)
    return _listing("home", "", found, meta("", "/", description=blog().site.description))


@pages.get("/search")
@cacheable("updated-max", "updated-min", "max-results", "start-id")
def older() -> Response:
    """Older and newer pages of home, at Blogger's address; with `q` what a search finds."""
    if "q" in request.args:
        return _found(request.args["q"][:200])
    found = _page_of_posts(None)
    return _listing("home", "Older posts" if found.has_newer else "", found, meta("Older posts"))


@pages.get("/search/label/<path:label>")
@cacheable("updated-max", "updated-min", "max-results", "start-id")
def label_page(label: str) -> Response:
    """Posts with one label."""
    found = _page_of_posts(label)
    if not found.posts and "updated-max" not in request.args:
        abort(404, f"No post here has the label “{label}”.")
    return _listing("label", label, found, meta(label, rendering.label_url(label)), label=label)


@pages.get("/<int(fixed_digits=4):year>/")
@cacheable("updated-max", "start-id")
def year_archive(year: int) -> Response:
    """The posts of a year."""
    return _archive("year", year, 1, str(year))


@pages.get("/<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/")
@cacheable("updated-max", "start-id")
def month_archive(year: int, month: int) -> Response:
    """The posts of a month."""
    if not 1 <= month <= 12:
        abort(404)
    heading = rendering.month_name(datetime(max(year, 1), month, 1, tzinfo=UTC))
    return _archive("month", year, month, heading)


@pages.get("/<int(fixed_digits=4):year>_<int(fixed_digits=2):month>_<int(fixed_digits=2):day>_archive.html")
def old_archive(year: int, month: int, day: int) -> Any:
    """Blogger's old archive addresses."""
    return redirect(f"/{year:04d}/{month:02d}/", 301)


@pages.get("/<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/<slug>.html")
@cacheable("commentPage")
def post_page(year: int, month: int, slug: str) -> Any:
    """A post with its comments."""
    return _single()


@pages.get("/p/<slug>.html")
@cacheable("commentPage")
def static_page(slug: str) -> Any:
    """A static page with its comments."""
    return _single()


@pages.get("/media/<path:name>")
def media_file(name: str) -> Response:
    """A picture or other file of the blog."""
    folder = blog().config.media_folder
    path = (folder / name).resolve()
    if path.parent != folder.resolve() or not path.is_file():
        abort(404)
    response = send_file(path, conditional=True, max_age=31536000)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _single() -> Any:
    path = request.path
    post = posts.by_path(path)
    if post is None:
        target = posts.redirect_for(path)
        if target is None:
            raise HTTPNotFound
        return redirect(target[0], 301 if target[1] else 302)
    if "showComment" in request.args:
        return redirect(comments.address_at(post, request.args["showComment"]), 302)
    number = request.args.get("commentPage", "1")
    if not (number.isdecimal() and 1 <= int(number[:6]) == int(number)):
        abort(404, "There is no such page of comments.")
    return show_post(post, int(number))


def show_post(
    post: PostView, number: int, form: CommentFormView | None = None, status: int = 200
) -> Response:
    """Answer with the page of `post` and page `number` of its comments; `form` stands in for the empty form."""
    views, has_more = comments.thread(post.id, post.url, number) if post.shows_comments else ([], False)
    if number > 1 and not views:
        abort(404, "There is no such page of comments.")
    user = security.current_user()
    if form is None and post.takes_comments:
        form = empty_form(post)
        form.reply_to = answered(request.args.get("replyTo", ""), post)
    rendering.fill_bodies([post])
    older, newer = posts.neighbours(post) if post.kind == "post" else (None, None)
    expires(clock.timestamp() + FORM_KEPT)
    page = PostPage(
        blog=blog_view(),
        meta=meta(post.title, post.url, description=post.description),
        signed_in=user is not None,
        flashes=[],
        post=post,
        comments=views,
        form=form,
        older_comments=Link(_comment_page(post, number - 1), "Older comments") if number > 1 else None,
        newer_comments=Link(_comment_page(post, number + 1), "Newer comments") if has_more else None,
        older_post=Link(*older) if older else None,
        newer_post=Link(*newer) if newer else None,
        pages=static_links(),
        edit_url=f"/admin/posts/{post.id}" if user is not None else "",
    )
    return rendering.respond("post.html", page, status)


def empty_form(post: PostView) -> CommentFormView:
    """Return the comment form of `post` without anything typed."""
    user = security.current_user()
    return CommentFormView(
        action=f"/-/comments/{post.id}",
        token=security.form_token(post.id),
        message=blog().site.comment_message,
        max_length=comments.TEXT_LIMIT,
        csrf_token=generate_csrf() if user is not None else "",
        signed_in_name=user.name if user is not None else "",
    )


def answered(typed: str, post: PostView) -> CommentView | None:
    """Return the comment under `post` with the id `typed`, if it can be answered."""
    if not typed.isdecimal() or len(typed) > 15:
        return None
    comment = comments.by_id(int(typed))
    fits = comment is not None and comment.post_id == post.id and not comment.is_removed
    return comment if fits else None


def _comment_page(post: PostView, number: int) -> str:
    return f"{post.url}#comments" if number == 1 else f"{post.url}?commentPage={number}#comments"


def _archive(kind: str, year: int, month: int, heading: str) -> Response:
    zone = blog().zone
    if not 1 <= year < 9999:
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
    return _listing(kind, heading, found, meta(heading, path), base=path)


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
    elif kind in ("home", "label") and "updated-min" in request.args:
        newer = None
    if not found.posts and (request.args.get("updated-max") or request.args.get("updated-min")):
        newer = Link("/" if label is None else base, "Newer Posts")
    rendering.fill_bodies(found.posts, until_jump=True)
    page = ListingPage(
        blog=blog_view(),
        meta=head,
        signed_in=security.current_user() is not None,
        flashes=[],
        kind=kind,
        heading=heading,
        posts=found.posts,
        newer=newer,
        older=older,
        pages=static_links(),
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
    found = posts.query(PostQuery(q=q, start_index=number, max_results=SEARCH_PAGE))
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
        blog=blog_view(),
        meta=meta(f"Search: {q}"),
        signed_in=security.current_user() is not None,
        flashes=[],
        kind="search",
        heading=f"Posts with “{q}”",
        posts=found.posts,
        newer=newer,
        older=older,
        pages=static_links(),
    )
    return rendering.respond("listing.html", page)
