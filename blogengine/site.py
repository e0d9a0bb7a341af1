"""The WSGI object that serves the current app, keeps its pages, and swaps in a new app when the setup has changed."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine
from werkzeug.http import HTTP_STATUS_CODES

from blogengine import app as apps
from blogengine import comments
from blogengine import installing
from blogengine import jobs
from blogengine import posts
from blogengine import removing
from blogengine import settings
from blogengine.app import BlogFlask
from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.door.kinds import Door
from blogengine.door.kinds import apart
from blogengine.keeping import Environ
from blogengine.keeping import ask
from blogengine.keeping import conditions_of
from blogengine.keeping import encoded
from blogengine.keeping import form_of
from blogengine.keeping import is_page
from blogengine.keeping import is_personal
from blogengine.keeping import key_of
from blogengine.keeping import make_entry
from blogengine.keeping import unless_known
from blogengine.keeping import viewer_of
from blogengine.lives import Lives
from blogengine.pagecache import Hit
from blogengine.pagecache import PageCache
from blogengine.pagecache import View
from blogengine.pagecache import enter_view
from blogengine.pagecache import leave_view
from blogengine.pageviews import PageViews
from blogengine.pageviews import Viewer
from blogengine.plugins import discovery
from blogengine.plugins.calls import Ledger
from blogengine.plugins.calls import Patience
from blogengine.plugins.costs import PAGES
from blogengine.plugins.door_report import Report
from blogengine.runtime import blog
from blogengine.safemode import SafeMode
from blogengine.secret import guard_logs
from blogengine.sequence import Sequence
from blogengine.tracking import watch
from blogengine.trying import Trials
from blogengine.tryouts import Trial
from blogengine.warden import Warden

log = logging.getLogger("blogengine.site")


def _publish(payload: dict[str, Any]) -> None:
    posts.publish_due()


CORE_JOBS: jobs.Jobs = {"core.publish": _publish, "core.render": posts.renew}
FLIGHT = 10.0
"""Seconds for which a request waits for another one's render of the same page."""


class Site:
    """One installation as one process serves it. Make it before the workers are forked, `start` it in each."""

    def __init__(self, config: Config, engine: Engine | None = None, *, door: Door = apart) -> None:
        guard_logs()
        self.config = config
        self._door = door
        self.engine = engine or make_engine(config.database_url)
        watch(self.engine)
        self.sequence = Sequence(self.engine)
        self.cache = PageCache(self.sequence)
        self.ledger = Ledger(Patience(config.hook_seconds))
        self.failures = self.ledger.failures
        self.does_jobs = True  # False where another process does the work in the background
        self._views: PageViews | None = None
        self._pages = self.ledger.costs.of(PAGES, "page")
        safe = dataclasses.replace(config, safe_mode=True)
        self._safe_mode = SafeMode(config, lambda: Site(safe, self.engine))
        self.warden = Warden(config, self.ledger, lambda: self._app, self.in_safe_app)
        self._app: BlogFlask | None = None
        self._swap = threading.Lock()
        self._flights: dict[tuple[int, tuple[str, bytes]], threading.Event] = {}
        self._flights_lock = threading.Lock()
        self._runner: jobs.Runner | None = None
        self._lives = Lives()
        self._trials = Trials(self._build_trial)
        self._serves = False
        self.forgetting = comments.Forgetting()

    def start(self, *, work: bool = True) -> None:
        """Build the app, watch and start its plugins; with `work`, do jobs in a thread, unless `does_jobs` is off."""
        if work:
            self.warden.start()
            self.warden.carry_out()
        self._serves = True
        if not self._lives.start(self.current()):
            self.forget_app()
            self.current()
        if work and self.does_jobs:
            self._runner = jobs.Runner(self.in_app, CORE_JOBS, self._look_after)
            self._runner.start()

    def close(self) -> None:
        """Stop the thread and give connections back."""
        if self._runner is not None:
            self._runner.stop()
        if self._app is not None and self._views is not None:
            with self._app.app_context():
                self.hand_over_views()
        self._lives.end()
        self.warden.stop()
        self.disconnect()

    def disconnect(self) -> None:
        """Give all connections back but keep the app, so that forked workers share it and connect themselves."""
        self.sequence.close()
        self._safe_mode.disconnect()
        self.engine.dispose()

    def current(self) -> BlogFlask:
        """Return the app of the present setup, building a new one when the setup has changed."""
        self.sequence.refresh()
        generation = self.sequence.generation()
        app = self._app
        if app is not None and app.blog.setup.generation >= generation:
            return app
        with self._swap:
            app = self._app
            if app is None or app.blog.setup.generation < generation:
                if app is not None:
                    self._lives.refused = {}
                app = self._app = self._begin()
                self.cache.clear()
                self._lives.follow(app)
                listeners = app.blog.hook.page_viewed.get_hookimpls()
                self._views = (self._views or PageViews()) if listeners else None
        return app

    def _begin(self) -> BlogFlask:
        """Build an app whose plugins are all started, if this process serves."""
        app = self.build()
        while self._serves and not self._lives.start(app):
            app = self.build()
        return app

    def _build_trial(self, trial: Trial) -> BlogFlask:
        app = self.build(trial=trial)
        if self._serves:
            self._lives.start(app)
        return app

    def build(self, *, also: str = "", source: str = "", trial: Trial | None = None) -> BlogFlask:
        """Build an app from the setup in the database.

        `also` (from `source`) is a plugin that runs in it whatever the owner decided, its tables there or not; `trial` is
        what one owner alone sees.
        """
        apart = bool(also or trial)
        if not apart:
            self.warden.carry_out()
        candidates = discovery.find(self.config.drop_in_folder)
        with self.engine.connect() as connection:
            setup = settings.load_setup(
                connection, self.config, candidates, also=also, also_source=source, trial=trial
            )
        ledger = Ledger(self.ledger.patience, self.ledger.calls) if apart else self.ledger
        refused = None if apart else self._lives.refused
        app = apps.build(
            self.config, setup, self.engine, candidates, ledger, installing=also, refused=refused
        )
        app.blog.trial = trial
        app.blog.wake_jobs = self._wake
        app.blog.try_plugin = self.try_plugin
        app.blog.install_plugin = self.install
        app.blog.remove_plugin = self._remove_plugin
        return app

    def keep_app(self, app: BlogFlask) -> None:
        """Serve with an app that was built apart."""
        self._app = app

    def forget_app(self) -> None:
        """Build the app anew at the next request, although the setup is the same."""
        self._app = None
        self.cache.clear()

    def try_plugin(self, plugin_id: str, source: str = "") -> Report:
        """Try a plugin (from `source`) beside those that run; nothing is changed by it."""
        return self._door(self, plugin_id, source)

    def install(self, plugin_id: str, source: str = "", *, enable: bool = True) -> None:
        """Make the tables of a plugin, let it put in what it needs and, with `enable`, let it run from now on."""
        with self.build(also=plugin_id, source=source).app_context():
            installing.install(plugin_id, enable=enable)

    def _remove_plugin(self, plugin_id: str, force: bool) -> Path:
        with self.build(also=plugin_id).app_context():
            return removing.remove(plugin_id, force=force)

    @contextmanager
    def in_app(self) -> Iterator[BlogFlask]:
        """Enter the context of the current app: services can be called inside."""
        app = self.current()
        with app.app_context():
            yield app

    def in_safe_app(self) -> AbstractContextManager[BlogFlask]:
        """Enter an app without plugins, which nothing that plugins do keeps from working."""
        return self._safe_mode.entered()

    def hanging(self) -> int:
        """Return how many threads of this process hang in plugins."""
        return self.warden.hanging()

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    def _look_after(self) -> None:
        self.hand_over_views()
        self.warden.store()
        posts.put_off_rendering()
        self.forgetting.run()

    def hand_over_views(self) -> None:
        """Give the page views noted in this process to the plugins that count them; in the app's context."""
        views = self._views.take() if self._views is not None else []
        if views:
            blog().hook.page_viewed(views=views)

    def lookup(
        self,
        path: str,
        query: bytes,
        cookie: bytes,
        if_none_match: str,
        accept_encoding: str,
        if_modified_since: str = "",
        viewer: Viewer | None = None,
    ) -> Hit | None:
        """Return a kept answer that is still true, or None; takes microseconds and never waits for a render.

        `path` is decoded, `query` and `cookie` are as sent. With a `viewer` it counts as read. Answers of an app that has
        been replaced are never returned.
        """
        if cookie and b"blog_session=" in cookie:
            return None
        entry = self.cache.get((path, query))
        app = self._app
        if entry is None or app is None or self.sequence.generation() > app.blog.setup.generation:
            return None
        if viewer is not None and entry.is_page and self._views is not None:
            self._views.note(path, viewer)
        return form_of(entry, if_none_match, accept_encoding, if_modified_since)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        safe = self._safe_mode.app_for(environ)
        if safe is not None:
            return safe(environ, start_response)
        app = self._trials.app_for(environ, self.current())
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        # A file is sent from the disk, in the parts that are asked for.
        is_file = environ["PATH_INFO"].startswith("/media/")
        if not is_read or is_file or "blog_session=" in environ.get("HTTP_COOKIE", ""):
            return app(environ, start_response)
        status, headers, body = self._kept(environ) or self._answer(app, environ)
        start_response(
            f"{status} {HTTP_STATUS_CODES.get(status, 'Unknown')}",
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
        )
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _kept(self, environ: Environ) -> Hit | None:
        return self.lookup(*key_of(environ), b"", *conditions_of(environ), viewer_of(environ))

    def _answer(self, app: BlogFlask, environ: Environ) -> Hit:
        """Render a page once for all who ask for it at the same time."""
        key = key_of(environ)
        number = (app.blog.setup.generation, key)
        with self._flights_lock:
            flight = self._flights.get(number)
            leads = flight is None
            if flight is None:
                flight = self._flights[number] = threading.Event()
        if not leads:
            flight.wait(FLIGHT)
            return self._kept(environ) or self._render(app, environ, key)
        try:
            return self._render(app, environ, key)
        finally:
            with self._flights_lock:
                self._flights.pop(number, None)
            flight.set()

    def _render(self, app: BlogFlask, environ: Environ, key: tuple[str, bytes]) -> Hit:
        stamp = self.sequence.refresh()
        is_current = app.blog.setup.generation >= self.sequence.generation()
        view = View(self.cache, stamp)
        token = enter_view(view)
        begun = time.perf_counter_ns()
        try:
            status, headers, body = ask(app, environ)
        finally:
            leave_view(token)
            self._pages.calls += 1
            self._pages.total += time.perf_counter_ns() - begun
        viewer = viewer_of(environ)
        if viewer is not None and self._views is not None and status == 200 and is_page(headers):
            self._views.note(key[0], viewer)
        if not view.cacheable or view.personal or status not in (200, 301) or is_personal(headers):
            return unless_known(Hit(status, encoded(headers), body), environ.get("HTTP_IF_NONE_MATCH", ""))
        entry = make_entry(status, headers, body, view, stamp)
        if is_current:
            self.cache.put(key, entry)
        return form_of(entry, *conditions_of(environ))
