"""The WSGI object that serves the current app, keeps its pages, and swaps in a new app when the setup has changed."""

import logging
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Engine
from werkzeug.http import HTTP_STATUS_CODES

from blogengine import app as apps
from blogengine import installing
from blogengine import jobs
from blogengine import posts
from blogengine import settings
from blogengine.app import BlogFlask
from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.errors import BlogError
from blogengine.pagecache import Entry
from blogengine.pagecache import Hit
from blogengine.pagecache import PageCache
from blogengine.pagecache import Sequence
from blogengine.pagecache import View
from blogengine.pagecache import enter_view
from blogengine.pagecache import etag_of
from blogengine.pagecache import leave_view
from blogengine.plugins import discovery
from blogengine.plugins.calls import Ledger
from blogengine.secret import guard_logs
from blogengine.tracking import watch

log = logging.getLogger("blogengine.site")


def _publish(payload: dict[str, Any]) -> None:
    posts.publish_due()


CORE_JOBS: jobs.Jobs = {"core.publish": _publish, "core.render": posts.renew}
_PACKABLE = (
    "text/",
    "image/svg",
    *(f"application/{kind}" for kind in ("atom+xml", "rss+xml", "json", "javascript")),
)
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")
_FOREVER = 253402300799.0
FLIGHT = 10.0
"""Seconds for which a request waits for another one's render of the same page."""

Environ = dict[str, Any]


class Site:
    """One installation as one process serves it. Make it before the workers are forked, `start` it in each."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        guard_logs()
        self.config = config
        self.engine = engine or make_engine(config.database_url)
        watch(self.engine)
        self.sequence = Sequence(self.engine)
        self.cache = PageCache(self.sequence)
        self.ledger = Ledger()
        self.failures = self.ledger.failures
        self.does_jobs = True  # False where another process does the work in the background
        self._app: BlogFlask | None = None
        self._swap = threading.Lock()
        self._flights: dict[tuple[int, tuple[str, bytes]], threading.Event] = {}
        self._flights_lock = threading.Lock()
        self._runner: jobs.Runner | None = None

    def start(self, *, work: bool = True) -> None:
        """Build the app; with `work`, do jobs in a thread, unless `does_jobs` was switched off."""
        self.current()
        if work and self.does_jobs:
            self._runner = jobs.Runner(self.in_app, CORE_JOBS, self._look_after)
            self._runner.start()

    def close(self) -> None:
        """Stop the thread and give connections back."""
        if self._runner is not None:
            self._runner.stop()
        self.disconnect()

    def disconnect(self) -> None:
        """Give all connections back but keep the app, so that forked workers share it and connect themselves."""
        self.sequence.close()
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
                app = self.build()
                self._app = app
                self.cache.clear()
        return app

    def build(self, *, also: str = "", source: str = "") -> BlogFlask:
        """Build an app from the setup in the database.

        `also` (from `source`) is a plugin that runs in it whatever the owner decided, its tables there or not.
        """
        candidates = discovery.find(self.config.drop_in_folder)
        with self.engine.connect() as connection:
            setup = settings.load_setup(connection, self.config, candidates, also=also, also_source=source)
        ledger = Ledger() if also else self.ledger
        app = apps.build(self.config, setup, self.engine, candidates, ledger, installing=also)
        app.blog.wake_jobs = self._wake
        app.blog.try_plugin = self._try_plugin
        app.blog.install_plugin = self._install_plugin
        return app

    def forget_app(self) -> None:
        """Build the app anew at the next request, although the setup is the same."""
        self._app = None
        self.cache.clear()

    def _try_plugin(self, plugin_id: str, source: str) -> str:
        status = self.build(also=plugin_id, source=source).blog.plugins.statuses.get(plugin_id)
        return status.reason if status is not None and status.state != "active" else ""

    def _install_plugin(self, plugin_id: str, source: str = "") -> None:
        with self.build(also=plugin_id, source=source).app_context():
            installing.install(plugin_id)

    def install_pending(self) -> list[str]:
        """Bring the tables of enabled plugins up to date, before there are workers; return a sentence for each failure."""
        problems = []
        for plugin_id in self.current().blog.pending:
            try:
                self._install_plugin(plugin_id)
            except BlogError as error:
                problems.append(str(error))
        return problems

    @contextmanager
    def in_app(self) -> Iterator[BlogFlask]:
        """Enter the context of the current app: services can be called inside."""
        app = self.current()
        with app.app_context():
            yield app

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    def _look_after(self) -> None:
        settings.store_failures(self.ledger.failures.take())
        posts.put_off_rendering()

    def lookup(
        self,
        path: str,
        query: bytes,
        cookie: bytes,
        if_none_match: str,
        accept_encoding: str,
        if_modified_since: str = "",
    ) -> Hit | None:
        """Return a kept answer that is still true, or None; takes microseconds and never waits for a render.

        `path` is decoded, `query` and `cookie` are as sent. Answers of an app that has been replaced are never returned.
        """
        if cookie and b"blog_session=" in cookie:
            return None
        entry = self.cache.get((path, query))
        app = self._app
        if entry is None or app is None or self.sequence.generation() > app.blog.setup.generation:
            return None
        return _form_of(entry, if_none_match, accept_encoding, if_modified_since)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        app = self.current()
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
        return self.lookup(*_key_of(environ), b"", *_conditions_of(environ))

    def _answer(self, app: BlogFlask, environ: Environ) -> Hit:
        """Render a page once for all who ask for it at the same time."""
        key = _key_of(environ)
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
        try:
            status, headers, body = _call(app, environ)
        finally:
            leave_view(token)
        if not view.cacheable or status not in (200, 301) or _is_personal(headers):
            return _unless_known(Hit(status, _encoded(headers), body), environ.get("HTTP_IF_NONE_MATCH", ""))
        entry = _entry(status, headers, body, view, stamp)
        if is_current:
            self.cache.put(key, entry)
        return _form_of(entry, *_conditions_of(environ))


def _key_of(environ: Environ) -> tuple[str, bytes]:
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return path, environ.get("QUERY_STRING", "").encode("latin-1")


def _conditions_of(environ: Environ) -> tuple[str, str, str]:
    names = ("HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING", "HTTP_IF_MODIFIED_SINCE")
    return environ.get(names[0], ""), environ.get(names[1], ""), environ.get(names[2], "")


def _call(app: BlogFlask, environ: Environ) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the app's whole answer to GET, whatever the visitor has of it already."""
    answer: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], error: Any = None
    ) -> Callable[[bytes], object]:
        answer[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda data: None

    asked = {key: value for key, value in environ.items() if key not in _CONDITIONS}
    asked["REQUEST_METHOD"] = "GET"
    chunks = app(asked, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return answer[0], answer[1], body


def _entry(status: int, headers: list[tuple[str, str]], body: bytes, view: View, stamp: int) -> Entry:
    etag = etag_of(body)
    kept = [
        (name, value) for name, value in headers if name.lower() not in ("content-length", "etag", "vary")
    ]
    kind = next((value for name, value in kept if name.lower() == "content-type"), "")
    base = [*_encoded(kept), (b"ETag", etag.encode()), (b"Vary", b"Accept-Encoding")]
    return Entry(
        plain=Hit(status, [*base, (b"Content-Length", str(len(body)).encode())], body),
        unchanged=Hit(304, [pair for pair in base if pair[0].lower() != b"content-type"], b""),
        is_packable=kind.startswith(_PACKABLE) and len(body) > 500,
        etag=etag,
        last_modified=next((value for name, value in kept if name.lower() == "last-modified"), ""),
        tags=frozenset(view.tags),
        stamp=stamp,
        checked=stamp,
        until=view.until if view.until is not None else _FOREVER,
    )


def _form_of(entry: Entry, if_none_match: str, accept_encoding: str, if_modified_since: str) -> Hit:
    """Return the answer that fits the visitor; the date counts only without an entity tag (RFC 9110 §13.2.2)."""
    if entry.plain.status == 200:
        if if_none_match:
            if _matches(if_none_match, entry.etag):
                return entry.unchanged
        elif if_modified_since and if_modified_since == entry.last_modified:
            return entry.unchanged
    if entry.is_packable and "gzip" in accept_encoding and "gzip;q=0" not in accept_encoding.replace(" ", ""):
        return entry.pack()
    return entry.plain


def _unless_known(hit: Hit, if_none_match: str) -> Hit:
    """Return 304 where a view that is never kept gave the entity tag that the visitor has."""
    etag = next((value.decode("latin-1") for name, value in hit.headers if name.lower() == b"etag"), "")
    if hit.status != 200 or not etag or not if_none_match or not _matches(if_none_match, etag):
        return hit
    left_out = (b"content-type", b"content-length")
    return Hit(304, [pair for pair in hit.headers if pair[0].lower() not in left_out], b"")


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare entity tags weakly, as If-None-Match does (RFC 9110 §13.1.2)."""
    bare = etag.removeprefix("W/")
    return if_none_match.strip() == "*" or any(
        tag.strip().removeprefix("W/") == bare for tag in if_none_match.split(",")
    )


def _is_personal(headers: list[tuple[str, str]]) -> bool:
    """Whether an answer is for one visitor only: it sets a cookie or varies by one."""
    return any(
        name.lower() == "set-cookie"
        or (name.lower() == "vary" and ("cookie" in value.lower() or "*" in value))
        or (name.lower() == "cache-control" and "no-store" in value.lower())
        for name, value in headers
    )


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
