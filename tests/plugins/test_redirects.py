"""Redirects: old addresses lead to where their content is now."""

import html
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from blogengine import clock
from blogengine import db as database
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine_redirects import lists
from blogengine_redirects import missed
from blogengine_redirects.models import Rule

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


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


def post(client: Visitor, address: str, **form: str) -> TestResponse:
    """Send a form of the owner's pages with a token, and follow to the next page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/admin/posts/new").text)
    assert token is not None
    answer = client.send(address, {"csrf_token": token[1], **form})
    return client.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def undo(client: Visitor, page: TestResponse) -> TestResponse:
    """Press the button that takes back what was just done."""
    form = re.search(
        r'<form[^>]*class="[^"]*undo.*?</form>|<form(?:(?!</form>).)*Undo.*?</form>', page.text, re.DOTALL
    )
    assert form is not None, page.text
    action = re.search(r'action="([^"]+)"', form[0])
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[0]))
    assert action is not None
    fields.pop("csrf_token", "")
    return post(client, action[1], **{name: html.unescape(value) for name, value in fields.items()})


@SQLITE
def test_an_owner_works_on_the_list(rules: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    home = "/admin/-/redirects/"
    page = post(
        owner_client, f"{home}new", old="/caf%C3%A9?m=1", target="/2020/01/café x.html", permanent="on"
    )
    assert "/café leads to /2020/01/caf%C3%A9%20x.html now." in page.text
    assert client.get("/caf%C3%A9").headers["Location"] == "/2020/01/caf%C3%A9%20x.html"
    assert "/café" not in undo(owner_client, page).text.partition("<main")[2].partition("rows")[2]
    assert client.get("/caf%C3%A9").status_code == 404

    page = post(owner_client, f"{home}1", old="/older.html", target="/x", permanent="off")
    assert [client.get(path).status_code for path in ("/older.html", "/old.html")] == [302, 404]
    assert "/old.html" in undo(owner_client, page).text
    assert [client.get(path).status_code for path in ("/older.html", "/old.html")] == [404, 301]

    page = post(owner_client, f"{home}1/delete")
    assert client.get("/old.html").status_code == 404
    undo(owner_client, page)
    assert client.get("/old.html").headers["Location"] == "/2020/01/new.html"

    assert "/old.html" in owner_client.get(f"{home}?q=old.h").text
    assert "No redirect has these words" in owner_client.get(f"{home}?q=%25").text
    assert owner_client.get(f"{home}redirects.csv").text.startswith("old,target,code\n")
    assert client.get(home).status_code in (302, 303)


@SQLITE
@pytest.mark.parametrize(
    ("old", "target", "said"),
    [
        ("", "/x", "does not begin with a slash"),
        ("old", "/x", "does not begin with a slash"),
        ("//evil.example", "/x", "does not begin with a slash"),
        ("https://evil.example/a", "/x", "is not of this blog"),
        ("/a*b", "/x", "not its last part"),
        ("/*", "/x", "belong to the engine"),
        ("/admin/x", "/x", "belong to the engine"),
        ("/", "/x", "The front page is always there"),
        ("/a", "javascript:alert(1)", "is no target"),
        ("/a", "//evil.example", "is no target"),
        ("/a", "https://user@evil.example/", "is no target"),
        ("/a", "ftp://example.org/", "is no target"),
        ("/a", "https://example.org/\r\nSet-Cookie: x=1", "is no target"),
        ("/a", "/b/*", "only where the old address has one"),
        ("/old.html", "/y", "There is a rule for /old.html already"),
        ("/2020/01/new.html", "/old.html", "in a circle: /2020/01/new.html → /old.html → /2020/01/new.html"),
        ("/a", "/a", "in a circle"),
        ("/a/*", "/a/b/*", "in a circle"),
        ("/x" * 1500, "/y", "too long"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_and_its_text_kept(
    rules: BlogKit, owner_client: Visitor, old: str, target: str, said: str
) -> None:
    answer = post(owner_client, "/admin/-/redirects/new", old=old, target=target)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert (
        f'name="target" value="{html.escape(target.strip())}"' in answer.text.replace("&#34;", "&quot;")
        or "\r" in target
    )


@SQLITE
def test_a_rule_says_what_to_know(rules: BlogKit, owner_client: Visitor) -> None:
    page = post(owner_client, "/admin/-/redirects/new", old="/chain", target="/old.html")
    assert "Its target leads on by /old.html" in page.text
    path = rules.path_of(rules.write_post("A post"))
    page = post(owner_client, "/admin/-/redirects/new", old=path, target="/elsewhere")
    assert "The blog has a page at the old address" in page.text
    page = post(owner_client, "/admin/-/redirects/new", old="/to-post", target=path)
    assert "leads on by" not in page.text


LIST = """\ufefffrom,to
# a comment

/one /two
/two,/three,302
/old.html\t/2020/01/new.html
/blog/*,https://new.example/*
/one /again
"/with, comma",/x
/wrong
/wrong javascript:1
/code /x 418
/r1 /r2
/r2 /r1
"""


@SQLITE
def test_a_list_is_looked_at_before_it_is_stored(
    rules: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    with rules.app():
        found = {line.number: (line.kind, line.note) for line in lists.read(LIST)}
    assert found.pop(4) == ("new", "Its target leads on by /two; point it to the last address instead.")
    assert found.pop(7) == ("changed", "It led to https://other.example/*.")
    kinds = {number: kind for number, (kind, _) in found.items()}
    assert kinds == {
        5: "new",
        6: "same",
        8: "wrong",
        9: "new",
        10: "wrong",
        11: "wrong",
        12: "wrong",
        13: "wrong",
        14: "wrong",
    }
    assert "Line 4 has this old address" in found[8][1]
    assert "neither 301" in found[12][1]
    assert "in a circle: /r1 → /r2 → /r1" in found[13][1]
    page = post(owner_client, "/admin/-/redirects/import", text=LIST, action="look")
    assert "Store 4 redirects" in page.text
    assert "Line 12" in page.text
    assert client.get("/two").status_code == 404
    page = post(owner_client, "/admin/-/redirects/import", text=LIST, action="store")
    assert "4 rules were stored" in page.text
    assert client.get("/two").headers["Location"] == "/three"
    assert client.get("/blog/x").headers["Location"] == "https://new.example/x"
    assert client.get("/r1").status_code == 404
    assert (
        "There is no line" in post(owner_client, "/admin/-/redirects/import", text="#", action="store").text
    )


@SQLITE
def test_a_long_list_has_pages(rules: BlogKit, owner_client: Visitor) -> None:
    with rules.app():
        lines = lists.read("\n".join(f"/n{number:03d} /x" for number in range(120)))
        database.write(lambda tx: lists.store(tx, lines))
    path, seen = "/admin/-/redirects/", []
    while path:
        text = owner_client.get(path).text
        seen += re.findall(r"/n\d{3}(?=</a>)", text)
        more = re.search(r'<a href="([^"]+)" rel="next"', text)
        path = html.unescape(more[1]) if more else ""
    assert seen == [f"/n{number:03d}" for number in range(120)]


@SQLITE
def test_an_address_asked_for_in_vain_becomes_a_redirect(
    rules: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    assert "Nobody has asked" in owner_client.get("/admin/-/redirects/missed").text
    client.get("/gone/<b>")
    text = owner_client.get("/admin/-/redirects/missed").text
    assert "/gone/&lt;b&gt;" in text
    assert 'value="/gone/&lt;b&gt;"' in owner_client.get("/admin/-/redirects/new?old=/gone/<b>").text
    post(owner_client, "/admin/-/redirects/new", old="/gone/<b>", target="/here")
    assert "/gone/" not in owner_client.get("/admin/-/redirects/missed").text
    client.get("/other")
    assert "/other is forgotten" in post(owner_client, "/admin/-/redirects/missed/forget", path="/other").text
