"""The process in which a plugin is tried: it copies the database, installs the plugin there, and asks for pages.

`python -m blogengine.door.child`, with an order as JSON on the standard input; it writes lines of JSON to the file
descriptor that the order names: `{"at": …}` before each step, at last `{"report": …}`. Whatever else it does, crashes
included, happens to it alone.
"""

import contextlib
import dataclasses
import faulthandler
import functools
import gc
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blogengine import accounts
from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.door.crawling import Crawl
from blogengine.door.crawling import pages_of
from blogengine.door.writing import write_all
from blogengine.errors import BlogError
from blogengine.errors import Refused
from blogengine.migrations.copying import NoCopy
from blogengine.migrations.copying import copy_postgresql
from blogengine.migrations.copying import copy_sqlite
from blogengine.plugins.door_report import Problem
from blogengine.plugins.door_report import Report
from blogengine.plugins.door_report import joined
from blogengine.plugins.interrupts import mind_interrupts
from blogengine.settings.plugin_states import set_state
from blogengine.site import Site

ROOM = 512 * 1024 * 1024
"""Bytes of address space that a plugin may take beyond what the engine has."""
ENOUGH = 25
"""Different problems after which the crawl ends."""


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What is to be tried: a plugin (from a source), of which blog; the copy's schema, and how long it may take."""

    config: dict[str, Any]
    plugin_id: str
    source: str
    schema: str
    seconds: float
    report_to: int


def main() -> None:
    """Try what the standard input says."""
    mind_interrupts()
    order = Order(**json.loads(sys.stdin.readline()))
    out = os.fdopen(order.report_to, "w", encoding="utf-8", buffering=1)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def note(at: str) -> None:
        out.write(json.dumps({"at": at}) + "\n")

    report = Examination(order, note).run()
    out.write(f'{{"report": {report.dump()}}}\n')
    out.flush()
    os._exit(0)  # threads that the plugin started end here


def _end_with_parent() -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.readline():
            pass
    os._exit(1)


class Examination:
    """One trial of a plugin. `note` is told what comes next."""

    def __init__(self, order: Order, note: Callable[[str], None]) -> None:
        self._order = order
        self._note = note
        self._report = Report(order.plugin_id)

    def run(self) -> Report:
        """Copy, install, crawl; return what came out."""
        begun = time.monotonic()
        order = self._order
        folders = {name: Path(order.config[name]) for name in ("instance", "scratch")}
        config = Config(**{**order.config, **folders})
        self._note("copying the database")
        url, is_copy = self._copy(config.database_url, folders["scratch"])
        self._note("copied")
        faulthandler.dump_traceback_later(max(0.5, order.seconds - 0.5), exit=False)
        _limit(order.seconds)
        site = Site(dataclasses.replace(config, database_url=url))
        site.ledger.patience = dataclasses.replace(site.ledger.patience, mutes=False)
        site.warden.leave_crumbs()
        gc.freeze()
        try:
            if self._install(site, is_copy):
                self._look(site, is_copy)
        except BlogError as error:
            self._report.problems.append(Problem("plugin", str(error)))
        self._report.seconds = round(time.monotonic() - begun, 2)
        return self._report

    def _copy(self, url: str, scratch: Path) -> tuple[str, bool]:
        engine = make_engine(url)
        try:
            if engine.dialect.name == "sqlite":
                return copy_sqlite(Path(str(engine.url.database)), scratch / "copy.db"), True
            return copy_postgresql(engine, self._order.schema), True
        except NoCopy as problem:
            self._report.warnings.append(str(problem))
            return url, False
        finally:
            engine.dispose()

    def _install(self, site: Site, is_copy: bool) -> bool:
        """Load the plugin beside those that run and, on a copy, make its tables and enable it."""
        order = self._order
        self._note("loading it")
        app = site.build(also=order.plugin_id, source=order.source)
        status = app.blog.plugins.statuses.get(order.plugin_id)
        if status is None or status.state != "active":
            reason = status.reason if status is not None else "It is not there."
            trace = _end_of(status.traceback) if status is not None else ""
            self._report.problems.append(Problem("plugin", reason, trace))
            return False
        for failure in [*app.blog.plugins.failures.take(), *site.failures.take()]:
            self._report.warnings.append(f"{failure.hook}: {failure.message}")
        if not is_copy:
            if order.plugin_id in app.blog.tables:
                raise Refused(self._report.warnings[-1])
            site.engine.dispose()
            site.keep_app(app)
            return True
        self._note("making its tables and installing it")
        site.install(order.plugin_id, order.source)
        self._note("starting it")
        site.start(work=False)
        after = site.current().blog.plugins.statuses.get(order.plugin_id)
        if after is None or after.state != "active":
            reason = after.reason if after is not None else "It does not run once it is enabled."
            trace = _end_of(after.traceback) if after is not None else ""
            self._report.problems.append(Problem("plugin", reason, trace))
            return False
        return True

    def _look(self, site: Site, is_copy: bool) -> None:
        """Ask for pages and, on a copy, write into it."""
        token = ""
        with site.in_app(), contextlib.suppress(Refused):
            token = accounts.sign_in_owner("trial")
        crawl = Crawl(site, token, self._note)
        looks: dict[str, Callable[[], list[Problem]]] = {}
        found: list[tuple[str, Problem]] = []
        for page in pages_of(site, self._order.plugin_id):
            if page.as_owner and not token:
                continue
            looks[page.path] = functools.partial(crawl.look, page)
            found += [(page.path, problem) for problem in looks[page.path]()]
            if len({problem.what for _, problem in found}) >= ENOUGH:
                break
        if is_copy:
            looks["writing"] = functools.partial(write_all, site, self._note)
            found += [("writing", problem) for problem in looks["writing"]()]
        self._report.pages = crawl.count
        _, personal = site.ledger.costs.take()
        self._report.warnings += [
            f"{place.path} cannot be kept for everybody: {place.plugin_id} uses {place.what} in {place.file}, "
            f"line {place.line}."
            for place in personal
        ]
        self._report.problems += joined(self._new_of(site, looks, found))

    def _new_of(
        self, site: Site, looks: dict[str, Callable[[], list[Problem]]], found: list[tuple[str, Problem]]
    ) -> list[Problem]:
        """Return the problems that are not there without the plugin; those of its own hooks cannot be."""
        mine = f"of {self._order.plugin_id} "
        before: dict[str, set[str]] = {}
        doubtful = {name for name, problem in found if mine not in problem.what}
        if doubtful:
            self._note("looking at the same pages without it")
            with site.in_app():
                set_state(self._order.plugin_id, enabled=False)
            before = {name: {problem.what for problem in looks[name]()} for name in looks if name in doubtful}
        return [
            problem
            for name, problem in found
            if problem.what not in before.get(name, ()) or mine in problem.what
        ]


def _limit(seconds: float) -> None:
    """Bound the memory and the processor time of this process."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        room = pages * os.sysconf("SC_PAGE_SIZE") + ROOM
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (room if hard < 0 else min(room, hard), hard))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        used = int(sum(os.times()[:2]))
        resource.setrlimit(resource.RLIMIT_CPU, (used + int(seconds) + 5, hard))


def _end_of(trace: str) -> str:
    lines = trace.rstrip().splitlines()
    return "\n".join(lines[-14:])


if __name__ == "__main__":
    main()
