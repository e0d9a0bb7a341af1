"""`register_*`: what a plugin adds, collected when an app is built; a plugin whose function fails there is broken."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from click import Command
from flask import Blueprint

from blogengine.feeds import Feed
from blogengine.health import HealthCheck
from blogengine.hookspecs.marks import hookspec
from blogengine.interchange import Exporter
from blogengine.interchange import Importer
from blogengine.pages import AdminPages
from blogengine.permissions import Permission
from blogengine.places import Asset
from blogengine.places import Gadget
from blogengine.searching import Search
from blogengine.tables import Tables
from blogengine.work import Job


@hookspec
def register_settings() -> type:  # type: ignore[empty-body]
    """Declare the plugin's settings as a frozen dataclass made with `option`.

    Returns the class. The owner edits it under Plugins; read it with `settings_of("<plugin id>")`.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_tables() -> Tables:  # type: ignore[empty-body]
    """Declare the plugin's own tables.

    Returns `Tables("<plugin id>")`, from whose `Base` the models derive. The steps of the schema are run when the plugin is
    enabled, and before the server starts when there are new ones; while they were not, the plugin is inactive and says so.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_routes() -> Blueprint:  # type: ignore[empty-body]
    """Add public pages.

    Returns a Flask blueprint. It is mounted under `/-/<plugin id>/`; rules listed as
    `root_routes` in the manifest are mounted as they are written. A rule of the core always wins.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_admin_pages() -> AdminPages:  # type: ignore[empty-body]
    """Add pages for signed-in authors.

    Returns `AdminPages(blueprint, label)`; the blueprint is mounted under `/admin/-/<plugin id>/`, only signed-in people who
    have its `permission` reach it, every form in it needs the CSRF token, and `label` becomes an entry of their menu.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Name what people may do with the plugin, so that the owner can leave it to authors.

    Returns permissions, called `<plugin id>.<action>`. Each is a box under People; ask for it with
    `AdminPages(permission=…)`, and with `can` in Python and in templates. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_feeds() -> Sequence[Feed]:  # type: ignore[empty-body]
    """Offer feeds of posts, which the plugin that writes feeds serves in all its formats and announces in every head.

    Returns feeds; `Feed.posts` is asked for a part of the list each time such a feed is made, within a request for it.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Add formats that `blogengine import <format> FILE` reads.

    Returns importers. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_exporters() -> Sequence[Exporter]:  # type: ignore[empty-body]
    """Add formats that `blogengine export <format> FILE` writes.

    Returns exporters. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_jobs() -> Mapping[str, Job | Callable[[dict[str, Any]], None]]:  # type: ignore[empty-body]
    """Name the work that `enqueue(tx, "<plugin id>.<name>", {...})` puts off until after the commit.

    Returns functions by name, each given the payload, or `Job(function, every=timedelta(hours=1))` and
    `Job(function, at="03:30")` (on the blog's clock) for work that is done again and again. A job runs at least once,
    outside any transaction, and is tried again when it raises; it may use the network. Called once when an app is built.
    Since 0.1.
    """


@hookspec
def register_gadgets() -> Sequence[Gadget]:  # type: ignore[empty-body]
    """Offer boxes that the owner may put into areas of the theme: sidebar and footer.

    Returns gadgets. The owner chooses under Layout which are shown, where, in which order and with which settings, each
    as often as they like. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_assets() -> Sequence[Asset]:  # type: ignore[empty-body]
    """Add style sheets and scripts to all public pages, all pages of the owner, or the editor.

    Returns assets: files of the plugin's folder `static`. What belongs to one fragment is named by it instead, and is on
    no other page: `fragment("@id/box.html", assets=["box.css"])`. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_themes() -> Sequence[Path]:  # type: ignore[empty-body]
    """Bring themes along.

    Returns folders with a `theme.toml`; a folder's name is the theme's id. While the plugin is off, a blog that wears
    one of them wears the fallback and says so. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_hooks() -> ModuleType | type:  # type: ignore[empty-body]
    """Declare hooks of the plugin's own, which other plugins implement.

    Returns a module or a class with functions marked `@hookspec`; their names begin with `<plugin id>_`. The plugin calls
    them with `call_hook`. Called once when an app is built, before any implementation is looked at. Since 0.1.
    """


@hookspec
def register_search() -> Search:  # type: ignore[empty-body]
    """Find posts by words, in place of the engine's plain look through all texts.

    Returns `Search(matching)`. It answers `/search?q=…` and the parameter `q` of feeds; where several plugins offer one, the
    first in order does. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_commands() -> Sequence[Command]:  # type: ignore[empty-body]
    """Add commands to the command line: `blogengine x <plugin id> <command>`.

    Returns commands made with `click`. Each runs inside the blog, as a hook does: services can be called and `write` works.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_health_checks() -> Sequence[HealthCheck]:  # type: ignore[empty-body]
    """Look at what can be wrong with the plugin on this installation.

    Returns checks, which `blogengine doctor` and the plugin's page under Plugins run and show; they must be quick and not
    use the network. One that raises is shown as failed. Called once when an app is built. Since 0.1.
    """
