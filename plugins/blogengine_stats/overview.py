"""The owner's pages: the chart with the most read pages, and the whole lists."""

from flask import Blueprint
from flask import render_template
from flask import request

from blogengine.plugin import NotFound
from blogengine.plugin import posts
from blogengine_stats.charts import Chart
from blogengine_stats.figures import SPANS
from blogengine_stats.figures import Row
from blogengine_stats.figures import bars
from blogengine_stats.figures import top
from blogengine_stats.models import PAGE
from blogengine_stats.models import REFERRER

pages = Blueprint("stats", __name__)

ROWS = 50


@pages.get("/")
def index() -> str:
    """Show the views of the last days and what was read most."""
    days = _days()
    read, more_read = top(PAGE, days, limit=10)
    led, more_led = top(REFERRER, days, limit=10)
    return render_template(
        "@stats/overview.html",
        chart=Chart(bars(days)),
        days=days,
        spans=SPANS,
        read=read,
        more_read=more_read,
        led=led,
        more_led=more_led,
        titles=titles_of(read),
    )


@pages.get("/<kind>")
def rows(kind: str) -> str:
    """Show all pages or sites, with search."""
    if kind not in (PAGE, REFERRER):
        raise NotFound("There is no such list.", hint="Go back to Stats.")
    days, q = _days(), request.args.get("q", "")[:200]
    after = None
    if "name" in request.args and request.args.get("views", "").isdecimal():
        after = Row(request.args["name"][:500], int(request.args["views"][:9]))
    found, has_more = top(kind, days, q=q, after=after, limit=ROWS)
    return render_template(
        "@stats/rows.html",
        kind=kind,
        days=days,
        spans=SPANS,
        q=q,
        rows=found,
        has_more=has_more,
        is_first=after is None,
        titles=titles_of(found) if kind == PAGE else {},
    )


def titles_of(found: list[Row]) -> dict[str, str]:
    """Return the titles of the posts among the pages, by path."""
    known = posts.public_by_paths([row.name for row in found])
    return {path: post.title for path, post in known.items()}


def _days() -> int:
    wanted = request.args.get("days", "")
    return int(wanted) if wanted in map(str, SPANS) else 30
