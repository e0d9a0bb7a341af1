"""Blogs with every bundled plugin on: enabled once for each database engine, copied for each test."""

import tempfile
from pathlib import Path

from blogengine import clock as clocks
from blogengine.testing import BlogKit
from blogengine.testing.clocks import FrozenClock
from blogengine.testing.contract.trial import MOMENT
from blogengine.testing.fixtures import open_site


def every_plugin(url: str) -> None:
    """Migrate the database at `url`, and enable each bundled plugin that can run here."""
    with tempfile.TemporaryDirectory() as folder:
        site = open_site(Path(folder), url)
        blog = BlogKit(site)
        with blog.app() as app:
            candidates = app.blog.plugins.candidates.values()
        for found in candidates:
            if found.origin == "bundled" and not found.problem:
                blog.enable(found.id)
        site.close()


def every_plugin_then(url: str) -> None:
    """Do the same at the time at which the fixture `clock` stands still."""
    before = clocks.use(FrozenClock(MOMENT).read)
    try:
        every_plugin(url)
    finally:
        clocks.use(before)


def is_full(blog: BlogKit) -> bool:
    """Whether each bundled plugin that can run here is on."""
    with blog.app() as app:
        plugins = app.blog.plugins
        found = [one.id for one in plugins.candidates.values() if one.origin == "bundled" and not one.problem]
        return all(plugins.is_active(plugin_id) for plugin_id in found)
