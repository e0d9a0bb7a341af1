"""Admin → Plugins: what plugins cost, in which order they are called, and why one was not enabled."""

import re

import pytest
from werkzeug.test import TestResponse

from blogengine import settings as service
from blogengine.door.kinds import apart
from blogengine.door.kinds import here
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import text_of
from tests.plugin_files import drop_in
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

COUNTS = """
from flask import request

@hookimpl
def post_footer_html(post):
    return Markup("<p>%s</p>") % request.cookies.get("name", "nobody")

@hookimpl
def comment_saved(comment_id, tx):
    pass
"""


def test_the_owner_sees_what_a_plugin_costs_and_the_line_that_keeps_pages_from_memory(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    file = run(blog, "greeter", COUNTS)
    line = (
        file.read_text(encoding="utf-8")
        .splitlines()
        .index('    return Markup("<p>%s</p>") % request.cookies.get("name", "nobody")')
    )
    page = owner_client.get("/admin/plugins/greeter")
    assert "Nothing is counted yet." in text_of(page)
    assert "of page time" not in text_of(owner_client.get("/admin/plugins"))
    post_id = blog.write_post()
    assert "nobody" in client.get(blog.path_of(post_id)).text
    blog.write_comment(post_id)
    blog.site.warden.store(costs=True)
    page = owner_client.get("/admin/plugins/greeter")
    words = text_of(page)
    for part in (
        "of the time that pages take to make is spent in this plugin",
        "1 page was made since",
        f"It reads the visitor's cookies. greeter.py, line {line + 1}: 1 page, last {blog.path_of(post_id)}",
        "post_footer_html, while a page is made",
        "comment_saved, when something has happened",
    ):
        assert part in words, words
    listed = text_of(owner_client.get("/admin/plugins"))
    assert "of page time" in listed
    assert "slows pages down" in listed
    answer = press(owner_client, page, "/admin/plugins/-/costs/forget")
    assert "counted anew" in text_of(follow(owner_client, answer))
    assert "Nothing is counted yet." in text_of(owner_client.get("/admin/plugins/greeter"))


PLACED = """
@hookimpl
def post_footer_html(post):
    return Markup("<p>{0}</p>")
"""


def called(visitor: Visitor) -> list[str]:
    """Return the ids in the order that the list shows."""
    return re.findall(r'id="turn-([^"]+)"', visitor.get("/admin/plugins").text)


def test_the_order_is_changed_step_by_step_taken_back_and_left_to_the_engine(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    for name in ("zeta", "zulu", "gone"):
        run(blog, name, PLACED.format(f"Said by {name}"))
    with blog.app():
        service.save_order(["gone"])
    blog.disable("gone")
    path = blog.path_of(blog.write_post())

    def said() -> list[str]:
        return re.findall(r"Said by (\w+)", client.get(path).text)

    def move(plugin_id: str, step: str) -> TestResponse:
        page = owner_client.get("/admin/plugins")
        fields = form_in(page.text, action="/admin/plugins/-/order/move").fields
        return owner_client.send("/admin/plugins/-/order/move", {**fields, "plugin": plugin_id, "to": step})

    first = called(owner_client)
    assert said() == ["zeta", "zulu"]
    assert first[-2:] == ["zeta", "zulu"]
    assert move("zulu", "up").status_code == 303
    assert said() == ["zulu", "zeta"]
    page = owner_client.get("/admin/plugins")
    assert "is called before zeta now." in text_of(page)
    with blog.app() as app:
        assert app.blog.setup.plugin_order[0] == "gone", "one that is off keeps its place"
    answer = press(owner_client, page, "/admin/plugins/-/order")
    assert "The order is as it was." in text_of(follow(owner_client, answer))
    assert said() == ["zeta", "zulu"]
    page = owner_client.get("/admin/plugins")
    fields = form_in(page.text, action="/admin/plugins/-/order/move").fields
    answer = owner_client.send("/admin/plugins/-/order", {"csrf_token": fields["csrf_token"]})
    assert "in the order that the engine chooses" in text_of(follow(owner_client, answer))
    assert "The engine has chosen this order" in text_of(owner_client.get("/admin/plugins"))
    assert called(owner_client) == first
    assert move(first[0], "up").status_code == 303
    assert called(owner_client) == first
    assert move("gone", "up").status_code == 409
    assert move(first[0], "sideways").status_code == 409


def test_what_plugins_ask_of_the_order_is_said_and_whether_it_counts(
    blog: BlogKit, owner_client: Visitor
) -> None:
    run(blog, "beta", PLACED.format("beta"))
    run(blog, "alpha", 'PLUGIN = {"after": ["beta"]}\n' + PLACED.format("alpha"))
    assert "It asks to be called after beta: so it is." in text_of(owner_client.get("/admin/plugins"))
    with blog.app():
        service.save_order(["alpha", "beta"])
    assert "It asks to be called after beta: your order says otherwise, and counts." in text_of(
        owner_client.get("/admin/plugins")
    )


def test_why_a_plugin_was_not_enabled_is_shown_whole_and_tried_again(
    blog: BlogKit, owner_client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blog.site, "_door", apart)
    blog.write_post()
    file = drop_in(blog, "bad", "@hookimpl\ndef post_footer_html(post):\n    return post.nothing_like_it\n")
    page = owner_client.get("/admin/plugins/bad")
    for action, heading in (
        ("/admin/try/plugin", "bad was not tried"),
        ("/admin/plugins/bad/enable", "bad was not enabled"),
    ):
        answer = press(owner_client, page, action)
        assert answer.status_code == 409
        words = text_of(answer)
        for part in (
            heading,
            "Nothing was changed for your readers.",
            "post_footer_html of bad failed.",
            "Page /20",
            "bad.py",
            "return post.nothing_like_it",
            "Traceback",
        ):
            assert part in words, words
    monkeypatch.setattr(blog.site, "_door", here)
    file.write_text(file.read_text(encoding="utf-8").replace("post.nothing_like_it", "None"), "utf-8")
    answer = press(owner_client, answer, "/admin/plugins/bad/enable")
    assert "The plugin bad is on." in text_of(follow(owner_client, answer))
