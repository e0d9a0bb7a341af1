"""The comment form: no account, no script, no cookie; the text is never lost and the answer is the truth."""

import concurrent.futures
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from blogengine import comments
from blogengine import posts
from blogengine.db import db
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from tests.plugin_files import run

TEXT = "What I wanted to say & <more>."
KEPT = "What I wanted to say &amp; &lt;more&gt;."


def stored(blog: BlogKit) -> list[tuple[str, str]]:
    """Return (text, status) of all comments."""
    with blog.app():
        rows = db.session.execute(sa.select(Comment.source, Comment.status).order_by(Comment.id))
        return [(source, status) for source, status in rows]


def form_at(client: Visitor, path: str) -> dict[str, str]:
    """Return the form of a page filled in, with `__action__`."""
    return {**hidden_fields(client.get(path).text, "comment-form"), "text": TEXT, "action": "post"}


def send(client: Visitor, form: dict[str, str], **headers: str) -> TestResponse:
    """Send a form with these headers only."""
    fields = {name: value for name, value in form.items() if name != "__action__"}
    return client.post(form["__action__"], data=fields, headers=headers)


def textarea(answer: TestResponse) -> str:
    """Return what stands in the text field, as it was escaped."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", answer.text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def path(blog: BlogKit) -> str:
    return blog.path_of(blog.write_post("A post"))


def test_a_comment_is_published_and_the_answer_leads_to_it(blog: BlogKit, client: Visitor, path: str) -> None:
    answer = client.comment(path, TEXT, name="Rita", website="example.org")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{path}#c1"
    page = client.get(path).text
    assert 'id="c1"' in page
    assert 'href="https://example.org"' in page
    assert "1 Comment:" in page
    assert stored(blog) == [(TEXT, "published")]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_fifty_visitors_post_from_one_kept_page_without_a_cookie(blog: BlogKit, path: str) -> None:
    blog.change_settings(comment_rate=0)
    page = Visitor(blog.site).get(path)
    assert "Set-Cookie" not in page.headers
    hits = blog.site.cache.hits
    forms = [form_at(Visitor(blog.site, use_cookies=False), path) for _ in range(50)]
    assert blog.site.cache.hits == hits + 50
    assert len({form["ft"] for form in forms}) == 1
    for number, form in enumerate(forms):
        visitor = Visitor(blog.site, use_cookies=False)
        form["text"] = f"Visitor {number}."
        answer = send(visitor, form, **{"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303
    assert len(stored(blog)) == 50


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://sub.localhost"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_form_from_elsewhere_is_refused_with_its_text(
    blog: BlogKit, client: Visitor, path: str, headers: dict[str, str]
) -> None:
    answer = send(client, form_at(client, path), **headers)
    assert answer.status_code == 403
    assert KEPT in textarea(answer)
    assert stored(blog) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_blogs_own_address_decides_what_elsewhere_is(blog: BlogKit, client: Visitor, path: str) -> None:
    blog.change_settings(url="https://blog.example")
    for origin, status in (
        ("https://blog.example", 303),
        ("HTTPS://BLOG.EXAMPLE", 303),
        ("http://blog.example", 403),
        ("https://blog.example:8443", 403),
        ("https://other.example", 403),
    ):
        form = {**form_at(client, path), "text": f"From {origin}."}
        answer = client.post(
            form.pop("__action__"), data=form, headers={"Origin": origin}, base_url="https://blog.example"
        )
        assert answer.status_code == status, origin


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_browser_that_does_not_say_where_it_was_is_held(blog: BlogKit, client: Visitor, path: str) -> None:
    answer = send(client, form_at(client, path))
    assert answer.status_code == 303
    assert stored(blog) == [(TEXT, "pending")]
    assert "0 Comments:" in client.get(path).text


def change_post(blog: BlogKit, path: str, **facts: Any) -> int:
    """Save the post at `path` with `facts` changed; return its id."""
    with blog.app():
        view = posts.by_path(path)
        assert view is not None
        draft = PostDraft(**{"title": view.title, "source": "Some text.", **facts})
        return posts.save(draft, post_id=view.id)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_form_that_was_open_too_long_works_with_one_more_press(
    blog: BlogKit, client: Visitor, path: str, clock: FrozenClock
) -> None:
    form = {**form_at(client, path), "name": "Rita", "website": "https://example.org"}
    clock.tick(hours=48, seconds=1)
    answer = send(client, form, Origin="http://localhost")
    assert answer.status_code == 409
    assert textarea(answer).strip() == KEPT
    assert 'value="Rita"' in answer.text
    assert stored(blog) == []
    again = {**hidden_fields(answer.text, "comment-form"), "text": TEXT, "action": "post"}
    assert send(client, again, Origin="http://localhost").status_code == 303
    assert stored(blog) == [(TEXT, "published")]


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    "token", ["", "x", "1.2.3", "1.99999999999.", "{other}", "{later}", "1.²." + "0" * 32]
)
def test_a_token_that_is_made_up_or_of_another_post_is_as_good_as_an_old_one(
    blog: BlogKit, client: Visitor, path: str, clock: FrozenClock, token: str
) -> None:
    other = form_at(client, blog.path_of(blog.write_post("Another")))["ft"]
    form = form_at(client, path)
    clock.tick(hours=1)
    later = form_at(client, path)["ft"] if token == "{later}" else ""
    blog.site.cache.clear()
    if token == "{later}":
        later = form_at(client, path)["ft"]
        clock.tick(hours=-1)
    answer = send(client, {**form, "ft": token.format(other=other, later=later)}, Origin="http://localhost")
    assert answer.status_code == 409
    assert textarea(answer).strip() == KEPT


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_clock_that_is_half_a_minute_behind_refuses_no_form(
    blog: BlogKit, client: Visitor, path: str, clock: FrozenClock
) -> None:
    form = form_at(client, path)
    clock.tick(seconds=-30)
    assert send(client, form, Origin="http://localhost").status_code == 303


def test_a_comment_that_is_sent_twice_is_stored_once_and_answered_the_same(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    first = client.comment(path, TEXT, name="Rita")
    second = client.comment(path, f"  {TEXT}  \r\n", name="RITA ")
    assert first.headers["Location"] == second.headers["Location"]
    assert len(stored(blog)) == 1
    client.comment(path, TEXT, name="Another")
    assert len(stored(blog)) == 2


def test_a_comment_that_is_sent_eight_times_at_once_is_stored_once(blog: BlogKit, path: str) -> None:
    form = form_at(Visitor(blog.site), path)

    def press(number: int) -> str:
        answer = send(Visitor(blog.site), form, Origin="http://localhost")
        return f"{answer.status_code} {answer.headers.get('Location')}"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(press, range(8)))
    assert answers == {f"303 {path}#c1"}
    assert len(stored(blog)) == 1
    with blog.app():
        assert posts.by_path(path).comment_count == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_robot_that_fills_the_hidden_field_is_spam_and_not_told(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    answer = client.comment(path, TEXT, email_again="robot@example.org")
    assert answer.status_code == 303
    assert stored(blog) == [(TEXT, "spam")]
    assert KEPT not in client.get(path).text
    assert "is waiting" in client.get(answer.headers["Location"]).text


def test_a_network_that_sends_too_many_waits_with_its_text(
    blog: BlogKit, client: Visitor, path: str, clock: FrozenClock
) -> None:
    blog.change_settings(comment_rate=3)
    for number in range(3):
        assert send_from(client, path, "198.51.100.7", f"Number {number}.").status_code == 303
    answer = send_from(client, path, "198.51.100.8", TEXT)
    assert answer.status_code == 429
    assert textarea(answer).strip() == KEPT
    assert send_from(client, path, "203.0.113.9", "From elsewhere.").status_code == 303
    clock.tick(minutes=11)
    assert send_from(client, path, "198.51.100.7", TEXT).status_code == 303


def send_from(client: Visitor, path: str, address: str, text: str) -> TestResponse:
    """Comment from this address."""
    form = {**form_at(client, path), "text": text}
    action, headers = form.pop("__action__"), {"Origin": "http://localhost"}
    return client.post(action, data=form, headers=headers, environ_overrides={"REMOTE_ADDR": address})


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_address_is_stored_but_a_digest_of_its_network(blog: BlogKit, client: Visitor, path: str) -> None:
    with blog.app():
        same = {
            comments.address_key(address)
            for address in ("203.0.113.9", "203.0.113.200", "::ffff:203.0.113.1")
        }
        others = {
            comments.address_key(address) for address in ("203.0.114.9", "2001:db8::1", "2001:db8:0:100::1")
        }
        assert len(same) == 1
        assert len(others) == 3
        assert comments.address_key("2001:db8::1") == comments.address_key("2001:db8:0:ff::9%eth0")
        assert comments.address_key("unix:") == comments.address_key("") == ""
    send_from(client, path, "203.0.113.9", TEXT)
    with blog.app():
        key = db.session.execute(sa.select(Comment.address_key)).scalar_one()
    assert re.fullmatch("[0-9a-f]{24}", key)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_preview_shows_the_comment_and_stores_nothing(blog: BlogKit, client: Visitor, path: str) -> None:
    answer = client.comment(path, "Some <b>bold</b> words.", name="Rita", action="preview")
    assert answer.status_code == 200
    assert "<b>bold</b>" in answer.text
    assert textarea(answer).strip() == "Some &lt;b&gt;bold&lt;/b&gt; words."
    assert stored(blog) == []
    form = {
        **hidden_fields(answer.text, "comment-form"),
        "text": "Some words.",
        "name": "Rita",
        "action": "post",
    }
    assert send(client, form, Origin="http://localhost").status_code == 303


def test_an_answer_stands_below_what_it_answers(blog: BlogKit, client: Visitor, path: str) -> None:
    for text in ("First.", "Second."):
        client.comment(path, text)
    client.comment(path, "To the first.", reply_to="1")
    client.comment(path, "To the answer.", reply_to="3")
    page = client.get(path).text
    places = [page.index(text) for text in ("First.", "To the first.", "To the answer.", "Second.")]
    assert places == sorted(places)
    with blog.app():
        depths = db.session.execute(sa.select(Comment.depth).order_by(Comment.id)).scalars().all()
    assert depths == [0, 0, 1, 2]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_form_says_whom_it_answers_and_keeps_that_when_it_is_shown_again(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    client.comment(path, "First.", name="Anna")
    page = client.get(f"{path}?replyTo=1")
    assert "In reply to Anna" in page.text
    form = {**hidden_fields(page.text, "comment-form"), "text": "", "action": "post"}
    assert form["reply_to"] == "1"
    answer = send(client, form, Origin="http://localhost")
    assert answer.status_code == 422
    assert hidden_fields(answer.text, "comment-form")["reply_to"] == "1"


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("parent", ["held", "of another post", "removed", "unknown"])
def test_what_cannot_be_answered_is_said_and_the_text_kept(
    blog: BlogKit, client: Visitor, path: str, parent: str
) -> None:
    with blog.app():
        post_id = posts.by_path(path).id  # type: ignore[union-attr]
    number = blog.write_comment(post_id).comment_id
    if parent == "of another post":
        number = blog.write_comment(blog.write_post("Another")).comment_id
    with blog.app():
        if parent == "held":
            comments.mark_spam([number])
        if parent == "removed":
            comments.remove([number])
    answer = client.comment(path, TEXT, reply_to="77" if parent == "unknown" else str(number))
    assert answer.status_code == 409
    assert textarea(answer).strip() == KEPT


Change = Callable[[BlogKit, int], None]


def closes(blog: BlogKit, post_id: int) -> None:
    posts.save(PostDraft(title="A post", source="x", comment_mode="existing"), post_id=post_id)


def hides(blog: BlogKit, post_id: int) -> None:
    posts.save(PostDraft(title="A post", source="x", comment_mode="hide"), post_id=post_id)


def unpublishes(blog: BlogKit, post_id: int) -> None:
    posts.unpublish(post_id)


def deletes(blog: BlogKit, post_id: int) -> None:
    posts.trash(post_id)
    posts.delete_forever(post_id)


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "status"),
    [(closes, 409), (hides, 409), (unpublishes, 404), (deletes, 404)],
    ids=lambda c: str(c)[10:16],
)
def test_a_text_is_kept_when_the_author_changes_the_post_while_it_is_written(
    blog: BlogKit, client: Visitor, path: str, change: Change, status: int
) -> None:
    form = form_at(client, path)
    with blog.app():
        change(blog, posts.by_path(path).id)  # type: ignore[union-attr]
    answer = send(client, form, Origin="http://localhost")
    assert answer.status_code == status
    assert KEPT in answer.text
    assert stored(blog) == []


def test_a_text_is_kept_when_the_post_is_deleted_between_the_check_and_the_write(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    run(
        blog,
        "slow",
        """
        @hookimpl
        def judge_comment(comment, post, facts):
            from blogengine import posts
            posts.trash(post.id)
            posts.delete_forever(post.id)
        """,
    )
    answer = client.comment(path, TEXT)
    assert answer.status_code == 409
    assert KEPT in answer.text
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_existing_comments_are_shown_without_a_form_and_hidden_ones_nowhere(
    blog: BlogKit, client: Visitor
) -> None:
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    client.comment(path, "Here before.")
    change_post(blog, path, comment_mode="existing")
    page = client.get(path).text
    assert "Here before." in page
    assert "comment-form" not in page
    change_post(blog, path, comment_mode="hide")
    page = client.get(path).text
    assert "Here before." not in page
    assert "comment-form" not in page


# The one who is signed in


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_owners_cookie_without_the_token_never_acts_as_the_owner(
    blog: BlogKit, owner_client: Visitor, path: str
) -> None:
    form = form_at(owner_client, path)
    for csrf in ("", "made up", form["ft"]):
        answer = send(owner_client, {**form, "csrf_token": csrf}, Origin="http://localhost")
        assert answer.status_code == 400
        assert textarea(answer).strip() == KEPT
        assert hidden_fields(answer.text, "comment-form")["csrf_token"]
    answer = send(owner_client, {**form, "csrf_token": ""})
    assert answer.status_code == 400
    assert stored(blog) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_owner_comments_under_their_own_name_whatever_the_form_says(
    blog: BlogKit, owner_client: Visitor, client: Visitor, path: str
) -> None:
    answer = owner_client.comment(path, TEXT, name="Somebody else")
    assert answer.status_code == 303
    page = client.get(path).text
    assert OWNER["name"] in page
    assert "Somebody else" not in page


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_session_that_ended_comments_as_a_visitor(blog: BlogKit, owner_client: Visitor, path: str) -> None:
    form = form_at(owner_client, path)
    owner_client.set_cookie("blog_session", "ended")
    send(owner_client, form, Origin="http://localhost")
    with blog.app():
        assert db.session.execute(sa.select(Comment.user_id)).scalars().all() == [None]


# A comment that waits


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_held_comment_is_seen_by_its_writer_and_by_nobody_else(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD)")
    blog.enable("atom")
    answer = client.comment(path, TEXT, name="Rita")
    private = answer.headers["Location"]
    shown = client.get(private)
    assert KEPT in shown.text or "What I wanted to say" in shown.text
    assert "noindex" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    for place in (path, "/", "/feeds/comments/default", "/feeds/1/comments/default", f"{path}?replyTo=1"):
        assert "What I wanted" not in client.get(place).text, place
    for made_up in (
        "1",
        "1.",
        "1." + "0" * 32,
        private.rpartition("/")[2][:-1],
        "2" + private.rpartition("/")[2][1:],
    ):
        assert client.get(f"/-/comments/answer/{made_up}").status_code == 404, made_up
    with blog.app():
        comments.approve([1])
    assert re.fullmatch(re.escape(path) + r"\?showComment=\d+#c1", client.get(private).headers["Location"])
    assert "What I wanted" in client.get(path).text


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_writer_whose_comment_was_removed_is_not_told_that_it_waits(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD)")
    private = client.comment(path, TEXT).headers["Location"]
    with blog.app():
        comments.remove([1])
    page = client.get(private).text
    assert "is waiting" not in page
    assert "removed" in page


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_thread_of_several_pages_leads_to_the_page_of_the_new_comment(
    blog: BlogKit, client: Visitor
) -> None:
    post_id = blog.write_post("Long")
    blog.change_settings(comment_rate=0)
    for number in range(comments.PAGE_SIZE):
        blog.write_comment(post_id, f"Number {number}.")
    path = blog.path_of(post_id)
    answer = client.comment(path, "On the second page.")
    assert answer.headers["Location"] == f"{path}?commentPage=2#c{comments.PAGE_SIZE + 1}"
    second = client.get(f"{path}?commentPage=2").text
    assert "On the second page." in second
    assert "Number 0." not in second
    assert "On the second page." not in client.get(path).text
    assert client.get(f"{path}?commentPage=3").status_code == 404
    again = Visitor(blog.site).comment(f"{path}?commentPage=2", "Answer to the first.", reply_to="1")
    assert again.headers["Location"].startswith(f"{path}#c")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_script_is_told_in_json_where_its_comment_is(blog: BlogKit, client: Visitor, path: str) -> None:
    headers = {"Origin": "http://localhost", "Accept": "application/json"}
    answer = send(client, form_at(client, path), **headers)
    assert answer.json == {"status": "published", "url": f"{path}#c1"}
    blog.change_plugin("moderation", mode="always")
    for trap in ("", "robot@example.org"):
        form = {**form_at(client, path), "text": f"Held {trap}", "email_again": trap}
        held = send(client, form, **headers)
        assert held.json is not None
        assert held.json["status"] == "waiting"
        assert "is waiting" in client.get(held.json["url"]).text
    refused = send(client, {**form_at(client, path), "text": ""}, **headers)
    assert (refused.status_code, refused.mimetype) == (422, "text/html")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_reloading_the_forms_address_leads_back_to_the_post(
    blog: BlogKit, client: Visitor, path: str
) -> None:
    assert client.get("/-/comments/1").headers["Location"] == f"{path}#comment-form"
    assert client.get("/-/comments/9").status_code == 404


def test_networks_are_forgotten_after_the_set_time(blog: BlogKit, clock: FrozenClock) -> None:
    blog.change_settings(comment_rate=0, network_days=7)
    post_id = blog.write_post("A post")

    def send(text: str) -> None:
        with blog.app():
            key = comments.address_key("192.0.2.9")
            comments.submit(
                CommentDraft(text, "Ann"), blog.post(post_id), CommentFacts(True, key, False, False)
            )

    def networks() -> list[bool]:
        with blog.app():
            rows = db.session.scalars(sa.select(Comment.address_key).order_by(Comment.id))
            return [bool(key) for key in rows]

    def forget() -> list[bool]:
        with blog.app():
            blog.site.forgetting.run()
        return networks()

    send("Old.")
    clock.tick(days=6)
    send("New.")
    assert forget() == [True, True]
    clock.tick(days=2)
    assert forget() == [False, True]
