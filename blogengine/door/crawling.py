"""Asking for the blog's pages, and looking whether they are answered well."""

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

import sqlalchemy as sa
from werkzeug.test import Client

from blogengine import posts
from blogengine.db import db
from blogengine.models import Post
from blogengine.plugins.door_report import Problem
from blogengine.plugins.failures import Failure
from blogengine.posts import PostQuery
from blogengine.site import Site

RULES = 60
"""Addresses without variables that are asked for, of all that the app has."""
LINKS = 10
"""Feeds and the like that the head of the home page names."""
FRAMES = 6
"""Last frames of a traceback that are shown."""
_HEAD_LINK = re.compile(r'<link\b[^>]*\brel="alternate"[^>]*>')
_HREF = re.compile(r'\bhref="([^"]*)"')
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Page:
    """An address to ask for, as a visitor or as the owner."""

    path: str
    as_owner: bool = False


class Crawl:
    """Asks `site` for pages and notes what is wrong; `note` is told which page comes next."""

    def __init__(self, site: Site, token: str, note: Callable[[str], None]) -> None:
        self._site = site
        self._token = token
        self._note = note
        self.count = 0

    def look(self, page: Page) -> list[Problem]:
        """Ask for one page; return what is wrong with it."""
        self._note(page.path)
        self.count += 1
        visitor = Client(self._site)
        if page.as_owner:
            visitor.set_cookie("blog_session", self._token)
            visitor.set_cookie("__Host-blog_session", self._token)
        app = self._site.current()
        theme_problem = app.blog.theme_problem
        answer = visitor.get(page.path, buffered=True)
        failures = self._site.failures.take()
        problems = problems_of(page.path, failures)
        if answer.status_code >= 500 and not failures:
            problems.append(Problem(page.path, f"It was answered with {answer.status}."))
        elif answer.status_code >= 500:
            problems.append(Problem(page.path, f"Because of that it was answered with {answer.status}."))
        if app.blog.theme_problem not in ("", theme_problem):
            problems.append(Problem(page.path, app.blog.theme_problem))
            app.blog.theme_problem = theme_problem
        problems += [Problem(page.path, sentence) for sentence in bad_headers(list(answer.headers))]
        return problems


def bad_headers(headers: list[tuple[str, str]]) -> list[str]:
    """Return a sentence for each header that cannot be sent (RFC 9110 §5)."""
    found = []
    for name, value in headers:
        try:
            value.encode("latin-1")
            fits = bool(_TOKEN.fullmatch(name)) and not re.search(r"[\r\n\0]", value)
        except UnicodeEncodeError:
            fits = False
        if not fits:
            found.append(f"The header {name!r} cannot be sent as it is: {value!r:.100}.")
    return found


def problems_of(where: str, failures: Iterable[Failure]) -> list[Problem]:
    """Return each failure once as a problem at `where`."""
    found: dict[str, Problem] = {}
    for one in failures:
        what = f"{one.hook} of {one.plugin_id} failed. {one.message}"
        found.setdefault(what, Problem(where, what, last_frames(one)))
    return list(found.values())


def last_frames(failure: Failure) -> str:
    """Return the end of a failure's traceback."""
    lines = failure.traceback.rstrip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    if len(starts) > FRAMES:
        lines = [*lines[:1], "  …", *lines[starts[-FRAMES] :]]
    return "\n".join(lines)


def pages_of(site: Site, plugin_id: str) -> Iterator[Page]:
    """Yield the pages to ask for: of each kind some, what has no variable in its address, and the plugin's own."""
    with site.in_app() as app:
        found = ["/", *(post.url for post in posts.query(PostQuery(max_results=3)).posts)]
        found += _busiest()
        found += [f"/search/label/{label}" for label, _ in posts.labels_in_use()[:1]]
        for month in posts.archive()[:1]:
            found += [month.url, f"/{month.year:04d}/"]
        found += [path for path, _ in posts.static_pages()[:1]]
        found.append("/there-is-nothing-here")
        rules = sorted(
            (
                rule
                for rule in app.url_map.iter_rules()
                if "GET" in (rule.methods or ()) and not rule.arguments
            ),
            key=lambda rule: (rule.endpoint.partition(".")[0] != plugin_id, rule.rule),
        )
        public = [rule.rule for rule in rules if not rule.rule.startswith("/admin")]
        owners = [rule.rule for rule in rules if rule.rule.startswith(f"/admin/-/{plugin_id}/")]
        index = [
            rule.rule
            for rule in rules
            if rule.endpoint == app.extensions.get("blogengine_admin_menu", {}).get(plugin_id, ("",))[0]
        ]
    yield from (Page(path) for path in dict.fromkeys([*found, *public[:RULES]]))
    yield from (Page(path) for path in _named_in_head(site) if path not in found and path not in public)
    for path in dict.fromkeys(["/admin/posts", "/admin/posts/new", "/admin/plugins", *index, *owners[:1]]):
        yield Page(path, as_owner=True)


def _busiest() -> list[str]:
    """Return the path of the post with most comments."""
    path = db.session.execute(
        sa.select(Post.path)
        .where(Post.status == "published", Post.comment_count > 0, Post.path.is_not(None))
        .order_by(Post.comment_count.desc())
        .limit(1)
    ).scalar()
    return [path] if path else []


def _named_in_head(site: Site) -> list[str]:
    """Return the addresses of feeds that the home page names."""
    text = Client(site).get("/", buffered=True).get_data(as_text=True)
    site.failures.take()
    addresses = [_HREF.search(link) for link in _HEAD_LINK.findall(text)]
    paths = []
    for address in filter(None, addresses):
        parts = urlsplit(unescape(address[1]))
        if parts.path.startswith("/"):
            paths.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(dict.fromkeys(paths))[:LINKS]
