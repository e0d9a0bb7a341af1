"""`blogengine dev`: serves the blog to the person who works on it, loads what they save, and shows what went wrong."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO

import click

from blogengine.cli.dev_pages import WSGI
from blogengine.cli.dev_pages import stand_in
from blogengine.cli.dev_serving import AGAIN
from blogengine.cli.dev_serving import PAUSE
from blogengine.cli.dev_serving import serve_site
from blogengine.cli.dev_serving import serve_socket
from blogengine.cli.dev_watching import Watcher
from blogengine.cli.dev_watching import editable_plugins
from blogengine.cli.dev_watching import engine_folders
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.config import find_instance
from blogengine.server.run import free_address

KEPT_LINES = 200
"""Lines of a process's error output that are shown when it has ended."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--safe", is_flag=True, help="Load no plugin at all.")
@click.option("--socket", "descriptor", type=int, hidden=True)
@click.option("--again", is_flag=True, hidden=True)
@pass_opener
def dev(opener: Opener, host: str, port: int, safe: bool, descriptor: int | None, again: bool) -> None:
    """Serve the blog while you work on it: what you save is loaded, and errors stand in the page and here.

    Drop-ins, themes and templates are read anew in place; after a change to the engine, or to a package that is installed
    editable, the process is started again, and no request is lost. One process, for one person: not for visitors.
    """
    if descriptor is not None:
        serve_site(opener, descriptor, f"http://{_shown(host)}:{port}", safe=safe, again=again)
        return
    address = free_address(host, port)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family, backlog=128) as listener:
        listener.set_inheritable(True)
        instance = find_instance(opener.instance)
        words = [sys.executable, "-m", "blogengine", "--instance", str(instance)]
        words += ["dev", "--host", host, "--port", str(port)]
        words += ["--socket", str(listener.fileno()), *(["--safe"] if safe else [])]
        _supervise(words, listener, instance)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _supervise(words: list[str], listener: socket.socket, instance: Path) -> None:
    """Start the serving process again and again; while it cannot run, answer in its place until a file changes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    while True:
        said: deque[str] = deque(maxlen=KEPT_LINES)
        child = subprocess.Popen(  # noqa: S603  this Python, this command
            words, pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True, errors="replace"
        )
        assert child.stderr is not None
        tee = threading.Thread(target=_pass_on, args=(child.stderr, said), daemon=True)
        tee.start()
        try:
            code = child.wait()
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            return
        tee.join(2)
        if code in (0, -2, 130):
            return
        if code != AGAIN:
            click.echo(
                f"The blog's process ended ({code}). Mend what it says above; it starts again when you save.",
                err=True,
            )
            try:
                _wait_for_change(listener, instance, stand_in(code, list(said)))
            except KeyboardInterrupt:
                return
        if "--again" not in words:
            words = [*words, "--again"]


def _pass_on(stream: IO[str], said: "deque[str]") -> None:
    for line in stream:
        said.append(line)
        sys.stderr.write(line)
        sys.stderr.flush()


def _wait_for_change(listener: socket.socket, instance: Path, answer: WSGI) -> None:
    """Answer every request with what the process said, until a file changes."""
    watcher = Watcher(lambda: [*engine_folders(), *editable_plugins(), instance / "plugins"])
    end = serve_socket(listener.fileno(), answer)
    try:
        while not watcher.changes():
            time.sleep(PAUSE)
    finally:
        end()
