"""Writing comments: what one costs, and fifty people who write at the same time."""

import random
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase

from bench import client
from bench import words
from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Job
from bench.measuring import Row
from bench.processes import Server
from blogengine import settings
from blogengine.config import load_config
from blogengine.site import Site

POST_BAR = 2000
COMMENTERS = 50
EACH = 16
SLOWEST = 500
"""Milliseconds within which ninety-nine of a hundred are answered."""
_TOKEN = re.compile(rb'name="ft"[^>]*value="([^"]+)"')


def comments(bench: Bench) -> list[Row]:
    """One comment after the other into posts of the small blog, each on disk before its answer."""
    rows = []
    for name, mode, status in (("published at once", "never", "published"), ("held", "always", "pending")):
        blog = _copy(bench, mode)
        before = _rows(blog.folder, status)
        with bench.serve(blog, "comments") as server:
            job = Job(server, _forms(server, blog, name), 303)
            figure = f"comment, {name}"
            series = bench.measure({figure: job})[figure]
        stored = _rows(blog.folder, status) - before
        # The warming-up is not part of the series, but its comments are stored too.
        complete = stored >= series.count
        rows.append(
            Row(
                figure,
                series.words(),
                f"≤ {POST_BAR:,} µs",
                series.median <= POST_BAR and complete,
                f"{series.pace()}; {stored:,} stored of {series.count:,} counted and those of the warm-up",
            )
        )
    return rows


def commenters(bench: Bench) -> list[Row]:
    """Fifty people with sixteen comments each, all at the same time; each presses the button twice once."""
    blog = _copy(bench, "never")
    with bench.serve(blog, "comments") as server:
        make = _forms(server, blog, "crowd")
        first = [make() for _ in range(COMMENTERS * EACH)]
        twice = first[::EACH]
        waiting = iter([*first, *twice])
        load = client.run(server.port, waiting.__next__, connections=COMMENTERS)
    with sqlite3.connect(blog.folder / "blog.db") as database:
        texts = [row[0] for row in database.execute("SELECT source FROM comment WHERE source LIKE 'crowd %'")]
        miscounted = database.execute(
            "SELECT count(*) FROM post WHERE comment_count != (SELECT count(*) FROM comment"
            " WHERE post_id = post.id AND comment.status = 'published')"
        ).fetchone()[0]
    database.close()
    wanted = COMMENTERS * EACH
    is_right = len(texts) == wanted == len(set(texts)) and not miscounted and set(load.statuses) == {303}
    bench.raw["commenters"] = {
        "answers": dict(load.statuses),
        "stored": len(texts),
        "different": len(set(texts)),
        "posts with a wrong count": miscounted,
        "p99_ms": round(load.percentile(0.99), 1),
        "seconds": round(load.seconds, 2),
    }
    return [
        Row(
            f"{COMMENTERS} commenters × {EACH} comments at once, {len(twice)} of them sent twice",
            f"{len(texts)} stored, {len(texts) - len(set(texts))} twice, {miscounted} posts with a wrong count",
            f"{wanted} stored, none twice",
            is_right,
            f"{load.count / load.seconds:,.0f}/s, p50 {load.percentile(0.5):.0f} ms, longest {load.percentile(1):.0f} ms",
        ),
        Row(
            "the slowest of a hundred of these",
            f"{load.percentile(0.99):.0f} ms",
            f"≤ {SLOWEST} ms",
            load.percentile(0.99) <= SLOWEST,
        ),
    ]


def _copy(bench: Bench, mode: str) -> Blog:
    """Return a blog to write into, whose moderation plugin holds `always` or `never`."""
    blog = bench.small().copy(bench.work / "comments")
    site = Site(load_config(blog.folder))
    with site.in_app():
        settings.save_plugin_settings("moderation", {"mode": mode, "days": "14"})
    site.close()
    return blog


def _forms(server: Server, blog: Blog, mark: str) -> Callable[[], bytes]:
    """Return what makes requests with comments, each of another text, that begin with `mark`."""
    targets = []
    for path, post_id in blog.some.items():
        found = _TOKEN.search(client.ask(server.port, client.get(path)).body)
        if found is None:
            raise RuntimeError(f"{path} has no comment form")
        targets.append((f"/-/comments/{post_id}", found[1].decode()))
    source = random.Random(mark)

    def form() -> bytes:
        # Letters: twelve digits in a row are a telephone number to the spam filter.
        word = "".join(source.choices(ascii_lowercase, k=12))
        path, token = source.choice(targets)
        return client.post(
            path,
            {
                "name": words.title(source),
                "website": "https://example.org/",
                "text": f"{mark} {word}\n\n{words.comment(source)}",
                "reply_to": "",
                "email_again": "",
                "ft": token,
                "action": "post",
            },
        )

    return form


def _rows(folder: Path, status: str) -> int:
    with sqlite3.connect(folder / "blog.db") as database:
        count: int = database.execute("SELECT count(*) FROM comment WHERE status = ?", [status]).fetchone()[0]
    database.close()
    return count
