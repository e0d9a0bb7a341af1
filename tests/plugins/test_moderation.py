"""Held comments are seen by nobody but their writer and the authors, and what is held is what the owner said."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from html import unescape

import pytest

from blogengine import comments
from blogengine import settings
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.runtime import blog as running_blog
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor

NOTICE = "Comments appear after the author has approved them."
HELD = "A held thought."


@pytest.fixture
def old_post(blog: BlogKit, clock: FrozenClock) -> int:
    """A post on which comments are held."""
    return blog.write_post("On tea", at=clock.moment - timedelta(days=30))


def pages_of(blog: BlogKit, post_id: int) -> list[str]:
    """Return the addresses of all public pages and feeds on which comments or their number stand."""
    path = blog.path_of(post_id)
    pages = [path, "/", "/2019/", "/2019/12/", "/search?q=tea"]
    with blog.app() as app:
        if app.blog.plugins.is_active("atom"):
            pages += ["/feeds/posts/default", "/feeds/comments/default", f"/feeds/{post_id}/comments/default"]
            pages += [f"{page}?alt={kind}" for page in pages[-3:] for kind in ("rss", "json")]
    return pages


def test_a_held_comment_is_nowhere_until_it_is_approved(
    blog: BlogKit, client: Visitor, old_post: int
) -> None:
    pages = pages_of(blog, old_post)
    before = {page: client.get(page).text for page in pages}
    outcome = blog.write_comment(old_post, HELD, name="Hilda Held")
    assert outcome.status == "pending"
    for page in pages:
        client.get(page)
        answer = client.get(page)
        assert answer.status_code == 200
        assert "Hilda" not in answer.text
        assert HELD not in answer.text
        assert answer.text == before[page], "something on the page changed with a comment that is held"
    with blog.app():
        post = comments.own_comment(outcome.comment_id)
        assert post is not None
        assert post[1].comment_count == 0
        assert comments.recent().comments == []
        assert comments.recent(post_id=old_post).total == 0
        assert comments.thread(old_post, "/") == ([], False)
        assert comments.by_id(outcome.comment_id) is None


def test_an_approved_comment_is_everywhere_at_once(blog: BlogKit, client: Visitor, old_post: int) -> None:
    outcome = blog.write_comment(old_post, HELD, name="Hilda Held")
    pages = pages_of(blog, old_post)
    for page in pages:
        client.get(page)
    with blog.app():
        assert comments.approve([outcome.comment_id]) == 1
    html = client.get(pages[0]).text
    assert HELD in html
    assert "Hilda Held" in html
    assert "1 Comment:" in html
    for page in pages:
        if "/feeds/comments/" in page or "/comments/default" in page:
            assert HELD in unescape(client.get(page).text)
    with blog.app():
        assert [comment.id for comment in comments.recent().comments] == [outcome.comment_id]


@pytest.mark.parametrize("decision", [comments.mark_spam, comments.remove])
def test_a_comment_that_is_refused_later_never_shows_its_text(
    blog: BlogKit, client: Visitor, old_post: int, decision: object
) -> None:
    outcome = blog.write_comment(old_post, HELD, name="Hilda Held")
    with blog.app():
        assert callable(decision)
        decision([outcome.comment_id])
    for page in pages_of(blog, old_post):
        assert HELD not in client.get(page).text


def test_a_held_comment_cannot_be_seen_by_asking_for_it(
    blog: BlogKit, client: Visitor, old_post: int
) -> None:
    outcome = blog.write_comment(old_post, HELD, name="Hilda Held")
    path = blog.path_of(old_post)
    for query in (f"replyTo={outcome.comment_id}", f"showComment={outcome.comment_id}", "commentPage=1"):
        assert "Hilda" not in client.get(f"{path}?{query}").text
    for address in (f"/-/comments/answer/{outcome.comment_id}", f"/-/comments/{outcome.comment_id}"):
        assert "Hilda" not in client.get(address, follow_redirects=True).text


def test_nobody_can_answer_a_held_comment(blog: BlogKit, client: Visitor, old_post: int) -> None:
    outcome = blog.write_comment(old_post, HELD, name="Hilda Held")
    answer = client.comment(blog.path_of(old_post), "An answer.", reply_to=str(outcome.comment_id))
    assert answer.status_code == 409
    assert "Hilda" not in answer.text
    assert "An answer." in answer.text


def test_the_writer_is_told_that_the_comment_waits(blog: BlogKit, client: Visitor, old_post: int) -> None:
    answer = client.comment(blog.path_of(old_post), HELD, name="Hilda Held")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "waiting" in page
    assert HELD in page


# --- the three modes


def test_with_never_no_comment_is_held(blog: BlogKit, client: Visitor, old_post: int) -> None:
    blog.change_plugin("moderation", mode="never")
    assert NOTICE not in client.get(blog.path_of(old_post)).text
    assert blog.write_comment(old_post).status == "published"


def test_with_always_every_comment_is_held(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    blog.change_plugin("moderation", mode="always")
    post_id = blog.write_post("New", at=clock.moment)
    assert NOTICE in client.get(blog.path_of(post_id)).text
    assert blog.write_comment(post_id).status == "pending"


def test_with_first_a_comment_is_held_until_one_by_the_same_sender_was_published(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    blog.change_plugin("moderation", mode="first")
    post_id = blog.write_post("New", at=clock.moment)
    assert "Your first comment appears after" in client.get(blog.path_of(post_id)).text

    def send(text: str, name: str, email: str = "", network: str = "") -> comments.Outcome:
        with blog.app():
            draft = CommentDraft(text, name, email=email)
            return comments.submit(draft, blog.post(post_id), CommentFacts(True, network, False, False))

    first = send("One.", "Ann", "ann@example.org", "n1")
    assert first.status == "pending"
    assert send("Two.", "Ann", "ann@example.org", "n1").status == "pending", "waiting is not published"
    with blog.app():
        comments.approve([first.comment_id])
    assert send("Three.", "Annie", "ANN@example.org", "n2").status == "published"
    assert send("Four.", "Ann", "", "n1").status == "published", "the same name from the same network"
    assert send("Five.", "Ann", "", "n2").status == "pending"
    assert send("Six.", "Bob", "", "n1").status == "pending"
    assert send("Seven.", "", "", "n1").status == "pending"


def test_with_old_a_comment_is_held_from_the_day_on_which_its_post_is_old(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("New", at=clock.moment)
    path = blog.path_of(post_id)
    clock.tick(days=14, seconds=-1)
    assert NOTICE not in client.get(path).text
    assert NOTICE not in client.get(path).text
    assert blog.write_comment(post_id, "One.").status == "published"
    assert NOTICE not in client.get(path).text
    clock.tick(seconds=1)
    assert NOTICE in client.get(path).text, "the kept page outlived its truth"
    assert blog.write_comment(post_id, "Two.").status == "pending"


def test_the_owner_says_what_is_old(blog: BlogKit, clock: FrozenClock) -> None:
    post_id = blog.write_post("New", at=clock.moment - timedelta(days=3))
    assert blog.write_comment(post_id, "One.").status == "published"
    blog.change_plugin("moderation", days="2")
    assert blog.write_comment(post_id, "Two.").status == "pending"
    blog.change_plugin("moderation", days="0")
    assert blog.write_comment(blog.write_post("Now", at=clock.moment), "Three.").status == "pending"


def test_a_change_of_the_rule_is_seen_at_once_on_a_kept_page(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    path = blog.path_of(blog.write_post("New", at=clock.moment))
    for _ in range(2):
        assert NOTICE not in client.get(path).text
    blog.change_plugin("moderation", mode="always")
    assert NOTICE in client.get(path).text
    blog.disable("moderation")
    assert NOTICE not in client.get(path).text


def test_what_was_published_stays_when_the_rule_becomes_stricter(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("New", at=clock.moment)
    blog.write_comment(post_id, "An early thought.")
    blog.change_plugin("moderation", mode="always")
    assert "An early thought." in client.get(blog.path_of(post_id)).text


def test_comments_by_signed_in_authors_are_not_held(
    blog: BlogKit, owner_client: Visitor, client: Visitor, old_post: int
) -> None:
    path = blog.path_of(old_post)
    answer = owner_client.comment(path, "My own answer.")
    assert answer.status_code == 303
    assert "My own answer." in client.get(path).text


# --- judges that fail

BROKEN = """
from blogengine.plugin import hookimpl

PLUGIN = {"name": "Broken judge", "version": "1"}


@hookimpl
def judge_comment(comment):
    raise RuntimeError("no verdict today")
"""


@pytest.fixture
def broken_judge(blog: BlogKit) -> BlogKit:
    """A blog that publishes at once, but for a plugin whose judge raises."""
    (blog.site.config.drop_in_folder / "broken_judge.py").write_text(BROKEN, encoding="utf-8")
    blog.change_plugin("moderation", mode="never")
    blog.enable("broken_judge")
    return blog


def test_where_a_judge_fails_comments_are_held_also_while_it_is_muted(
    broken_judge: BlogKit, client: Visitor
) -> None:
    post_id = broken_judge.write_post("On tea")
    for number in range(8):
        outcome = broken_judge.write_comment(post_id, f"{HELD} {number}")
        assert outcome.status == "pending"
    assert HELD not in client.get(broken_judge.path_of(post_id)).text
    with broken_judge.app():
        failures = broken_judge.site.failures.take()
        assert [failure.muting for failure in failures] == [False] * 4 + [True], "it was never muted"
        settings.store_failures(failures)
        found, _ = comments.comments_for_owner(status="pending")
        assert {comment.held_reason for comment, _ in found} == {
            "broken_judge: The plugin broken_judge could not judge this comment."
        }
    with broken_judge.app():
        assert running_blog().plugins.is_active("broken_judge"), "switched off, it would let comments through"
    assert broken_judge.write_comment(post_id, f"{HELD} 9").status == "pending"


def test_a_judge_that_fails_does_not_stop_the_others(blog: BlogKit, broken_judge: BlogKit) -> None:
    blog.change_plugin("moderation", mode="always")
    blog.write_comment(blog.write_post("On tea"), HELD)
    with blog.app():
        assert running_blog().plugins.is_active("moderation")
        assert comments.counts() == {"pending": 1}


# --- the page of the owner


def test_the_owner_sees_what_waits_under_which_post_and_why(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    start = datetime(2019, 1, 1, tzinfo=UTC)
    ids = [blog.write_post(title, at=start) for title in ("On <b>tea</b>", "On coffee", "On milk")]
    blog.write_comment(ids[1], "One.")
    clock.tick(minutes=1)
    blog.write_comment(ids[0], "Two.")
    blog.write_comment(ids[0], "Three.")
    html = owner_client.get("/admin/-/moderation/").text
    assert "3 comments are waiting for you." in html
    assert html.index("On coffee") < html.index("On &lt;b&gt;tea&lt;/b&gt;"), (
        "the longest waiting is not first"
    )
    assert "On milk" not in html
    for post_id in ids[:2]:
        address = f"/admin/comments?status=pending&amp;post={post_id}"
        assert f'href="{address}"' in html
        assert owner_client.get(unescape(address)).status_code == 200
    assert "The post is older than 14 days." in html
    assert 'href="/admin/plugins/moderation"' in html
    assert owner_client.get("/admin/plugins/moderation").status_code == 200


def test_the_owner_is_told_when_nothing_waits(blog: BlogKit, owner_client: Visitor) -> None:
    for mode, words in (
        ("always", "All comments by visitors are held"),
        ("old", "Comments on posts older than 14 days are held"),
        ("never", "Comments appear at once"),
    ):
        blog.change_plugin("moderation", mode=mode)
        html = owner_client.get("/admin/-/moderation/").text
        assert "No comment is waiting for you." in html
        assert words in html


def test_only_signed_in_people_see_what_waits(blog: BlogKit, client: Visitor, old_post: int) -> None:
    blog.write_comment(old_post, HELD)
    answer = client.get("/admin/-/moderation/")
    assert answer.status_code in (302, 303)
    assert "On tea" not in answer.text


def test_the_menu_leads_to_the_page(owner_client: Visitor) -> None:
    assert 'href="/admin/-/moderation/"' in owner_client.get("/admin/", follow_redirects=True).text


def test_who_does_not_answer_the_question_waits_and_loses_nothing(
    blog: BlogKit, client: Visitor, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.change_plugin("moderation", question="Which river?", answers="The Thames\nThames", mode="never")
    post_id = blog.write_post("On tea")
    path = blog.path_of(post_id)
    assert "Which river?" in client.get(path).text
    assert "Which river?" not in owner_client.get(path).text
    answers = {"the  THAMES.": "published", "Thames": "published", "Rhine": "pending", "": "pending"}
    for number, (answer, status) in enumerate(answers.items()):
        sent = client.comment(path, f"Comment {number}.", **{"moderation.answer": answer})
        assert sent.status_code == 303
        with blog.app():
            found = comments.comments_for_owner(status=status)[0]
        assert f"Comment {number}." in [comment.source for comment, _ in found]
    assert owner_client.comment(path, "Mine.").headers["Location"].startswith(path)
    queue = owner_client.get("/admin/comments").text
    assert "The question was answered wrongly." in queue
    assert "The question was not answered." in queue
    blog.change_plugin("moderation", answers="")
    assert "Which river?" not in client.get(path).text
    assert client.comment(path, "Nobody asked.").headers["Location"].startswith(path)


def test_readers_are_told_how_many_wait_where_the_owner_wants_it(
    blog: BlogKit, client: Visitor, old_post: int
) -> None:
    path = blog.path_of(old_post)
    blog.write_comment(old_post, HELD)
    assert "waiting for the author" not in client.get(path).text
    blog.change_plugin("moderation", waiting="on")
    assert "1 comment is waiting for the author." in client.get(path).text
    held = blog.write_comment(old_post, "One more.")
    assert "2 comments are waiting for the author." in client.get(path).text
    with blog.app():
        comments.approve([held.comment_id])
    assert "1 comment is waiting for the author." in client.get(path).text


def test_an_author_sees_what_waits_first_and_finds_each_comment_where_it_is_decided(
    blog: BlogKit, client: Visitor, owner_client: Visitor, old_post: int
) -> None:
    assert "waiting for you" not in owner_client.get("/admin/").text
    blog.write_comment(old_post, HELD, name="Hilda Held")
    start = owner_client.get("/admin/").text
    assert "1 comment is waiting for you" in start
    assert "<strong>Hilda Held</strong>: A held thought." in start
    blog.change_plugin("moderation", mode="never")
    shown = blog.write_comment(old_post, "In the open.")
    path = blog.path_of(old_post)
    link = f"/admin/comments?status=all&amp;post={old_post}#comment-{shown.comment_id}"
    assert link in owner_client.get(path).text
    assert link not in client.get(path).text
