"""Hooks by which plugins offer feeds, and change what stands in them."""

import json
import re

import feedparser
import pytest

from blogengine.errors import Refused
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

FEED = "/feeds/posts/default"
ENTRIES = """
@hookimpl
def prepare_feed_entries(entries, feed):
    for entry in entries:
        kind = "comment" if entry.comment else "post"
        entry.title += f" ({kind} {entry.post.id} of {len(feed.entries)})"
        entry.html += "<p>Thank you.</p>"
        entry.links.append(FeedLink("enclosure", "https://blog.example/a.mp3", "audio/mpeg", length=123))
        entry.elements.append(FeedElement("x:a", "https://example.org/x", {"b": "1 & 2"}, "c < d"))
        entry.elements.append(FeedElement("x:a", "https://example.org/x"))
"""


def test_hook_prepare_feed_entries(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://blog.example")
    run(blog, "thanks", ENTRIES)
    post_id = blog.write_post("One", "Text.")
    blog.write_comment(post_id)
    for path in (FEED, f"{FEED}?alt=rss", f"{FEED}/{post_id}", "/feeds/comments/default"):
        answer = client.get(path).text
        assert ("(comment" if "comments" in path else "(post") in answer
        parsed = feedparser.parse(answer)
        assert not parsed.bozo, parsed.bozo_exception
        if parsed.entries:
            assert parsed.entries[0].enclosures[0]["length"] == "123"
            assert parsed.entries[0].enclosures[0]["href"] == "https://blog.example/a.mp3"
        assert '<x:a xmlns:x="https://example.org/x" b="1 &amp; 2">c &lt; d</x:a>' in answer
        assert "Thank you." in answer
    entry = json.loads(client.get(f"{FEED}?alt=json").text)["feed"]["entry"][0]
    assert entry["x$a"][0] == {"xmlns$x": "https://example.org/x", "b": "1 & 2", "$t": "c < d"}


@pytest.mark.parametrize(
    "mischief",
    [
        "entries[0].title = 5",
        "entries[0].elements.append(FeedElement('noprefix', 'urn:x'))",
        "entries[0].elements.append(FeedElement('a:b', ''))",
        "entries[0].elements.append(FeedElement('a:b', 'urn:x', {'c d': 'e'}))",
        "entries[0].elements.append(5)",
        "entries[0].links = None",
        "entries[0].html = 'x \\ud800'",
        "entries.clear()",
        "feed.title = 'mine'",
        "entries[0].title = 'lost'; raise ValueError",
    ],
)
def test_nonsense_in_a_feed_is_taken_back(blog: BlogKit, client: Visitor, mischief: str) -> None:
    run(blog, "mischief", f"@hookimpl\ndef prepare_feed_entries(entries, feed):\n    {mischief}")
    run(blog, "thanks", ENTRIES)
    blog.write_post("One", "Text.")
    answer = client.get(FEED)
    assert answer.status_code == 200
    assert "One (post 1 of 1)" in answer.text
    assert [one.plugin_id for one in blog.site.ledger.failures.take()] == ["mischief"]


OFFER = """
from dataclasses import replace

@hookimpl
def register_feeds():
    return [Feed("short", "Short posts", lambda asked: posts.query(replace(asked, labels=(*asked.labels, "short"))))]
"""


def test_hook_register_feeds(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://blog.example", title="Notes")
    run(blog, "offer", OFFER)
    blog.write_post("Long one")
    for number in range(3):
        blog.write_post(f"Short {number}", labels=["short"])
    assert '<link rel="alternate" href="/feeds/short/default"' in client.get("/").text
    for query in ("", "?alt=rss", "?max-results=2", "?max-results=2&start-index=3"):
        answer = client.get(f"/feeds/short/default{query}").text
        parsed = feedparser.parse(answer)
        assert not parsed.bozo
        assert parsed.feed.title == "Notes: Short posts"
        assert not [entry for entry in parsed.entries if "Long" in entry.title]
        assert ('rel="next"' in answer) == (query == "?max-results=2")
    assert "feed-short" in re.findall("<id>(.*?)</id>", client.get("/feeds/short/summary").text)[0]
    assert client.get("/feeds/nothing/default").status_code == 404
    blog.write_post("Short and new", labels=["short"])
    assert "Short and new" in client.get("/feeds/short/default").text
    blog.disable("offer")
    assert client.get("/feeds/short/default").status_code == 404


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ("[5]", "must return a list of Feed"),
        ("[Feed('posts', 'Mine', print)]", "needs another id"),
        ("[Feed('A b', 'Mine', print)]", "needs another id"),
        ("[Feed(5, 'Mine', print)]", "needs another id"),
        ("[Feed('a', 5, print)]", "needs a title"),
        ("[Feed('a', 'Mine', None)]", "needs a title"),
        ("[Feed('a', 'Mine', print), Feed('a', 'Again', print)]", "belongs to the plugin offer"),
    ],
)
def test_a_plugin_that_offers_no_proper_feed_is_broken_with_a_sentence(
    blog: BlogKit, feeds: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        run(blog, "offer", f"@hookimpl\ndef register_feeds(): return {feeds}")
