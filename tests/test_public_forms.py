"""Forms of plugins on kept pages: only from this blog, only so often, never in the name of whoever is signed in."""

import pytest

from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import HookRecorder
from blogengine.testing import Visitor

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

POLL = """
from flask import Blueprint
from flask import redirect
from markupsafe import Markup

from blogengine.plugin import Refused
from blogengine.plugin import cacheable
from blogengine.plugin import hookimpl
from blogengine.plugin import public_form
from blogengine.plugin import public_page
from blogengine.plugin import remember
from blogengine.plugin import visitor_key

pages = Blueprint("poll", __name__)
counted = []

@pages.post("/vote")
@public_form(rate=3)
def vote():
    return f"key {visitor_key()}"

@pages.post("/hook")
@public_form(machines=True, rate=0)
def hook():
    return "taken"

@pages.route("/both", methods=["GET", "POST"])
@public_form(rate=1)
def both():
    return "both"

@pages.post("/strict")
def strict():
    return "strict"

@pages.post("/closed")
@public_form(rate=0)
def closed():
    raise Refused("The poll is closed since <Monday>.", hint="The result is on the home page.")

@pages.post("/bare")
@public_form(rate=0)
def bare():
    raise Refused("One vote each.")

@pages.get("/whose")
@cacheable()
def whose():
    return f"key {visitor_key()}"

def count():
    counted.append(1)
    return len(counted)

@hookimpl
def post_footer_html():
    return Markup("<p>counted {}</p>").format(remember("poll:count", ("comments",), count))

@hookimpl
def register_routes():
    return pages
"""
CSRF_NEEDED = 400
HERE = {"REMOTE_ADDR": "203.0.113.1"}
NEAR = {"REMOTE_ADDR": "203.0.113.77"}
FAR = {"REMOTE_ADDR": "198.51.100.7"}


def test_a_public_form_takes_what_comes_from_this_blog_and_nothing_else(
    blog: BlogKit, client: Visitor
) -> None:
    blog.add_plugin("poll", POLL)
    first = client.send("/-/poll/vote", {}, environ_overrides=HERE)
    assert (first.status_code, first.text[:4], len(first.text) > 8) == (200, "key ", True)
    assert "203.0.113" not in first.text
    assert first.headers["Cache-Control"] == "no-store"
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "null"},
    ):
        for path in ("/-/poll/vote", "/-/poll/hook"):
            assert client.post(path, headers=headers).status_code == 403
    silent = client.post("/-/poll/vote")
    assert silent.status_code == 403
    assert "did not say from which page" in silent.text
    assert client.post("/-/poll/hook").text == "taken"
    assert client.send("/-/poll/strict", {}).status_code == CSRF_NEEDED


def test_a_network_may_send_so_many_in_ten_minutes(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    blog.add_plugin("poll", POLL)
    assert [client.send("/-/poll/vote", {}, environ_overrides=HERE).status_code for _ in range(4)] == [
        200,
        200,
        200,
        429,
    ]
    refused = client.send("/-/poll/vote", {}, environ_overrides=HERE)
    assert "Try again in" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert {client.post("/-/poll/hook", environ_overrides=HERE).status_code for _ in range(50)} == {200}
    assert [client.send("/-/poll/both", {}, environ_overrides=HERE).status_code for _ in range(2)] == [
        200,
        429,
    ]
    assert client.get("/-/poll/both").status_code == 200
    assert client.send("/-/poll/vote", {}, environ_overrides=NEAR).status_code == 429
    assert client.send("/-/poll/vote", {}, environ_overrides=FAR).status_code == 200
    clock.tick(seconds=600)
    assert client.send("/-/poll/vote", {}, environ_overrides=HERE).status_code == 200


def test_an_author_is_a_visitor_to_a_public_form(blog: BlogKit, owner_client: Visitor) -> None:
    blog.add_plugin(
        "whoami",
        POLL.replace("poll", "whoami").replace(
            'return f"key {visitor_key()}"', 'return public_page("@whoami/x.html", "X")', 1
        ),
    )
    folder = blog.site.config.drop_in_folder / "_whoami" / "templates"
    folder.mkdir(parents=True)
    (folder / "x.html").write_text(
        "{% extends 'base.html' %}{% block main %}{{ page.signed_in }}{% endblock %}"
    )
    assert ">False" in owner_client.send("/-/whoami/vote", {}).text.replace("\n", "")


def test_a_page_that_reads_whose_it_is_is_not_kept(blog: BlogKit, client: Visitor) -> None:
    blog.add_plugin("poll", POLL)
    mine = client.get("/-/poll/whose", environ_overrides=HERE)
    assert mine.headers["Cache-Control"] == "no-store"
    assert client.get("/-/poll/whose", environ_overrides=FAR).text != mine.text


def test_what_is_remembered_is_read_anew_after_its_tag_and_not_for_each_page(
    blog: BlogKit, client: Visitor, hooks: HookRecorder
) -> None:
    blog.add_plugin("poll", POLL)
    first, second = (blog.path_of(blog.write_post(f"Post {number}")) for number in (1, 2))
    assert "counted 1" in client.get(first).text
    assert "counted 1" in client.get(second).text
    assert len(hooks.calls("post_footer_html", "poll")) == 2
    client.comment(first)
    assert "counted 2" in client.get(second).text


def test_a_plugin_names_a_hub_in_all_feeds(blog: BlogKit, client: Visitor) -> None:
    blog.enable("atom")
    blog.add_plugin(
        "hub",
        """
        from blogengine.plugin import FeedLink
        from blogengine.plugin import hookimpl

        @hookimpl
        def prepare_feed_entries(feed):
            feed.links.append(FeedLink("hub", "https://hub.example/?a&b", ""))
        """,
    )
    blog.write_post()
    for query in ("", "?alt=rss"):
        text = client.get(f"/feeds/posts/default{query}").text
        assert 'rel="hub" href="https://hub.example/?a&amp;b"' in text


def test_a_refusal_says_its_own_sentence_with_what_to_do(blog: BlogKit, client: Visitor) -> None:
    blog.add_plugin("poll", POLL)
    closed = client.send("/-/poll/closed", {"text": "What I wrote"})
    assert closed.status_code == 400
    assert "<h1>The poll is closed since &lt;Monday&gt;.</h1>" in closed.text
    assert "<p>The result is on the home page.</p>" in closed.text
    assert "What I wrote" in closed.text
    bare = client.send("/-/poll/bare", {})
    assert "<h1>One vote each.</h1>" in bare.text
    assert "<p>Go back and try again.</p>" in bare.text
