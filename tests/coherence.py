"""A blog in which anything may happen: the writes of the tests that compare kept pages with fresh ones."""

import random
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import sqlalchemy as sa

from blogengine import clock as clocks
from blogengine import comments
from blogengine import db as database
from blogengine import layout
from blogengine import posts
from blogengine.db import db
from blogengine.door.kinds import here
from blogengine.errors import BlogError
from blogengine.models import Comment
from blogengine.models import Label
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.places import AREAS
from blogengine.plugins import discovery
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing.coherence import Answer
from blogengine.testing.coherence import answer
from blogengine_redirects.models import Rule
from tests.processes import Process
from tests.processes import Talk

OTHERS = [
    "/",
    "/2020/",
    "/2020/01/",
    "/nothing",
    "/old.html",
    "/search?q=word1",
    "/sitemap.xml",
    "/robots.txt",
]
OTHERS += [
    "/feeds/posts/default",
    "/feeds/comments/default",
    "/feeds/posts/default?alt=rss",
    "/?max-results=1",
]


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
            title=f"Title {self.word()}",
            source=f"# Head {self.word()}\n\nText {self.word()}.[^1]\n\n{self.card()}\n\n[^1]: A note.",
            labels=labels,
            kind=kind,
        )

    def card(self) -> str:
        """Return the marker of a card to another post, which may be renamed or go away later, or a list of contents."""
        with self.blog.app():
            paths = [path for path in db.session.scalars(sa.select(Post.path)) if path]
        return f"[[card: {self.chance.choice(paths)}]]" if paths else "[[toc]]"

    def paths(self) -> list[str]:
        """Return addresses of all kinds, also of pages that are not there."""
        with self.blog.app():
            paths = [path for path in db.session.scalars(sa.select(Post.path)) if path]
            names = list(db.session.scalars(sa.select(Label.name)))
        labels = [f"/search/label/{quote(name, safe='')}" for name in names]
        return [*paths, *labels, *OTHERS]


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


def describe(world: World) -> None:
    if post_id := world.post("published"):
        draft = posts.draft_of(posts.get(post_id))
        draft.description = f"About {world.word()}"
        posts.save(draft, post_id=post_id)


def place(world: World) -> None:
    name = world.chance.choice(["archive", "labels", "comments", "text", "links"])
    layout.add(f"gadgets.{name}", world.chance.choice(list(AREAS)))


def box(world: World) -> int:
    """Return a gadget that stands somewhere, 0 where none does."""
    return world.chance.choice([placed.id for placed in layout.current()] or [0])


def rename_gadget(world: World) -> None:
    layout.save(box(world), {"title": world.word()})


def move_gadget(world: World) -> None:
    layout.move(box(world), up=world.chance.random() < 0.5)


def take_gadget(world: World) -> None:
    layout.remove(box(world))


def redirect(world: World) -> None:
    target = world.chance.choice(world.paths())
    with world.blog.app() as app:
        if not app.blog.plugins.is_active("redirects"):
            return

        def change(tx: database.Transaction) -> None:
            tx.session.execute(sa.delete(Rule).where(Rule.old == "/old.html"))
            tx.session.add(Rule(old="/old.html", target=target, permanent=False, created_at=clocks.now()))

        database.write(change)


CHOICES: dict[str, dict[str, list[object]]] = {
    "also_on": {"related": [True, False], "how_many": [0, 1, 5]},
    "atom": {"posts": ["full", "short", "none"], "comments": ["full", "none"], "entries": [1, 25]},
    "gadgets": {"announcement": ["", "Hear, hear"], "attribution": ["", "By Olive"]},
    "moderation": {
        "mode": ["always", "old", "never"],
        "waiting": [True, False],
        "question": ["", "Which river is this about?"],
        "answers": ["", "Spree"],
    },
    "outline": {"title": ["Contents", "Inhalt"], "lazy": [True, False]},
    "redirects": {"note_missed": [True, False]},
    "seo": {"account": ["", "@garden"], "structured": [True, False]},
    "stats": {"count_robots": [True, False]},
}


def change_bundled(world: World) -> None:
    plugin_id = world.chance.choice(list(CHOICES))
    values = {name: world.chance.choice(values) for name, values in CHOICES[plugin_id].items()}
    world.blog.change_plugin(plugin_id, **values)


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
    describe,
    place,
    rename_gadget,
    move_gadget,
    take_gadget,
    redirect,
    change_bundled,
    minute,
    hour,
    day,
]
OFTEN: dict[Step, int] = {save_new: 3, publish: 3, comment: 4, reply: 2, minute: 2, save_old: 2}


class Worker:
    """One process that answers and writes: this one, or one of its own that `serve` runs in."""

    def __init__(self, world: World, process: Process | None = None) -> None:
        self._world = world
        self._process = process
        self._visitor = Visitor(world.blog.site)

    def look(self, path: str) -> tuple[Answer, bool]:
        """Ask for a page; return the answer, and whether it had been kept."""
        if self._process is not None:
            found: tuple[Answer, bool] = self._process.tell(("look", self._world.clock.moment, path))
            return found
        return _look(self._world.blog.site, self._visitor, path)

    def write(self, step: Step) -> None:
        """Take a step."""
        if self._process is None:
            do(self._world, step)
            return
        facts = (step.__name__, self._world.chance.random(), self._world.number)
        moment, self._world.number = self._process.tell(("write", self._world.clock.moment, facts))
        self._world.clock.moment = moment


def serve(site: Site, talk: Talk) -> None:
    """Answer and write in a process of its own, at the time and with the words of the test."""
    site._door = here  # a trial in a third process for each plugin that is enabled would take seconds
    clock = FrozenClock(clocks.now())
    clocks.use(clock.read)
    world, visitor = World(BlogKit(site), clock, random.Random(0)), Visitor(site)
    talk.say("ready")
    while True:
        what, clock.moment, facts = talk.hear()
        if what == "look":
            talk.say(_look(site, visitor, facts))
            continue
        name, seed, world.number = facts
        world.chance = random.Random(seed)
        do(world, next(step for step in WRITES if step.__name__ == name))
        talk.say((clock.moment, world.number))


def _look(site: Site, visitor: Visitor, path: str) -> tuple[Answer, bool]:
    hits = site.cache.hits
    return answer(visitor, path), site.cache.hits > hits


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
