"""Measures what others notice while many clients send headers and bodies very slowly (loopback only)."""

import argparse
import http.client
import ipaddress
import json
import multiprocessing
import selectors
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from urllib.parse import urlsplit

CLIENTS = 4
PAUSE = 0.01
"""Seconds between two requests of one client: the measurement must not be a load test of its own."""

TIMEOUT = 20.0
DRIP = 1.0
"""Seconds between two bytes of a slow connection."""


@dataclass
class Tally:
    """What the other clients saw; times are seconds."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, object]:
        """Return count, failures (no answer, 408 or 5xx), statuses and percentiles in milliseconds."""
        times = sorted(self.times)
        failures = sum(
            count
            for status, count in self.statuses.items()
            if not status.isdigit() or status == "408" or status.startswith("5")
        )
        return {
            "requests": sum(self.statuses.values()),
            "failures": failures,
            "statuses": dict(self.statuses),
            "p50_ms": _percentile(times, 0.5),
            "p99_ms": _percentile(times, 0.99),
            "max_ms": _percentile(times, 1.0),
        }


def _percentile(times: list[float], part: float) -> float | None:
    if not times:
        return None
    return round(times[min(len(times) - 1, int(len(times) * part))] * 1000, 2)


def ask(host: str, port: int, path: str, seconds: float) -> Tally:
    """Send GETs, and one small POST in five, on fresh connections from a few clients for so many seconds."""
    tally = Tally()
    end = time.monotonic() + seconds

    def client() -> None:
        number = 0
        while time.monotonic() < end:
            number += 1
            begun = time.perf_counter()
            connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
            try:
                if number % 5:
                    connection.request("GET", path)
                else:
                    connection.request("POST", path, body=b"text=quick")
                answer = connection.getresponse()
                answer.read()
                tally.statuses[str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                tally.statuses[type(error).__name__] += 1
            finally:
                connection.close()
            tally.times.append(time.perf_counter() - begun)
            time.sleep(PAUSE)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return tally


def drip(
    host: str, port: int, path: str, headers: int, bodies: int, ready: Event, opened: "Synchronized[int]"
) -> None:
    """Keep so many slow connections open until killed: who is cut off comes back at once."""
    selector = selectors.DefaultSelector()
    start_of = {
        "headers": f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Slow: ".encode(),
        "body": f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100000\r\n\r\n".encode(),
    }

    def open_one(kind: str) -> None:
        try:
            connection = socket.create_connection((host, port), timeout=TIMEOUT)
            connection.sendall(start_of[kind])
        except OSError:
            return
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, kind)
        opened.value += 1

    wanted = {"headers": headers, "body": bodies}
    while True:
        counts = Counter(key.data for key in selector.get_map().values())
        for kind, count in wanted.items():
            for _ in range(count - counts[kind]):
                open_one(kind)
        ready.set()
        next_drip = time.monotonic() + DRIP
        while (left := next_drip - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                _receive(selector, key)
        for key in list(selector.get_map().values()):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            try:
                connection.send(b"x")
            except OSError:
                selector.unregister(connection)
                connection.close()


def _receive(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    connection = key.fileobj
    assert isinstance(connection, socket.socket)
    try:
        if connection.recv(65_536):
            return
    except OSError:
        pass
    selector.unregister(connection)
    connection.close()


def measure(url: str, *, seconds: float = 30, headers: int = 300, bodies: int = 300) -> dict[str, object]:
    """Return what others saw without and with slow clients; raises `ValueError` for any host but loopback."""
    parts = urlsplit(url)
    host, port, path = parts.hostname or "", parts.port or 80, parts.path or "/"
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{host} is not this machine: slow clients are only let loose on the loopback.")
    quiet = ask(host, port, path, min(5.0, seconds))
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    opened = context.Value("i", 0)
    slow = context.Process(target=drip, args=(host, port, path, headers, bodies, ready, opened), daemon=True)
    slow.start()
    try:
        if not ready.wait(60):
            raise TimeoutError("The slow clients did not get their connections within a minute.")
        crowded = ask(host, port, path, seconds)
    finally:
        slow.terminate()
        slow.join()
    return {
        "url": url,
        "seconds": seconds,
        "slow_headers": headers,
        "slow_bodies": bodies,
        "slow_connections_opened": opened.value,
        "quiet": quiet.summary(),
        "crowded": crowded.summary(),
    }


def main() -> int:
    """Run from the command line; the exit code is 1 when others failed or their p99 reached a second."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000/")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--headers", type=int, default=300, help="clients that send headers slowly")
    parser.add_argument("--bodies", type=int, default=300, help="clients that send bodies slowly")
    options = parser.parse_args()
    try:
        result = measure(options.url, seconds=options.seconds, headers=options.headers, bodies=options.bodies)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result, indent=2))
    crowded = result["crowded"]
    assert isinstance(crowded, dict)
    p99 = crowded["p99_ms"]
    return int(crowded["failures"] > 0 or p99 is None or p99 >= 1000)


if __name__ == "__main__":
    sys.exit(main())
