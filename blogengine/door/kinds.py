"""The two doors of a site: one that tries a plugin whole in a process of its own, and a quick one for tests."""

from collections.abc import Callable
from typing import Any
from typing import Protocol

from blogengine.config import Config
from blogengine.door.process import try_plugin
from blogengine.plugins.door_report import Problem
from blogengine.plugins.door_report import Report


class Buildable(Protocol):
    """A site, as far as a trial needs it."""

    config: Config

    def build(self, *, also: str = "", source: str = "") -> Any:
        """Build an app that has the plugin `also` (from `source`)."""


Door = Callable[[Buildable, str, str], Report]
"""Tries a plugin (from a source) for a site."""


def apart(site: Buildable, plugin_id: str, source: str) -> Report:
    """Try a plugin in a process of its own, with its tables and a crawl, on a copy of the database."""
    return try_plugin(site.config, plugin_id, source)


def here(site: Buildable, plugin_id: str, source: str) -> Report:
    """Try only whether a plugin can be loaded, in this process: for tests, which enable plugins by the hundred."""
    status = site.build(also=plugin_id, source=source).blog.plugins.statuses.get(plugin_id)
    report = Report(plugin_id)
    if status is not None and status.state != "active":
        report.problems.append(Problem("plugin", status.reason, status.traceback))
    return report
