"""One Flask app from one frozen setup: its table of contents."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask import Response
from flask import abort
from flask import redirect
from flask.ctx import AppContext
from sqlalchemy.engine import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from blogengine import admin
from blogengine import assembly
from blogengine import themes
from blogengine.assets import Files
from blogengine.assets import address
from blogengine.config import Config
from blogengine.db import db
from blogengine.plugins.calls import Ledger
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.manager import Plugins
from blogengine.plugins.manager import Status
from blogengine.runtime import Blog
from blogengine.runtime import running
from blogengine.setup import Setup
from blogengine.web import failures
from blogengine.web import personal
from blogengine.web import rendering
from blogengine.web import security
from blogengine.web import templating
from blogengine.web.caching import cacheable
from blogengine.web.commenting import commenting
from blogengine.web.listings import LabelConverter
from blogengine.web.listings import listings
from blogengine.web.pages import pages
from blogengine.web.rules import LazyRule

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a form: the longest post fits in, whatever its script (500,000 characters of three bytes)."""


class BlogFlask(Flask):
    """A Flask app that knows its blog: in its context, `runtime.blog()` is the one it was built for."""

    blog: Blog
    jinja_environment = templating.Environment
    url_rule_class = LazyRule

    def handle_http_exception(self, e: HTTPException) -> Any:
        """Answer an error as Flask does, but a redirect to the same address with a slash without the host."""
        return failures.moved(e) if isinstance(e, RequestRedirect) else super().handle_http_exception(e)

    def full_dispatch_request(self) -> Response:
        """Answer a request; a view that wants to end the process ends only its own request."""
        try:
            return super().full_dispatch_request()
        except Exception:
            raise
        except BaseException as error:
            raise RuntimeError(f"a view raised {type(error).__name__}") from error

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
    ledger: Ledger | None = None,
    *,
    installing: str = "",
    refused: Mapping[str, Status] | None = None,
) -> BlogFlask:
    """Build the app for `setup`. A plugin or theme that fails is a state of the app, not an error.

    `installing` is a plugin whose tables may be behind: the app is built to bring them up to date. `refused` are plugins
    that could not start in this process. Where a plugin failed after parts of it were in the app, the app is built again
    without it: nothing of it is left.
    """
    ledger = ledger or Ledger()
    dropped: dict[str, Status] = dict(refused or {})
    pending: list[str] = []
    while True:
        app = _build(config, setup, engine, candidates, ledger, installing, dropped)
        pending += app.blog.pending
        if not app.blog.plugins.is_spoilt:
            app.blog.pending = pending
            return app
        dropped |= app.blog.plugins.dropped


def _build(
    config: Config,
    setup: Setup,
    engine: Engine,
    candidates: Mapping[str, Candidate],
    ledger: Ledger,
    installing: str,
    dropped: Mapping[str, Status],
) -> BlogFlask:
    app = BlogFlask("blogengine", static_folder=None, template_folder=None)
    app.config.update(
        BLOGENGINE_ENGINE=engine,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=None,
    )
    plugins = Plugins(candidates, ledger)
    plugins.apart = app.app_context
    app.blog = Blog(config, setup, plugins, ZoneInfo(setup.site.time_zone), installing=installing)
    db.init_app(app)
    app.url_map.merge_slashes = False  # a label may have two of them
    app.url_map.converters["label"] = LabelConverter
    with running(app.blog):
        plugins.load(setup.plugins, setup.plugin_order, dropped)
        personal.prepare(app)
        app.before_request(admin.guard)  # who may is asked before what was sent is looked at
        security.prepare(app, app.blog)
        failures.prepare(app)
        app.register_blueprint(listings)
        app.register_blueprint(pages)
        app.register_blueprint(commenting)
        admin.prepare(app)
        assembly.add_plugins(app, app.blog)
        line, app.blog.theme_problem = themes.chain(themes.available(), setup.site.theme)
        files = rendering.prepare(app, app.blog, line)
        _serve_files(app, files)
    return app


def _serve_files(app: BlogFlask, files: Files) -> None:
    @app.get("/-/assets/<digest>/<path:name>", endpoint="asset")
    @cacheable()
    def serve(digest: str, name: str) -> Any:
        """A static file; a file that another one names without its digest is found by a redirect."""
        file = files.get(name)
        if file is None:
            abort(404)
        if file.url != address(digest, name):
            return redirect(file.url)
        response = Response(file.read(), mimetype=file.mime)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
