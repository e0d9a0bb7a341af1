"""The oracle: whatever a visitor is answered is what a fresh render would say."""

import html
import re
from urllib.parse import quote

import sqlalchemy as sa

from blogengine.db import db
from blogengine.models import Label
from blogengine.models import Post
from blogengine.site import Site
from blogengine.testing.blogs import BlogKit
from blogengine.testing.visitors import Visitor

TOKEN = re.compile(r'(name="ft"[^>]* value=|value=)"\d+\.\d+\.[0-9a-f]{32}"')
LINK = re.compile(r'href="(/[^"#]*)')
NOT_FOLLOWED = ("/-/", "/admin", "/media/")
MOST = 24
"""Pages that are looked at, unless told otherwise; a blog in a test has fewer."""

Answer = tuple[int, list[tuple[str, str]], str]


class Oracle:
    """Compares a blog with the same blog served by a site that keeps no page."""

    def __init__(self, blog: BlogKit, client: Visitor, *, most: int = MOST) -> None:
        self.blog = blog
        self.most = most
        self.client = client
        self.fresh = Site(blog.site.config, blog.site.engine)
        self.fresh_client = Visitor(self.fresh)

    def close(self) -> None:
        """Give the second site's connection back, and leave the engine to the first."""
        self.fresh.sequence.close()

    def check(self, said: str = "") -> int:
        """Look at all public pages, kept and fresh; return how many were answered from the cache."""
        hits = self.blog.site.cache.hits
        waiting = self._beginnings()
        seen: set[str] = set()
        while waiting and len(seen) < self.most:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            earlier = self.blog.site.cache.hits
            kept = answer(self.client, path)
            if self.blog.site.cache.hits > earlier:  # else it is fresh itself
                self.fresh.cache.clear()
                fresh = answer(self.fresh_client, path)
                assert kept == fresh, f"{path} is not what it should be after {said or 'this'}"
            waiting += [
                html.unescape(link) for link in LINK.findall(kept[2]) if not link.startswith(NOT_FOLLOWED)
            ]
        return self.blog.site.cache.hits - hits

    def _beginnings(self) -> list[str]:
        with self.blog.app():
            paths = [path for path in db.session.scalars(sa.select(Post.path)) if path]
            names = list(db.session.scalars(sa.select(Label.name)))
        labels = [f"/search/label/{quote(name, safe='')}" for name in names]
        feeds = ["/feeds/posts/default", "/feeds/comments/default", "/feeds/posts/default?alt=rss"]
        return ["/", "/2020/", "/2020/01/", "/nothing", *paths, *labels, *feeds]


def answer(client: Visitor, path: str) -> Answer:
    """Return what `path` answers, without what is new in each render: the date in the form's token."""
    response = client.get(path)
    kept = [(name, value) for name, value in response.headers if name not in ("Date", "ETag")]
    return response.status_code, sorted(kept), TOKEN.sub("", response.text)


def assert_coherent(blog: BlogKit, client: Visitor) -> None:
    """Look at every public page twice and compare it with a fresh render."""
    oracle = Oracle(blog, client)
    try:
        oracle.check("the first look")
        oracle.check("the second look")
    finally:
        oracle.close()
