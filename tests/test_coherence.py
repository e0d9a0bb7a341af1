"""Whatever is written, the next answer of every page is the truth: kept pages equal fresh ones."""

import random
import re
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import posts
from blogengine import settings
from blogengine.db import db
from blogengine.errors import BlogError
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.plugins import discovery
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing.coherence import Oracle
from blogengine.testing.coherence import assert_coherent
from tests.plugin_files import drop_in

STEPS = 60
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


class World:
    """A blog in which anything may happen."""

    def __init__(self, blog: BlogKit, clock: FrozenClock, chance: random.Random) -> None:
        self.blog, self.clock, self.chance = blog, clock, chance
        self.number = 0

    def word(self) -> str:
        """Return a word that was not there before."""
        self.number += 1
        return f"word{self.number}"

    def post(self, *states: str) -> int | None:
        """Return a post in one of `states`, or in any."""
        with self.blog.app():
            found = sa.select(Post.id).where(Post.status.in_(states) if states else sa.true())
            ids = list(db.session.scalars(found.order_by(Post.id)))
        return self.chance.choice(ids) if ids else None

    def comment(self, *states: str) -> list[int]:
        """Return one comment in one of `states`, or in any, or none."""
        with self.blog.app():
            found = sa.select(Comment.id).where(Comment.status.in_(states) if states else sa.true())
            ids = list(db.session.scalars(found.order_by(Comment.id)))
        return [self.chance.choice(ids)] if ids else []

    def draft(self) -> PostDraft:
        """Return a post nobody has written before."""
        labels = self.chance.sample(["red", "blue/green", "größe"], self.chance.randint(0, 3))
        kind = "page" if self.chance.random() < 0.15 else "post"
        return PostDraft(
            title=f"Title {self.word()}", source=f"Text {self.word()}.", labels=labels, kind=kind
        )


def save_new(world: World) -> None:
    posts.save(world.draft())


def save_old(world: World) -> None:
    if post_id := world.post():
        draft = world.draft()
        draft.kind = posts.get(post_id).kind
        posts.save(draft, post_id=post_id)


def label(world: World) -> None:
    if post_id := world.post("published"):
        draft = posts.draft_of(posts.get(post_id))
        draft.labels = [world.chance.choice(["red", "new label"])]
        posts.save(draft, post_id=post_id)


def close_comments(world: World) -> None:
    if post_id := world.post("published"):
        draft = posts.draft_of(posts.get(post_id))
        draft.comment_mode = world.chance.choice(["allow", "existing", "hide"])
        posts.save(draft, post_id=post_id)


def publish(world: World) -> None:
    if post_id := world.post("draft", "scheduled"):
        posts.publish(post_id, at=world.clock.moment - timedelta(hours=world.chance.randint(0, 30)))


def schedule(world: World) -> None:
    if post_id := world.post("draft", "published"):
        posts.schedule(post_id, world.clock.moment + timedelta(minutes=world.chance.randint(1, 90)))


def unpublish(world: World) -> None:
    if post_id := world.post("published"):
        posts.unpublish(post_id)


def trash(world: World) -> None:
    if post_id := world.post("published", "draft", "scheduled"):
        posts.trash(post_id)


def restore(world: World) -> None:
    if post_id := world.post("trashed"):
        posts.restore(post_id)


def delete_post(world: World) -> None:
    if post_id := world.post("trashed"):
        posts.delete_forever(post_id)


def comment(world: World) -> None:
    if post_id := world.post("published"):
        world.blog.write_comment(post_id, f"Comment {world.word()}.", parent_id=None)


def reply(world: World) -> None:
    for parent_id in world.comment("published"):
        post_id = db.session.execute(sa.select(Comment.post_id).where(Comment.id == parent_id)).scalar_one()
        if posts.by_id(post_id) is not None:
            world.blog.write_comment(post_id, f"Answer {world.word()}.", parent_id=parent_id)


def approve(world: World) -> None:
    comments.approve(world.comment("pending", "spam"))


def mark_spam(world: World) -> None:
    comments.mark_spam(world.comment("published"))


def remove(world: World) -> None:
    comments.remove(world.comment("published"), by_author=world.chance.random() < 0.5)


def undo(world: World) -> None:
    comments.undo(world.comment())


def delete_comment(world: World) -> None:
    comments.delete_forever(world.comment("spam", "removed-by-admin", "removed-by-author"))


def change_title(world: World) -> None:
    world.blog.change_settings(title=f"Blog {world.word()}", comment_message=f"Be kind, {world.word()}.")


def change_settings(world: World) -> None:
    world.blog.change_settings(
        time_zone=world.chance.choice(["UTC", "Asia/Kathmandu", "America/Los_Angeles"]),
        language=world.chance.choice(["en", "de", "ar"]),
        posts_per_page=world.chance.randint(1, 4),
    )


def change_theme(world: World) -> None:
    world.blog.change_settings(theme=world.chance.choice(["classic", "plain"]))


def enable(world: World) -> None:
    world.blog.enable(world.chance.choice(runnable(world.blog)))


def disable(world: World) -> None:
    world.blog.disable(world.chance.choice(runnable(world.blog)))


def change_plugin(world: World) -> None:
    with world.blog.app() as app:
        runs = app.blog.plugins.is_active("greeter")
    if runs:
        world.blog.change_plugin("greeter", words=world.word())


def minute(world: World) -> None:
    world.clock.tick(minutes=1)
    world.blog.run_jobs()


def hour(world: World) -> None:
    world.clock.tick(hours=1)
    world.blog.run_jobs()


def day(world: World) -> None:
    world.clock.tick(days=1)
    world.blog.run_jobs()


Step = Callable[[World], None]
WRITES: list[Step] = [
    save_new,
    save_old,
    label,
    close_comments,
    publish,
    schedule,
    unpublish,
    trash,
    restore,
    delete_post,
    comment,
    reply,
    approve,
    mark_spam,
    remove,
    undo,
    delete_comment,
    change_title,
    change_settings,
    change_theme,
    enable,
    disable,
    change_plugin,
    minute,
    hour,
    day,
]
OFTEN: dict[Step, int] = {save_new: 3, publish: 3, comment: 4, reply: 2, minute: 2, save_old: 2}


def runnable(blog: BlogKit) -> list[str]:
    """Return the plugins that can run here."""
    found = discovery.find(blog.site.config.drop_in_folder)
    return [candidate.id for candidate in found.values() if not candidate.problem]


def do(world: World, step: Step) -> None:
    """Take a step; a rule that says no is as good as a yes."""
    try:
        with world.blog.app():
            step(world)
    except BlogError:
        pass


@pytest.fixture
def world(blog: BlogKit, clock: FrozenClock) -> World:
    drop_in(blog, "greeter", GREETER)
    blog.change_settings(url="http://localhost")
    with blog.app():
        for plugin_id in runnable(blog):
            settings.enable(plugin_id)
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
