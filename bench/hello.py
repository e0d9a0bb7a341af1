"""What the figures stand beside: the same server saying hello, Flask saying hello, nginx sending a saved page."""

import argparse
import contextlib
import functools
import importlib.util
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import cast

from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.processes import Server
from bench.processes import free_port
from bench.processes import running
from blogengine.server import run
from blogengine.server.front import Front

WORKERS = 2
HELLO = b"hello"
_HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5")]

flask_hello = Flask("hello")


@flask_hello.get("/")
def _hello() -> str:
    return "hello"


def flask_cost(count: int = 3000) -> float:
    """Return the seconds of CPU that Flask's hello takes in this process, without any server."""
    environ = EnvironBuilder("/").get_environ()

    def start_response(*_: Any) -> Any:
        return None

    for _ in range(200):
        flask_hello(environ.copy(), start_response)
    begun = time.process_time()
    for _ in range(count):
        b"".join(flask_hello(environ.copy(), start_response))
    return (time.process_time() - begun) / count


def flask_costs() -> list[float]:
    """Return `flask_cost` of five rounds."""
    return [flask_cost() for _ in range(5)]


@contextlib.contextmanager
def bare_server(work: Path) -> Iterator[Server]:
    """Run the blog's server with nothing in it but hello."""
    port = free_port()
    command = [sys.executable, "-m", "bench.hello", "--port", str(port)]
    with running("bare hello", command, port, work / "hello.log") as server:
        yield server


@contextlib.contextmanager
def flask_server(work: Path) -> Iterator[Server | None]:
    """Run Flask's hello under gunicorn; None where gunicorn is not installed."""
    if importlib.util.find_spec("gunicorn") is None:
        yield None
        return
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-w", str(WORKERS)]
    command += ["--keep-alive", "60", "-b", f"127.0.0.1:{port}", "bench.hello:flask_hello"]
    with running("Flask hello under gunicorn", command, port, work / "gunicorn.log") as server:
        yield server


@contextlib.contextmanager
def nginx_server(work: Path, pages: dict[str, bytes]) -> Iterator[Server | None]:
    """Run nginx with `pages` saved under their names; None where nginx is not installed."""
    program = shutil.which("nginx")
    if program is None:
        yield None
        return
    port = free_port()
    folder = work / "nginx"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pages").mkdir(parents=True)
    for name, content in {"index.html": b"hello", **pages}.items():
        (folder / "pages" / name).write_bytes(content)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, user=_user(), workers=WORKERS))
    command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]
    with running("nginx", command, port, work / "nginx.log") as server:
        yield server


def _user() -> str:
    return "user root;" if os.geteuid() == 0 else ""


_NGINX = """{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    types {{ text/html html; }}
    sendfile on;
    tcp_nopush on;
    open_file_cache max=100;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port} reuseport; root {folder}/pages; }}
}}
"""


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median of the ratios of rounds that ran next to each other."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


class _NoSite:
    """What the server asks of a site."""

    def lookup(self, *_: Any) -> None:
        return None

    def start(self) -> None: ...

    def close(self) -> None: ...

    def __call__(self, *_: Any) -> Any:
        raise NotImplementedError


class _Hello(Front):
    @staticmethod
    @functools.cache
    def sized(query: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Return a body of as many bytes as the query says."""
        return HELLO.ljust(int(query)), [_HEADERS[0], (b"content-length", query)]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body, headers = self.sized(scope["query_string"]) if scope["query_string"] else (HELLO, _HEADERS)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await super().__call__(scope, receive, send)


def main() -> None:
    """Serve hello with exactly what the blog is served with."""
    parser = argparse.ArgumentParser(prog="python -m bench.hello", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    # Put in place of the front, so that hello always has the same settings as the blog, whatever they become.
    vars(run)["Front"] = _Hello
    run.serve(cast(Any, _NoSite), port=options.port, workers=WORKERS)


if __name__ == "__main__":
    main()
