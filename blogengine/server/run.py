"""Starts the server: one parent with everything loaded, and workers forked from it that share its memory."""

import errno
import gc
import logging
import multiprocessing
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from blogengine.errors import ConfigError
from blogengine.plugins import deaths
from blogengine.server.front import Front
from blogengine.server.keeper import Keeper
from blogengine.server.limits import Limits
from blogengine.server.wsgi import Site

log = logging.getLogger("blogengine.server")

STOP_SECONDS = 4
"""How long a worker may finish what it is doing before it is killed."""

LOOK_SECONDS = 1.0
"""How often the parent looks whether its workers are well."""

LOOP_SECONDS = 5.5
"""A worker that dies so soon after it was started again would die again and again."""

PAUSE_SECONDS = deaths.TOGETHER + 0.5
"""A worker is not started again sooner than this after it was started again last: deaths in a row are told apart then."""

OPEN_FILES = 16_384
"""How many connections and files a worker may have open, where the system lets it."""


def serve(
    make_site: Callable[[], Site],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 2,
    on_ready: Callable[[], None] | None = None,
    limits: Limits | None = None,
    access_log: bool = False,
    keeper: Keeper | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, which end it within five seconds.

    `make_site` is called once in the parent and must open no connection and start no thread: `Site.start`
    does that in each worker. `on_ready` is called in the parent when the first connection was taken. A worker
    that dies is started again; one that dies twice within seconds ends the server, unless `keeper` knows why.
    Raises `ConfigError` when
    the address cannot be used, `SystemExit` when the workers cannot start.
    """
    limits = limits or Limits()
    address = free_address(host, port)
    front = Front(make_site(), limits)
    connections = _raise_open_files() - 256
    if multiprocessing.get_start_method(allow_none=True) != "fork":
        # From Python 3.14 on the default starts workers that share no memory with the parent.
        multiprocessing.set_start_method("fork", force=True)
    server = _Server(
        "blogengine",
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(limits.header_seconds * 1000),
            max_buffer_size=max(8192, limits.header_bytes),
        ),
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
        log_access=access_log,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        process_name=None,
    )
    server.on_ready = on_ready
    server.keeper = keeper
    gc.freeze()
    try:
        server.serve(target_loader=_Loader(server, front), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:
            raise


def free_address(host: str, port: int) -> str:
    """Return the IP address of `host` after making sure that `port` is free there; raises `ConfigError`."""
    if not 0 < port < 65_536:
        raise ConfigError(f"{port} is no port.", hint="Choose a port from 1024 to 65535.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"{host} is no address of this machine.",
            hint="Use --host 127.0.0.1, or 0.0.0.0 for all addresses.",
        ) from error
    family, kind, _, _, place = found[0]
    with socket.socket(family, kind) as probe:
        # The workers' sockets share the port among themselves (SO_REUSEPORT), so a second server would get in
        # silently and take half of the requests: only a socket without that option notices.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise _refused(error, host, port) from error
    return str(place[0])


def _refused(error: OSError, host: str, port: int) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"Port {port} on {host} is taken.",
            hint=f"Stop the other program or choose another port: make run PORT={port + 1}",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(
            f"Port {port} on {host} is only for the system's administrator.",
            hint="Choose a port from 1024 on: make run PORT=8000",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(
            f"{host} is no address of this machine.",
            hint="Use --host 127.0.0.1, or 0.0.0.0 for all addresses.",
        )
    return ConfigError(
        f"Port {port} on {host} cannot be used: {error.strerror}.", hint="Choose a port from 1024 to 65535."
    )


class _Server(MPServer):
    on_ready: Callable[[], None] | None = None
    keeper: Keeper | None = None

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        if self.on_ready is not None:
            threading.Thread(target=self._tell_when_ready, daemon=True).start()

    def signal_handler_reload(self, *_: Any, **__: Any) -> None:
        # The terminal was closed. New workers would be forked from the same loaded code: nothing to reload.
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """Start workers again that died, until the server is told to end; look after those that live."""
        started: dict[int, float] = {}
        waiting: set[int] = set()
        while True:
            self.main_loop_interrupt.wait(LOOK_SECONDS)
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            while self.interrupt_children:
                index = self.interrupt_children.pop()
                worker = self.wrks[index].inner
                is_mended = self.keeper is not None and self.keeper.died(worker.pid, worker.exitcode or 0)
                if not is_mended and time.monotonic() - started.get(index, -LOOP_SECONDS) <= LOOP_SECONDS:
                    log.error("A worker that was started again died at once; the server ends.")
                    self.interrupt_children.append(index)
                    return
                waiting.add(index)
            for index in sorted(waiting):
                if time.monotonic() - started.get(index, -PAUSE_SECONDS) >= PAUSE_SECONDS:
                    waiting.remove(index)
                    started[index] = time.monotonic()
                    self._respawn_workers([index], spawn_target, target_loader)
            if self.keeper is not None:
                for worker in [worker.inner for worker in self.wrks]:
                    if worker.is_alive() and self.keeper.is_stuck(worker.pid):
                        worker.kill()

    def _tell_when_ready(self) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind_addr, self.bind_addr)  # noqa: S104
        while not self.interrupt_signal:
            try:
                socket.create_connection((host, self.bind_port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                if self.on_ready is not None:
                    self.on_ready()
                return


class _Loader:
    def __init__(self, server: _Server, front: Front) -> None:
        self.server = server
        self.front = front

    def __call__(self) -> Front:
        # Called in the new worker. Ctrl-C and a closed terminal reach the whole process group; the parent
        # alone decides, else it takes the end for a crash. SIGTERM waits until the worker can take it
        # (`Front` lets it in): the parent's handler, inherited by the fork, would swallow it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP, signal.SIGTERM})
        if self.server.interrupt_signal:
            sys.exit(0)
        return self.front


def _raise_open_files() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


_LOGGING = {
    "formatters": {
        "generic": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "access": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
    },
    "loggers": {
        "_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "granian.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "blogengine": {"handlers": ["console"], "level": "WARNING"},
    },
}
