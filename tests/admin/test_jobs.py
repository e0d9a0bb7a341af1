"""The page Jobs and its commands: what waits, what recurs, what failed, and what can be done about it."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine import db as database
from blogengine import jobs
from blogengine.admin.jobs import PAGE
from blogengine.cli.main import group
from blogengine.db import Transaction
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import parse
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.admin.forms import words
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

CHORES = """
from datetime import timedelta

def fail(payload): raise ValueError(f"not today, {payload['name']}")

@hookimpl
def register_jobs():
    return {"look": fail, "tidy": Job(print, every=timedelta(hours=2))}
"""


def put_off(blog: BlogKit, *names: str, kind: str = "keeper.look") -> None:
    def change(tx: Transaction) -> None:
        for name in names:
            jobs.enqueue(tx, kind, {"name": name})

    with blog.app():
        database.write(change)


def give_up(blog: BlogKit, clock: FrozenClock) -> None:
    for _ in range(jobs.ATTEMPTS):
        blog.run_jobs()
        clock.tick(hours=1)


def listed(visitor: Visitor, query: str = "") -> list[str]:
    tree = parse(visitor.get(f"/admin/jobs{query}").text)
    return [words(heading) for heading in tree.findall(".//li[@class='row']//h2")]


def test_each_tab_says_what_is_there_or_that_nothing_is(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    assert "Nothing is waiting" in text_of(owner_client.get("/admin/jobs"))
    assert "No plugin that runs does anything" in text_of(owner_client.get("/admin/jobs?tab=recurring"))
    assert "Nothing failed." in text_of(owner_client.get("/admin/jobs?tab=dead"))
    run(blog, "keeper", CHORES)
    blog.write_post("Later", at=clock.moment + timedelta(days=1))
    put_off(blog, "Ann")
    put_off(blog, "Bob", kind="gone.look")
    assert listed(owner_client) == ["core.publish", "keeper.look", "gone.look"]
    page = text_of(owner_client.get("/admin/jobs"))
    assert "The plugin is off. It waits until that changes." in page
    assert "Jan 4" in page or "4" in page
    assert listed(owner_client, "?tab=recurring") == ["keeper.tidy"]
    assert "every 2 hours" in text_of(owner_client.get("/admin/jobs?tab=recurring"))
    assert listed(owner_client, "?q=KEEP") == ["keeper.look"]
    assert "No job here" in text_of(owner_client.get("/admin/jobs?q=nothing"))
    assert listed(owner_client, "?tab=nonsense&after=x") == ["core.publish", "keeper.look", "gone.look"]


def test_what_failed_is_shown_with_its_error_and_can_be_tried_again(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    run(blog, "keeper", CHORES)
    put_off(blog, "Ann", "Bob")
    give_up(blog, clock)
    page = owner_client.get("/admin/jobs?tab=dead")
    assert "ValueError: not today, Ann" in text_of(page)
    assert "See what it was" in owner_client.get("/admin/").text
    with blog.app():
        (ann, bob), _ = jobs.listed("dead")
    page = follow(owner_client, send(owner_client, page, "jobs", one=f"retry:{ann.id}"))
    assert "1 job will be done in a moment" in page.text
    with blog.app():
        assert jobs.counts() == {"waiting": 1, "recurring": 1, "dead": 1}
    page = owner_client.get("/admin/jobs?tab=dead")
    assert send(owner_client, page, "jobs", action="drop", id=[]).status_code == 303
    asked = send(owner_client, page, "jobs", action="drop", id=[str(bob.id)])
    assert "without being done" in text_of(asked)
    with blog.app():
        assert jobs.counts()["dead"] == 1
    assert "Deleted: 1 job" in follow(owner_client, send(owner_client, asked, "confirm")).text
    with blog.app():
        assert jobs.counts()["dead"] == 0


def test_a_chore_can_be_done_now_but_not_deleted(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    run(blog, "keeper", CHORES)
    page = owner_client.get("/admin/jobs?tab=recurring")
    with blog.app():
        chore = jobs.listed("recurring")[0][0].id
        assert jobs.drop([chore]) == 0
    assert "Delete" not in text_of(page)
    send(owner_client, page, "jobs", one=f"retry:{chore}")
    assert blog.run_jobs() == 1
    assert "took 0.0 s" in text_of(owner_client.get("/admin/jobs?tab=recurring"))


def test_every_job_is_on_exactly_one_page(blog: BlogKit, owner_client: Visitor) -> None:
    put_off(blog, *(f"{number}" for number in range(PAGE + 3)))
    first = owner_client.get("/admin/jobs")
    more = next(link for link in parse(first.text).iter("a") if link.get("rel") == "next")
    address = more.get("href") or ""
    assert len(listed(owner_client)) == PAGE
    assert len(listed(owner_client, address.removeprefix("/admin/jobs"))) == 3


def test_strangers_see_no_jobs(client: Visitor) -> None:
    assert client.get("/admin/jobs").status_code == 303
    assert client.send("/admin/jobs/delete", {"id": "1"}).status_code == 403


def test_the_commands_list_retry_and_drop(blog: BlogKit, clock: FrozenClock, tmp_path: Path) -> None:
    folder = str(blog.site.config.instance)

    def say(*words: str, code: int = 0, database: str = blog.site.config.database_url) -> str:
        environment = {"BLOGENGINE_DATABASE_URL": database}
        done = CliRunner().invoke(group, ["--instance", folder, "jobs", *words], env=environment)
        assert done.exit_code == code, done.output
        return done.output

    assert "There is no such job." in say("list")
    run(blog, "keeper", CHORES)
    put_off(blog, "Ann", "Bob")
    give_up(blog, clock)
    with blog.app():
        (ann, _), _ = jobs.listed("dead")
    shown = say("list")
    assert "every 2 hours" in shown
    assert "! ValueError: not today, Bob" in shown
    assert "tidy" not in say("list", "--state", "dead", "--kind", "look", "--json")
    assert "1 job will be done" in say("retry", str(ann.id))
    say("drop", code=2)
    assert "1 job deleted" in say("drop", "--dead", "--yes")
    with blog.app():
        assert jobs.counts()["waiting"] == 1
        assert jobs.counts()["dead"] == 0
