"""The report: tables of figures with their bars, and what the machine was."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from pathlib import Path

from bench.measuring import Bench
from bench.measuring import Row


@dataclass(frozen=True, slots=True)
class Table:
    """One group of figures."""

    title: str
    about: str
    rows: list[Row]


def machine() -> dict[str, str]:
    """Return what the figures were measured on, and how busy it was."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "cpu": f"{model}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def table(found: Table) -> str:
    """Return a table as Markdown."""
    lines = [
        f"## {found.title}",
        "",
        found.about,
        "",
        "| figure | bar | reached | measured | beside |",
        "|---|---|---|---|---|",
    ]
    for row in found.rows:
        reached = {None: "", True: "yes", False: "**no**"}[row.reached]
        cells = (row.figure, row.bar, reached, row.measured, row.beside)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def document(tables: list[Table], facts: dict[str, str], bench: Bench, seconds: float) -> str:
    """Return the whole report as Markdown."""
    rows = [row for found in tables for row in found.rows if row.reached is not None]
    reached = sum(row.reached is True for row in rows)
    head = [
        "# Speed and memory",
        "",
        "Made by `make bench`; not edited by hand. All figures beside each other come from one run.",
        "",
        f"- {facts['date']}, {facts['cpu']}, Python {facts['python']}, {facts['system']}.",
        f"- Load average at the start: {facts['load']}. The machine was shared with other work and with the one"
        " client process: rates and times are noisy, CPU figures much less so.",
        f"- {reached} of {len(rows)} bars reached. The run took {seconds:.0f} s"
        + (" (a quick trial with small blogs: its figures mean little)." if bench.quick else "."),
        "- CPU is user and system time of all server processes, divided by the requests: the median of"
        f" {bench.rounds} rounds, and the least. In each round all requests of a table are measured next to each"
        " other; a ratio is the median of the rounds' ratios.",
        "- The server is `blogengine serve` with two workers and all bundled plugins; one client process keeps 8"
        " connections busy. Bare hello is the same server, with the same settings, answering `hello`.",
        "- Bars in µs are for a class of machine where Flask's hello costs 130 µs under gunicorn (that is 40 to 45 µs"
        " in process, without a server).",
        "- Every post has about 650 words. The blog has its address set: without one, feeds carry the visitor's"
        " host and are not kept.",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(table(found) for found in tables)
