"""Reading: kept pages, pages made anew, and what each needs."""

import contextlib
from collections.abc import Iterator

from bench import client
from bench import hello
from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Job
from bench.measuring import Row
from bench.measuring import Series
from bench.measuring import fresh
from bench.measuring import ratio
from bench.measuring import same
from bench.processes import Server

FEED = "/feeds/posts/default"
HIT_BAR = 1.5
MISS_BAR = 1500
FLASK_CLASS = 130
"""CPU of Flask's hello under gunicorn, in µs, on the class of machine that the bars in µs are for."""


@contextlib.contextmanager
def _servers(bench: Bench, blog: Blog) -> Iterator[tuple[Server, Server, Server | None, Server | None]]:
    """Run the blog and its references: bare hello, Flask under gunicorn, nginx with the blog's pages."""
    with bench.serve(blog, "blog") as server:
        pages = {
            "post.html": client.ask(server.port, client.get(blog.threads[50])).body,
            "home.html": client.ask(server.port, client.get("/")).body,
        }
        with (
            hello.bare_server(bench.work) as bare,
            hello.flask_server(bench.work) as flask,
            hello.nginx_server(bench.work, pages) as nginx,
        ):
            yield server, bare, flask, nginx


def hits(bench: Bench) -> list[Row]:
    """Pages that are kept: what an answer costs beside the bare hello."""
    blog = bench.small()
    with _servers(bench, blog) as (server, bare, flask, nginx):
        paths = {"post page (50 comments)": blog.threads[50], "home": "/", "feed": FEED}
        jobs = {"bare hello": Job(bare, same("/"))}
        for name, path in paths.items():
            sizes = [_kept_size(server, path), _kept_size(server, path, Accept_Encoding="gzip")]
            jobs[f"{name}, {sizes[0]:,} bytes"] = Job(server, same(path))
            jobs[f"{name}, packed, {sizes[1]:,} bytes"] = Job(server, same(path, Accept_Encoding="gzip"))
            if path == blog.threads[50]:
                for size in sizes:
                    jobs[f"bare hello with a body of {size:,} bytes"] = Job(bare, same(f"/?{size}"))
        etags = sorted({_ask(server, blog.threads[50]).header("etag") for _ in range(16)})
        jobs["post page, 304"] = Job(
            server, same(blog.threads[50], If_None_Match=", ".join(etags)), status=304
        )
        if nginx is not None:
            jobs["nginx, the same post page saved"] = Job(nginx, same("/post.html"))
            jobs["nginx, the same home saved"] = Job(nginx, same("/home.html"))
        if flask is not None:
            jobs["Flask hello under gunicorn"] = Job(flask, same("/"))
        costs: list[float] = []
        found = bench.measure(jobs, lambda: costs.append(hello.flask_cost() * 1e6))
    rows = [_flask_row(bench, costs)]
    for name, series in found.items():
        job = jobs[name]
        has_bar = job.server is server and job.status == 200
        times = ratio(series, found["bare hello"])
        rows.append(
            Row(
                name,
                series.words(),
                f"≤ {HIT_BAR} × bare hello" if has_bar else "",
                times <= HIT_BAR if has_bar else None,
                f"{times:.2f} × bare hello; {series.pace()}",
            )
        )
    rows.append(
        Row(
            "entity tags of one kept post page at two workers",
            str(len(etags)),
            "1: a page read at one worker is answered with 304 at the other",
            len(etags) == 1,
        )
    )
    return rows


def _ask(server: Server, path: str) -> client.Answer:
    return client.ask(server.port, client.get(path))


def _kept_size(server: Server, path: str, **headers: str) -> int:
    """Make sure that `path` is kept by both workers; return the size of its body."""
    answer = None
    for _ in range(16):
        plain = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.ask(server.port, client.get(path, plain))
        if answer.status != 200 or not answer.header("etag"):
            raise RuntimeError(f"{path} is not kept: {answer.head!r}")
    assert answer is not None
    return len(answer.body)


def _flask_row(bench: Bench, costs: list[float]) -> Row:
    bench.raw["Flask hello in process"] = {"cpu_us": [round(cost, 1) for cost in costs]}
    middle = sorted(costs)[len(costs) // 2]
    return Row("Flask hello without a server, in one process", f"{middle:,.0f} µs (least {min(costs):,.0f})")


def misses(bench: Bench) -> list[Row]:
    """Pages made anew for each request, all bundled plugins on."""
    blog = bench.small()
    paths = {
        "post page with 50 comments": blog.threads[50],
        "post page without comments": blog.plain,
        "home": "/",
        "feed": FEED,
        "label page": blog.label,
    }
    with bench.serve(blog, "blog") as server, hello.bare_server(bench.work) as bare:
        for path in paths.values():
            _require_made_anew(server, path)
        jobs = {"bare hello ": Job(bare, same("/"))}
        jobs |= {f"{name}, made anew": Job(server, fresh(path)) for name, path in paths.items()}
        costs: list[float] = []
        found = bench.measure(jobs, lambda: costs.append(hello.flask_cost() * 1e6))
    rows = []
    for name, series in found.items():
        has_bar = "50 comments" in name
        rows.append(
            Row(
                name.strip(),
                series.words(),
                f"≤ {MISS_BAR:,} µs" if has_bar else "",
                series.median <= MISS_BAR if has_bar else None,
                f"{_beside_flask(series, costs):.0f} × Flask hello in process; {series.pace()}",
            )
        )
    return rows


def _beside_flask(series: Series, costs: list[float]) -> float:
    return hello.ratio(series.cpu, costs)


def _require_made_anew(server: Server, path: str) -> None:
    """Make sure that two requests of `fresh` get pages that were not kept, and that these are whole."""
    whole = len(client.ask(server.port, client.get(path)).body)
    for _ in range(2):
        answer = client.ask(server.port, fresh(path)())
        # Only a kept page varies by its packing; a page made for one request has one form.
        if answer.status != 200 or "accept-encoding" in answer.header("vary").lower():
            raise RuntimeError(f"{path} was not made anew: {answer.head!r}")
        if len(answer.body) < whole * 0.9:
            raise RuntimeError(f"{path} made anew has {len(answer.body)} bytes instead of {whole}")
