"""A real server of a real blog for the tests, with drop-in plugins that do their worst."""

import dataclasses
import http.client
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from blogengine import db as database
from blogengine import jobs
from blogengine import settings
from blogengine.config import load_config
from blogengine.door.kinds import here
from blogengine.migrations import upgrade
from blogengine.models import PluginError
from blogengine.site import Site
from blogengine.testing import BlogKit
from tests.plugin_files import HEAD
from tests.server.conftest import free_port

PATIENCE = 40.0
"""Seconds after which something that should happen is taken not to."""


class RunningBlog:
    """A blog with one post in `folder`, and the server that serves it once `serve` was called.

    `database_url` is where it keeps what it knows, if not in the folder; its processes have `environment`.
    """

    def __init__(self, folder: Path, database_url: str = "", **environment: str) -> None:
        self.folder = folder
        (folder / "plugins").mkdir(parents=True)
        config = load_config(folder)
        self._environment = {"BLOGENGINE_HOOK_SECONDS": "1", **environment}
        if database_url:
            config = dataclasses.replace(config, database_url=database_url)
            self._environment["BLOGENGINE_DATABASE_URL"] = database_url
        self.site = Site(config, door=here)
        upgrade(self.site.engine)
        self.kit = BlogKit(self.site)
        self.post = self.kit.path_of(self.kit.write_post("The post", "Some text."))
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self._log = folder / "server.log"

    def enable(self, plugin_id: str, source: str) -> Path:
        """Write a harmless drop-in, enable it, and put `source` in its place, as if somebody had edited it."""
        file = self.folder / "plugins" / f"{plugin_id}.py"
        file.write_text("")
        self.kit.enable(plugin_id)
        file.write_text(HEAD + textwrap.dedent(source))
        os.utime(file, ns=(2 * 10**18, 2 * 10**18))
        return file

    def serve(self, *words: str, workers: int = 1, **environment: str) -> None:
        """Start the server; returns when it takes connections."""
        self.site.disconnect()
        command = [sys.executable, "-m", "blogengine", "--instance", str(self.folder), "serve"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--workers", str(workers), *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self._environment, **environment},
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("The blog is at"), self.log()

    def command(self, *words: str) -> str:
        """Run `blogengine` with these words on the blog; return what it said."""
        command = [sys.executable, "-m", "blogengine", "--instance", str(self.folder), *words]
        environment = {**os.environ, **self._environment}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        """Return what the server said on its error output."""
        return self._log.read_text()

    def get(self, path: str, *, timeout: float = PATIENCE) -> tuple[int, str]:
        """Ask for a page on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self, path: str) -> int:
        """Return the status of a page, 0 where nobody answers."""
        try:
            return self.get(path)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def plugin(self, plugin_id: str) -> tuple[bool, str]:
        """Return whether a plugin is enabled, and why it was switched off."""
        with self.site.in_safe_app():
            state = settings.states()[plugin_id]
            return state.enabled, state.off_reason

    def rename(self, title: str) -> None:
        """Give the blog another title, without loading a plugin here."""
        with self.site.in_safe_app() as app:
            settings.save_site(dataclasses.replace(app.blog.site, title=title))

    def enqueue(self, kind: str) -> None:
        """Put work off, for the server to do."""
        with self.site.in_safe_app():
            database.write(lambda tx: jobs.enqueue(tx, kind, {}))

    def errors(self, plugin_id: str) -> list[PluginError]:
        """Return the errors that are stored of a plugin."""
        with self.site.in_safe_app():
            return settings.failures_of(plugin_id)

    def workers(self) -> list[str]:
        """Return the numbers of the processes that answer."""
        assert self._process is not None
        parent = self._process.pid
        return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()

    def is_running(self) -> bool:
        """Whether the server's parent lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self, *, parent_last: bool = False) -> None:
        """End the server with all its processes at once, as a power cut would (SIGKILL)."""
        assert self._process is not None
        assert self._process.stdout is not None
        order = [self._process.pid, *map(int, self.workers())]
        for pid in reversed(order) if parent_last else order:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(15)
        self._process.stdout.close()

    def close(self) -> None:
        """End the server and give connections back."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(15)
            assert self._process.stdout is not None
            self._process.stdout.close()
        self.site.close()


def until(claim: Callable[[], bool], what: Callable[[], str]) -> None:
    """Ask again and again until `claim` holds."""
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
