"""What plugins register, put into one app: each kind is collected, checked, and a plugin that offers nonsense is broken."""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TypeVar

from click import Command
from flask import Blueprint
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as HTTPNotFound

from blogengine import admin
from blogengine import content
from blogengine import events
from blogengine import lost_passwords
from blogengine import mail
from blogengine import schema
from blogengine import themes
from blogengine.assets import ending
from blogengine.feeds import Feed
from blogengine.health import HealthCheck
from blogengine.interchange import Exporter
from blogengine.interchange import Importer
from blogengine.migrations import version_of
from blogengine.pages import AdminPages
from blogengine.permissions import CORE
from blogengine.permissions import Permission
from blogengine.places import Asset
from blogengine.places import Gadget
from blogengine.plugins.gadgets import Offered
from blogengine.plugins.guards import guarded
from blogengine.plugins.manager import Plugins
from blogengine.runtime import Blog
from blogengine.searching import Search
from blogengine.tables import Tables
from blogengine.tracking import Marks
from blogengine.web.rules import LazyRule
from blogengine.work import Job

T = TypeVar("T")

_OF_A_BLUEPRINT = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "url_value_preprocessors",
    "url_default_functions",
    "template_context_processors",
    "error_handler_spec",
)
"""What a blueprint may bring along beside its rules, by Flask's names."""
_NAME = re.compile("[a-z][a-z0-9_]*")
_FEED_ID = re.compile("[a-z][a-z0-9-]{0,60}")
_OWN_FEEDS = ("comments", "pages", "posts")
_VARIABLE = re.compile("<[^>]*>")


def add_plugins(app: Flask, blog: Blog) -> None:
    """Put what all active plugins of `blog` register into `app` and `blog`."""
    plugins = blog.plugins
    _add_tables(app, blog)
    blog.jobs = {**_jobs(plugins), **events.listening(plugins)}
    if mail.is_ready():  # else mails wait untouched: nobody does their kind of job
        blog.jobs[mail.KIND] = Job(mail.deliver, timeout=mail.TIMEOUT)
    blog.jobs[lost_passwords.KIND] = Job(lost_passwords.send)
    blog.importers = {
        importer.id: importer for _, importer in offered(plugins, "register_importers", Importer)
    }
    blog.exporters = {
        exporter.id: exporter for _, exporter in offered(plugins, "register_exporters", Exporter)
    }
    blog.feeds = _feeds(plugins)
    blog.permissions = _permissions(plugins)
    for plugin_id, blueprint in plugins.collect("register_routes").items():
        _mount(app, plugins, plugin_id, blueprint)
    for plugin_id, extra in plugins.collect("register_admin_pages").items():
        if not isinstance(extra, AdminPages):
            plugins.drop(plugin_id, "register_admin_pages must return AdminPages(blueprint, label).")
            continue
        admin.mount(app, plugin_id, extra)
    blog.routes = _routes(app, plugins)
    blog.pipeline = content.pipeline_of(blog)
    blog.gadgets = _gadgets(plugins)
    blog.assets = _assets(plugins)
    blog.themes = _themes(plugins)
    blog.search = _search(plugins)
    blog.commands = _commands(plugins)
    blog.health_checks = [
        (plugin_id, check) for plugin_id, check in offered(plugins, "register_health_checks", HealthCheck)
    ]


def offered(plugins: Plugins, hook: str, cls: type[T]) -> Iterator[tuple[str, T]]:
    """Yield what a hook that returns lists of `cls` gave, one by one with the id of its plugin."""
    for plugin_id, values in plugins.collect(hook).items():
        fits = isinstance(values, Sequence) and not isinstance(values, str)
        if not (fits and all(isinstance(value, cls) for value in values)):
            plugins.drop(plugin_id, f"{hook} must return a list of {cls.__name__}.")
            continue
        yield from ((plugin_id, value) for value in values)


def _add_tables(app: Flask, blog: Blog) -> None:
    """Note the plugins' own tables; a plugin whose tables are behind its code stays out until somebody brings them up."""
    plugins, found = blog.plugins, {}
    for plugin_id, tables in plugins.collect("register_tables").items():
        if not isinstance(tables, Tables) or tables.id != plugin_id:
            plugins.drop(plugin_id, f'register_tables must return Tables("{plugin_id}").')
            continue
        tables.folder = plugins.folder_of(plugin_id) / "migrations"
        found[plugin_id] = tables
        if tables.problem and plugin_id != blog.installing:
            plugins.drop(plugin_id, tables.problem)
    blog.tables, blog.marks = found, Marks(found.values()).of
    if any(map(plugins.is_active, found)):
        with app.config["BLOGENGINE_ENGINE"].connect() as connection:
            at = {
                one: version_of(connection, tables) for one, tables in found.items() if plugins.is_active(one)
            }
        for plugin_id, present in at.items():
            if present != found[plugin_id].head and plugin_id != blog.installing:
                blog.pending.append(plugin_id)
                plugins.drop(plugin_id, _behind(found[plugin_id], present))
    for plugin in blog.setup.plugins:
        if plugin.installed != plugin.version and plugins.implements(plugin.id, "installed"):
            blog.pending.append(plugin.id)


def _behind(tables: Tables, present: str) -> str:
    if present not in ("", *tables.revisions):
        return f"Its tables were made by a newer version of it (step {present}); install that version again."
    return f"Its tables are at step {present or '0000'} of {tables.head}; run `blogengine plugins migrate {tables.id}`."


def _permissions(plugins: Plugins) -> dict[str, Permission]:
    found: dict[str, tuple[str, Permission]] = {one.name: ("", one) for one in CORE}
    for plugin_id, permission in offered(plugins, "register_permissions", Permission):
        problem = permission.problem(plugin_id)
        if not problem and permission.name in found:
            problem = f"It has two permissions called {permission.name}."
        if problem:
            plugins.drop(plugin_id, problem)
            continue
        found[permission.name] = plugin_id, permission
    return {name: one for name, (holder, one) in found.items() if not holder or plugins.is_active(holder)}


def _feeds(plugins: Plugins) -> dict[str, Feed]:
    found: dict[str, tuple[str, Feed]] = {}
    for plugin_id, feed in offered(plugins, "register_feeds", Feed):
        if not _FEED_ID.fullmatch(str(feed.id)) or feed.id in _OWN_FEEDS:
            plugins.drop(plugin_id, f"The feed {feed.id!r} needs another id: small letters, digits and -.")
        elif not feed.title or str(feed.title) != feed.title or not callable(feed.posts):
            plugins.drop(plugin_id, f"The feed {feed.id} needs a title and a function that returns posts.")
        elif feed.id in found:
            plugins.drop(plugin_id, f"The feed {feed.id} belongs to the plugin {found[feed.id][0]}.")
        else:
            found[feed.id] = plugin_id, feed
    return {feed_id: feed for feed_id, (plugin_id, feed) in found.items() if plugins.is_active(plugin_id)}


def _jobs(plugins: Plugins) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for plugin_id, named in plugins.collect("register_jobs").items():
        fits = isinstance(named, Mapping) and all(
            isinstance(one, Job) or callable(one) for one in named.values()
        )
        if not (fits and all(isinstance(name, str) and _NAME.fullmatch(name) for name in named)):
            plugins.drop(
                plugin_id, 'register_jobs must return functions or Job(…) by name, like {"look": look}.'
            )
            continue
        for name, one in named.items():
            jobs[f"{plugin_id}.{name}"] = one if isinstance(one, Job) else Job(one)
    return jobs


def _gadgets(plugins: Plugins) -> dict[str, Offered]:
    found: dict[str, Offered] = {}
    for plugin_id, gadget in offered(plugins, "register_gadgets", Gadget):
        try:
            if gadget.settings is not None:
                schema.read(gadget.settings, {})
                if any(item.kind == "secret" for item in schema.describe(gadget.settings)):
                    raise TypeError("a secret belongs into the plugin's own settings")
        except Exception as error:
            plugins.drop(plugin_id, f"The settings of its gadget {gadget.name} cannot be used: {error}.")
            continue
        html = guarded(plugin_id, f"{gadget.name}_gadget_html", gadget.html, plugins.ledger)
        one = Offered(plugin_id, gadget, html)
        if one.id in found:
            plugins.drop(plugin_id, f"It has two gadgets called {gadget.name}.")
        found[one.id] = one
    return {key: one for key, one in found.items() if plugins.is_active(one.plugin_id)}


def _search(plugins: Plugins) -> tuple[str, Search] | None:
    found = None
    for plugin_id, search in plugins.collect("register_search").items():
        if not isinstance(search, Search):
            plugins.drop(plugin_id, "register_search must return Search(matching).")
        elif found is None:
            matching = guarded(plugin_id, "search_matching", search.matching, plugins.ledger)
            found = plugin_id, Search(matching)
    return found


def _commands(plugins: Plugins) -> dict[str, list[Command]]:
    found: dict[str, list[Command]] = {}
    for plugin_id, command in offered(plugins, "register_commands", Command):
        if not command.name:
            plugins.drop(plugin_id, "A command of it has no name.")
            continue
        found.setdefault(plugin_id, []).append(command)
    return found


def _assets(plugins: Plugins) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for plugin_id, asset in offered(plugins, "register_assets", Asset):
        folder = plugins.folder_of(plugin_id) / "static"
        if asset.where not in ("public", "admin", "editor"):
            plugins.drop(plugin_id, f"An asset is for public, admin or editor, not {asset.where!r}.")
        elif ending(asset.file) not in ("css", "js", "mjs"):
            plugins.drop(plugin_id, f"register_assets takes style sheets and scripts, not {asset.file!r}.")
        elif not (folder / asset.file).is_file():
            plugins.drop(plugin_id, f"Its asset {asset.file} is not in {folder}.")
        else:
            found.setdefault(asset.where, []).append(f"@{plugin_id}/{asset.file}")
    return {
        where: [name for name in names if plugins.is_active(name[1:].partition("/")[0])]
        for where, names in found.items()
    }


def _themes(plugins: Plugins) -> dict[Path, str]:
    found: dict[Path, str] = {}
    taken = {path.name: "the core" for path in themes.bundled_folders()}
    for plugin_id, folder in offered(plugins, "register_themes", Path):
        holder = taken.get(folder.name)
        if holder is not None:
            plugins.drop(plugin_id, f"Its theme {folder.name} has the name of one of {holder}.")
        elif not (folder / "theme.toml").is_file():
            plugins.drop(plugin_id, f"Its theme {folder} has no theme.toml.")
        else:
            taken[folder.name] = f"the plugin {plugin_id}"
            found[folder] = plugin_id
    return {folder: plugin_id for folder, plugin_id in found.items() if plugins.is_active(plugin_id)}


def _mount(app: Flask, plugins: Plugins, plugin_id: str, blueprint: Any) -> None:
    """Mount a plugin's public pages below its own path, or where its manifest declares; the core's rules stand first."""
    if not isinstance(blueprint, Blueprint):
        plugins.drop(plugin_id, "register_routes must return a Flask blueprint.")
        return
    declared = set(plugins.candidates[plugin_id].manifest.root_routes)
    trial = Flask("trial", static_folder=None)
    trial.url_rule_class = LazyRule
    try:
        trial.register_blueprint(blueprint, name=plugin_id)
    except Exception as error:
        plugins.drop(plugin_id, f"Its routes cannot be used: {error}")
        return
    if any(getattr(trial, kind).get(None) for kind in _OF_A_BLUEPRINT[:3]):
        plugins.drop(
            plugin_id, "Its blueprint changes requests that are not its own (before_app_request or alike)."
        )
        return
    rules = [(rule, trial.view_functions[rule.endpoint]) for rule in trial.url_map.iter_rules()]
    for rule, _ in rules:
        holder = _holder_of(app, rule.rule) if rule.rule in declared else None
        if holder is not None:
            holder = f"the plugin {holder}" if holder in plugins.statuses else "the core"
            plugins.drop(
                plugin_id, f"The route {rule.rule} belongs to {holder}; only one of them can have it."
            )
            return
    for rule, view in rules:
        path = rule.rule if rule.rule in declared else f"/-/{plugin_id}{rule.rule}"
        options = {name: getattr(rule, name) for name in ("methods", "defaults", "provide_automatic_options")}
        app.add_url_rule(path, endpoint=rule.endpoint, view_func=view, **options)
    for kind in _OF_A_BLUEPRINT:
        if plugin_id in getattr(trial, kind):
            getattr(app, kind)[plugin_id] = getattr(trial, kind)[plugin_id]


def _routes(app: Flask, plugins: Plugins) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each plugin's pages; one that the manifest declares and nobody serves is a warning."""
    found: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        owner = rule.endpoint.partition(".")[0].removeprefix("admin_")
        if plugins.is_active(owner):
            found.setdefault(owner, []).append(rule.rule)
    for plugin_id in filter(plugins.is_active, plugins.call_order):
        for declared in plugins.candidates[plugin_id].manifest.root_routes:
            if declared not in found.get(plugin_id, ()):
                plugins.warn(
                    plugin_id,
                    f"The manifest has the root route {declared}, and no rule of the blueprint that register_routes returns "
                    "is written like that: write the rule there, or take it out of root_routes.",
                )
    return {plugin_id: tuple(sorted(rules)) for plugin_id, rules in found.items()}


def _holder_of(app: Flask, rule: str) -> str | None:
    """Return who answers at an address that `rule` matches; a fixed part would win over a rule of the core."""
    adapter = app.url_map.bind("localhost")
    for sample in ("x", "1", "2020"):
        try:
            endpoint, _ = adapter.match(_VARIABLE.sub(sample, rule))
        except HTTPNotFound:
            continue
        except HTTPException:
            return ""
        return str(endpoint).partition(".")[0]
    return None
