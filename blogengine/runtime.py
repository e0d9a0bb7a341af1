"""The running blog as services, rendering and plugins see it."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pluggy
from click import Command

from blogengine.config import Config
from blogengine.feeds import Feed
from blogengine.health import HealthCheck
from blogengine.markup import PIPELINE
from blogengine.permissions import CORE
from blogengine.permissions import Permission
from blogengine.plugins.door_report import Report
from blogengine.plugins.gadgets import Offered
from blogengine.plugins.manager import Plugins
from blogengine.searching import Search
from blogengine.setup import Setup
from blogengine.setup import SiteSettings
from blogengine.tables import Tables
from blogengine.tryouts import Trial
from blogengine.work import Job


@dataclass(eq=False, slots=True)
class Blog:
    """One app's facts: its configuration, its frozen setup, its plugins."""

    config: Config
    setup: Setup
    plugins: Plugins
    zone: ZoneInfo
    jobs: Mapping[str, Job] = field(default_factory=dict)
    importers: Mapping[str, Any] = field(default_factory=dict)
    exporters: Mapping[str, Any] = field(default_factory=dict)
    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Addresses of the pages of plugins, by plugin id."""
    gadgets: Mapping[str, Offered] = field(default_factory=dict)
    """What may be put into areas of the theme, by `<plugin id>.<name>`."""
    permissions: Mapping[str, Permission] = field(default_factory=lambda: {one.name: one for one in CORE})
    """What people may do, by name: the core's, then those of plugins that run."""
    assets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of the style sheets and scripts that plugins registered, by where they belong."""
    commands: Mapping[str, Sequence[Command]] = field(default_factory=dict)
    """The commands of each plugin that has some."""
    health_checks: Sequence[tuple[str, HealthCheck]] = ()
    search: tuple[str, Search] | None = None
    """The plugin that finds posts by words, and how."""
    themes: Mapping[Path, str] = field(default_factory=dict)
    """Folders of themes that plugins bring along, with the plugin's id."""
    trial: Trial | None = None
    """What this app is a trial of, for one browser only."""
    wake_jobs: Callable[[], None] = lambda: None
    try_plugin: Callable[[str, str], Report] = lambda plugin_id, source: Report(plugin_id)
    """Tries this plugin (from this source) beside the running ones; changes nothing."""
    tables: Mapping[str, Tables] = field(default_factory=dict)
    """The own tables of plugins, by plugin id."""
    marks: Callable[[str], tuple[str, ...]] = lambda statement: ()
    """Tags for the tables of plugins that a statement names."""
    install_plugin: Callable[..., None] = lambda *plugin, **how: None
    """Makes this plugin's tables and enables it; raises `Refused` when that fails, and nothing was changed."""
    remove_plugin: Callable[[str, bool], Path] = lambda plugin_id, force: Path()
    """Removes this plugin with all it left, asking it first; returns the file with a copy. Raises `Refused`."""
    installing: str = ""
    """The plugin that this app was built to install: its tables may be behind."""
    pending: list[str] = field(default_factory=list)
    """Plugins that must be installed before they run, or anew because another version runs now."""
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """What plugins offer as feeds, by id."""
    pipeline: int = PIPELINE
    """Number of the pipeline that makes posts' HTML here: posts stored under another are made again."""
    has_put_off_rendering: bool = False
    """Whether this app has looked for such posts."""
    theme_problem: str = ""
    """A sentence while the wished theme cannot be used and another stands in."""

    @property
    def site(self) -> SiteSettings:
        """The blog's own settings."""
        return self.setup.site

    @property
    def hook(self) -> pluggy.HookRelay:
        """Calls hooks of all active plugins: `blog().hook.judge_comment(...)`."""
        return self.plugins.hook

    @property
    def url(self) -> str:
        """Absolute address without a slash at the end; empty while the owner has set none."""
        return self.config.url or self.setup.site.url


_blog: ContextVar[Blog] = ContextVar("blog")


def blog() -> Blog:
    """Return the running blog. Raises `LookupError` outside of an app."""
    return _blog.get()


def running_blog() -> Blog | None:
    """Return the running blog, or None outside of an app."""
    return _blog.get(None)


def settings_of(plugin_id: str) -> Any:
    """Return the settings of plugin `plugin_id`, an instance of its settings class.

    Raises `LookupError` with a sentence for a plugin that has none or does not run.
    """
    return _blog.get().plugins.settings(plugin_id)


def call_hook(hook: str, /, **arguments: Any) -> Any:
    """Call a hook that a plugin declares (`register_hooks`) and return the results of its implementations.

    The results are a list without None, in the order of plugins; the first one alone where the hook is marked
    `@hookspec(firstresult=True)`. An implementation that fails is left out and named to the owner. Raises `LookupError`
    for a hook that nobody declares, `TypeError` for other arguments than the hook has.
    """
    return _blog.get().plugins.call(hook, arguments)


@contextmanager
def running(value: Blog) -> Iterator[None]:
    """Make `value` the running blog."""
    token = _blog.set(value)
    try:
        yield
    finally:
        _blog.reset(token)
