"""How the server starts, ends and mends itself."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from blogengine.errors import ConfigError
from blogengine.server.run import free_address

from .conftest import StartServer
from .conftest import free_port
from .conftest import launch
from .conftest import status

pytestmark = pytest.mark.server


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
    return True


def test_a_killed_worker_is_started_again(start_server: StartServer) -> None:
    server = start_server()
    killed = server.facts("/made")["pid"]
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while True:
        try:
            facts = server.facts("/made")
            break
        except (OSError, IndexError):
            assert time.monotonic() < deadline
    assert facts["pid"] != killed
    assert facts["started"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_within_five_seconds(start_server: StartServer, number: int) -> None:
    server = start_server(workers=2)
    workers = children(server.process.pid)
    assert len(workers) == 2
    while len(list(server.folder.glob("started-*"))) < 2:  # one that is still starting has nothing to close
        time.sleep(0.05)
    begun = time.monotonic()
    if number != signal.SIGTERM:
        for pid in workers:
            os.kill(pid, number)
    os.kill(server.process.pid, number)
    assert server.process.wait(10) == 0
    assert time.monotonic() - begun < 5
    assert not any(is_alive(pid) for pid in workers)
    started = {path.name.removeprefix("started-") for path in server.folder.glob("started-*")}
    closed = {path.name.removeprefix("closed-") for path in server.folder.glob("closed-*")}
    assert started
    assert closed == started
    assert (server.folder / "log.txt").read_text() == ""


def test_a_slow_body_does_not_keep_it_from_ending(start_server: StartServer) -> None:
    server = start_server()
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: blog.example\r\nContent-Length: 10\r\n\r\nabc")
        assert status(server.get("/cached")) == 200
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5


def test_workers_end_when_their_parent_was_killed(start_server: StartServer) -> None:
    server = start_server(workers=2)
    workers = children(server.process.pid)
    server.process.kill()
    server.process.wait(10)
    assert wait_for_end(workers, 5)


def test_a_taken_port_is_said_before_anything_starts(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    second = launch(tmp_path, port=server.port, workers=1, limits={})
    assert second.communicate(timeout=10)[0] == ""
    assert second.returncode == 1
    said = (tmp_path / "log.txt").read_text()
    assert f"Port {server.port} on 127.0.0.1 is taken." in said
    assert f"make run PORT={server.port + 1}" in said
    assert status(server.get("/cached")) == 200


def test_a_port_that_somebody_else_listens_on_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} on 127.0.0.1 is taken."):
            free_address("127.0.0.1", port)


def test_a_name_becomes_an_address() -> None:
    assert free_address("localhost", free_port()) in ("127.0.0.1", "::1")


def test_a_name_that_no_machine_has_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*asked: object, **how: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(ConfigError, match="is no address of this machine"):
        free_address("no such host", 8000)


@pytest.mark.parametrize("host", ["198.51.100.1", ""])
def test_an_address_of_another_machine_is_refused_in_words(host: str) -> None:
    with pytest.raises(ConfigError, match="is no address of this machine"):
        free_address(host, free_port())


@pytest.mark.parametrize("port", [-1, 0, 70_000])
def test_a_port_out_of_range_is_refused_in_words(port: int) -> None:
    with pytest.raises(ConfigError):
        free_address("127.0.0.1", port)
