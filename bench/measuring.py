"""Rounds of load: what one request costs the server, and what its visitors see meanwhile."""

import contextlib
import itertools
import statistics
import sys
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from bench import client
from bench.filling import BODIES
from bench.filling import Blog
from bench.filling import filled
from bench.processes import Server
from bench.processes import free_port
from bench.processes import running

NextRequest = Callable[[], bytes]
_numbers = itertools.count(1)


@dataclass(slots=True)
class Row:
    """One figure of the report. `reached` is None where nothing was promised or nothing could be measured."""

    figure: str
    measured: str
    bar: str = ""
    reached: bool | None = None
    beside: str = ""


@dataclass(slots=True)
class Job:
    """Requests to one server, of which each must be answered with `status`."""

    server: Server
    request: NextRequest
    status: int = 200


@dataclass(slots=True)
class Series:
    """The rounds of one job; `cpu` in µs a request, times in ms."""

    cpu: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    count: int = 0

    @property
    def median(self) -> float:
        """Return the median of the rounds' CPU."""
        return statistics.median(self.cpu)

    def words(self) -> str:
        """Return the CPU as the report shows it."""
        return f"{self.median:,.0f} µs (least {min(self.cpu):,.0f})"

    def pace(self) -> str:
        """Return rate and latencies as the report shows them."""
        rate, p50, p99 = (statistics.median(values) for values in (self.rates, self.p50, self.p99))
        return f"{rate:,.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms"

    def raw(self) -> dict[str, Any]:
        """Return everything, for the file of raw results."""
        return {
            "cpu_us": [round(value, 1) for value in self.cpu],
            "rate": [round(value) for value in self.rates],
            "p50_ms": [round(value, 3) for value in self.p50],
            "p99_ms": [round(value, 3) for value in self.p99],
            "requests": self.count,
        }


def ratio(ours: Series, theirs: Series) -> float:
    """Return how many times as much CPU as `theirs` a request takes: the median over rounds run side by side."""
    return statistics.median(one / other for one, other in zip(ours.cpu, theirs.cpu, strict=True))


class Bench:
    """What a run has: its size, its blogs, its servers and what it has found out."""

    def __init__(self, work: Path, *, quick: bool = False) -> None:
        self.work = work
        self.quick = quick
        self.rounds = 2 if quick else 5
        self.seconds = 0.2 if quick else 0.7
        self.raw: dict[str, Any] = {}

    def small(self) -> Blog:
        """Return the blog of 1,000 posts."""
        return filled(self.work, 200 if self.quick else 1000, bodies=10 if self.quick else BODIES)

    def large(self) -> Blog:
        """Return the blog of 100,000 posts."""
        return filled(self.work, 2000 if self.quick else 100_000, bodies=10 if self.quick else BODIES)

    @contextlib.contextmanager
    def serve(self, blog: Blog, name: str) -> Iterator[Server]:
        """Run the blog's own server as `blogengine serve` does, without the limit on comments."""
        port = free_port()
        command = [sys.executable, "-m", "blogengine", "--instance", str(blog.folder), "serve"]
        command += ["--port", str(port), "--workers", "2"]
        environment = {"BLOGENGINE_COMMENT_RATE_LIMIT": "off"}
        log = self.work / f"{name}.log"
        with running(name, command, port, log, environment=environment) as server:
            yield server

    def measure(self, jobs: dict[str, Job], between: Callable[[], None] | None = None) -> dict[str, Series]:
        """Run all jobs once in each round, so that noise meets them alike; `between` ends each round."""
        series = {name: Series() for name in jobs}
        for job in jobs.values():
            client.run(job.server.port, job.request, seconds=self.seconds / 4)
        for _ in range(self.rounds):
            for name, job in jobs.items():
                self._measure_once(name, job, series[name])
            if between is not None:
                between()
        self.raw.update({name: found.raw() for name, found in series.items()})
        return series

    def _measure_once(self, name: str, job: Job, series: Series) -> None:
        before = job.server.cpu()
        load = client.run(job.server.port, job.request, seconds=self.seconds)
        used = job.server.cpu() - before
        if set(load.statuses) != {job.status}:
            raise RuntimeError(f"{name}: {dict(load.statuses)} instead of {job.status} only")
        series.cpu.append(used / load.count * 1e6)
        series.rates.append(load.count / load.seconds)
        series.p50.append(load.percentile(0.5))
        series.p99.append(load.percentile(0.99))
        series.count += load.count


def same(path: str, **headers: str) -> NextRequest:
    """Ask for `path` again and again; in names of headers `_` stands for `-`."""
    request = client.get(path, {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda: request


def fresh(path: str, **headers: str) -> NextRequest:
    """Ask for `path` with a parameter that no page has, so that each answer is made anew."""
    mark = "&" if "?" in path else "?"
    plain = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: client.get(f"{path}{mark}bench={next(_numbers)}", plain)
