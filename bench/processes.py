"""Server processes: started, waited for, and asked by the system what they used."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Modules are compiled once, as on a host's machine: where Python is told not to write that down, 250 are at each start."""
PATIENCE = 30.0
"""Seconds until a server that does not answer is given up."""


@dataclass(slots=True)
class Server:
    """A running server with all its processes."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started: float = field(default=0.0)
    """Seconds from its start to its first answer with 200."""
    started_cpu: float = field(default=0.0)
    """Seconds of CPU that this took."""

    def pids(self) -> list[int]:
        """Return the parent and everything below it."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu(self) -> float:
        """Return the seconds of CPU, user and system, that all its living processes have used."""
        return sum(_cpu_of(pid) for pid in self.pids())

    def memory(self) -> float:
        """Return the MB of memory of all its processes, shared pages divided among their users (PSS)."""
        kilobytes = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1024


def _cpu_of(pid: int) -> float:
    # The CPU clock of a process counts nanoseconds where /proc/<pid>/stat counts ticks of 10 ms (clock_getcpuclockid(3)).
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def free_port() -> int:
    """Return a port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    path: str = "/",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run `command` until the end of the block; it is given out once `path` is answered with 200.

    Raises `RuntimeError` with the end of its output when it does not come up.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **COMPILED, **(environment or {})},
            start_new_session=True,
        )
    server = Server(name, port, process)
    try:
        while not _answers(port, path):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise RuntimeError(f"{name} does not come up: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)
        server.started = time.perf_counter() - begun
        server.started_cpu = server.cpu()
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
