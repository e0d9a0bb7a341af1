"""Admin → Plugins: what plugins cost, in which order they are called, and why one was not enabled."""

import pytest

from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import press
from tests.admin.forms import text_of
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
    assert "% of page time" in listed
    assert "slows pages down" in listed
    answer = press(owner_client, page, "/admin/plugins/-/costs/forget")
    assert "counted anew" in text_of(follow(owner_client, answer))
    assert "Nothing is counted yet." in text_of(owner_client.get("/admin/plugins/greeter"))
