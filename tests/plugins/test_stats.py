"""The bundled plugin stats: what counts as a view, what is kept of it, and how the owner reads it."""

import re
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from blogengine.db import db
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine_stats import counting
from blogengine_stats.charts import FOOT
from blogengine_stats.charts import HEIGHT
from blogengine_stats.charts import WIDTH
from blogengine_stats.charts import Chart
from blogengine_stats.figures import Bar
from blogengine_stats.models import Count

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def read(client: Visitor, path: str, times: int = 1, referrer: str = "", agent: str = BROWSER) -> None:
    for _ in range(times):
        client.get(path, headers={"User-Agent": agent, "Referer": referrer})


def stored(blog: BlogKit) -> dict[tuple[str, str, str], int]:
    """Count what was noted, and return all numbers."""
    with blog.app():
        blog.site.hand_over_views()
        rows = db.session.execute(sa.select(Count.day, Count.kind, Count.name, Count.views))
        return {(row.day, row.kind, row.name): row.views for row in rows}


def test_a_page_that_is_read_is_counted_made_or_kept(
    blog: BlogKit, client: Visitor, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.enable("stats")
    path = blog.path_of(blog.write_post("Read often"))
    read(client, path, 3)
    read(client, "/")
    day = clock.moment.date().isoformat()
    assert stored(blog) == {(day, "total", ""): 4, (day, "page", path): 3, (day, "page", "/"): 1}
    read(client, path, 2)
    assert stored(blog)[day, "page", path] == 5
    page = owner_client.get("/admin/-/stats/").text
    assert "6 page views" in page
    assert re.search(r">Read often</a></th><td>5</td>", page)


def test_counting_drops_no_kept_page(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    blog.enable("stats")
    read(client, "/")
    stored(blog)
    hits = blog.site.cache.hits
    read(client, "/")
    assert blog.site.cache.hits == hits + 1


def test_robots_and_signed_in_authors_do_not_count(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    blog.enable("stats")
    for agent in ("", "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.5", "FreshRSS/1.24"):
        read(client, "/", agent=agent)
    read(owner_client, "/")
    assert stored(blog) == {}
    blog.change_plugin("stats", count_robots="on")
    read(client, "/", agent="Googlebot/2.1")
    assert sum(stored(blog).values()) == 2


def test_of_a_referrer_only_the_host_of_another_site_is_kept(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    blog.enable("stats")
    blog.change_settings(url="https://blog.example.org")
    for referrer in (
        "https://www.search.example/q?who=ann&secret=1",
        "https://search.example:8443/",
        "https://blog.example.org/2026/01/x.html",
        "android-app://com.example.app",
        "javascript:alert(1)",
        "https://[::1",
        "https://<script>.example/",
        "nonsense",
    ):
        read(client, "/", referrer=referrer)
    day = clock.moment.date().isoformat()
    numbers = stored(blog)
    assert {key[2]: views for key, views in numbers.items() if key[1] == "referrer"} == {"search.example": 2}
    assert numbers[day, "total", ""] == 8


def test_nothing_about_a_person_is_kept(blog: BlogKit, client: Visitor) -> None:
    blog.enable("stats")
    read(client, "/?utm_source=mail&who=ann@example.org", referrer="https://elsewhere.example/u/ann?x=1")
    stored(blog)
    with blog.app():
        everything = repr([tuple(row) for row in db.session.execute(sa.select(Count.__table__))])
    for word in ("ann", "Mozilla", "127.0.0.1", "utm"):
        assert word not in everything


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_many_names_of_one_day_are_counted_together(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(counting.NAMES_A_DAY, "referrer", 3)
    blog.enable("stats")
    for number in range(6):
        read(client, "/", referrer=f"https://site{number}.example/")
    names = {key[2]: views for key, views in stored(blog).items() if key[1] == "referrer"}
    assert names == {"site0.example": 1, "site1.example": 1, "site2.example": 1, "…": 3}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_day_is_a_day_of_the_blog(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    blog.change_settings(time_zone="Pacific/Kiritimati")
    blog.enable("stats")
    clock.moment = clock.moment.replace(hour=22)
    read(client, "/")
    (day,) = {key[0] for key in stored(blog)}
    assert day > clock.moment.date().isoformat()


def test_old_figures_are_forgotten(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    blog.enable("stats")
    blog.change_plugin("stats", days_kept="30")
    read(client, "/")
    first = set(stored(blog))
    clock.tick(days=20)
    read(client, "/")
    assert first < set(stored(blog))
    clock.tick(days=15)
    read(client, "/")
    left = stored(blog)
    assert left
    assert not first & set(left)


def test_the_lists_page_search_and_say_when_they_are_empty(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    blog.enable("stats")
    assert "None in this time." in owner_client.get("/admin/-/stats/page").text
    assert "No page was read" in owner_client.get("/admin/-/stats/").text
    paths = [blog.path_of(blog.write_post(f"Post {number}")) for number in range(56)]
    for number, path in enumerate(paths):
        read(client, path, 2 if number < 5 else 1)
    stored(blog)
    seen: list[str] = []
    address = "/admin/-/stats/page?days=7"
    while address:
        page = owner_client.get(address).text
        seen += re.findall(r'<th scope="row"><a href="([^"]+)"', page)
        more = re.search(r'<a href="([^"]+)">More</a>', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert sorted(seen) == sorted(paths)
    assert seen[:5] == sorted(paths[:5])
    assert "Post 17" in (found := owner_client.get("/admin/-/stats/page?q=post-17").text)
    assert "Post 18" not in found
    assert owner_client.get("/admin/-/stats/nonsense").status_code == 404


def test_visitors_do_not_see_figures(blog: BlogKit, client: Visitor) -> None:
    blog.enable("stats")
    assert client.get("/admin/-/stats/").status_code == 303


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=365))
def test_every_bar_is_inside_the_drawing_and_as_high_as_its_views(views: list[int]) -> None:
    chart = Chart([Bar(date(2026, 1, 1), date(2026, 1, 1), number) for number in views])
    for column in chart.columns:
        assert column.x >= 0
        assert column.x + column.width <= WIDTH + 0.1
        assert column.y >= 0
        assert column.y + column.height == pytest.approx(HEIGHT - FOOT, abs=0.02)
