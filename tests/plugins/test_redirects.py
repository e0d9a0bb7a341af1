"""Redirects: old addresses lead to where their content is now."""

import pytest
import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine_redirects import missed
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


def test_a_list_survives_the_removal_of_the_plugin(rules: BlogKit, client: Visitor) -> None:
    file = rules.site.config.instance / "redirects.csv"
    with rules.app() as app:
        app.blog.remove_plugin("redirects", False)
    assert file.read_text().splitlines() == [
        "old,target,code",
        "/blog/*,https://other.example/*,301",
        "/blog/kept/*,/,302",
        "/old.html,/2020/01/new.html,301",
        "/show.php?id=7,/seven,301",
    ]
    assert client.get("/old.html").status_code == 404
    file.write_text(file.read_text() + "/more.html /old.html\n/wrong javascript:alert(1)\n")
    rules.enable("redirects")
    assert client.get("/more.html").headers["Location"] == "/old.html"
    assert client.get("/blog/kept/x").status_code == 302
    assert client.get("/wrong").status_code == 404


def test_addresses_asked_for_in_vain_are_counted(rules: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    for path in ("/gone", "/gone", "/lost?x=1", "/" + "x" * 300, "/old.html"):
        client.get(path)
    assert missed_in(rules) == {}
    clock.tick(minutes=2)
    client.get("/gone")
    assert missed_in(rules) == {"/gone": 3, "/lost": 1}
    client.get("/last")
    rules.disable("redirects")
    client.get("/never")
    assert missed_in(rules) == {"/gone": 3, "/last": 1, "/lost": 1}


def missed_in(blog: BlogKit) -> dict[str, int]:
    with blog.app():
        return {one.path: one.count for one in missed.newest()}
