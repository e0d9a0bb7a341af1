"""Events: each is told of by a request that makes it happen, once, to those that listen, until they have heard it."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from blogengine import comments
from blogengine import db as database
from blogengine import jobs
from blogengine import media
from blogengine import posts
from blogengine import settings
from blogengine.db import db
from blogengine.meta import read_meta
from blogengine.models import Comment
from blogengine.models import Outbox
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import press
from tests.admin.forms import send
from tests.documents import ROOT
from tests.documents import files
from tests.plugin_files import as_in_a_new_process
from tests.plugin_files import drop_in
from tests.plugin_files import run
from tests.test_pagecache import Statements

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

LISTENER = """
heard = []
broken = []
deciding = []

def hear(name, event, **facts):
    if broken:
        raise ValueError("not today")
    heard.append((name, facts, event.id, event.at))

@hookimpl
def post_published(post_id, event): hear("post_published", event, post_id=post_id)

@hookimpl
def post_unpublished(post_id, status, event): hear("post_unpublished", event, post_id=post_id, status=status)

@hookimpl
def post_deleted(post_id, kind, path, title, event):
    hear("post_deleted", event, post_id=post_id, kind=kind, path=path, title=title)

@hookimpl
def comment_published(comment_id, post_id, event):
    hear("comment_published", event, comment_id=comment_id, post_id=post_id)

@hookimpl
def comment_removed(comment_id, post_id, status, was_public, event):
    hear("comment_removed", event, comment_id=comment_id, post_id=post_id, status=status, was_public=was_public)

@hookimpl
def comment_decided(comment_id, post_id, before, status, event):
    if deciding:
        hear("comment_decided", event, comment_id=comment_id, post_id=post_id, before=before, status=status)

@hookimpl
def media_saved(media_id, event): hear("media_saved", event, media_id=media_id)
"""


class Listener:
    """The drop-in that hears everything, and what it heard."""

    def __init__(self, blog: BlogKit) -> None:
        self._blog = blog

    def _globals(self) -> dict[str, Any]:
        function = self._blog.site.current().blog.plugins.implementation("listener", "media_saved")
        return dict(function.__globals__)

    @property
    def all(self) -> list[tuple[str, dict[str, Any], str, Any]]:
        """Everything heard so far, with ids and times."""
        heard: list[tuple[str, dict[str, Any], str, Any]] = self._globals()["heard"]
        return heard

    def hears(self) -> list[tuple[str, dict[str, Any]]]:
        """Do what is waiting; return what was heard by it."""
        before = len(self.all)
        self._blog.run_jobs()
        return [(name, facts) for name, facts, *_ in self.all[before:]]

    def decisions(self) -> None:
        """Listen to decisions of the owner, too."""
        self._globals()["deciding"][:] = [1]

    def fail(self, failing: bool = True) -> None:
        """Raise, or no longer."""
        self._globals()["broken"][:] = [1] * failing


@pytest.fixture
def listener(blog: BlogKit) -> Listener:
    run(blog, "listener", LISTENER)
    return Listener(blog)


def waiting(blog: BlogKit) -> list[tuple[str, str, int]]:
    with blog.app():
        rows = db.session.execute(sa.select(Outbox.kind, Outbox.state, Outbox.attempts))
        return [(row[0], row[1], row[2]) for row in rows]


def write(visitor: Visitor, action: str, **fields: str) -> int:
    page = visitor.get("/admin/posts/new")
    answer = send(visitor, page, "editor", title="Fog", source="Six boats.", action=action, **fields)
    return int(answer.headers["Location"].rsplit("/", 1)[1])


@SQLITE
def test_hook_post_published(
    blog: BlogKit, owner_client: Visitor, listener: Listener, clock: FrozenClock
) -> None:
    post_id = write(owner_client, "save")
    assert listener.hears() == []
    page = owner_client.get(f"/admin/posts/{post_id}")
    send(owner_client, page, "editor", action="publish")
    assert listener.hears() == [("post_published", {"post_id": post_id})]
    assert listener.all[0][3] == clock.moment
    send(owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="save", title="Mist")
    assert listener.hears() == [], "it was public already"


@SQLITE
def test_hook_post_published_at_the_time_it_was_scheduled_for(
    blog: BlogKit, listener: Listener, clock: FrozenClock
) -> None:
    post_id = blog.write_post("Later", at=clock.moment + timedelta(hours=1))
    assert listener.hears() == []
    clock.tick(hours=1)
    assert listener.hears() == [("post_published", {"post_id": post_id})]


def test_hook_post_unpublished(blog: BlogKit, owner_client: Visitor, listener: Listener) -> None:
    post_id = write(owner_client, "publish")
    draft = write(owner_client, "save")
    listener.hears()
    press(owner_client, owner_client.get("/admin/"), f"/admin/posts/{draft}/trash")
    assert listener.hears() == [], "nobody saw a draft, so nobody misses it"
    press(owner_client, owner_client.get("/admin/"), f"/admin/posts/{post_id}/trash")
    assert listener.hears() == [("post_unpublished", {"post_id": post_id, "status": "trashed"})]
    with blog.app():
        posts.restore(post_id)
        assert listener.hears() == [("post_published", {"post_id": post_id})]
        posts.unpublish(post_id)
        posts.unpublish(post_id)
    assert listener.hears() == [("post_unpublished", {"post_id": post_id, "status": "draft"})]


@SQLITE
def test_hook_post_deleted(
    blog: BlogKit, owner_client: Visitor, listener: Listener, clock: FrozenClock
) -> None:
    post_id = write(owner_client, "publish")
    with blog.app():
        blog.write_comment(post_id)
        posts.trash(post_id)
    listener.hears()
    page = owner_client.get(f"/admin/posts/{post_id}/delete")
    press(owner_client, page, f"/admin/posts/{post_id}/delete")
    facts = {"post_id": post_id, "kind": "post", "path": "/2020/01/fog.html", "title": "Fog"}
    assert listener.hears() == [("post_deleted", facts)]


@SQLITE
def test_hook_comment_saved(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("Fog"))
    run(
        blog,
        "keeper",
        """
        @hookimpl
        def prepare_comment_form(form):
            form.add(Field("keeper.mood", "Mood"))

        @hookimpl
        def comment_saved(comment_id, status, facts, tx):
            write_meta(tx, "comment", comment_id, "keeper", "status", [status, facts.fields["keeper.mood"]])
        """,
    )
    run(
        blog,
        "breaker",
        """
        @hookimpl
        def comment_saved(comment_id, tx):
            write_meta(tx, "comment", comment_id, "breaker", "half", True)
            raise ValueError("not today")
        """,
    )
    client.comment(path, "Hello.", **{"keeper.mood": "fine"})
    with blog.app():
        comment_id, status = db.session.execute(sa.select(Comment.id, Comment.status)).one()
        kept = {
            name: database.db.session.execute(
                sa.text("SELECT value FROM meta WHERE plugin_id = :name"), {"name": name}
            ).all()
            for name in ("keeper", "breaker")
        }
    assert status == "published", "a plugin's failing rows never cost the comment"
    assert len(kept["keeper"]) == 1
    assert kept["breaker"] == []
    assert comment_id


@SQLITE
def test_hook_comment_published(
    blog: BlogKit, client: Visitor, owner_client: Visitor, listener: Listener
) -> None:
    post_id = write(owner_client, "publish")
    listener.hears()
    client.comment(blog.path_of(post_id), "Hello.")
    ((name, facts),) = listener.hears()
    assert (name, facts["post_id"]) == ("comment_published", post_id)
    client.comment(blog.path_of(post_id), "Hello.")
    assert listener.hears() == [], "the same comment again is not a new one"
    with blog.app():
        assert comments.mark_spam([facts["comment_id"]]) == 1
        listener.hears()
    page = owner_client.get("/admin/comments?status=spam")
    send(owner_client, page, "comments", one=f"approve:{facts['comment_id']}")
    assert listener.hears() == [("comment_published", facts)]


def test_hook_comment_removed(blog: BlogKit, owner_client: Visitor, listener: Listener) -> None:
    post_id = blog.write_post("Fog")
    comment_id = blog.write_comment(post_id).comment_id
    listener.hears()
    page = owner_client.get("/admin/comments?status=published")
    send(owner_client, page, "comments", one=f"spam:{comment_id}")
    facts = {"comment_id": comment_id, "post_id": post_id}
    assert listener.hears() == [("comment_removed", {**facts, "status": "spam", "was_public": True})]
    with blog.app():
        assert comments.undo([comment_id]) == 1
        assert listener.hears() == [("comment_published", facts)]
        comments.remove([comment_id])
        comments.delete_forever([comment_id])
    assert listener.hears() == [
        ("comment_removed", {**facts, "status": "removed-by-admin", "was_public": True}),
        ("comment_removed", {**facts, "status": "deleted", "was_public": False}),
    ]


@SQLITE
def test_hook_comment_decided(blog: BlogKit, owner_client: Visitor, listener: Listener) -> None:
    comment_id = blog.write_comment(blog.write_post("Fog")).comment_id
    listener.hears()
    listener.decisions()
    page = owner_client.get("/admin/comments?status=published")
    send(owner_client, page, "comments", one=f"spam:{comment_id}")
    with blog.app():
        comments.undo([comment_id])
        comments.undo([comment_id])
        comments.remove([comment_id], by_author=True)
    told = [facts for name, facts in listener.hears() if name == "comment_decided"]
    assert [(facts["before"], facts["status"]) for facts in told] == [
        ("published", "spam"),
        ("spam", "published"),
    ]


@SQLITE
def test_hook_media_saved(blog: BlogKit, listener: Listener) -> None:
    picture = BytesIO()
    Image.new("RGB", (2, 3)).save(picture, "PNG")
    with blog.app() as app:
        folder = app.blog.config.media_folder
        stored = media.store(BytesIO(picture.getvalue()), "dot.png", folder=folder)
        media.store(BytesIO(picture.getvalue()), "again.png", folder=folder)
        assert media.get(stored.id).width == 2
    assert listener.hears() == [("media_saved", {"media_id": stored.id})]


@SQLITE
def test_a_plugin_that_fails_is_told_again_by_itself_with_the_same_id_and_its_owner_reads_of_it(
    blog: BlogKit, listener: Listener, clock: FrozenClock
) -> None:
    run(blog, "other", "heard = []\n@hookimpl\ndef post_published(event): heard.append(event.id)\n")
    listener.fail()
    blog.write_post("Fog")
    other = blog.site.current().blog.plugins.implementation("other", "post_published").__globals__["heard"]
    assert listener.hears() == []
    assert waiting(blog) == [("listener:post_published", "waiting", 1)]
    clock.tick(minutes=1)
    listener.fail(False)
    assert [name for name, _ in listener.hears()] == ["post_published"]
    assert other == [listener.all[0][2]], "told once, of the same event"
    assert waiting(blog) == []
    with blog.app():
        settings.store_failures(blog.site.failures.take())
        (failure,) = settings.failures_of("listener")
        assert (failure.hook, failure.message) == ("post_published", "ValueError: not today")


@SQLITE
def test_a_plugin_that_always_fails_is_given_up_after_the_attempts(
    blog: BlogKit, listener: Listener, clock: FrozenClock
) -> None:
    listener.fail()
    blog.write_post("Fog")
    for _ in range(jobs.ATTEMPTS + 2):
        listener.hears()
        clock.tick(hours=1)
    assert waiting(blog) == [("listener:post_published", "dead", jobs.ATTEMPTS)]


@SQLITE
def test_an_event_of_a_change_that_failed_is_never_told(blog: BlogKit, listener: Listener) -> None:
    post_id = blog.write_post("Fog", publish=False)

    def change(tx: database.Transaction) -> None:
        posts.publish(post_id)
        raise RuntimeError("the power fails here")

    with blog.app(), pytest.raises(RuntimeError):
        database.write(change)
    assert listener.hears() == []
    assert waiting(blog) == []


@SQLITE
def test_a_plugin_that_was_broken_meanwhile_hears_when_it_runs_again(
    blog: BlogKit, listener: Listener, clock: FrozenClock
) -> None:
    post_id = blog.write_post("Fog")
    drop_in(blog, "listener", "syntax error here")
    as_in_a_new_process()
    blog.change_settings(title="Another app")
    assert blog.run_jobs() == 0
    drop_in(blog, "listener", LISTENER)
    blog.change_settings(title="And another")
    assert listener.hears() == [("post_published", {"post_id": post_id})]


@SQLITE
def test_what_nobody_listens_to_costs_no_statement_and_a_listener_one_insert(
    blog: BlogKit, client: Visitor
) -> None:
    path = blog.path_of(blog.write_post("Fog"))

    def of_a_comment(text: str) -> list[str]:
        with Statements(blog) as statements:
            client.comment(path, text)
        return [one for one in statements if not one.startswith(("SELECT cache_", "PRAGMA"))]

    of_a_comment("The first.")
    before = of_a_comment("The second.")
    assert not any("outbox" in one for one in before)
    assert not any("SAVEPOINT" in one for one in before)
    for plugin_id in ("one", "two"):
        run(blog, plugin_id, "@hookimpl\ndef comment_published(comment_id): pass\n")
    client.get(path)
    of_a_comment("The third.")
    after = of_a_comment("The fourth.")
    assert [one for one in after if "outbox" in one and one.startswith("INSERT")] != []
    assert len(after) == len(before) + 1


@SQLITE
def test_the_examples_of_the_documents_do_what_they_say(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    for page in ("events", "jobs"):
        for name, text in files(ROOT / "docs" / "plugins" / f"{page}.md").items():
            (blog.site.config.drop_in_folder / Path(name).name).write_text(text, encoding="utf-8")
            blog.enable(Path(name).stem)
    post_id = blog.write_post("Fog")
    client.comment(blog.path_of(post_id))
    blog.run_jobs()
    with blog.app():
        assert read_meta("post", [post_id], "first_readers")[post_id] == {"since": clock.moment.isoformat()}
        assert read_meta("comment", [1], "first_readers")[1] == {"at_first": "published"}
        assert read_meta("nightly", [1], "nightly")[1] == {"count": 1}
        assert jobs.counts()["recurring"] == 2
    clock.tick(hours=1)
    assert blog.run_jobs() == 2, "03:30 has come, and an hour has passed"
