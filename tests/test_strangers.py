"""A comment that is held, or spam, is reachable by nobody but its writer and the authors: at any address, by any number."""

import itertools
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from blogengine import comments
from blogengine.db import db
from blogengine.testing import BlogKit
from blogengine.testing import Visitor

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

SECRET = "zqxheld"
QUERIES = (
    "",
    "?alt=json",
    "?q=zqxheld",
    "?replyTo={id}",
    "?showComment={id}",
    "?commentPage=1",
    "?format=json",
)


@pytest.fixture
def held(blog: BlogKit) -> list[int]:
    """Comments that wait or are spam, on a blog with every bundled plugin on; their ids."""
    with blog.app() as app:
        for found in app.blog.plugins.candidates.values():
            if found.origin == "bundled" and not found.problem:
                blog.enable(found.id)
    blog.change_settings(url="http://localhost", comment_rate=0)
    blog.change_plugin("moderation", mode="never")
    post_id = blog.write_post("First words", "One.", labels=["red"])
    parent = blog.write_comment(post_id, "A public word.").comment_id
    blog.change_plugin("moderation", mode="always", waiting="on")
    waits, spam, answer = (
        blog.write_comment(
            post_id,
            f"{SECRET} text {number}",
            name=f"{SECRET} name",
            website=f"https://{SECRET}.example",
            parent_id=parent if number == 2 else None,
        ).comment_id
        for number in range(3)
    )
    with blog.app():
        comments.mark_spam([spam])
    blog.run_jobs()
    return [waits, spam, answer]


def filled(rule: Rule, number: int, path: str) -> set[str]:
    """Return addresses of a rule, its variables filled with what somebody would guess."""
    values = (str(number), f"{number}.{'0' * 32}", path.removeprefix("/"), "1", "default", SECRET)
    before_and_after = re.split(r"<[^>]*>", rule.rule)
    return {quote(value).join(before_and_after) for value in values}


def test_a_held_comment_is_told_to_no_stranger(blog: BlogKit, client: Visitor, held: list[int]) -> None:
    look_into_all_tables(blog)
    ask_all_routes(blog, client, held)
    send_all_forms(blog, client, held)


def ask_all_routes(blog: BlogKit, client: Visitor, held: list[int]) -> None:
    """Ask every route for every number, as one who guesses."""
    path = blog.path_of(1)
    asked = set()
    for rule, number in itertools.product(blog.site.current().url_map.iter_rules(), held):
        if "GET" in (rule.methods or set()):
            queries = QUERIES[:2] if "<" in rule.rule else QUERIES
            asked |= {
                f"{address}{query.format(id=number)}"
                for address, query in itertools.product(filled(rule, number, path), queries)
            }
    for target in sorted(asked):
        answer = client.get(target)
        assert answer.status_code < 500, target
        assert_silent(answer.text.replace(quote(target), ""), target)
    assert len(asked) > 500


def send_all_forms(blog: BlogKit, client: Visitor, held: list[int]) -> None:
    """Send a form to every route that takes one; it says nothing and decides nothing."""
    fields = {"text": "Hello.", "action": "preview", "name": "Eve", "q": SECRET, "email": "eve@example.org"}
    for rule, number in itertools.product(blog.site.current().url_map.iter_rules(), held):
        if "POST" in (rule.methods or set()):
            for address in filled(rule, number, blog.path_of(1)):
                values = {**fields, "reply_to": str(number), "id": str(number), "one": f"approve:{number}"}
                answer = client.post(address, data=values, headers={"Origin": "http://localhost"})
                assert answer.status_code < 500, address
                assert_silent(answer.text, address)
    with blog.app():
        assert [comments.get(number).status for number in held] == ["pending", "spam", "pending"]


def look_into_all_tables(blog: BlogKit) -> None:
    """Find the words of held comments in their own table only."""
    found = set()
    with blog.app():
        for table in sa.inspect(db.engine).get_table_names():
            rows = db.session.execute(sa.text(f"SELECT * FROM {table}"))
            found |= {table for row in rows if SECRET in repr(tuple(row))}
    assert found == {"comment"}, "neither messages nor an index nor figures have it"


def assert_silent(text: str, where: str) -> None:
    """Fail where an answer has a word of a held comment, but for what the question itself said."""
    told = re.findall(rf"{SECRET}( text| name|\.example)", text)
    assert not told, where
