"""Real servers for the tests, each in its own processes on a free port of the loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[str]
    folder: Path

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def send(self, data: bytes) -> bytes:
        """Send raw bytes and return everything that comes back until the connection closes."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def get(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: blog.example", "Connection: close", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def facts(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> dict[str, Any]:
        answer = self.get(path, *headers, method=method, body=body)
        assert status(answer) == 200, answer[:300]
        facts: dict[str, Any] = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        return facts

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while data := connection.recv(65_536):
            received += data
    except ConnectionResetError:
        pass
    return received


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(folder: Path, *, port: int, workers: int, limits: dict[str, Any]) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__).with_name("serving.py"))]
    with (folder / "log.txt").open("w") as log:
        return subprocess.Popen(
            [*command, str(port), str(workers), json.dumps(limits), str(folder)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )


StartServer = Callable[..., Server]


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    running: list[Server] = []

    def start(*, workers: int = 1, **limits: Any) -> Server:
        folder = tmp_path_factory.mktemp("server")
        (folder / "file.bin").write_bytes(b"f" * 300_000)
        port = free_port()
        process = launch(folder, port=port, workers=workers, limits=limits)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", (folder / "log.txt").read_text()
        running.append(Server(port, process, folder))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.process.terminate()
    for server in running:
        server.process.wait(10)
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Server:
    """A server with the default limits and two workers."""
    return start_server(workers=2)


@pytest.fixture(scope="module")
def hasty(start_server: StartServer) -> Server:
    """A server with one worker that waits half a second for headers and bodies."""
    return start_server(body_seconds=0.5, header_seconds=0.5, drain_seconds=0.3)
