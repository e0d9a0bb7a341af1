"""Work put off until after a commit: done at least once, whatever dies meanwhile."""

import concurrent.futures
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import cast

import pytest
import sqlalchemy as sa

from blogengine import clock as clocks
from blogengine import db as database
from blogengine import jobs
from blogengine import posts
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.jobs import Jobs
from blogengine.models import Outbox
from blogengine.pages import PostDraft
from blogengine.site import CORE_JOBS
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.processes import Process
from tests.processes import Talk

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def put_off(blog: BlogKit, kind: str = "test.work", **facts: Any) -> None:
    with blog.app():
        database.write(lambda tx: jobs.enqueue(tx, kind, facts.pop("payload", {}), **facts))


def waiting(blog: BlogKit) -> list[Outbox]:
    with blog.app():
        return list(db.session.scalars(sa.select(Outbox).order_by(Outbox.id)))


class Works:
    """Jobs of a test, and what they were given."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.failing = False

    def work(self, payload: dict[str, Any]) -> None:
        if self.failing:
            raise ValueError("not today")
        self.done.append(payload)

    @property
    def table(self) -> Jobs:
        return {"test.work": self.work}

    def run(self, blog: BlogKit, worker: str = "one") -> bool:
        with blog.app():
            return jobs.run_next(worker, self.table)


@pytest.fixture
def works() -> Works:
    return Works()


def hang(site: Site, talk: Talk, file: str) -> None:
    """Take the next job, and stay in the middle of it."""

    def work(payload: dict[str, Any]) -> None:
        Path(file).write_text("half", encoding="utf-8")
        talk.say("in the middle")
        talk.hear()

    with site.in_app():
        jobs.run_next("doomed", {"test.work": work})


@SQLITE
def test_a_job_is_done_once_with_its_payload(blog: BlogKit, works: Works) -> None:
    put_off(blog, payload={"post": 42})
    assert works.run(blog)
    assert not works.run(blog)
    assert works.done == [{"post": 42}]
    assert waiting(blog) == []


@SQLITE
def test_a_job_of_a_write_that_failed_is_never_done(blog: BlogKit, works: Works) -> None:
    def change(tx: Transaction) -> None:
        jobs.enqueue(tx, "test.work", {})
        raise Refused("no")

    with blog.app(), pytest.raises(Refused):
        database.write(change)
    assert not works.run(blog)


def test_a_job_waits_for_its_time(blog: BlogKit, works: Works, clock: FrozenClock) -> None:
    put_off(blog, run_at=clock.moment + timedelta(minutes=5))
    with blog.app():
        assert jobs.next_due() == clock.moment + timedelta(minutes=5)
    assert not works.run(blog)
    clock.tick(minutes=5)
    assert works.run(blog)


def test_a_job_whose_worker_was_killed_in_the_middle_is_done_by_the_next(
    blog: BlogKit, works: Works, tmp_path: Path
) -> None:
    put_off(blog)
    with Process(blog.site.config, hang, str(tmp_path / "half")) as doomed:
        assert doomed.hear() == "in the middle"
        doomed.kill()
    assert (tmp_path / "half").exists()
    assert not works.run(blog), "the lease still holds"
    later = FrozenClock(clocks.now() + jobs.LEASE + timedelta(seconds=1))
    before = clocks.use(later.read)
    try:
        assert works.run(blog)
    finally:
        clocks.use(before)
    assert len(works.done) == 1
    assert waiting(blog) == []


def test_a_job_that_kills_every_worker_is_put_aside(blog: BlogKit, works: Works, clock: FrozenClock) -> None:
    put_off(blog)
    for _ in range(jobs.ATTEMPTS):
        with blog.app():
            assert jobs.claim("doomed") is not None
        clock.tick(minutes=2)
    assert not works.run(blog)
    (job,) = waiting(blog)
    assert job.state == "dead"
    assert "ended" in job.last_error
    assert works.done == []


@SQLITE
def test_a_job_that_fails_is_tried_again_later_and_later_and_then_put_aside(
    blog: BlogKit, works: Works, clock: FrozenClock
) -> None:
    works.failing = True
    put_off(blog)
    pauses = []
    for attempt in range(1, jobs.ATTEMPTS + 1):
        assert works.run(blog), attempt
        (job,) = waiting(blog)
        assert job.attempts == attempt
        assert job.last_error == "ValueError: not today"
        assert not works.run(blog)
        pauses.append((job.run_at - clock.moment).total_seconds())
        clock.moment = max(job.run_at, clock.moment)
    assert job.state == "dead"
    assert pauses[:-1] == sorted(pauses[:-1])
    assert 1 <= pauses[0] <= 3
    clock.tick(days=1)
    assert not works.run(blog)


@SQLITE
def test_a_job_that_failed_and_then_works_is_gone(blog: BlogKit, works: Works, clock: FrozenClock) -> None:
    works.failing = True
    put_off(blog)
    works.run(blog)
    works.failing = False
    clock.tick(minutes=1)
    assert works.run(blog)
    assert waiting(blog) == []


@SQLITE
def test_a_job_that_nobody_knows_waits_for_its_plugin(blog: BlogKit, works: Works) -> None:
    put_off(blog, "gone.work")
    assert not works.run(blog)
    (job,) = waiting(blog)
    assert (job.state, job.attempts) == ("waiting", 0), "a try that nobody made is not counted"
    with blog.app():
        assert jobs.next_due(["test.work"]) is None, "nobody looks for it without a pause"


@SQLITE
def test_a_job_that_ends_its_process_like_a_script_is_a_job_that_failed(blog: BlogKit) -> None:
    def leave(payload: dict[str, Any]) -> None:
        raise SystemExit(3)

    put_off(blog)
    with blog.app():
        assert jobs.run_next("one", {"test.work": leave})
    assert waiting(blog)[0].last_error == "SystemExit: 3"


def test_one_key_waits_once(blog: BlogKit, works: Works) -> None:
    for number in range(3):
        put_off(blog, key="ping", payload={"number": number})
    assert len(waiting(blog)) == 1
    works.run(blog)
    put_off(blog, key="ping")
    assert len(waiting(blog)) == 1


def test_work_that_is_put_off_while_its_key_is_being_done_is_done_again(blog: BlogKit, works: Works) -> None:
    def work(payload: dict[str, Any]) -> None:
        works.done.append(payload)
        if len(works.done) == 1:
            put_off(blog, key="ping", payload={"newer": True})

    put_off(blog, key="ping", payload={"newer": False})
    with blog.app():
        assert jobs.run_next("one", {"test.work": work})
        assert jobs.run_next("one", {"test.work": work})
        assert not jobs.run_next("one", {"test.work": work})
    assert works.done == [{"newer": False}, {"newer": True}]


def test_a_key_that_was_put_aside_can_be_put_off_again(
    blog: BlogKit, works: Works, clock: FrozenClock
) -> None:
    works.failing = True
    put_off(blog, key="ping")
    for _ in range(jobs.ATTEMPTS):
        works.run(blog)
        clock.tick(hours=2)
    assert waiting(blog)[0].state == "dead"
    works.failing = False
    put_off(blog, key="ping")
    assert works.run(blog)
    assert waiting(blog) == []


@SQLITE
def test_a_clock_that_jumps_back_an_hour_holds_no_job_for_an_hour(
    blog: BlogKit, works: Works, clock: FrozenClock
) -> None:
    put_off(blog)
    clock.tick(hours=1)
    with blog.app():
        assert jobs.claim("one") is not None
    clock.tick(hours=-1)
    assert works.run(blog, "two")


def test_a_worker_whose_lease_ran_out_does_not_undo_what_another_did(
    blog: BlogKit, works: Works, clock: FrozenClock
) -> None:
    def slow(payload: dict[str, Any]) -> None:
        clock.tick(minutes=2)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            assert pool.submit(other_claims).result()
        raise ValueError("too late")

    def other_claims() -> bool:
        with blog.app():
            return jobs.claim("two") is not None

    put_off(blog)
    with blog.app():
        assert jobs.run_next("one", {"test.work": slow})
    (job,) = waiting(blog)
    assert job.lease_by == "two"
    assert job.last_error == ""


def test_many_workers_share_the_jobs_without_doing_one_twice(blog: BlogKit) -> None:
    done: list[int] = []

    def work(payload: dict[str, Any]) -> None:
        done.append(payload["number"])

    def run(worker: int) -> None:
        with blog.app():
            while jobs.run_next(f"worker {worker}", {"test.work": work}):
                pass

    with blog.app():

        def change(tx: Transaction) -> None:
            for number in range(24):
                jobs.enqueue(tx, "test.work", {"number": number})

        database.write(change)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    run(9)
    assert sorted(done) == list(range(24))


def test_a_scheduled_post_appears_at_its_time_once_and_everywhere(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    with blog.app():
        post_id = blog.write_post("Tomorrow's news", labels=["news"], publish=False)
        posts.schedule(post_id, clock.moment + timedelta(days=1))
    assert "Tomorrow" not in client.get("/").text
    assert blog.run_jobs() == 0
    clock.tick(days=1)
    assert blog.run_jobs() == 1
    assert blog.run_jobs() == 0
    path = blog.path_of(post_id)
    assert path == "/2020/01/tomorrows-news.html"
    for place in ("/", path, "/search/label/news", "/2020/01/"):
        assert "Tomorrow" in client.get(place).text, place


@SQLITE
def test_a_post_scheduled_twice_is_published_at_the_last_time(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    with blog.app():
        post_id = blog.write_post("Later", publish=False)
        posts.schedule(post_id, clock.moment + timedelta(hours=1))
        posts.schedule(post_id, clock.moment + timedelta(hours=3))
    clock.tick(hours=2)
    blog.run_jobs()
    assert "Later" not in client.get("/").text
    clock.tick(hours=1)
    blog.run_jobs()
    assert "Later" in client.get("/").text


@SQLITE
def test_a_scheduled_post_that_was_taken_back_is_not_published(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    with blog.app():
        back = blog.write_post("Taken back", publish=False)
        gone = blog.write_post("Thrown away", publish=False)
        for post_id in (back, gone):
            posts.schedule(post_id, clock.moment + timedelta(hours=1))
        posts.unpublish(back)
        posts.trash(gone)
    clock.tick(hours=2)
    blog.run_jobs()
    assert "Taken back" not in client.get("/").text
    with blog.app():
        assert posts.restore(gone) == "draft"


def test_the_thread_that_does_jobs_does_them_soon_after_the_commit(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()

    def publish(payload: dict[str, Any]) -> None:
        posts.publish_due()
        done.set()

    monkeypatch.setitem(cast("dict[str, Any]", CORE_JOBS), "core.publish", publish)
    site = Site(blog.site.config)
    site.start()
    try:
        with site.in_app():
            post_id = posts.save(PostDraft(title="Soon", source="Text."))
            at = clocks.now() + timedelta(milliseconds=300)
            posts.schedule(post_id, at)
        assert done.wait(10)
        with site.in_app():
            assert posts.get(post_id).status == "published"
    finally:
        site.close()


@SQLITE
def test_slow_jobs_of_one_kind_let_others_go_between_them(
    blog: BlogKit, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blogengine.jobs.runner.SLOW", -1.0)
    for number in range(3):
        put_off(blog, "test.slow", payload={"slow": number})
    put_off(blog, payload={"mail": 0})
    put_off(blog, payload={"mail": 1})
    runner = jobs.Runner(blog.site.in_app, {**works.table, "test.slow": works.work}, lambda: None)
    with blog.app():
        while runner._do_next():
            pass
    assert works.done == [{"slow": 0}, {"mail": 0}, {"slow": 1}, {"mail": 1}, {"slow": 2}]
