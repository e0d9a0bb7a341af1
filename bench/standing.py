"""The server by itself: start, memory, and visitors beside hundreds of slow clients."""

import statistics
from typing import Any

from bench import client
from bench import slow as slow_clients
from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Row
from bench.measuring import fresh
from bench.processes import Server

START_BAR = 1.0
MEMORY_BAR = 120
SLOW_BAR = 1000


def start(bench: Bench) -> list[Row]:
    """How long until the first answer, and how much memory two workers take."""
    blog = bench.small()
    times, cpu, idle = [], [], 0.0
    for _ in range(bench.rounds):
        with bench.serve(blog, "start") as server:
            times.append(server.started)
            cpu.append(server.started_cpu)
            idle = server.memory()
    with bench.serve(blog, "start") as server:
        client.run(server.port, fresh(blog.threads[50]), seconds=bench.seconds)
        client.run(server.port, fresh("/"), seconds=bench.seconds)
        worked = server.memory()
        _read_everything(server, blog)
        full = server.memory()
    bench.raw["start"] = {
        "seconds": times,
        "cpu_s": cpu,
        "idle_mb": idle,
        "worked_mb": worked,
        "full_mb": full,
    }
    middle = statistics.median(times)
    rows = [
        Row(
            "from the command to the first answer with 200",
            f"{middle:.2f} s (least {min(times):.2f})",
            f"< {START_BAR:.0f} s",
            middle < START_BAR,
            f"{statistics.median(cpu):.2f} s of CPU (least {min(cpu):.2f}), which other work here disturbs less",
        )
    ]
    for name, memory in (
        ("idle", idle),
        ("after thousands of pages made anew", worked),
        ("after each post was read at both workers: the page cache is filled", full),
    ):
        rows.append(
            Row(
                f"memory (PSS) of the parent and two workers, {name}",
                f"{memory:.0f} MB",
                f"< {MEMORY_BAR} MB",
                memory < MEMORY_BAR,
            )
        )
    return rows


def _read_everything(server: Server, blog: Blog) -> None:
    """Read all posts a few times on new connections, which the system spreads over the workers."""
    paths = _all_paths(server, blog)
    for _ in range(4):
        requests = iter([client.get(path, {"Accept-Encoding": "gzip"}) for path in paths])
        client.run(server.port, requests.__next__)


def _all_paths(server: Server, blog: Blog) -> list[str]:
    found = []
    for first in range(1, blog.posts + 1, 150):
        path = f"/feeds/posts/summary?max-results=150&start-index={first}"
        body = client.ask(server.port, client.get(path)).body.decode()
        marks = body.split('rel="alternate"')[2:]
        found += [mark.split('href="', 1)[1].split('"', 1)[0].split("/", 3)[3] for mark in marks]
    return [f"/{path}" for path in dict.fromkeys(found) if path.endswith(".html")]


def slow(bench: Bench) -> list[Row]:
    """What others see beside 300 slow headers and 300 slow bodies."""
    seconds = 10 if bench.quick else 30
    with bench.serve(bench.small(), "slow") as server:
        found: dict[str, Any] = slow_clients.measure(f"http://127.0.0.1:{server.port}/", seconds=seconds)
    bench.raw["slow"] = found
    crowded, quiet = found["crowded"], found["quiet"]
    p99 = crowded["p99_ms"]
    return [
        Row(
            f"others beside 300 slow headers and 300 slow bodies for {seconds} s",
            f"p99 {p99} ms, {crowded['failures']} failures in {crowded['requests']:,} requests",
            f"p99 < {SLOW_BAR:,} ms, no failure",
            p99 is not None and p99 < SLOW_BAR and not crowded["failures"],
            f"p50 {crowded['p50_ms']} ms; alone p50 {quiet['p50_ms']} ms, p99 {quiet['p99_ms']} ms",
        )
    ]
