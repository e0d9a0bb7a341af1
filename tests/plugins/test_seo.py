"""Plugin seo: sitemap, robots.txt, and facts in the head."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from blogengine import db as database
from blogengine import posts
from blogengine.models import Post
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor

URL = "https://blog.example"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def locations(client: Visitor, path: str = "/sitemap.xml") -> list[tuple[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/xml"
    return [
        (one.findtext(f"{MAP}loc") or "", one.findtext(f"{MAP}lastmod") or "")
        for one in ET.fromstring(answer.text)
    ]


def facts(client: Visitor, path: str) -> tuple[dict[str, str], list[dict[str, Any]], str]:
    shown = client.get(path).text.split("</head>")[0]
    named = dict(re.findall('<meta (?:property|name)="([^"]+)" content="([^"]*)">', shown))
    data = re.findall('<script type="application/ld\\+json">(.*?)</script>', shown)
    canonical = re.search('<link rel="canonical" href="([^"]*)">', shown)
    return named, [json.loads(one) for one in data], canonical[1] if canonical else ""


def test_the_sitemap_has_what_is_public_and_follows_every_change(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    assert locations(client) == [("http://localhost/", "")]
    assert client.get("/sitemap.xml").headers["Cache-Control"] == "no-store"
    blog.change_settings(url=URL)
    first = blog.write_post("First", at=datetime(2019, 5, 1, tzinfo=UTC))
    page = blog.write_post("About", kind="page")
    blog.write_post("Draft", publish=False)
    blog.write_post("Later", at=datetime(2030, 1, 1, tzinfo=UTC))
    moment = clock.moment.isoformat(timespec="seconds")
    assert locations(client) == [
        (f"{URL}/", moment),
        (f"{URL}{blog.path_of(first)}", moment),
        (f"{URL}{blog.path_of(page)}", moment),
    ]
    hits = blog.site.cache.hits
    locations(client)
    assert blog.site.cache.hits == hits + 1
    with blog.app():
        posts.unpublish(page)
    assert len(locations(client)) == 2


def test_a_large_blog_has_several_files(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.change_settings(url=URL)
    for number in range(7):
        blog.write_post(f"Post {number}")
    monkeypatch.setattr("blogengine_seo.maps.BLOCK", 3)
    files = [address for address, _ in locations(client)]
    assert files == [f"{URL}/sitemap-{number}.xml" for number in (0, 1, 2)]
    found = [one for address in files for one, _ in locations(client, urlsplit(address).path)]
    assert found[0] == f"{URL}/"
    assert len(found) == len(set(found)) == 8
    for path in ("/sitemap-3.xml", "/sitemap-99999999999999999999.xml", "/sitemap--1.xml"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_robots_txt_says_what_the_owner_says_and_where_the_sitemap_is(blog: BlogKit, client: Visitor) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "Sitemap" not in answer.text
    blog.change_settings(url=URL)
    blog.change_plugin("seo", robots="User-agent: Greedy\nDisallow: /")
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[:3] == ["User-agent: Greedy", "Disallow: /", ""]
    assert f"Sitemap: {URL}/sitemap.xml" in lines
    assert f"Sitemap: {URL}/feeds/updated/default" in lines
    assert client.get("/feeds/updated/default").status_code == 200


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_feed_of_changes_has_the_last_changed_post_first(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    old = blog.write_post("Old", at=datetime(2010, 1, 1, tzinfo=UTC))
    clock.tick(days=1)
    blog.write_post("New")

    def titles() -> list[str]:
        shown = client.get("/feeds/updated/default").text
        return re.findall("<title type=.text.>(.*?)</title>", shown)[1:]

    assert titles() == ["New", "Old"]
    clock.tick(days=1)
    blog.edit_post(old, source="Changed.")
    assert titles() == ["Old", "New"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_post_tells_search_engines_and_social_media_what_it_is(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    source = 'Begin & "go".\n\n<img src="https://example.org/pixel.gif" width="1" height="1">\n\n![A](/media/größe.png)'
    path = blog.path_of(blog.write_post("A <post> & more", source, labels=["b", "a"]))
    named, data, canonical = facts(client, path)
    assert named["og:title"] == "A &lt;post&gt; &amp; more"
    assert named["og:type"] == "article"
    assert named["description"] == named["og:description"] == "Begin &amp; &#34;go&#34;."
    assert not canonical
    assert not {"og:url", "og:image"} & set(named), "nobody knows the blog's address"
    assert not data
    blog.change_settings(url=URL, title="Notes", language="pt-BR")
    blog.change_plugin("seo", account="@notes")
    named, data, canonical = facts(client, path)
    assert canonical == named["og:url"] == f"{URL}{path}"
    assert named["og:image"] == f"{URL}/media/gr%C3%B6%C3%9Fe.png"
    assert named["og:locale"] == "pt_BR"
    assert named["twitter:card"] == "summary_large_image"
    assert named["twitter:site"] == "@notes"
    assert named["article:published_time"] == clock.moment.isoformat()
    posting, trail = data
    assert posting["@type"] == "BlogPosting"
    assert posting["headline"] == "A <post> & more"
    assert posting["image"] == named["og:image"]
    assert posting["datePublished"] == posting["dateModified"] == clock.moment.isoformat()
    assert posting["keywords"] == ["a", "b"]
    assert [step["name"] for step in trail["itemListElement"]] == ["Notes", "2020", "A <post> & more"]
    for step in trail["itemListElement"][:-1]:
        assert client.get(step["item"].removeprefix(URL)).status_code == 200
    blog.change_plugin("seo", structured=False)
    assert facts(client, path)[1] == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_lists_tell_what_they_are_and_their_further_pages_stay_out_of_search_engines(
    blog: BlogKit, client: Visitor
) -> None:
    blog.change_settings(url=URL, title="Notes", description="About it", posts_per_page=1)
    blog.change_plugin("seo", picture="/media/blog.png")
    for number in range(2):
        blog.write_post(f"Post {number}", labels=["x"])
    named, data, canonical = facts(client, "/")
    assert (named["og:title"], named["og:type"], named["og:description"]) == ("Notes", "website", "About it")
    assert named["og:image"] == f"{URL}/media/blog.png"
    assert data == [
        {
            "@context": "https://schema.org",
            "@type": "WebSite",
            "name": "Notes",
            "url": f"{URL}/",
            "description": "About it",
        }
    ]
    assert facts(client, "/search/label/x")[2] == f"{URL}/search/label/x"
    older = re.findall(r'href="(/search/label/x\?updated-max[^"]+)"', client.get("/search/label/x").text)[0]
    for path in (older.replace("&amp;", "&"), "/search?q=post"):
        named, data, canonical = facts(client, path)
        assert named["robots"] == "noindex, follow"
        assert not canonical
        assert "og:title" not in named


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_many_posts_are_listed_with_few_statements(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.change_settings(url=URL)
    monkeypatch.setattr("blogengine_seo.maps.BLOCK", 100)
    moment = datetime(2020, 1, 1, tzinfo=UTC)

    def fill(tx: database.Transaction) -> None:
        rows = [
            {
                "id": number * 3, "kind": "post", "status": "published", "title": "x", "path": f"/2020/01/{number}.html",
                "atom_id": f"x{number}", "published_at": moment, "created_at": moment, "modified_at": moment,
            }
            for number in range(1, 1001)
        ]  # fmt: skip
        tx.session.execute(sa.insert(Post), rows)
        tx.bump("posts")

    with blog.app():
        database.write(fill)
    statements: list[str] = []
    sa.event.listen(blog.site.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    files = [urlsplit(address).path for address, _ in locations(client)]
    assert len(files) == 31
    assert sum(len(locations(client, path)) for path in files[:3]) == 33 + 33 + 33 + 1
    reads = [one for one in statements if one.lstrip().startswith("SELECT") and "cache" not in one]
    assert len(reads) <= 1 + 3 * 2
