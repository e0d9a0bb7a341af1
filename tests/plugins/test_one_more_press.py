"""One more press for a doubtful comment: with and without script, from kept pages, and what dishonest forms get from it."""

import hashlib
import itertools
from collections.abc import Iterator

import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from blogengine import comments
from blogengine.db import db
from blogengine.models import Comment
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from blogengine_antispam import working
from tests.admin.forms import send
from tests.listening import listening

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
DOUBTFUL = "Read https://a.example https://b.example https://c.example on fog, all of it & <more>."
"""3 points: doubtful, and less so after one more press."""
WORSE = "Read https://a.example https://b.example https://c.example https://d.example, a casino and poker for you."
"""4.9 points: one more press is not enough, work is."""


@pytest.fixture
def path(blog: BlogKit) -> str:
    """The path of a post of a blog that asks."""
    blog.change_settings(comment_rate=0)
    blog.change_plugin("moderation", mode="never")
    blog.enable("antispam")
    blog.change_plugin("antispam", doubtful="ask", work=8)
    return blog.path_of(blog.write_post("Fog"))


def stored(blog: BlogKit) -> list[tuple[str, float]]:
    """Return (status, score) of all comments."""
    with blog.app():
        rows = db.session.execute(sa.select(Comment.status, Comment.score).order_by(Comment.id))
        return [(row[0], row[1]) for row in rows]


def again(client: Visitor, asked: TestResponse, text: str, **changes: str) -> TestResponse:
    """Press once more in the page that asked for it."""
    form = hidden_fields(asked.text, "comment-form")
    return client.send(form["__action__"], {**form, "text": text, "action": "post", **changes})


def solve(challenge: str, bits: int) -> str:
    """Return a proof of work."""
    for number in itertools.count():
        digest = hashlib.sha256(f"{challenge}+{number}".encode()).digest()
        if int.from_bytes(digest) >> (256 - bits) == 0:
            return f"+{number}"
    raise AssertionError


def test_without_script_one_more_press_publishes_what_was_doubtful_from_a_kept_page(
    blog: BlogKit, path: str, client: Visitor, clock: FrozenClock
) -> None:
    kept = client.get(path)
    form = hidden_fields(kept.text, "comment-form")
    asked = client.send(form["__action__"], {**form, "text": DOUBTFUL, "name": "Rita", "action": "post"})
    assert asked.status_code == 409
    assert "Set-Cookie" not in asked.headers
    assert "It is not sent yet, and your text is kept" in asked.text
    assert "on fog, all of it &amp; &lt;more&gt;.</textarea>" in asked.text
    assert '<section class="comments" aria-label="Your comment">' in asked.text
    assert stored(blog) == []
    early = again(client, asked, DOUBTFUL, name="Rita")
    assert early.status_code == 409
    assert "A moment, please" in early.text
    assert hidden_fields(early.text, "comment-form")["ft"] == hidden_fields(asked.text, "comment-form")["ft"]
    clock.tick(seconds=3)
    assert again(client, early, DOUBTFUL, name="Rita").status_code == 303
    assert again(client, early, DOUBTFUL, name="Rita").status_code == 303  # sent twice, stored once
    assert stored(blog) == [("published", 1.5)]


@SQLITE
def test_work_takes_off_more_and_what_is_still_doubtful_waits_with_all_reasons(
    blog: BlogKit, path: str, client: Visitor, clock: FrozenClock
) -> None:
    asked = client.comment(path, WORSE)
    challenge = hidden_fields(asked.text, "comment-form")["ft"]
    assert hidden_fields(asked.text, "comment-form")["antispam.work"] == "8"
    clock.tick(seconds=3)
    assert again(client, asked, WORSE).headers["Location"].startswith("/-/comments/answer/")
    with blog.app():
        held = comments.get(1)
        assert held.status == "pending"
        assert "antispam: Its writer looked at it and pressed once more. (-1.5)" in held.held_reason
        comments.mark_spam([1])
        comments.delete_forever([1])
    proof = {"antispam.work": solve(challenge, 8)}
    assert again(client, asked, WORSE, **proof).status_code == 303
    assert stored(blog) == [("published", held.score - 1.5)]


@SQLITE
def test_a_challenge_is_worth_nothing_for_anything_else(
    blog: BlogKit, path: str, client: Visitor, clock: FrozenClock
) -> None:
    other = blog.path_of(blog.write_post("Another"))
    blog.write_comment(1, "A comment to answer.")
    asked = client.comment(path, DOUBTFUL, name="Rita")
    token = hidden_fields(asked.text, "comment-form")["ft"]
    proof = {"antispam.work": solve(token, 8)}
    clock.tick(seconds=3)
    good = {"name": "Rita", "ft": token, **proof}
    for where, text, changes in (
        (path, DOUBTFUL.replace("fog", "log"), {}),
        (path, DOUBTFUL, {"name": "Nora"}),
        (path, DOUBTFUL, {"website": "https://shop.example"}),
        (path, DOUBTFUL, {"reply_to": "1"}),
        (path, DOUBTFUL, {"ft": token[:-1] + ("0" if token[-1] != "0" else "1")}),
        (path, DOUBTFUL, {"ft": ".".join([*token.split(".")[:1], "9999999999", *token.split(".")[2:]])}),
        (other, DOUBTFUL, {}),
    ):
        answer = client.comment(where, text, **{**good, **changes})
        assert answer.status_code == 409, (where, text, changes)
        assert "https://b.example" in answer.text
    assert len(stored(blog)) == 1
    # All are asked anew, with a challenge of their own, or may send it with a new form; what it was made for is taken.
    assert client.comment(path, DOUBTFUL, **good).status_code == 303
    assert stored(blog)[-1] == ("published", 0.0)


@SQLITE
def test_an_old_challenge_is_asked_for_anew_and_then_taken(
    blog: BlogKit, path: str, client: Visitor, clock: FrozenClock
) -> None:
    asked = client.comment(path, DOUBTFUL)
    clock.tick(hours=1, seconds=1)
    fresh = again(client, asked, DOUBTFUL)
    assert fresh.status_code == 409
    assert "Please look at it once more" in fresh.text
    clock.tick(seconds=3)
    assert again(client, fresh, DOUBTFUL).status_code == 303
    third = client.comment(path, f"{DOUBTFUL} Really.")
    clock.tick(hours=49)
    stale = again(client, third, f"{DOUBTFUL} Really.")
    assert stale.status_code == 409
    assert "open for a long time" in stale.text
    assert len(stored(blog)) == 1


@SQLITE
def test_who_looked_at_a_preview_is_not_asked_again(
    blog: BlogKit, path: str, client: Visitor, clock: FrozenClock
) -> None:
    shown = client.comment(path, DOUBTFUL, action="preview")
    assert shown.status_code == 200
    clock.tick(seconds=3)
    assert again(client, shown, DOUBTFUL).status_code == 303
    assert stored(blog) == [("published", 1.5)]


@SQLITE
def test_lists_edits_and_much_spam_are_not_asked(
    blog: BlogKit, path: str, client: Visitor, owner_client: Visitor
) -> None:
    page = owner_client.get("/admin/-/antispam/")
    send(owner_client, page, "rule", kind="word", value="fog", action="hold")
    spam = "Buy cheap pills at https://pills.example https://pills.example https://pills.example"
    assert client.comment(path, DOUBTFUL).status_code == 303
    assert (
        client.comment(path, spam, name="best casino", website="https://casino.example.top").status_code
        == 303
    )
    assert [status for status, _ in stored(blog)] == ["pending", "spam"]


def test_proofs_are_checked_to_the_bit_and_no_bits_are_no_work() -> None:
    good = solve("text", 8)
    assert working.is_proof(good, "text", 8)
    for typed, challenge, bits in (
        (good, "other", 8),
        (good, "text", 30),
        (good, "text", 0),
        (good, "text", -1),
        ("+0", "text", 0),
        ("", "text", 0),
        ("", "text", 8),
        (good, "", 8),
        (f"{good} ", "text", 8),
        (good.replace("+", ""), "text", 8),
        ("+" + "9" * 400, "text", 8),
        ("+٣", "text", 1),
    ):
        assert not working.is_proof(typed, challenge, bits), (typed, challenge, bits)


@SQLITE
def test_without_bits_there_is_no_script_and_no_field(blog: BlogKit, path: str, client: Visitor) -> None:
    assert "work.js" in client.get(path).text
    blog.change_plugin("antispam", doubtful="ask", work=0)
    assert "work.js" not in client.get(path).text
    assert "antispam.work" not in client.comment(path, DOUBTFUL).text
    blog.change_plugin("antispam", doubtful="hold")
    assert "work.js" not in client.get(path).text
    assert client.comment(path, DOUBTFUL).status_code == 303
    assert stored(blog) == [("pending", 3.0)]


@pytest.fixture
def served(blog: BlogKit, path: str) -> Iterator[str]:
    """The address of the post on a blog that listens."""
    with listening(blog.site) as address:
        yield f"{address}{path}"


@SQLITE
@pytest.mark.parametrize("live", [False, True])
def test_a_browser_works_while_its_visitor_looks(
    blog: BlogKit, path: str, served: str, page: playwright.Page, clock: FrozenClock, live: bool
) -> None:
    blog.change_plugin("antispam", doubtful="ask", work=12)
    if not live:
        blog.disable("live_comments")
    page.goto(served)
    page.fill("#comment-text", WORSE)
    page.click("button[value=post]")
    playwright.expect(page.locator(".antispam-work")).to_have_text("Your browser has done its work.")
    assert working.is_proof(
        page.input_value("input[name='antispam.work']"), page.input_value("input[name=ft]"), 12
    )
    assert page.input_value("#comment-text") == WORSE
    clock.tick(seconds=3)
    page.click("button[value=post]")
    playwright.expect(page.locator("#c1, .waiting-outcome")).to_be_visible()
    assert [status for status, _ in stored(blog)] == ["published"]


@SQLITE
def test_a_browser_without_scripts_is_asked_for_the_press_alone(
    blog: BlogKit, path: str, served: str, browser: playwright.Browser, clock: FrozenClock
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served)
    page.fill("#comment-text", DOUBTFUL)
    page.click("button[value=post]")
    assert page.inner_text("h1") == "Please look at it once more"
    assert page.locator(".antispam-work").is_hidden()
    clock.tick(seconds=3)
    page.click("button[value=post]")
    assert page.locator("#c1 .comment-body").inner_text() == DOUBTFUL
    assert stored(blog) == [("published", 1.5)]
    context.close()
