"""A comment that is held, spam or removed is reachable by nobody but its writer and the authors: at any address."""

import itertools
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from blogengine import comments
from blogengine import layout
from blogengine import posts
from blogengine.db import db
from blogengine.pages import CommentFacts
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.web.security import sign_answer
from tests.full import every_plugin
from tests.full import is_full
from tests.passes import pass_of

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

SECRET = "zqxheld"
EVE = "eve@mail.example"
STATUSES = ["pending", "spam", "pending", "removed-by-admin"]
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
def database_url(engine_name: str, make_database: Callable[..., str]) -> str:
    return make_database(engine_name, prepare=every_plugin)


@pytest.fixture
def held(blog: BlogKit) -> list[int]:
    """Comments that wait, are spam or were removed, on a blog with every bundled plugin on; their ids.

    The newest of them was public until its author took it out, and has an answer that is still there.
    """
    assert is_full(blog)
    blog.change_settings(url="http://localhost", comment_rate=0)
    blog.change_plugin("moderation", mode="never")
    post_id = blog.write_post("First words", "One.", labels=["red"])
    with blog.app():
        layout.add("gadgets.comments", "sidebar")
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        draft = comments.check("Eve", "", "A public word.", None, email=EVE)
        parent = comments.submit(draft, post, CommentFacts(True, "", False, False)).comment_id
    gone = blog.write_comment(
        post_id, f"{SECRET} text gone", name=f"{SECRET} name", website=f"https://{SECRET}.example"
    ).comment_id
    blog.write_comment(post_id, "An answer to it.", parent_id=gone)
    blog.run_jobs()
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
        comments.remove([gone])
    blog.run_jobs()
    return [waits, spam, answer, gone]


class Stranger:
    """Somebody without an account, at another address of the network each time, so that no limit answers in our place."""

    def __init__(self, client: Visitor) -> None:
        self.client = client
        self.asked = 0

    def get(self, target: str) -> str:
        """Return what a page says."""
        return self._hear(self.client.get(target, environ_base=self._somewhere()), target)

    def post(self, target: str, **fields: str) -> str:
        """Return what a form is answered."""
        answer = self.client.post(
            target, data=fields, headers={"Origin": "http://localhost"}, environ_base=self._somewhere()
        )
        return self._hear(answer, target)

    def _somewhere(self) -> dict[str, str]:
        self.asked += 1
        return {"REMOTE_ADDR": f"203.{self.asked >> 8}.{self.asked & 255}.7"}

    def _hear(self, answer: TestResponse, target: str) -> str:
        assert answer.status_code < 500, target
        assert answer.status_code != 429, target
        assert_silent(f"{answer.headers}{answer.text}".replace(quote(target), ""), target)
        return answer.text


def filled(rule: Rule, number: int, path: str) -> set[str]:
    """Return addresses of a rule, its variables filled with what somebody would guess."""
    values = (str(number), f"{number}.{'0' * 32}", path.removeprefix("/"), "1", "default", SECRET)
    before_and_after = re.split(r"<[^>]*>", rule.rule)
    return {quote(value).join(before_and_after) for value in values}


def test_a_held_comment_is_told_to_no_stranger(
    blog: BlogKit, client: Visitor, owner_client: Visitor, held: list[int]
) -> None:
    look_into_all_tables(blog)
    stranger = Stranger(client)
    ask_all_routes(blog, stranger, held)
    send_all_forms(blog, stranger, held)
    open_with_a_pass_of_another(blog, stranger, held)
    ask_as_those_who_may(blog, client, owner_client, held)


def ask_all_routes(blog: BlogKit, stranger: Stranger, held: list[int]) -> None:
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
        stranger.get(target)
    assert len(asked) > 500
    assert "An answer to it." in stranger.get(path)


def send_all_forms(blog: BlogKit, stranger: Stranger, held: list[int]) -> None:
    """Send a form to every route that takes one; it says nothing and decides nothing."""
    fields = {"text": "Hello.", "action": "preview", "name": "Eve", "q": SECRET, "email": "eve@example.org"}
    for rule, number in itertools.product(blog.site.current().url_map.iter_rules(), held):
        if "POST" in (rule.methods or set()):
            for address in filled(rule, number, blog.path_of(1)):
                stranger.post(
                    address, **fields, reply_to=str(number), id=str(number), one=f"approve:{number}"
                )
    with blog.app():
        assert [comments.get(number).status for number in held] == STATUSES


def open_with_a_pass_of_another(blog: BlogKit, stranger: Stranger, held: list[int]) -> None:
    """Ask for held comments with the link of somebody who wrote another one."""
    home = f"/-/commenter_pass/{pass_of(blog, EVE)}"
    assert "A public word." in stranger.get(f"{home}/")
    for number in held:
        for what in ("edit", "delete"):
            stranger.get(f"{home}/{what}/{number}")
            stranger.post(f"{home}/{what}/{number}", text="Mine now.", action="save")
    assert "A public word." in stranger.post(f"{home}/export")
    with blog.app():
        assert [comments.get(number).status for number in held] == STATUSES


def ask_as_those_who_may(blog: BlogKit, client: Visitor, owner_client: Visitor, held: list[int]) -> None:
    """Find each comment at its writer's private address, as long as it waits, and in the owner's list."""
    with blog.app():
        answers = [f"/-/comments/answer/{sign_answer(number)}" for number in held]
    shown = [SECRET in client.get(address).text for address in answers]
    assert shown == [True, True, True, False]
    for number in held:
        assert f"{SECRET} text" in owner_client.get(f"/admin/comments/{number}").text


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
    told = re.findall(rf"{SECRET}( text|%20text| name|\.example)", text)
    assert not told, where
