"""A small blog in which a plugin is tried."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from blogengine import comments
from blogengine.errors import BlogError
from blogengine.plugins.discovery import Candidate
from blogengine.testing.blogs import BlogKit
from blogengine.testing.clocks import FrozenClock
from blogengine.testing.contract.parts import parts_of
from blogengine.testing.visitors import Visitor

MOMENT = datetime(2020, 1, 3, 2, 55, tzinfo=UTC)
LABEL = "red"


class Look(NamedTuple):
    """A page that was looked at: its HTML, empty where it is none, and its policy."""

    html: str
    policy: str


@dataclass
class Cycle:
    """What was seen while the plugin was disabled and enabled again. Pages by path and whether the owner looked."""

    pages: dict[tuple[str, bool], Look] = field(default_factory=dict)
    pages_without: dict[tuple[str, bool], Look] = field(default_factory=dict)
    never: Counter[str] = field(default_factory=Counter)
    """What the app consisted of before the plugin was enabled for the first time."""
    once: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)
    twice: Counter[str] = field(default_factory=Counter)


@dataclass
class Trial:
    """A blog with posts, comments and a page. `problem` says why the plugin does not run in it."""

    plugin_id: str
    blog: BlogKit
    clock: FrozenClock
    client: Visitor
    owner: Visitor
    post_source: str
    problem: str = ""
    posts: list[int] = field(default_factory=list)
    never: Counter[str] = field(default_factory=Counter)
    """What the app consisted of before the plugin was enabled for the first time."""
    _cycle: "Cycle | None" = None

    def fill(self) -> None:
        """Write what a blog has: three posts under one label, comments, a static page."""
        for number in range(3):
            self.write_post(f"Post {number}")
        self.blog.write_page("About", "Me.")

    def write_post(self, title: str, *, number_of_comments: int = 2) -> int:
        """Write a post with a label and comments."""
        post_id = self.blog.write_post(title, self.post_source, labels=[LABEL], at=self.clock.moment)
        self.posts.append(post_id)
        for number in range(number_of_comments):
            made = self.blog.write_comment(post_id, f"Comment {number} on {title}.")
            with self.blog.app():
                comments.approve([made.comment_id])
        self.clock.tick(minutes=7)
        return post_id

    def add(self, source: str | Path | Mapping[str, str]) -> None:
        """Put the drop-in there, if there is one, and enable the plugin."""
        if isinstance(source, Path):
            source = _files(source)
        if source:
            self.blog.add_plugin(self.plugin_id, source, enable=False)
        if self.plugin_id in self.blog.site.current().blog.plugins.statuses:  # a bundled one, on by default
            self.blog.disable(self.plugin_id)
        self.never = parts_of(self.blog.site.current())
        try:
            self.blog.enable(self.plugin_id)
        except BlogError as error:
            self.problem = str(error)
            return
        offered = self.blog.site.current().blog.gadgets
        for name in [name for name in offered if name.partition(".")[0] == self.plugin_id]:
            self.blog.place_gadget(name, title="A box")

    def candidate(self) -> Candidate:
        """Return where the plugin comes from."""
        return self.blog.site.current().blog.plugins.candidates[self.plugin_id]

    def public_paths(self) -> list[str]:
        """Return the public pages: the core's, feeds, and the plugin's own without arguments."""
        paths = ["/", *(self.blog.path_of(post_id) for post_id in self.posts[:2])]
        paths += [
            f"/search/label/{LABEL}",
            "/2020/",
            "/2020/01/",
            "/p/about.html",
            "/search?q=post",
            "/nothing",
        ]
        paths += ["/feeds/posts/default", "/feeds/comments/default"]
        return paths + self._own(self.plugin_id)

    def admin_paths(self) -> list[str]:
        """Return the owner's pages that a plugin may change, and the plugin's own."""
        paths = ["/admin/", "/admin/posts/new", f"/admin/plugins/{self.plugin_id}"]
        return paths + self._own(f"admin_{self.plugin_id}")

    def _own(self, name: str) -> list[str]:
        rules = self.blog.site.current().url_map.iter_rules()
        return sorted(
            rule.rule
            for rule in rules
            if rule.endpoint.partition(".")[0] == name
            and not rule.arguments
            and "GET" in (rule.methods or ())
        )

    def cycle(self) -> "Cycle":
        """Return what there was with the plugin, without it, and with it again; it is looked at once."""
        if self._cycle is None:
            site = self.blog.site
            looks = [(path, False) for path in self.public_paths()]
            looks += [(path, True) for path in self.admin_paths()]
            cycle = Cycle(never=self.never)
            cycle.pages = {look: self._look(*look) for look in looks}
            cycle.once = parts_of(site.current())
            self.blog.disable(self.plugin_id)
            cycle.without = parts_of(site.current())
            cycle.pages_without = {look: self._look(*look) for look in looks}
            self.blog.enable(self.plugin_id)
            cycle.twice = parts_of(site.current())
            self._cycle = cycle
        return self._cycle

    def _look(self, path: str, by_owner: bool) -> "Look":
        self.blog.site.cache.clear()
        answer = (self.owner if by_owner else self.client).get(path)
        policy = answer.headers.get("Content-Security-Policy", "")
        return Look(answer.text if answer.mimetype == "text/html" else "", policy)

    def fresh(self, path: str, *, owner: bool = False) -> str:
        """Return the page at `path`, made for this call."""
        self.blog.site.cache.clear()
        return (self.owner if owner else self.client).get(path).text


def _files(path: Path) -> str | Mapping[str, str]:
    """Return the text of a file, or the texts below a folder by path."""
    if path.is_file():
        return path.read_text(encoding="utf-8")
    assert path.is_dir(), f"there is no plugin at {path}"
    return {
        file.relative_to(path).as_posix(): file.read_text(encoding="utf-8")
        for file in path.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def skip_unless(loads: bool) -> None:
    """Leave a test to `test_it_loads_without_a_warning`, which says what is wrong."""
    if not loads:
        pytest.skip("this plugin cannot be enabled: see test_it_loads_without_a_warning")
