"""Work that is done again and again: once for each time, whatever stops and starts meanwhile."""

import concurrent.futures
import threading
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from blogengine import db as database
from blogengine import jobs
from blogengine.db import db
from blogengine.jobs import Job
from blogengine.jobs import Jobs
from blogengine.models import Outbox
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from tests.plugin_files import drop_in
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
BERLIN = ZoneInfo("Europe/Berlin")


class Chore:
    """A job that recurs, and when it was done."""

    def __init__(self, blog: BlogKit, clock: FrozenClock, **when: Any) -> None:
        self._blog, self._clock = blog, clock
        self.done: list[datetime] = []
        self.due: list[str] = []
        self.failing = False
        self.table: Jobs = {"test.chore": Job(self.work, **when)}

    def work(self, payload: dict[str, Any]) -> None:
        self.due.append(payload["due"])
        if self.failing:
            raise ValueError("not today")
        self.done.append(self._clock.moment)

    def run(self) -> int:
        """Do what is due, as a process does that has just started; return how often."""
        count = 0
        with self._blog.app():
            jobs.plan(self.table)
            while jobs.run_next("one", self.table):
                count += 1
        return count

    @property
    def row(self) -> Outbox:
        with self._blog.app():
            return db.session.scalars(sa.select(Outbox).where(Outbox.kind == "test.chore")).one()


def next_at(at: str, after: str, zone: ZoneInfo = BERLIN) -> str:
    found = Job(print, at=at).next_after(datetime.fromisoformat(after), zone)
    assert found is not None
    return found.astimezone(zone).isoformat()


def test_a_period_is_kept_and_what_was_missed_is_done_once(blog: BlogKit, clock: FrozenClock) -> None:
    chore = Chore(blog, clock, every=timedelta(hours=1))
    start = clock.moment
    assert chore.run() == 0, "the first time is one period from now"
    clock.tick(minutes=60)
    assert chore.run() == 1
    clock.tick(minutes=30)
    assert chore.run() == 0
    clock.tick(hours=5)
    assert chore.run() == 1, "six hours missed are not done six times"
    assert chore.row.run_at == start + timedelta(hours=7), "the rhythm stays that of the first time"
    assert chore.row.last_at == clock.moment
    assert chore.row.last_seconds is not None


def test_of_all_processes_one_does_it(blog: BlogKit, clock: FrozenClock) -> None:
    chore = Chore(blog, clock, every=timedelta(minutes=10))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: chore.run(), range(4)))
        assert chore.row.id
        clock.tick(minutes=10)
        assert sum(pool.map(lambda _: chore.run(), range(4))) == 1


@SQLITE
def test_while_it_is_being_done_it_is_not_begun_again(blog: BlogKit, clock: FrozenClock) -> None:
    chore = Chore(blog, clock, every=timedelta(seconds=20))
    chore.run()
    clock.tick(seconds=20)
    with blog.app():
        assert jobs.claim("one") is not None
    clock.tick(seconds=30)
    assert chore.run() == 0
    clock.tick(seconds=40)
    assert chore.run() == 1, "the worker is gone and so is its lease"


@SQLITE
def test_a_failure_is_tried_again_with_the_same_due_time_and_never_put_aside(
    blog: BlogKit, clock: FrozenClock
) -> None:
    chore = Chore(blog, clock, every=timedelta(hours=1))
    chore.run()
    chore.failing = True
    clock.tick(hours=1)
    first = clock.moment.isoformat()
    for _ in range(jobs.ATTEMPTS):
        assert chore.run() == 1
        assert chore.row.state == "waiting"
        assert chore.row.last_error == "ValueError: not today"
        clock.moment = max(clock.moment, chore.row.run_at)
    assert set(chore.due) == {first}
    chore.failing = False
    assert chore.run() == 1
    assert chore.row.last_error == ""
    assert chore.due[-1] != first


@SQLITE
def test_a_chore_that_kills_every_worker_rests_an_hour(blog: BlogKit, clock: FrozenClock) -> None:
    chore = Chore(blog, clock, every=timedelta(minutes=5))
    chore.run()
    clock.tick(minutes=5)
    for _ in range(jobs.ATTEMPTS):
        with blog.app():
            assert jobs.claim("doomed") is not None
        clock.tick(minutes=2)
    assert chore.run() == 0
    assert "ended" in chore.row.last_error
    clock.tick(hours=1)
    assert chore.run() == 1


def test_a_time_of_day_is_that_of_the_blogs_clock_and_follows_it(blog: BlogKit, clock: FrozenClock) -> None:
    blog.change_settings(time_zone="Europe/Berlin")
    chore = Chore(blog, clock, at="03:30")
    chore.run()
    assert clock.moment == datetime(2020, 1, 3, 2, 55, tzinfo=UTC)
    assert chore.row.run_at == datetime(2020, 1, 4, 2, 30, tzinfo=UTC)
    blog.change_settings(time_zone="America/New_York")
    chore.run()
    assert chore.row.run_at == datetime(2020, 1, 3, 8, 30, tzinfo=UTC)
    assert chore.row.rule == "at 03:30 America/New_York"
    clock.moment = datetime(2020, 1, 5, 20, 0, tzinfo=UTC)
    assert chore.run() == 1
    assert chore.run() == 0
    assert chore.row.run_at == datetime(2020, 1, 6, 8, 30, tzinfo=UTC)


def test_days_on_which_the_clock_is_changed_have_each_time_once() -> None:
    # 2024-03-31 has no 02:30 in Berlin: it is the moment at which it would have been
    assert next_at("02:30", "2024-03-30T12:00+01:00") == "2024-03-31T03:30:00+02:00"
    assert next_at("02:30", "2024-03-31T03:30+02:00") == "2024-04-01T02:30:00+02:00"
    # 2024-10-27 has it twice: the first counts
    assert next_at("02:30", "2024-10-26T12:00+02:00") == "2024-10-27T02:30:00+02:00"
    assert next_at("02:30", "2024-10-27T02:30+02:00") == "2024-10-28T02:30:00+01:00"
    assert next_at("02:30", "2024-10-27T02:30+01:00") == "2024-10-28T02:30:00+01:00"
    assert next_at("00:00", "2024-12-31T23:59+01:00") == "2025-01-01T00:00:00+01:00"
    # a zone that skipped a whole day (Samoa, 2011-12-30)
    apia = ZoneInfo("Pacific/Apia")
    assert next_at("12:00", "2011-12-29T13:00-10:00", apia)[:10] in ("2011-12-30", "2011-12-31")


@SQLITE
def test_a_clock_that_was_wrong_does_not_keep_a_chore_waiting(blog: BlogKit, clock: FrozenClock) -> None:
    chore = Chore(blog, clock, every=timedelta(hours=1))
    clock.tick(days=4000)
    chore.run()
    clock.tick(days=-4000)
    chore.run()
    clock.tick(hours=1)
    assert chore.run() == 1


CHORES = """
from datetime import timedelta
done = []

@hookimpl
def register_jobs():
    return {"tidy": Job(done.append, every=timedelta(minutes=10)), "once": done.append}
"""


@SQLITE
def test_a_plugins_chore_ends_with_the_plugin_and_comes_back_with_it(
    blog: BlogKit, clock: FrozenClock
) -> None:
    def kinds() -> list[str]:
        with blog.app():
            return list(db.session.scalars(sa.select(Outbox.kind).order_by(Outbox.kind)))

    run(blog, "keeper", CHORES)
    assert kinds() == ["keeper.tidy"]
    with blog.app():
        database.write(lambda tx: jobs.enqueue(tx, "keeper.once", {}))
    blog.disable("keeper")
    clock.tick(hours=1)
    assert blog.run_jobs() == 0
    assert kinds() == ["keeper.once"], "what was asked for waits; what recurs is planned anew"
    blog.enable("keeper")
    assert kinds() == ["keeper.once", "keeper.tidy"]
    assert blog.run_jobs() == 1
    clock.tick(minutes=10)
    assert blog.run_jobs() == 1


@SQLITE
def test_events_of_a_plugin_that_was_switched_off_are_dropped(blog: BlogKit, clock: FrozenClock) -> None:
    run(blog, "keeper", "@hookimpl\ndef post_published(post_id): raise SystemExit\n")
    blog.write_post("Fog")
    with blog.app():
        assert jobs.counts()["waiting"] == 1
    blog.disable("keeper")
    assert blog.run_jobs() == 0
    with blog.app():
        assert jobs.counts()["waiting"] == 0


@SQLITE
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{'x': 5}", "must return functions or Job"),
        ("{'x y': print}", "must return functions or Job"),
        ("['x']", "must return functions or Job"),
        ("{'x': Job(print, every=timedelta(seconds=1))}", "at least 10 seconds"),
        ("{'x': Job(print, every=60)}", "must be a timedelta"),
        ("{'x': Job(print, at='25:00')}", "a time like '03:30'"),
        ("{'x': Job(print, at='03:30', every=timedelta(days=1))}", "not both"),
        ("{'x': Job('print')}", "must be a function"),
        ("{'x': Job(print, timeout=timedelta(0))}", "timeout= must be"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(blog: BlogKit, given: str, said: str) -> None:
    drop_in(
        blog,
        "keeper",
        f"from datetime import timedelta\n@hookimpl\ndef register_jobs(): return {given}\n",
    )
    with pytest.raises(Exception, match=said):
        blog.enable("keeper")


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    pause = threading.Event()
    for _ in range(3000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never came about")


def test_a_job_that_takes_longer_than_a_lease_keeps_it_while_its_worker_lives(
    blog: BlogKit, clock: FrozenClock
) -> None:
    others: list[bool] = []

    def lease() -> datetime | None:
        with blog.app():
            return db.session.scalars(sa.select(Outbox.lease_until)).one()

    def long(payload: dict[str, Any]) -> None:
        for _ in range(3):
            clock.tick(seconds=50)
            until(lambda: (lease() or clock.moment) >= clock.moment + jobs.LEASE)
        with blog.app():
            others.append(jobs.claim("another") is not None)

    with blog.app():
        database.write(lambda tx: jobs.enqueue(tx, "test.long", {}))
    runner = jobs.Runner(blog.site.in_app, {"test.long": long}, lambda: None, beat=0.01)
    runner.start()
    until(lambda: bool(others))
    runner.stop()
    assert others == [False]
    with blog.app():
        assert jobs.counts()["waiting"] == 0


@SQLITE
def test_a_job_that_hangs_loses_its_lease_and_its_owner_reads_of_it(
    blog: BlogKit, clock: FrozenClock
) -> None:
    free = threading.Event()
    told: list[str] = []

    def hang(payload: dict[str, Any]) -> None:
        free.wait(30)

    def noted() -> bool:
        told.extend(failure.message for failure in blog.site.failures.take())
        return bool(told)

    with blog.app():
        database.write(lambda tx: jobs.enqueue(tx, "moderation.hang", {}))
    table: Jobs = {"moderation.hang": Job(hang, timeout=timedelta(milliseconds=1))}
    runner = jobs.Runner(blog.site.in_app, table, lambda: None, beat=0.01)
    runner.start()
    until(noted)
    assert "runs for longer" in told[0]
    clock.tick(seconds=61)
    with blog.app():
        assert jobs.claim("another") is not None
    free.set()
    runner.stop()
