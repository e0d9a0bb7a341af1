"""The process that serves the blog under `blogengine dev`: reads anew what was saved, and says what went wrong."""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

from blogengine import db as database
from blogengine.cli import dev_pages
from blogengine.cli.dev_pages import Trouble
from blogengine.cli.dev_watching import Watcher
from blogengine.cli.dev_watching import editable_plugins
from blogengine.cli.dev_watching import engine_folders
from blogengine.cli.instance import Opener
from blogengine.cli.serving import site_address
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins.failures import Failure
from blogengine.site import Site

AGAIN = 75
"""Exit code that asks to be started again (EX_TEMPFAIL)."""
PAUSE = 0.3
"""Seconds between two looks at the files."""
MOST_SHOWN = 10
"""Errors in the box, the latest."""
_TAKEN_OUT = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


class Quiet(WSGIRequestHandler):
    """Says nothing of requests that went well."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Name a request that failed."""
        if str(code).startswith("5"):
            click.echo(f"{self.command} {self.path} answers {code}", err=True)


class Troubles(logging.Handler):
    """Hears of every error of a view or a hook, prints its traceback, and keeps it until something is saved."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._kept_lock = threading.Lock()
        self._kept: dict[str, Trouble] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an error; a view's has its traceback with it, a hook's is told by the log of failures."""
        if record.name == "blogengine.plugins" and not record.exc_info:
            return
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.keep(Trouble(record.name.rpartition(".")[2], record.getMessage(), trace))

    def keep(self, trouble: Trouble) -> None:
        """Print what is new, and show it in pages from now on."""
        with self._kept_lock:
            key = f"{trouble.where} {trouble.what}"
            is_new = key not in self._kept
            self._kept[key] = trouble
            while len(self._kept) > MOST_SHOWN:
                del self._kept[next(iter(self._kept))]
        if is_new:
            say(trouble)

    def clear(self) -> None:
        """Forget: something was saved."""
        with self._kept_lock:
            self._kept.clear()

    def all(self) -> list[Trouble]:
        """Return what is kept."""
        with self._kept_lock:
            return list(self._kept.values())


def say(trouble: Trouble) -> None:
    """Print a trouble."""
    click.echo(f"! {trouble.where}: {trouble.what}", err=True)
    if trouble.trace:
        click.echo(trouble.trace.rstrip(), err=True)


class DevSite:
    """The site with a box of troubles on every page."""

    def __init__(self, site: Site, troubles: Troubles) -> None:
        self.site = site
        self.troubles = troubles

    def hear(self, failure: Failure) -> None:
        """Show what a plugin did wrong. It is not stored: a plugin that is worked on is not switched off for it."""
        place = f"{failure.plugin_id} failed in {failure.hook}"
        self.troubles.keep(Trouble(place, failure.message, failure.traceback))
        self.site.failures.take()

    def of_setup(self) -> list[Trouble]:
        """Return what is wrong with the app as it was built."""
        blog = self.site.current().blog
        found = [
            Trouble(
                f"The plugin {status.id}" + (f" is {status.state}" if status.state != "active" else ""),
                status.reason,
                status.traceback,
            )
            for status in blog.plugins.statuses.values()
            if status.reason
        ]
        if blog.theme_problem:
            found.append(Trouble("The theme", blog.theme_problem))
        return found + [Trouble("The settings", problem) for problem in blog.setup.problems]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if environ["PATH_INFO"] == dev_pages.SHEET:
            start_response("200 OK", [("Content-Type", "text/css; charset=utf-8")])
            return [dev_pages.CSS.encode()]
        answer: list[Any] = []

        def start(
            status: str, headers: list[tuple[str, str]], error: Any = None
        ) -> Callable[[bytes], object]:
            answer[:] = [status, headers]
            return lambda data: None

        asked = {name: value for name, value in environ.items() if name not in _TAKEN_OUT}
        try:
            chunks = self.site(asked, start)
        except Exception:
            trouble = Trouble("The blog", "It could not answer.", traceback.format_exc())
            say(trouble)
            start_response("500 Internal Server Error", [("Content-Type", "text/html; charset=utf-8")])
            return [dev_pages.page("It could not answer", [trouble])]
        status, headers = answer
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        if not kind.startswith("text/html") or environ["REQUEST_METHOD"] == "HEAD":
            start_response(status, headers)
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        body = dev_pages.put_in(body, [*self.of_setup(), *self.troubles.all()])
        kept = [pair for pair in headers if pair[0].lower() not in ("content-length", "etag")]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]


def serve_socket(descriptor: int, app: dev_pages.WSGI) -> Callable[[], None]:
    """Answer at a listening socket in threads; return what ends it."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, fd=descriptor)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()

    def end() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return end


def serve_site(opener: Opener, descriptor: int, local: str, *, safe: bool, again: bool) -> None:
    """Serve until Ctrl-C; ends with the code `AGAIN` when code was saved that this process has loaded."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    troubles = Troubles()
    logging.getLogger("blogengine").addHandler(troubles)
    site = opener.site(create=True, safe_mode=safe)
    lines = site_address(site, local)
    site.start()
    served = DevSite(site, troubles)
    site.failures.listener = served.hear
    parent = os.getppid()
    watcher = Watcher(lambda: [*code_folders(), *read_anew(site)])
    end = serve_socket(descriptor, served)
    for line in ["Loaded again."] if again else [*lines, "It follows what you save. Ctrl-C ends it."]:
        click.echo(line)
    sys.stdout.flush()
    for trouble in served.of_setup():
        say(trouble)
    try:
        while os.getppid() == parent:
            time.sleep(PAUSE)
            changed = watcher.changes()
            if changed:
                _follow(site, served, changed)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    finally:
        end()
        site.close()


def _follow(site: Site, served: DevSite, changed: list[Path]) -> None:
    """Read anew what was saved: in place where that can be, else in a new process."""
    names = ", ".join(path.name for path in changed[:3]) + (" …" if len(changed) > 3 else "")
    code = [
        path for path in changed if path.suffix == ".py" and any(map(path.is_relative_to, code_folders()))
    ]
    if code:
        click.echo(f"{names}: starting again", err=True)
        sys.exit(AGAIN)
    served.troubles.clear()
    with site.in_app():
        database.write(lambda tx: tx.bump(SETUP_TAG, "settings"))
    found = served.of_setup()
    click.echo(f"{names}: loaded" + (", but:" if found else ""), err=True)
    for trouble in found:
        say(trouble)


def code_folders() -> list[Path]:
    """Return where the code is that a process loads once."""
    return [*engine_folders(), *editable_plugins()]


def read_anew(site: Site) -> list[Path]:
    """Return where the files are that an app reads anew: drop-ins, templates, themes."""
    instance = site.config.instance
    return [instance / name for name in ("plugins", "templates", "static", "themes")]
