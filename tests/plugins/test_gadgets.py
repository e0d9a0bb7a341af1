"""The bundled gadgets show what the blog has, and change with it; the blog's words on every page are clean."""

import re
from datetime import UTC
from datetime import datetime
from typing import Any

import pytest

from blogengine import layout
from blogengine import posts
from blogengine.errors import Invalid
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import parse
from tests.admin.forms import words


def place(blog: BlogKit, gadget: str, **settings: Any) -> int:
    """Put a gadget into the sidebar and set it."""
    with blog.app():
        placed = layout.add(gadget, "sidebar")
    with blog.app():
        layout.save(placed.id, {f"set-{name}": value for name, value in settings.items()})
    return placed.id


def sidebar(client: Visitor, path: str = "/") -> str:
    """Return the words of the sidebar."""
    found = parse(client.get(path).text).find(".//aside[@class='sidebar']")
    return words(found) if found is not None else ""


def test_the_archive_counts_months_in_the_blogs_time_zone_and_follows_posts(
    blog: BlogKit, client: Visitor
) -> None:
    blog.change_settings(time_zone="Asia/Tokyo")
    place(blog, "gadgets.archive", by="month")
    assert sidebar(client) == ""
    last = blog.write_post("Late", at=datetime(2019, 12, 31, 20, tzinfo=UTC))  # already January in Tokyo
    blog.write_post("Early", at=datetime(2019, 12, 31, 10, tzinfo=UTC))
    blog.write_post("Old", at=datetime(2003, 2, 1, tzinfo=UTC))
    blog.write_post("Page", kind="page", at=datetime(2003, 2, 1, tzinfo=UTC))
    blog.write_post("Draft", publish=False)
    assert sidebar(client) == "Archive January 2020 (1) December 2019 (1) February 2003 (1)"
    for path in re.findall(r'href="(/\d{4}/\d\d/)"', client.get("/").text):
        assert client.get(path).status_code == 200
    with blog.app():
        posts.unpublish(last)
    assert sidebar(client) == "Archive December 2019 (1) February 2003 (1)"


def test_the_archive_folds_years_away(blog: BlogKit, client: Visitor) -> None:
    place(blog, "gadgets.archive", counts="off")
    for year in (2018, 2019, 2019):
        blog.write_post("A post", at=datetime(year, 5, 1, tzinfo=UTC))
    html = client.get("/").text
    assert re.findall(r"<details( open)?>\s*<summary>(\d+)</summary>", html) == [
        (" open", "2019"),
        ("", "2018"),
    ]


def test_labels_stand_by_name_or_number_as_list_or_cloud(blog: BlogKit, client: Visitor) -> None:
    for labels in (["boats", "Äpfel"], ["boats"], ["boats", "zebra"], ["zebra"]):
        blog.write_post("A post", labels=labels)
    number = place(blog, "gadgets.labels")
    assert sidebar(client) == "Labels Äpfel (1) boats (3) zebra (2)"
    with blog.app():
        layout.save(
            number, {"set-order": "count", "set-shape": "cloud", "set-counts": "off", "set-most": "2"}
        )
    assert sidebar(client) == "Labels boats zebra"
    sizes = re.findall(r'<li class="size-(\d)"><a href="/search/label/(\w+)"', client.get("/").text)
    assert sizes == [("5", "boats"), ("1", "zebra")]


def test_recent_comments_are_the_newest_public_ones(blog: BlogKit, client: Visitor) -> None:
    place(blog, "gadgets.comments", number="2")
    post_id = blog.write_post("On tea")
    for text in ("One.", "Two <b>bold</b> & more.", "word " * 100):
        blog.write_comment(post_id, text)
    said = sidebar(client)
    assert "One." not in said
    assert "Two bold & more. Rita Reader on On tea" in said
    assert re.search(r"word word…", said)
    blog.change_plugin("moderation", mode="always")
    blog.write_comment(post_id, "Held.")
    assert "Held" not in sidebar(client)


def test_what_the_owner_writes_is_cleaned_and_links_must_be_links(blog: BlogKit, client: Visitor) -> None:
    blog.change_plugin(
        "gadgets",
        announcement='<b onclick="x">Now</b><script>y</script> <a href="/p/a.html">there</a>',
        attribution="© <i>me</i>",
    )
    place(blog, "gadgets.text", html='<p style="x">Hi <img src=x onerror=y></p>')
    place(blog, "gadgets.links", links="https://example.org A <good> page\n\n/p/about.html\n")
    html = client.get("/").text
    for word in ("onclick", "onerror", "<script>y", "style="):
        assert word not in html
    assert '<b>Now</b> <a href="/p/a.html"' in html
    assert "© <i>me</i>" in html
    assert sidebar(client) == "Text Hi Links A <good> page /p/about.html"
    with pytest.raises(Invalid) as error:
        place(blog, "gadgets.links", links="javascript:alert(1) x")
    assert "is no address" in error.value.problems["set-links"]


def test_a_year_leads_to_its_months_and_a_wrong_address_to_the_newest_posts(
    blog: BlogKit, client: Visitor
) -> None:
    assert "The newest posts" not in client.get("/nothing").text
    for month in (1, 1, 3):
        blog.write_post(f"In {month}", at=datetime(2019, month, 5, tzinfo=UTC))
    year = client.get("/2019/").text
    assert re.findall(r'<li><a href="(/2019/\d\d/)">', year) == ["/2019/01/", "/2019/03/"]
    assert 'class="months"' not in client.get("/2019/03/").text
    lost = client.get("/nothing").text
    assert lost.index("The newest posts") < lost.index(">In 3</a>") < lost.index(">In 1</a>")
