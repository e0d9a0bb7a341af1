"""Whatever is written, the next answer of every page is the truth: kept pages equal fresh ones."""

import os
import random
import re
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from blogengine import comments
from blogengine import posts
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing.coherence import Oracle
from blogengine.testing.coherence import answer
from blogengine.testing.coherence import assert_coherent
from tests.coherence import OFTEN
from tests.coherence import WRITES
from tests.coherence import Step
from tests.coherence import Worker
from tests.coherence import World
from tests.coherence import do
from tests.coherence import mark_spam
from tests.coherence import serve
from tests.coherence import trash
from tests.full import every_plugin_then
from tests.full import is_full
from tests.plugin_files import drop_in
from tests.processes import Process

STEPS = 60
WALK = int(os.environ.get("BLOGENGINE_WALK", "200"))
"""Random writes and reads; 10,000 of them take a quarter of an hour for each database."""
SEED = 20200103

GREETER = """
@dataclass(frozen=True)
class Settings:
    words: str = option("Hello", "Words")

@hookimpl
def register_settings():
    return Settings

@hookimpl
def listing_footer_html(page):
    return Markup("<p>{}</p>").format(settings_of("greeter").words)

@hookimpl
def post_footer_html(post):
    return Markup("<p>{} {}</p>").format(settings_of("greeter").words, post.title)
"""


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str], request: pytest.FixtureRequest) -> str:
    return make_database(
        engine_name, **{"prepare": every_plugin_then} if "world" in request.fixturenames else {}
    )


@pytest.fixture
def world(blog: BlogKit, clock: FrozenClock) -> World:
    assert is_full(blog)
    drop_in(blog, "greeter", GREETER)
    blog.change_settings(url="http://localhost")
    blog.enable("greeter")
    for name, area in {"archive": "sidebar", "labels": "footer", "comments": "sidebar"}.items():
        blog.place_gadget(f"gadgets.{name}", area=area)
    world = World(blog, clock, random.Random(SEED))
    first = blog.write_post("First", "Text of the first.", labels=["red"])
    blog.write_post("Second", "Text of the second.", labels=["red", "blue/green"])
    clock.tick(hours=2)
    blog.write_post("About", "A page.", kind="page")
    blog.write_post("Draft", publish=False)
    top = blog.write_comment(first, "A comment on the first.").comment_id
    with blog.app():
        comments.approve([top])
    blog.write_comment(first, "An answer.", parent_id=top)
    return world


@pytest.fixture
def oracle(world: World, client: Visitor) -> Iterator[Oracle]:
    made = Oracle(world.blog, client)
    yield made
    made.close()


def test_a_page_that_nothing_changed_is_answered_from_the_cache(oracle: Oracle) -> None:
    oracle.check()
    assert oracle.check("nothing") >= 8


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("step", WRITES, ids=lambda step: step.__name__)
def test_every_page_is_the_truth_after(step: Step, world: World, oracle: Oracle) -> None:
    for before in (mark_spam, trash):
        do(world, before)
    oracle.check("the preparation")
    do(world, step)
    oracle.check(step.__name__)


def test_every_page_is_the_truth_after_each_of_many_writes(world: World, oracle: Oracle) -> None:
    steps = world.chance.choices(WRITES, [OFTEN.get(step, 1) for step in WRITES], k=STEPS)
    said: list[str] = []
    for step in steps:
        do(world, step)
        said.append(step.__name__)
        oracle.check(" ".join(said[-8:]))


def test_a_page_that_either_of_two_workers_answers_is_the_truth_amid_random_writes(
    world: World, oracle: Oracle
) -> None:
    weights = [OFTEN.get(step, 1) for step in WRITES]
    said: list[str] = []
    kept, path = 0, "/"
    with Process(world.blog.site.config, serve) as process:
        assert process.hear() == "ready"
        workers = [Worker(world), Worker(world, process)]
        for _ in range(WALK):
            worker = world.chance.choice(workers)
            if world.chance.random() < 0.3:
                (step,) = world.chance.choices(WRITES, weights)
                worker.write(step)
                said.append(step.__name__)
                continue
            if world.chance.random() < 0.4:  # else the same again, perhaps at the other worker
                path = world.chance.choice(world.paths())
            found, was_kept = worker.look(path)
            kept += was_kept
            oracle.fresh.cache.clear()
            assert found == answer(oracle.fresh_client, path), f"{path} after {' '.join(said[-8:])}"
    print(f"{WALK} steps, {len(said)} writes, {kept} kept pages compared")
    assert kept > WALK / 50


def test_a_blog_of_strangers_plugins_is_coherent(blog: BlogKit, client: Visitor) -> None:
    drop_in(blog, "greeter", GREETER)
    blog.enable("greeter")
    blog.write_post("First")
    assert_coherent(blog, client)


def test_how_long_ago_a_post_was_updated_is_true_to_the_minute(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    clock.tick(days=1, seconds=17)
    with blog.app():
        posts.save(PostDraft(title="A post", source="Better text."), post_id=post_id)
    for minutes in range(1, 125):
        clock.tick(seconds=59)
        before = minutes - 1 if minutes > 1 else 0
        assert updated(client, path) == words(before)
        assert updated(client, path) == words(before)
        clock.tick(seconds=1)
        assert updated(client, path) == words(minutes)
    assert blog.site.cache.hits > 100


def updated(client: Visitor, path: str) -> str:
    """Return what stands after "Updated" on a page."""
    found = re.search(r"Updated <time[^>]*>([^<]*)</time>", client.get(path).text)
    assert found is not None
    return found[1]


def words(minutes: int) -> str:
    """Return what the page says."""
    if minutes == 0:
        return "just now"
    if minutes < 60:
        return "1 minute ago" if minutes == 1 else f"{minutes} minutes ago"
    return "1 hour ago" if minutes < 120 else "2 hours ago"
