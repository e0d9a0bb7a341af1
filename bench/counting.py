"""Counts the hook calls and SQL statements that pages need, in this process: numbers that no noise changes."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from sqlalchemy import event
from werkzeug.test import Client

from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Row
from bench.reading import FEED
from blogengine.config import load_config
from blogengine.site import Site

STATEMENTS = 12
BUNDLED = 4
_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_CHECK = "PRAGMA data_version"


@dataclass(slots=True)
class Tally:
    """What was called while it counted."""

    hooks: Counter[str] = field(default_factory=Counter)
    statements: list[str] = field(default_factory=list)
    checks: int = 0

    def note(self, sql: str) -> None:
        """Take a statement; those that begin and end a transaction read nothing and are left out."""
        if sql.startswith(_CHECK):
            self.checks += 1
        elif not sql.upper().startswith(_FRAME):
            self.statements.append(sql)

    def note_hook(self, name: str, implementations: Any, arguments: Any) -> None:
        """Take a hook call."""
        self.hooks[name] += 1

    def clear(self) -> None:
        """Begin again."""
        self.hooks.clear()
        self.statements.clear()
        self.checks = 0

    def words(self) -> str:
        """Return the counts as the report shows them."""
        return f"{len(self.statements)} statements, {self.hooks.total()} hook calls, {self.checks} validity checks"


@contextlib.contextmanager
def _counted(blog: Blog) -> Iterator[tuple[Site, Tally]]:
    site = Site(load_config(blog.folder))
    tally = Tally()
    event.listen(site.engine, "connect", lambda driver, _: driver.set_trace_callback(tally.note))
    site.start(work=False)
    # The validity check has a connection of its own, past the engine.
    site.sequence._connection.set_trace_callback(tally.note)
    undo = site.current().blog.plugins.pluggy_manager.add_hookcall_monitoring(
        tally.note_hook, lambda *_: None
    )
    try:
        yield site, tally
    finally:
        undo()
        site.close()


def counts(bench: Bench) -> list[Row]:
    """What a kept page and a page made anew ask of the database and of plugins."""
    blog = bench.small()
    pages = {"post page with 50 comments": blog.threads[50], "home": "/", "feed": FEED}
    others = {
        "post page without comments": blog.plain,
        "label page": blog.label,
        "month archive": blog.month,
        "not found": "/2020/01/no-such-post.html",
    }
    if 5000 in blog.threads:
        others["post page with 5,000 comments"] = blog.threads[5000]
    rows = []
    with _counted(blog) as (site, tally):
        visitor = Client(site)
        statuses = site.current().blog.plugins.statuses.values()
        rows.append(
            Row(
                "plugins that are on",
                ", ".join(status.id for status in statuses if status.state == "active"),
                "all bundled ones, none broken",
                all(status.state == "active" for status in statuses) and len(statuses) >= BUNDLED,
            )
        )
        for name, path in {**pages, **others}.items():
            _ask(visitor, f"{path}?bench=0")
            tally.clear()
            _ask(visitor, f"{path}?bench=1")
            bench.raw[f"{name}, made anew, counts"] = {
                "sql": list(tally.statements),
                "hooks": dict(tally.hooks),
            }
            few = len(tally.statements) <= STATEMENTS
            is_post = name.startswith("post page")
            rows.append(
                Row(
                    f"{name}, made anew",
                    tally.words(),
                    f"≤ {STATEMENTS} statements" if is_post else "",
                    few if is_post else None,
                )
            )
        for name, path in pages.items():
            _ask(visitor, path)
            tally.clear()
            if site.lookup(path, b"", b"", "", "") is None:
                raise RuntimeError(f"{path} is not kept")
            idle = not tally.hooks and not tally.statements
            rows.append(
                Row(f"{name}, kept", tally.words(), "no hook call, no SQL but the validity check", idle)
            )
        if 5000 in blog.threads:
            rows.append(_per_comment(bench))
        rows.append(_first_packed(site, visitor, blog))
    return rows


def _ask(visitor: Client, path: str) -> None:
    answer = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    if answer.status_code not in (200, 404):
        raise RuntimeError(f"{path} was answered with {answer.status}")


def _per_comment(bench: Bench) -> Row:
    counts = [
        len(bench.raw[f"post page with {number} comments, made anew, counts"]["sql"])
        for number in ("50", "5,000")
    ]
    return Row(
        "statements for 50 and for 5,000 comments",
        " and ".join(str(count) for count in counts),
        "the same: none per comment",
        counts[0] == counts[1],
    )


def _first_packed(site: Site, visitor: Client, blog: Blog) -> Row:
    """Return what the first visitor after a write costs: the page is made, kept and packed."""
    times = []
    for _ in range(30):
        site.cache.clear()
        begun = time.process_time()
        _ask(visitor, blog.threads[50])
        times.append((time.process_time() - begun) * 1e6)
    middle = sorted(times)[len(times) // 2]
    return Row(
        "post page with 50 comments, made, kept and packed for the first visitor (no server, client included)",
        f"{middle:,.0f} µs (least {min(times):,.0f})",
    )
