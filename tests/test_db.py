"""The one way to write, on both engines."""

import concurrent.futures
import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from blogengine import comments
from blogengine import db as database
from blogengine import posts
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Busy
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Outbox
from blogengine.models import Post
from blogengine.models import Setting
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.processes import Process
from tests.processes import Talk

PROCESSES = 8
EACH = 50


def write_comments(site: Site, talk: Talk, post_id: int, who: int) -> None:
    with site.in_app():
        post = posts.by_id(post_id)
        assert post is not None
        talk.say("ready")
        talk.hear()
        for number in range(EACH):
            draft = CommentDraft(f"Number {number}.", f"Process {who}")
            comments.submit(draft, post, CommentFacts(True, "", False, False))


def count(model: type[Any]) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def sequence() -> int:
    return int(db.session.execute(sa.select(database.cache_seq.c.seq)).scalar_one())


on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"])
on_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes give up after a fifth of a second. Ask for it before `site`, whose connections take it over."""
    monkeypatch.setattr(database, "WRITE_DEADLINE", 0.2)


@contextlib.contextmanager
def full_disk(engine: Engine) -> Iterator[None]:
    """Let the database have no room for one page more."""
    files: list[Any] = []

    def fill(connection: Any, record: object, proxy: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
        files.append(connection)

    event.listen(engine, "checkout", fill)
    try:
        yield
    finally:
        event.remove(engine, "checkout", fill)
        for connection in files:
            connection.execute("PRAGMA max_page_count=1000000")


def test_eight_processes_that_comment_at_once_all_have_their_comments_stored(blog: BlogKit) -> None:
    post_id = blog.write_post()
    config = blog.site.config
    with contextlib.ExitStack() as stack:
        others = [
            stack.enter_context(Process(config, write_comments, post_id, who)) for who in range(PROCESSES)
        ]
        for other in others:
            other.hear()
        for other in others:
            other.pipe.send("go")
        for other in others:
            other.hear()
    with blog.app():
        assert count(Comment) == PROCESSES * EACH
        assert posts.get(post_id).comment_count == PROCESSES * EACH


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_commit_outside_of_a_write_is_refused(blog: BlogKit) -> None:
    with blog.app():
        db.session.connection().exec_driver_sql("INSERT INTO setting (key, value) VALUES ('stray', '1')")
        with pytest.raises(RuntimeError, match="commit outside"):
            db.session.commit()
        db.session.rollback()
        assert db.session.get(Setting, "stray") is None


def test_a_flush_outside_of_a_write_is_refused(blog: BlogKit) -> None:
    with blog.app():
        db.session.add(Setting(key="stray", value="x"))
        with pytest.raises(RuntimeError, match=r"db\.write"):
            db.session.flush()
        db.session.rollback()
        assert db.session.get(Setting, "stray") is None


TABLES = database.Base.metadata.tables


@pytest.mark.parametrize(
    "statement",
    [
        sa.insert(Setting).values(key="stray", value="x"),
        sa.update(Post).values(title="stray"),
        sa.delete(Post),
        sa.insert(TABLES["setting"]).values(key="stray", value="x"),
        sa.update(TABLES["post"]).values(title="stray"),
        sa.text("  DELETE FROM post"),
        sa.delete(TABLES["post"]),
    ],
    ids=["insert", "update", "delete", "table-insert", "table-update", "text", "table-delete"],
)
def test_a_bulk_statement_outside_of_a_write_is_refused(blog: BlogKit, statement: Any) -> None:
    blog.write_post("Kept")
    with blog.app():
        with pytest.raises(RuntimeError, match=r"db\.write"):
            db.session.execute(statement)
        db.session.rollback()
    with blog.app():
        assert db.session.scalars(sa.select(Post.title)).all() == ["Kept"]


def test_a_write_inside_a_write_joins_it(blog: BlogKit) -> None:
    def inner(tx: Transaction) -> None:
        tx.session.add(Setting(key="inner", value=1))
        tx.bump("inner")

    def outer(tx: Transaction) -> None:
        tx.session.add(Setting(key="outer", value=1))
        tx.bump("outer")
        database.write(inner)

    with blog.app():
        before = sequence()
        database.write(outer)
        assert sequence() == before + 1
        assert db.session.get(Setting, "inner") is not None


def test_what_an_inner_write_did_is_taken_back_with_the_outer_one(blog: BlogKit) -> None:
    def outer(tx: Transaction) -> None:
        database.write(lambda tx: tx.session.add(Setting(key="inner", value=1)))
        raise Refused("on second thoughts")

    with blog.app():
        with pytest.raises(Refused):
            database.write(outer)
        assert db.session.get(Setting, "inner") is None


def test_an_action_after_the_commit_is_not_run_for_a_write_that_failed(blog: BlogKit) -> None:
    seen: list[object] = []

    def change(tx: Transaction) -> None:
        tx.session.add(Setting(key="new", value=1))
        tx.after_commit(lambda: seen.append(db.session.get(Setting, "new")))

    def failing(tx: Transaction) -> None:
        tx.after_commit(lambda: seen.append("never"))
        raise Refused("no")

    with blog.app():
        database.write(change)
        with pytest.raises(Refused):
            database.write(failing)
    assert len(seen) == 1
    assert isinstance(seen[0], Setting)


def test_a_read_before_a_write_does_not_hide_what_others_wrote_meanwhile(blog: BlogKit) -> None:
    post_id = blog.write_post("Old")
    with blog.app():
        mine = posts.get(post_id)
        assert mine.title == "Old"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(_retitle, blog.site, post_id, "New").result()

        def change(tx: Transaction) -> str:
            return posts.get(post_id).title

        assert database.write(change) == "New"


def _retitle(site: Site, post_id: int, title: str) -> None:
    with site.in_app():
        posts.save(PostDraft(title=title, source="x"), post_id=post_id)


@on_sqlite
def test_a_writer_gives_up_in_time_while_an_outsider_locks_the_database(
    impatient: None, blog: BlogKit, client: Visitor
) -> None:
    path = blog.path_of(blog.write_post("Readable"))
    outsider = sqlite3.connect(str(blog.site.engine.url.database), isolation_level=None)
    outsider.execute("BEGIN IMMEDIATE")
    try:
        with blog.app(), pytest.raises(Busy):
            posts.save(PostDraft(title="Not now"))
        assert client.get(path).status_code == 200
        answer = client.comment(path, "Typed with care.")
        assert answer.status_code == 503
        assert "Typed with care." in answer.text
    finally:
        outsider.rollback()
        outsider.close()
    assert client.comment(path, "Typed with care.").status_code == 303


@on_postgresql
def test_a_writer_gives_up_in_time_while_another_does_not_finish(impatient: None, blog: BlogKit) -> None:
    with blog.site.engine.begin() as outsider:
        outsider.execute(database._TAKE_TURN, {"patience": "5s"})
        with blog.app(), pytest.raises(Busy):
            posts.save(PostDraft(title="Not now"))
    blog.write_post("Now")


@on_sqlite
def test_a_full_disk_loses_no_text_and_stops_no_reader(
    impatient: None, blog: BlogKit, client: Visitor
) -> None:
    path = blog.path_of(blog.write_post("Readable"))
    client.get(path)
    long_text = "All I wanted to say. " * 300
    with full_disk(blog.site.engine):
        answer = client.comment(path, long_text)
        assert answer.status_code == 503
        assert long_text.strip() in answer.text
        blog.site.cache.clear()
        assert client.get(path).status_code == 200
    assert client.comment(path, long_text).status_code == 303
    with blog.app():
        assert count(Comment) == 1


@on_sqlite
def test_a_lock_file_that_cannot_be_opened_is_a_busy_blog(blog: BlogKit) -> None:
    lock = Path(f"{blog.site.engine.url.database}.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with blog.app(), pytest.raises(Busy):
        posts.save(PostDraft(title="Not now"))


@on_postgresql
@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_change_that_met_another_is_run_again(blog: BlogKit, state: str) -> None:
    runs: list[int] = []

    def change(tx: Transaction) -> None:
        runs.append(1)
        tx.session.add(Setting(key="once", value=len(runs)))
        tx.session.flush()
        if len(runs) == 1:
            tx.session.connection().exec_driver_sql(
                f"DO $$ BEGIN RAISE EXCEPTION 'met another' USING ERRCODE = '{state}'; END $$"
            )

    with blog.app():
        database.write(change)
        stored = db.session.get(Setting, "once")
        assert stored is not None
        assert stored.value == 2


@on_postgresql
def test_a_change_whose_connection_broke_is_run_again(blog: BlogKit) -> None:
    runs: list[int] = []

    def change(tx: Transaction) -> None:
        runs.append(1)
        tx.session.add(Setting(key="once", value=len(runs)))
        tx.session.flush()
        if len(runs) == 1:
            tx.session.connection().exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with blog.app():
        database.write(change)
        assert count(Setting) >= 1
    assert len(runs) == 2


def test_a_change_that_cannot_work_is_run_once(blog: BlogKit) -> None:
    runs: list[int] = []

    def change(tx: Transaction) -> None:
        runs.append(1)
        tx.session.add(Setting(key="_blog_id", value="taken"))
        tx.session.flush()

    with blog.app(), pytest.raises(sa.exc.IntegrityError):
        database.write(change)
    assert len(runs) == 1


def test_a_time_without_a_zone_is_refused(blog: BlogKit) -> None:
    def change(tx: Transaction) -> None:
        tx.session.add(Post(created_at=datetime(2020, 1, 1), modified_at=datetime(2020, 1, 1), atom_id="x"))
        tx.session.flush()

    with blog.app(), pytest.raises(sa.exc.StatementError, match="naive"):
        database.write(change)


def test_a_time_comes_back_as_the_moment_that_was_stored(blog: BlogKit) -> None:
    moment = datetime.fromisoformat("2020-01-03T02:55:12.345678+05:45")
    post_id = blog.write_post(at=moment)
    with blog.app():
        stored = posts.get(post_id).published_at
    assert stored == moment
    assert stored is not None
    assert stored.tzinfo is UTC


def test_ids_are_not_given_twice(blog: BlogKit) -> None:
    first = blog.write_post("Goes")
    comment = blog.write_comment(first).comment_id
    with blog.app():
        comments.mark_spam([comment])
        comments.delete_forever([comment])
        posts.trash(first)
        posts.delete_forever(first)
    second = blog.write_post("Comes")
    assert second > first
    assert blog.write_comment(second).comment_id > comment


def test_two_editors_who_save_at_once_cannot_both_win(blog: BlogKit) -> None:
    post_id = blog.write_post("Before")
    with blog.app():
        version = posts.get(post_id).version

    def save(title: str) -> str:
        with blog.app():
            try:
                posts.save(PostDraft(title=title, source="x"), post_id=post_id, version=version)
            except Refused as refusal:
                return refusal.code
            return "saved"

    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            results = list(pool.map(save, [f"Editor {number}" for number in range(6)]))
        assert results.count("saved") == 1
        version += 1


def test_comments_approved_at_once_are_all_counted(blog: BlogKit) -> None:
    post_id = blog.write_post()
    ids = [blog.write_comment(post_id, f"Comment {number}.").comment_id for number in range(12)]
    with blog.app():
        comments.mark_spam(ids)

    def approve(comment_id: int) -> None:
        with blog.app():
            comments.approve([comment_id])

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(approve, ids))
    with blog.app():
        assert posts.get(post_id).comment_count == 12


def test_a_whole_number_of_more_than_32_bits_is_stored(blog: BlogKit) -> None:
    def change(tx: Transaction) -> None:
        now = datetime.now(UTC)
        tx.session.add(Outbox(id=2**40, kind="x", payload={}, run_at=now, created_at=now))

    with blog.app():
        database.write(change)
        assert db.session.get(Outbox, 2**40) is not None
