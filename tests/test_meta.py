"""Small data of plugins: each in its own namespace, one query a page for all of them, gone with what it belongs to."""

from typing import Any

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import db as database
from blogengine import posts
from blogengine.db import db
from blogengine.meta import read_meta
from blogengine.meta import write_meta
from blogengine.models import Meta
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

READER = """
@hookimpl
def listing_footer_html(page):
    found = {}
    for post in page.posts:
        found |= read_meta("post", [post.id], "PLUGIN")
    return "PLUGIN:" + ",".join(sorted(values.get("mood", "-") for values in found.values()))

@hookimpl
def comments_footer_html(post):
    listed = comments.thread(post.id, post.url)[0]
    found = read_meta("comment", [one.id for one in listed], "PLUGIN")
    return "PLUGIN:" + ",".join(values.get("mood", "-") for values in found.values())
"""


def statements_on_meta(blog: BlogKit, client: Visitor, path: str) -> tuple[int, str]:
    """Return how many statements read the table while a page was made, and the page."""
    seen = []

    def look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "FROM meta" in statement:
            seen.append(statement)

    sa.event.listen(blog.site.engine, "before_cursor_execute", look)
    try:
        blog.site.cache.clear()
        text = client.get(path).text
    finally:
        sa.event.remove(blog.site.engine, "before_cursor_execute", look)
    return len(seen), text


def put(blog: BlogKit, kind: str, owner_id: int, plugin_id: str, value: Any) -> None:
    with blog.app():
        database.write(lambda tx: write_meta(tx, kind, owner_id, plugin_id, "mood", value))


def test_ten_plugins_read_the_small_data_of_a_page_in_one_query(blog: BlogKit, client: Visitor) -> None:
    plugins = [f"reader{number}" for number in range(10)]
    for plugin_id in plugins:
        run(blog, plugin_id, READER.replace("PLUGIN", plugin_id))
    first, second = blog.write_post("One"), blog.write_post("Two")
    put(blog, "post", second, "reader3", "good")
    said = [blog.write_comment(first, f"Comment {number}").comment_id for number in range(3)]
    put(blog, "comment", int(said[1] or 0), "reader7", "bad")
    count, text = statements_on_meta(blog, client, "/")
    assert (count, "reader3:-,good" in text, "reader4:-,-" in text) == (1, True, True)
    count, text = statements_on_meta(blog, client, blog.path_of(first))
    assert (count, "reader7:-,bad,-" in text, "reader3:-,-,-" in text) == (1, True, True)
    put(blog, "post", second, "reader3", "better")
    assert "reader3:-,better" in client.get("/").text


def test_what_was_written_is_read_in_the_same_transaction(blog: BlogKit) -> None:
    post_id = blog.write_post()
    seen = []

    def change(tx: database.Transaction) -> None:
        for value in ("one", "two", None):
            write_meta(tx, "post", post_id, "notes", "mood", value)
            seen.append(read_meta("post", [post_id], "notes")[post_id])

    with blog.app():
        assert read_meta("post", [post_id], "notes") == {post_id: {}}
        database.write(change)
        kept = read_meta("post", [post_id], "notes")
        kept[post_id]["mood"] = "made up"
        assert read_meta("post", [post_id], "notes") == {post_id: {}}
    assert seen == [{"mood": "one"}, {"mood": "two"}, {}]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_small_data_goes_with_its_post_or_comment(blog: BlogKit) -> None:
    kept, gone = blog.write_post("Kept"), blog.write_post("Gone")
    with_kept = int(blog.write_comment(kept, "One").comment_id or 0)
    with_gone = int(blog.write_comment(gone, "Two").comment_id or 0)
    for kind, owner_id in (("post", kept), ("post", gone), ("comment", with_kept), ("comment", with_gone)):
        put(blog, kind, owner_id, "notes", "x")
    put(blog, "other", gone, "notes", "x")

    def owners() -> set[tuple[str, int]]:
        with blog.app():
            return {(row.owner_kind, row.owner_id) for row in db.session.scalars(sa.select(Meta))}

    with blog.app():
        posts.trash(gone)
        posts.delete_forever(gone)
    assert owners() == {("post", kept), ("comment", with_kept), ("other", gone)}
    with blog.app():
        comments.remove([with_kept])
        comments.delete_forever([with_kept])
    assert owners() == {("post", kept), ("other", gone)}
