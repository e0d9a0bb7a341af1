"""Redirects: old addresses lead to where their content is now."""

import pytest
import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine_redirects.models import Rule


@pytest.fixture
def rules(blog: BlogKit) -> BlogKit:
    """A blog with the plugin and some rules."""
    blog.enable("redirects")
    add(blog, "/old.html", "/2020/01/new.html")
    add(blog, "/blog/*", "https://other.example/*")
    add(blog, "/blog/kept/*", "/", permanent=False)
    add(blog, "/show.php?id=7", "/seven")
    return blog


def add(blog: BlogKit, old: str, target: str, *, permanent: bool = True) -> None:
    with blog.app():
        rule = Rule(old=old, target=target, permanent=permanent, created_at=clock.now())
        database.write(lambda tx: tx.session.add(rule))


def test_hook_answer_not_found(rules: BlogKit, client: Visitor) -> None:
    wanted = {
        "/old.html": (301, "/2020/01/new.html"),
        "/old.html?m=1": (301, "/2020/01/new.html"),
        "/old.html/": (301, "/2020/01/new.html"),
        "/blog/a/b%20c": (301, "https://other.example/a/b%20c"),
        "/blog/a?page=2&m=1": (301, "https://other.example/a?page=2"),
        "/blog/": (301, "https://other.example/"),
        "/blog/kept/x": (302, "/"),
        "/show.php?id=7": (301, "/seven"),
        "/show.php?id=8": (404, None),
        "/nothing": (404, None),
        "/admin/nothing": (404, None),
    }
    answers = {path: client.get(path) for path in wanted}
    assert {path: (a.status_code, a.headers.get("Location")) for path, a in answers.items()} == wanted
    assert client.post("/old.html").status_code in (403, 404, 405)


def test_a_kept_redirect_follows_its_rule(rules: BlogKit, client: Visitor) -> None:
    client.get("/old.html")
    before = rules.site.cache.hits
    client.get("/old.html")
    assert rules.site.cache.hits == before + 1
    with rules.app():
        statement = sa.update(Rule).where(Rule.old == "/old.html").values(target="/newer")
        database.write(lambda tx: tx.session.execute(statement) and None)
    assert client.get("/old.html").headers["Location"] == "/newer"
