"""The same pages on a small and on a large blog, and pages of short and of long threads."""

from bench import client
from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Job
from bench.measuring import Row
from bench.measuring import fresh
from bench.measuring import ratio
from bench.processes import Server
from bench.reading import FEED

BAR = 1.2
THREAD_BAR = 2.0
ABSENT = "/2020/01/no-such-post.html"


def scale(bench: Bench) -> list[Row]:
    """Each kind of page, made anew on both blogs."""
    small, large = bench.small(), bench.large()
    with bench.serve(small, "small") as one, bench.serve(large, "large") as other:
        jobs: dict[str, Job] = {}
        for size, server, blog in (("small", one, small), ("large", other, large)):
            for name, path in _pages(blog).items():
                jobs[f"{name}, {size}"] = Job(server, fresh(path), 404 if path == ABSENT else 200)
            if (admin := _admin_list(server, blog)) is not None:
                jobs[f"list of posts for the owner, {size}"] = admin
        found = bench.measure(jobs)
    rows = []
    for name in [name.removesuffix(", small") for name in jobs if name.endswith(", small")]:
        times = ratio(found[f"{name}, large"], found[f"{name}, small"])
        rows.append(
            Row(
                f"{name}: {large.posts:,} posts beside {small.posts:,}",
                f"{times:.2f} ×",
                f"≤ {BAR} ×",
                times <= BAR,
                f"{found[f'{name}, large'].words()} beside {found[f'{name}, small'].words()}",
            )
        )
    return rows


def _pages(blog: Blog) -> dict[str, str]:
    return {
        "home": "/",
        "older posts, deep": blog.deep,
        "label page": blog.label,
        "month archive": blog.month,
        "post page without comments": blog.plain,
        "post page with 50 comments": blog.threads[50],
        "feed": FEED,
        "feed of comments": "/feeds/comments/default",
        "not found": ABSENT,
    }


def _admin_list(server: Server, blog: Blog) -> Job | None:
    request = fresh("/admin/", Cookie=f"blog_session={blog.token}")
    if client.ask(server.port, request()).status != 200:
        return None
    return Job(server, request)


def threads(bench: Bench) -> list[Row]:
    """Pages of threads of different lengths."""
    blog = bench.small()
    pages = {f"{number:,} comments": path for number, path in blog.threads.items()}
    if 5000 in blog.threads:
        pages["5,000 comments, the last page"] = f"{blog.threads[5000]}?commentPage=25"
    with bench.serve(blog, "threads") as server:
        found = bench.measure({f"thread: {name}": Job(server, fresh(path)) for name, path in pages.items()})
    short = found["thread: 200 comments"]
    rows = []
    for name in pages:
        series = found[f"thread: {name}"]
        has_bar = name.startswith("5,000")
        times = ratio(series, short)
        rows.append(
            Row(
                f"page of a thread of {name}",
                f"{times:.2f} ×" if has_bar else series.words(),
                f"≤ {THREAD_BAR} × that of 200 comments" if has_bar else "",
                times <= THREAD_BAR if has_bar else None,
                series.words() if has_bar else "",
            )
        )
    return rows
