"""One Flask app from one frozen setup: its table of contents."""

import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint
from flask import Flask
from flask import Response
from flask import abort
from flask.ctx import AppContext
from sqlalchemy.engine import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as HTTPNotFound
from werkzeug.routing import RequestRedirect

from blogengine import admin
from blogengine import themes
from blogengine.config import Config
from blogengine.db import db
from blogengine.interchange import Importer
from blogengine.pages import AdminPages
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.guards import FailureLog
from blogengine.plugins.manager import Plugins
from blogengine.runtime import Blog
from blogengine.runtime import running
from blogengine.setup import Setup
from blogengine.web import failures
from blogengine.web import rendering
from blogengine.web import security
from blogengine.web import templating
from blogengine.web.caching import cacheable
from blogengine.web.commenting import commenting
from blogengine.web.listings import LabelConverter
from blogengine.web.listings import listings
from blogengine.web.pages import pages

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a form: the longest post fits in, whatever its script (500,000 characters of three bytes)."""


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
_VARIABLE = re.compile("<[^>]*>")


class BlogFlask(Flask):
    """A Flask app that knows its blog: in its context, `runtime.blog()` is the one it was built for."""

    blog: Blog
    jinja_environment = templating.Environment

    def handle_http_exception(self, e: HTTPException) -> Any:
        """Answer an error as Flask does, but a redirect to the same address with a slash without the host."""
        return failures.moved(e) if isinstance(e, RequestRedirect) else super().handle_http_exception(e)

    def app_context(self) -> Any:
        """Return a context in which this app's blog runs."""
        return _Context(self)


class _Context(AppContext):
    def push(self) -> None:
        self._running = running(self.app.blog)  # type: ignore[attr-defined]
        self._running.__enter__()
        super().push()

    def pop(self, *error: Any) -> None:
        super().pop(*error)
        self._running.__exit__(None, None, None)


def build(
    config: Config,
    setup: Setup,
    engine: Engine,
    candidates: Mapping[str, Candidate],
    plugin_failures: FailureLog | None = None,
) -> BlogFlask:
    """Build the app for `setup`. A plugin or theme that fails is a state of the app, not an error."""
    app = BlogFlask("blogengine", static_folder=None, template_folder=None)
    app.config.update(
        BLOGENGINE_ENGINE=engine,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=None,
    )
    plugins = Plugins(candidates, plugin_failures or FailureLog())
    app.blog = Blog(config, setup, plugins, ZoneInfo(setup.site.time_zone))
    db.init_app(app)
    app.url_map.merge_slashes = False  # a label may have two of them
    app.url_map.converters["label"] = LabelConverter
    with running(app.blog):
        plugins.load(setup.plugins)
        security.prepare(app, app.blog)
        failures.prepare(app)
        app.register_blueprint(listings)
        app.register_blueprint(pages)
        app.register_blueprint(commenting)
        admin.prepare(app)
        _add_plugins(app)
        line, app.blog.theme_problem = themes.chain(themes.find(config.instance), setup.site.theme)
        files = rendering.prepare(app, app.blog, line)
        _serve_assets(app, files)
    return app


def _add_plugins(app: BlogFlask) -> None:
    plugins = app.blog.plugins
    jobs: dict[str, Any] = {}
    for plugin_id, named in plugins.collect("register_jobs").items():
        if not (isinstance(named, Mapping) and all(map(callable, named.values()))):
            plugins.drop(plugin_id, "register_jobs must return functions by name.")
            continue
        jobs.update({f"{plugin_id}.{name}": function for name, function in named.items()})
    app.blog.jobs = jobs
    importers: dict[str, Importer] = {}
    for plugin_id, offered in plugins.collect("register_importers").items():
        if not (isinstance(offered, Sequence) and all(isinstance(one, Importer) for one in offered)):
            plugins.drop(plugin_id, "register_importers must return a list of importers.")
            continue
        importers.update({importer.id: importer for importer in offered})
    app.blog.importers = importers
    for plugin_id, blueprint in plugins.collect("register_routes").items():
        _mount(app, plugin_id, blueprint)
    for plugin_id, extra in plugins.collect("register_admin_pages").items():
        if not isinstance(extra, AdminPages):
            plugins.drop(plugin_id, "register_admin_pages must return AdminPages(blueprint, label).")
            continue
        admin.mount(app, plugin_id, extra)


def _mount(app: BlogFlask, plugin_id: str, blueprint: Any) -> None:
    """Mount a plugin's public pages below its own path, or where its manifest declares; the core's rules stand first."""
    plugins = app.blog.plugins
    if not isinstance(blueprint, Blueprint):
        plugins.drop(plugin_id, "register_routes must return a Flask blueprint.")
        return
    declared = set(plugins.candidates[plugin_id].manifest.root_routes)
    trial = Flask("trial", static_folder=None)
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


def _serve_assets(app: BlogFlask, files: Mapping[str, themes.Asset]) -> None:
    by_url = {asset.url: asset for asset in files.values()}

    @app.get("/-/assets/<digest>/<path:name>", endpoint="asset")
    @cacheable()
    def serve(digest: str, name: str) -> Any:
        asset = by_url.get(f"/-/assets/{digest}/{name}")
        if asset is None:
            abort(404)
        content = asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()
        response = Response(content, mimetype=asset.mime)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
