"""Judges with a deadline, hooks that are slow, and comments that wait while a judge is gone."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from blogengine import settings
from blogengine.db import db
from blogengine.models import Comment
from blogengine.plugins import watch
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

JUDGE = """
import threading
go = threading.Event()
entered = []

@hookimpl
def judge_comment(comment):
    entered.append(comment.text)
    if "wait" in comment.text:
        go.wait(60)
    return Verdict(PUBLISH)
"""


@pytest.fixture
def judge(blog: BlogKit) -> Iterator[dict[str, object]]:
    """The names of a judge that hangs at comments with `wait` in them, until `go` is set."""
    run(blog, "judge", JUDGE)
    blog.site.ledger.patience.judge = 0.05
    plugin = blog.site.current().blog.plugins.pluggy_manager.get_plugin("judge")
    names = getattr(plugin, "judge_comment").__wrapped__.__globals__  # noqa: B009
    yield names
    names["go"].set()


def statuses(blog: BlogKit) -> list[str]:
    with blog.app():
        return list(db.session.scalars(sa.select(Comment.status).order_by(Comment.id)))


def test_a_judge_that_hangs_means_hold_and_the_visitor_is_answered(
    blog: BlogKit, client: Visitor, judge: dict[str, object]
) -> None:
    path = blog.path_of(blog.write_post())
    assert client.comment(path, "Please wait.").status_code == 303
    assert client.comment(path, "Hello.").status_code == 303
    assert statuses(blog) == ["pending", "pending"]
    assert judge["entered"] == ["Please wait."], "it was called again while it hung"
    first, second = blog.site.failures.take()
    assert first.message == "It did not answer within 0.05 seconds."
    assert "go.wait(60)" in first.traceback
    assert second.message == "An earlier call has not come back yet."
    go = judge["go"]
    assert isinstance(go, threading.Event)
    go.set()
    for thread in [one for one in threading.enumerate() if one.name == "judge"]:
        thread.join(10)
    assert client.comment(path, "Again.").status_code == 303
    assert statuses(blog)[-1] == "published"


def test_a_judge_reads_the_database_in_its_own_thread(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "judge",
        """
        @hookimpl
        def judge_comment(comment, post):
            found = posts.get(post.id)
            return Verdict(SPAM, f"about {found.title} on {blog().site.title}")
        """,
    )
    client.comment(blog.path_of(blog.write_post("Fish")), "Hello.")
    with blog.app():
        assert db.session.scalars(sa.select(Comment.held_reason)).all() == ["judge: about Fish on My blog"]


def test_comments_wait_while_the_engine_has_switched_off_a_plugin_that_may_judge(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "judge", JUDGE)
    run(blog, "greeter", "@hookimpl\ndef listing_footer_html(page): return 'x'")
    path = blog.path_of(blog.write_post())
    with blog.app():
        settings.switch_off("greeter", "Its process died.")
    client.comment(path, "One.")
    with blog.app():
        settings.switch_off("judge", "Its process died.")
    client.comment(path, "Two.")
    blog.disable("judge")
    client.comment(path, "Three.")
    assert statuses(blog) == ["published", "pending", "published"]
    blog.enable("judge")
    client.comment(path, "Four.")
    assert statuses(blog)[-1] == "published"


def test_a_slow_hook_is_noted_and_switched_off_when_it_stays_slow(blog: BlogKit, client: Visitor) -> None:
    blog.site.ledger.patience.hook = 1e-6
    run(blog, "slow", "@hookimpl\ndef listing_footer_html(page): return 'slow'")
    for _ in range(5):
        blog.site.cache.clear()
        assert "slow" in client.get("/").text
    blog.site.warden.store()
    with blog.app():
        state = settings.states()["slow"]
        assert not state.enabled
        assert "listing_footer_html kept failing: It took" in state.off_reason
        (error,) = settings.failures_of("slow")
        assert error.count == 5
    assert "slow" not in client.get("/").text


def test_the_watchdog_notes_where_a_hook_is_once_as_slow_and_once_as_hanging(
    blog: BlogKit, client: Visitor
) -> None:
    run(
        blog,
        "stuck",
        """
        import threading
        go = threading.Event()
        entered = []

        @hookimpl
        def listing_footer_html(page):
            entered.append(1)
            go.wait(60)
        """,
    )
    plugin = blog.site.current().blog.plugins.pluggy_manager.get_plugin("stuck")
    names = getattr(plugin, "listing_footer_html").__wrapped__.__globals__  # noqa: B009
    stored: list[bool] = []
    dog = watch.Watchdog(blog.site.ledger, lambda *, costs: stored.append(costs), lambda *words: None)
    thread = threading.Thread(target=lambda: client.get("/"))
    thread.start()
    while not names["entered"]:
        thread.join(0.001)
    patience = blog.site.ledger.patience
    dog.look()
    assert not blog.site.failures
    patience.hook = 5 * 1e-9
    dog.look()
    dog.look()
    failures = blog.site.failures.take()
    assert [failure.hanging for failure in failures] == [True]
    assert "go.wait(60)" in failures[0].traceback
    assert dog.hanging() == 1
    assert stored == [False]
    patience.hook = 10.0
    names["go"].set()
    thread.join(10)
    assert dog.hanging() == 0
