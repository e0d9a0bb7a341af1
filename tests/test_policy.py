"""Every page is sent with a strict Content-Security-Policy and is strict HTML, with every bundled plugin on."""

import html
import re
from collections.abc import Callable
from collections.abc import Iterator

import playwright.sync_api as playwright
import pytest

from blogengine import layout
from blogengine import strict
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.full import every_plugin
from tests.full import is_full
from tests.listening import listening

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
MOST = 120
NOT_PAGES = ("/feeds/", "/media/", "/-/assets/")


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str]) -> str:
    return make_database(engine_name, prepare=every_plugin)


@pytest.fixture
def full(blog: BlogKit) -> BlogKit:
    """A blog with something everywhere: all plugins, all gadgets, in both areas."""
    assert is_full(blog)
    other = blog.path_of(blog.write_post("Other", labels=["red"]))
    post_id = blog.write_post(
        "First",
        f"## Head\n\n[[also-on: {other}]]\n\nText.",
        labels=["red", "blue"],
        title_link="https://a.example/",
    )
    blog.write_post("About", "Me.", kind="page")
    blog.write_comment(post_id, "A <b>comment</b>.")
    blog.change_plugin("gadgets", announcement="At <i>sea</i>.", attribution="© me")
    blog.change_plugin("moderation", question="Which river?", answers="Thames", mode="always", waiting="on")
    blog.write_comment(post_id, "It waits.")
    with blog.app() as app:
        gadgets = list(app.blog.gadgets)
    for number, gadget in enumerate(gadgets):
        with blog.app():
            placed = layout.add(gadget, "footer" if number % 2 else "sidebar")
        with blog.app():
            if gadget == "gadgets.text":
                layout.save(placed.id, {"set-html": "<p>Me.</p>"})
            if gadget == "gadgets.links":
                layout.save(placed.id, {"set-links": "https://example.org Good"})
    return blog


def crawl(visitor: Visitor, *begin: str) -> Iterator[tuple[str, str, str]]:
    """Yield path, policy and text of every page that links lead to."""
    waiting = list(begin)
    seen: set[str] = set()
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        shape = re.sub(r"\d+", "0", path.partition("?")[0])
        if shape in seen or path.startswith(NOT_PAGES):
            continue
        seen.add(shape)
        answer = visitor.get(path)
        if answer.mimetype != "text/html":
            continue
        yield path, answer.headers.get("Content-Security-Policy", ""), answer.text
        waiting += [html.unescape(link) for link in LINK.findall(answer.text)]


@pytest.mark.parametrize("theme", ["classic", "paper", "plain"])
def test_every_public_page_is_strict(full: BlogKit, client: Visitor, theme: str) -> None:
    full.change_settings(theme=theme)
    check(crawl(client, "/", "/nothing", "/2019/"), at_least=8)


def test_every_page_of_the_owner_is_strict(full: BlogKit, owner_client: Visitor) -> None:
    check(crawl(owner_client, "/admin/", "/admin/posts/new"), at_least=20)


def check(pages: Iterator[tuple[str, str, str]], *, at_least: int) -> None:
    count = 0
    for path, policy, text in pages:
        count += 1
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        assert "unsafe" not in policy, path
        assert directives["default-src"] == "'self'", path
        assert directives.get("script-src", "'self'") in ("'self'", "'none'"), path
        assert directives.get("style-src", "'self'") == "'self'", path
        assert strict.scan(text).problems == [], path
    assert count >= at_least


def test_a_browser_finds_nothing_to_complain_about_on_any_page(
    full: BlogKit, owner_client: Visitor, page: playwright.Page
) -> None:
    cookie = owner_client.get_cookie("blog_session")
    assert cookie is not None
    with listening(full.site) as base:
        try:
            public = [path for path, _, _ in crawl(owner_client, "/", "/nothing")]
            for path in public:
                page.goto(f"{base}{path}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
                assert page.evaluate("document.styleSheets.length") >= 1, path
            page.context.add_cookies([{"name": "blog_session", "value": cookie.value, "url": base}])
            for path, _, _ in crawl(owner_client, "/admin/"):
                page.goto(f"{base}{path}")
                assert page.evaluate("document.styleSheets.length") >= 1, path
        finally:
            page.goto("about:blank")
