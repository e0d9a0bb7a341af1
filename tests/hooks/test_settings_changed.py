"""`settings_changed`: told after the commit, once for each change, with what differs and without secrets."""

from typing import Any

from blogengine.testing import BlogKit
from tests.plugin_files import run

LISTENER = """
heard = []

@dataclass(frozen=True)
class Settings:
    words: str = option("hello", "Words")
    blogs: list[str] = option([], "Blogs")

@hookimpl
def register_settings(): return Settings

@hookimpl
def settings_changed(plugin_id, old, new, event): heard.append((plugin_id, old, new))
"""


def heard(blog: BlogKit) -> list[Any]:
    """Do the jobs, and return what the plugin heard since the last call."""
    blog.run_jobs()
    function = blog.site.current().blog.plugins.implementation("listener", "settings_changed")
    said: list[Any] = function.__globals__["heard"]
    taken = list(said)
    said.clear()
    return taken


def test_hook_settings_changed(blog: BlogKit) -> None:
    run(blog, "listener", LISTENER)
    blog.change_plugin("listener", words="bye", blogs="a\n\na\nb")
    assert heard(blog) == [("listener", {}, {"words": "bye", "blogs": ["a", "b"]})]
    blog.change_plugin("listener", words="bye")
    assert heard(blog) == []
    blog.change_plugin("listener", words="hello")
    assert heard(blog) == [("listener", {"words": "bye", "blogs": ["a", "b"]}, {"blogs": ["a", "b"]})]
    blog.change_settings(title="Renamed")
    blog.change_settings(title="Renamed")
    assert heard(blog) == [("", {}, {"title": "Renamed"})]
    blog.change_settings(title="My blog")
    assert heard(blog) == [("", {"title": "Renamed"}, {})]
    assert heard(blog) == []
