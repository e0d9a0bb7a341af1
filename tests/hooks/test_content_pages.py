"""The plugins that the pages about content, head and feeds show do what these pages say."""

import feedparser
import pytest

from blogengine import importing
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.documents import FILE
from tests.documents import ROOT
from tests.documents import blocks
from tests.documents import files
from tests.hooks.test_import import Export

PAGES = (ROOT / "docs/plugins/content.md", ROOT / "docs/plugins/head-and-feeds.md")

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def install(blog: BlogKit, plugin_id: str) -> None:
    """Write a plugin of these pages into the blog's folder and enable it."""
    shown = {name: text for page in PAGES for name, text in files(page).items()}
    blog.add_plugin(plugin_id, shown[f"instance/plugins/{plugin_id}.py"])


def test_a_plugin_marks_links_that_leave_the_blog(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://blog.example")
    install(blog, "outbound")
    text = "[a](https://example.org/) [b](https://blog.example/x) [c](/y) [d](#z)"
    shown = client.get(blog.path_of(blog.write_post("Links", text))).text
    assert '<a href="https://example.org/" class="outbound" rel="external">a</a>' in shown
    assert shown.count("outbound") == 1
    assert "1 links lead to other sites." in shown


def test_a_plugin_leaves_drafts_behind(blog: BlogKit) -> None:
    install(blog, "leave_behind")
    with blog.app() as app:
        report = importing.run(Export(), media_folder=app.blog.config.media_folder)
    assert [note.what for note in report.notes] == ["labels"] * 3
    assert not blog.site.ledger.failures.take()


def test_a_plugin_names_the_author(blog: BlogKit, client: Visitor) -> None:
    install(blog, "fediverse")
    head = client.get(blog.path_of(blog.write_post())).text.split("</head>")[0]
    assert '<meta name="fediverse:creator" content="@garden@social.example.org">' in head
    assert '"@type": "Person"' in head
    assert 'rel="me"' in client.get("/").text


def test_a_plugin_offers_a_feed(blog: BlogKit, client: Visitor) -> None:
    install(blog, "links_feed")
    blog.write_post("Not this")
    blog.write_post("This", labels=["links"])
    for query in ("", "?alt=rss"):
        parsed = feedparser.parse(client.get(f"/feeds/links/default{query}").text)
        assert not parsed.bozo
        assert [entry.title for entry in parsed.entries] == ["This"]
        assert "Thank you for subscribing." in str(parsed.entries[0])
        assert parsed.entries[0]["dc_language" if "dc_language" in parsed.entries[0] else "language"] == "en"


def test_every_block_of_python_names_its_file(engine_name: str) -> None:
    for page in PAGES:
        for language, text in blocks(page):
            assert language != "python" or FILE.match(text), text
