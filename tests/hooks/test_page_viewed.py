"""Page views reach the plugins that count them, those from memory too, and tell nothing about the person."""

import inspect

from blogengine.plugin import PageView
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

COUNTING = """
seen = []

@hookimpl
def page_viewed(views):
    seen.append(list(views))

@hookimpl
def register_routes():
    pages = Blueprint("counting", __name__)
    pages.add_url_rule("/seen", "seen", lambda: f"{len(seen)}: {[v.path for batch in seen for v in batch]}")
    return pages
"""


def views_of(blog: BlogKit) -> list[list[PageView]]:
    """Return the batches that the plugin was given."""
    with blog.app() as app:
        blog.site.hand_over_views()
        (implementation,) = app.blog.hook.page_viewed.get_hookimpls()
        found: list[list[PageView]] = inspect.unwrap(implementation.function).__globals__["seen"]
        return found


def test_hook_page_viewed_is_given_made_and_kept_pages_in_one_batch(blog: BlogKit, client: Visitor) -> None:
    run(blog, "counting", COUNTING)
    path = blog.path_of(blog.write_post())
    hits = blog.site.cache.hits
    for _ in range(3):
        client.get(path, headers={"Referer": "https://elsewhere.example/x", "User-Agent": "Reader"})
    assert blog.site.cache.hits == hits + 2
    (batch,) = views_of(blog)
    assert [(view.path, view.referrer, view.agent) for view in batch] == [
        (path, "https://elsewhere.example/x", "Reader")
    ] * 3
    assert all(view.at.tzinfo is not None for view in batch)


def test_only_what_somebody_reads_counts(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(blog, "counting", COUNTING)
    path = blog.path_of(blog.write_post())
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    for address in ("/feeds/posts/default", "/nothing-here", "/-/counting/seen"):
        client.get(address)
    client.get(path, headers={"Sec-Purpose": "prefetch"})
    client.head(path)
    owner_client.get(path)
    feed = client.get("/feeds/posts/default")
    client.get("/feeds/posts/default", headers={"If-None-Match": feed.headers["ETag"]})
    (batch,) = views_of(blog)
    assert [view.path for view in batch] == [path, path, "/-/counting/seen"]


def test_nobody_listens_so_nothing_is_noted(blog: BlogKit, client: Visitor) -> None:
    run(blog, "counting", COUNTING)
    blog.disable("counting")
    client.get("/")
    client.get("/")
    assert blog.site._views is None
