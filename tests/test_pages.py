"""The public pages and their addresses."""

import html
import re
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest

from blogengine import db as database
from blogengine import posts
from blogengine.models import Redirect
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
START = datetime(2020, 1, 3, 2, 55, tzinfo=UTC)


def titles(page: str) -> list[str]:
    """Return the titles of the posts of a listing, in order."""
    return re.findall(r"Post (\d+)</a>", page)


def link(page: str, words: str) -> str:
    """Return where the link with these words leads, or an empty text."""
    found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>[^<]*{words}', page)
    return html.unescape(found[1]) if found else ""


@pytest.mark.parametrize("label", ["", "all/of them"])
def test_older_and_newer_lead_through_all_posts_once_each_way(
    blog: BlogKit, client: Visitor, label: str
) -> None:
    blog.change_settings(posts_per_page=3)
    for number in range(11):  # four at the same moment, across a page's end
        at = START + timedelta(minutes=0 if 2 <= number <= 5 else number)
        at = START if 2 <= number <= 5 else START + timedelta(minutes=number - 6)
        blog.write_post(f"Post {number}", at=at, labels=["all/of them"])
    address = f"/search/label/{label.replace('/', '%2F').replace(' ', '%20')}" if label else "/"
    pages = [client.get(address).text]
    while older := link(pages[-1], "Older Posts"):
        pages.append(client.get(older).text)
    down = [title for page in pages for title in titles(page)]
    assert sorted(down, key=int) == [str(number) for number in range(11)]
    assert [len(titles(page)) for page in pages] == [3, 3, 3, 2]
    back = [pages[-1]]
    while newer := link(back[-1], "Newer Posts"):
        back.append(client.get(newer).text)
    up = [title for page in reversed(back) for title in titles(page)]
    assert up == down


@SQLITE
def test_home_shows_as_many_posts_as_the_owner_wants(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    for number in range(5):
        blog.write_post(f"Post {number}", at=START - timedelta(days=number))
    blog.change_settings(posts_per_page=2)
    assert titles(client.get("/").text) == ["0", "1"]
    assert titles(client.get("/search?max-results=4").text) == ["0", "1", "2", "3"]
    assert titles(client.get("/search?updated-max=2020-01-02T02:55:00%2B00:00&max-results=2").text) == [
        "2",
        "3",
    ]
    assert titles(client.get("/search?updated-max=2020-01-01T18:55:00-08:00").text) == ["2", "3"]


@SQLITE
def test_an_empty_blog_has_a_home(blog: BlogKit, client: Visitor) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/search").status_code == 200


@SQLITE
def test_pages_stand_in_the_navigation_and_not_among_the_posts(blog: BlogKit, client: Visitor) -> None:
    page_id = blog.write_post("About us", kind="page")
    assert blog.path_of(page_id) == "/p/about-us.html"
    home = client.get("/").text
    assert home.count("About us") == 1
    assert 'href="/p/about-us.html"' in home
    assert client.get("/p/about-us.html").status_code == 200
    assert client.get(f"/{datetime.now(UTC).year}/").status_code == 404


@SQLITE
def test_archives_hold_the_posts_of_their_time(blog: BlogKit, client: Visitor) -> None:
    for number, moment in enumerate(
        ["2019-12-31T23:59", "2020-01-01T00:00", "2020-12-31T23:59", "2021-01-01T00:00"]
    ):
        blog.write_post(f"Post {number}", at=datetime.fromisoformat(f"{moment}:00+00:00"))
    assert titles(client.get("/2020/").text) == ["2", "1"]
    assert titles(client.get("/2020/12/").text) == ["2"]
    assert titles(client.get("/2019/12/").text) == ["0"]
    assert client.get("/2020/06/").status_code == 404
    assert client.get("/2020/13/").status_code == 404
    for path in ("/2020", "/2020/12"):
        answer = client.get(path)
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"{path}/"


@SQLITE
def test_old_archive_addresses_lead_to_the_new_ones_for_good(blog: BlogKit, client: Visitor) -> None:
    for _ in range(2):
        answer = client.get("/2006_05_01_archive.html")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/2006/05/")


@SQLITE
def test_a_page_that_is_not_there_says_so_and_leads_home(blog: BlogKit, client: Visitor) -> None:
    for path in (
        "/nothing",
        "/2020/01/nothing.html",
        "/p/nothing.html",
        "/search/label/nothing",
        "/a/b/c",
        "/2020/1/",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert 'href="/"' in answer.text
        assert "noindex" in answer.text


def test_an_old_address_leads_to_the_post_while_it_is_public(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Moved")
    path = blog.path_of(post_id)

    def change(tx: database.Transaction) -> None:
        tx.session.add(Redirect(path="/2006/05/old.html", target="", post_id=post_id))
        tx.session.add(
            Redirect(path="/2006/05/elsewhere.html", target="https://example.org/", permanent=False)
        )
        tx.bump("redirects")

    assert client.get("/2006/05/old.html").status_code == 404
    with blog.app():
        database.write(change)
    for _ in range(2):
        answer = client.get("/2006/05/old.html")
        assert (answer.status_code, answer.headers["Location"]) == (301, path)
        assert client.get("/2006/05/elsewhere.html").status_code == 302
    with blog.app():
        posts.unpublish(post_id)
    assert client.get("/2006/05/old.html").status_code == 404
    assert blog.write_post("Old", custom_slug="old", at=datetime(2006, 5, 1, tzinfo=UTC))
    assert client.get("/2006/05/old.html").status_code == 404


@SQLITE
def test_the_page_of_a_post_links_to_its_neighbours(blog: BlogKit, client: Visitor) -> None:
    ids = [blog.write_post(f"Post {number}", at=START + timedelta(days=number)) for number in range(3)]
    page = client.get(blog.path_of(ids[1])).text
    assert blog.path_of(ids[0]) in page
    assert blog.path_of(ids[2]) in page
    with blog.app():
        posts.unpublish(ids[0])
    assert "Post 0" not in client.get(blog.path_of(ids[1])).text


@SQLITE
def test_a_listing_cuts_a_post_at_its_jump_break(blog: BlogKit, client: Visitor) -> None:
    source = "<div><b>Before the break.<!--more-->After the break.</b></div>"
    post_id = blog.write_post("Long", source, source_format="html")
    home = client.get("/").text
    assert "Before the break." in home
    assert "After the break." not in home
    assert f'href="{blog.path_of(post_id)}#more"' in home
    assert "After the break." in client.get(blog.path_of(post_id)).text


@SQLITE
def test_a_search_finds_words_however_they_are_written(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("Ägypten", "A journey to the PYRAMIDS.")
    blog.write_post("Other", "100% _wild_ cards.")
    for words in ("ägypten", "pyramids", "ÄGYPTEN Journey"):
        assert "Ägypten" in client.get("/search", query_string={"q": words}).text, words
    assert "Other" not in client.get("/search", query_string={"q": "p%mids"}).text
    assert "Other" in client.get("/search", query_string={"q": "100%"}).text
    assert client.get("/search?q=").status_code == 200


@SQLITE
def test_the_head_of_a_page_says_where_it_lives(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://blog.example", title="My & blog", language="ar")
    path = blog.path_of(blog.write_post("A post", description="About <it>."))
    page = client.get(path).text
    assert f'<link rel="canonical" href="https://blog.example{path}">' in page
    assert "<title>My &amp; blog: A post</title>" in page
    assert '<html lang="ar" dir="rtl"' in page
    assert "About &lt;it&gt;." in page


@SQLITE
def test_a_theme_that_is_not_there_is_stood_in_for(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(theme="gone")
    assert client.get(blog.path_of(blog.write_post("A post"))).status_code == 200
    assert "gone" in blog.site.current().blog.theme_problem
