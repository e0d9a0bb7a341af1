"""Feeds: what they carry, what may be asked of them, and that they are right in every reader's eyes."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from blogengine import comments
from blogengine import db as database
from blogengine import importing
from blogengine import posts
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine_import_blogger.source import open_export
from tests.feed_parts import ATOM
from tests.feeds import check_feed

URL = "https://blog.example"
FEED = "/feeds/posts/default"
THR = "{http://purl.org/syndication/thread/1.0}"
SEARCH = "{http://a9.com/-/spec/opensearchrss/1.0/}"


@pytest.fixture(autouse=True)
def with_address(blog: BlogKit, clock: FrozenClock) -> None:
    blog.change_settings(url=URL, title="Garden & notes", description="About <plants>")


def comment_on(blog: BlogKit, post_id: int, text: str = "A comment.", **facts: Any) -> int:
    """Leave a comment that readers see, whatever is moderated; return its id."""
    outcome = blog.write_comment(post_id, text, **facts)
    with blog.app():
        comments.approve([outcome.comment_id])
    return outcome.comment_id


def feed_of(client: Visitor, path: str = FEED) -> ET.Element:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.data)


def titles(feed: ET.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title", "") for entry in feed.findall(f"{ATOM}entry")]


def link(element: ET.Element, rel: str, kind: str = "") -> str:
    found = [
        one.get("href", "")
        for one in element.findall(f"{ATOM}link")
        if one.get("rel") == rel and kind in one.get("type", "")
    ]
    assert len(found) <= 1, f"{len(found)} links {rel}"
    return found[0] if found else ""


def faults_of(answer: TestResponse, path: str) -> list[str]:
    return check_feed(answer.data, answer.headers["Content-Type"], f"{URL}{path}")


@contextmanager
def counted(blog: BlogKit) -> Iterator[list[str]]:
    """Collect the statements that read or write rows, but for the page cache's look at the sequence."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        if statement.lstrip().upper().startswith(words) and "FROM cache_" not in statement:
            statements.append(statement)

    sa.event.listen(blog.site.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(blog.site.engine, "before_cursor_execute", note)


# --- what a feed of posts carries


def test_a_feed_of_posts_has_bloggers_shape(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Ferns", "All about *ferns*.", labels=["plants", "shade"])
    comment_on(blog, post_id)
    feed = feed_of(client)
    own_id = feed.findtext(f"{ATOM}id", "")
    assert re.fullmatch(r"tag:blogengine\.invalid,\d{4}-\d\d-\d\d:blog-[0-9a-f]+", own_id)
    assert [item.get("term") for item in feed.findall(f"{ATOM}category")] == ["plants", "shade"]
    assert feed.findtext(f"{ATOM}subtitle") == "About &lt;plants&gt;"
    assert link(feed, "self") == link(feed, "http://schemas.google.com/g/2005#feed") == f"{URL}{FEED}"
    assert link(feed, "alternate") == f"{URL}/"
    assert [feed.findtext(SEARCH + name) for name in ("totalResults", "startIndex", "itemsPerPage")] == [
        "1",
        "1",
        "25",
    ]
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id", "").startswith(f"{own_id}.post-")
    assert entry.findtext(f"{ATOM}published") == "2020-01-03T02:55:00.000+00:00"
    assert entry.findtext(f"{ATOM}content", "").strip() == "<p>All about <em>ferns</em>.</p>"
    assert link(entry, "replies", "atom") == f"{URL}/feeds/{post_id}/comments/default"
    assert link(entry, "replies", "html") == f"{URL}/2020/01/ferns.html#comment-form"
    assert link(entry, "self") == f"{URL}{FEED}/{post_id}"
    assert link(entry, "alternate") == f"{URL}/2020/01/ferns.html"
    assert entry.findtext(f"{THR}total") == "1"
    schemes = {(item.get("scheme"), item.get("term")) for item in entry.findall(f"{ATOM}category")}
    assert schemes == {("http://www.blogger.com/atom/ns#", name) for name in ("plants", "shade")}


def test_times_have_the_offset_of_the_blogs_zone(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(time_zone="Asia/Kathmandu")
    blog.write_post()
    assert feed_of(client).findtext(f"{ATOM}entry/{ATOM}published") == "2020-01-03T08:40:00.000+05:45"


def test_a_post_that_shows_no_comments_has_no_replies(blog: BlogKit, client: Visitor) -> None:
    hidden = blog.write_post(comment_mode="hide")
    (entry,) = feed_of(client).findall(f"{ATOM}entry")
    assert entry.find(f"{THR}total") is None
    assert not [one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "replies"]
    assert client.get(f"/feeds/{hidden}/comments/default").status_code == 404


def test_only_what_is_public_is_in_feeds(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    blog.write_post("A draft", publish=False)
    blog.write_post("A scheduled one", at=clock.moment + timedelta(days=1))
    trashed = blog.write_post("A trashed one")
    comment_on(blog, trashed)
    blog.write_post("A page", kind="page")
    with blog.app():
        posts.trash(trashed)
    assert titles(feed_of(client)) == []
    assert titles(feed_of(client, "/feeds/comments/default")) == []
    assert titles(feed_of(client, "/feeds/pages/default")) == ["A page"]
    for path in (f"{FEED}/{trashed}", f"/feeds/{trashed}/comments/default"):
        assert client.get(path).status_code == 404


def test_addresses_in_posts_are_absolute(blog: BlogKit, client: Visitor) -> None:
    source = (
        '<a href="/p/x.html?a=1&amp;b=2">1</a><a href="#n">2</a><img alt="a > b" src="//other.example/a.png">'
    )
    blog.write_post("Links", source, source_format="html")
    content = feed_of(client).findtext(f"{ATOM}entry/{ATOM}content", "")
    assert re.findall('(?:href|src)="([^"]*)"', content) == [
        f"{URL}/p/x.html?a=1&amp;b=2",
        f"{URL}/2020/01/links.html#n",
        "https://other.example/a.png",
    ]


@pytest.mark.parametrize(
    ("setting", "address", "expected"),
    [
        ("full", "default", "content"),
        ("short", "default", "summary"),
        ("short", "full", "content"),
        ("full", "summary", "summary"),
    ],
)
def test_the_owner_decides_how_much_default_carries(
    blog: BlogKit, client: Visitor, setting: str, address: str, expected: str
) -> None:
    blog.change_plugin("atom", posts=setting, comments=setting)
    comment_on(blog, blog.write_post())
    for path in (f"/feeds/posts/{address}", f"/feeds/comments/{address}"):
        entry = feed_of(client, path).find(f"{ATOM}entry")
        assert entry is not None
        assert {name for name in ("content", "summary") if entry.find(ATOM + name) is not None} == {expected}


def test_a_feed_until_the_jump_break_ends_there(blog: BlogKit, client: Visitor) -> None:
    blog.change_plugin("atom", posts="jump")
    blog.write_post("Long", '<p>Before</p><a name="more"></a><p>After</p>', source_format="html")
    content = feed_of(client).findtext(f"{ATOM}entry/{ATOM}content", "")
    assert "Before" in content
    assert f'href="{URL}/2020/01/long.html#more"' in content
    assert "After" not in content
    assert "After" in client.get("/feeds/posts/full").text


def test_feeds_that_are_off_are_nowhere(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post(labels=["x"])
    blog.change_plugin("atom", posts="none", comments="none")
    for path in (FEED, "/feeds/posts/full", "/atom.xml", "/rss.xml", "/feeds/comments/default"):
        assert client.get(path).status_code == 404
    for path in ("/", blog.path_of(post_id), "/search/label/x"):
        assert "/feeds/" not in client.get(path).text


# --- what may be asked


def test_a_label_feed_has_posts_with_all_its_labels(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("One", labels=["a"])
    blog.write_post("Both", labels=["a", "b & c"])
    assert titles(feed_of(client, f"{FEED}/-/a")) == ["Both", "One"]
    feed = feed_of(client, f"{FEED}/-/a/b%20%26%20c")
    assert titles(feed) == ["Both"]
    assert link(feed, "self") == f"{URL}{FEED}/-/a/b%20%26%20c"
    assert link(feed, "alternate") == f"{URL}/search/label/a"
    assert titles(feed_of(client, f"{FEED}/-/unknown")) == []


def test_a_label_may_have_slashes(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("Slash", labels=["AC/DC", "x"])
    blog.write_post("Other", labels=["x"])
    assert titles(feed_of(client, f"{FEED}/-/AC%2FDC")) == ["Slash"]
    assert titles(feed_of(client, f"{FEED}/-/x/AC/DC")) == ["Slash"]


def test_feeds_are_paged_without_gap_or_repeat(blog: BlogKit, client: Visitor) -> None:
    names = [f"Post {number}" for number in range(7)]
    for name in names:
        blog.write_post(name)
    path, seen, backwards = f"{FEED}?max-results=3", [], []
    while path:
        feed = feed_of(client, path)
        seen += titles(feed)
        backwards.append(link(feed, "previous"))
        path = link(feed, "next").removeprefix(URL)
    assert seen == names[::-1]
    assert [bool(address) for address in backwards] == [False, True, True]


def test_filters_and_order_are_bloggers(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    early = blog.write_post("Early", "Roses are red.", at=datetime(2019, 1, 1, tzinfo=UTC), labels=["x"])
    blog.write_post("Late", "Red are roses.", at=datetime(2019, 6, 1, tzinfo=UTC))
    clock.tick(days=1)
    with blog.app():
        draft = posts.draft_of(posts.get(early))
        draft.source += " Still."
        posts.save(draft, post_id=early)

    def ask(query: str) -> list[str]:
        return titles(feed_of(client, f"{FEED}?{query}"))

    assert ask("") == ["Late", "Early"]
    assert ask("orderby=updated") == ["Early", "Late"]
    assert ask("published-min=2019-06-01T00:00:00Z") == ["Late"]
    assert ask("published-max=2019-06-01T00:00:00Z") == ["Early"]
    assert ask("published-max=2019-06-01T02:00:00+02:00") == ["Early"]
    assert ask("updated-min=2020-01-04T00:00:00Z") == ["Early"]
    assert ask("updated-max=2020-01-04T00:00:00Z") == ["Late"]
    assert ask("q=roses+red") == ["Late", "Early"]
    assert ask("q=%22roses+are%22") == ["Early"]
    assert ask("q=roses+label:x") == ["Early"]
    assert ask("start-index=2") == ["Early"]
    assert ask("max-results=0") == []
    assert ask("unknown=1") == ["Late", "Early"]


def test_what_is_not_understood_is_refused_by_name(client: Visitor) -> None:
    for query, name in (
        ("alt=xml", "alt"),
        ("max-results=-1", "max-results"),
        ("max-results=ten", "max-results"),
        ("max-results=99999999999999999999", "max-results"),
        ("start-index=0", "start-index"),
        ("start-index=%D9%A1", "start-index"),
        ("orderby=title", "orderby"),
        ("published-min=yesterday", "published-min"),
        ("updated-max=2020-13-01T00:00:00Z", "updated-max"),
        ("published-min=0001-01-01T00:00:00%2B10:00", "published-min"),
        ("q=a|b", "q cannot"),
        ("alt=json-in-script", "callback"),
        ("alt=json-in-script&callback=alert(1)", "callback"),
    ):
        answer = client.get(f"{FEED}?{query}")
        assert (answer.status_code, answer.mimetype) == (400, "text/plain"), query
        assert answer.text.startswith(name)


def test_a_damaged_label_is_no_server_error(client: Visitor) -> None:
    for label in ("%00", "%ff%fe", "x" * 300):
        assert client.get(f"{FEED}/-/{label}").status_code in (200, 400, 404)


def test_too_many_results_are_bloggers_most(blog: BlogKit, client: Visitor) -> None:
    assert feed_of(client, f"{FEED}?max-results=500").findtext(f"{SEARCH}itemsPerPage") == "150"


def test_one_post_has_a_document_of_its_own(blog: BlogKit, client: Visitor) -> None:
    post_id, page_id = blog.write_post("Ferns"), blog.write_post("Me", kind="page")
    entry = feed_of(client, f"{FEED}/{post_id}")
    assert entry.tag == f"{ATOM}entry"
    assert entry.findtext(f"{ATOM}title") == "Ferns"
    assert feed_of(client, f"/feeds/pages/default/{page_id}").findtext(f"{ATOM}title") == "Me"
    assert client.get(f"{FEED}/{page_id}").status_code == 404
    assert client.get(f"{FEED}/999").status_code == 404


# --- comments


def test_a_comment_says_what_it_answers(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Ferns")
    first = comment_on(blog, post_id, "x" * 60, website="https://rita.example/ü")
    reply = comment_on(blog, post_id, "Short.", parent_id=first)
    feed = feed_of(client, f"/feeds/{post_id}/comments/default")
    assert feed.findtext(f"{ATOM}id", "").endswith(f".post-{post_id}..comments")
    assert titles(feed) == ["Short.", "x" * 50 + "..."]
    newer, older = feed.findall(f"{ATOM}entry")
    answered = newer.find(f"{THR}in-reply-to")
    assert answered is not None
    with blog.app():
        assert answered.get("ref") == posts.get(post_id).atom_id
    assert answered.get("href") == f"{URL}/2020/01/ferns.html"
    assert answered.get("source") == f"{URL}{FEED}/{post_id}"
    assert link(newer, "related") == f"{URL}/feeds/{post_id}/comments/default/{first}"
    assert link(older, "related") == ""
    assert re.fullmatch(rf"{URL}/2020/01/ferns\.html\?showComment=\d+#c{reply}", link(newer, "alternate"))
    assert older.findtext(f"{ATOM}author/{ATOM}uri") == "https://rita.example/%C3%BC"
    single = feed_of(client, f"/feeds/{post_id}/comments/default/{reply}")
    assert single.findtext(f"{ATOM}title") == "Short."
    assert client.get(f"/feeds/{post_id + 1}/comments/default/{reply}").status_code == 404
    assert titles(feed_of(client, "/feeds/comments/default")) == titles(feed)


def test_a_held_comment_is_not_in_the_feed_until_it_is_approved(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    paths = ["/feeds/comments/default", f"/feeds/{post_id}/comments/default"]
    outcome = blog.write_comment(post_id, "Held.")
    for status, expected in (("pending", []), ("spam", []), ("published", ["Held."])):
        set_status(blog, outcome.comment_id, status)
        for path in paths:
            assert titles(feed_of(client, path)) == expected
        entry_path = f"/feeds/{post_id}/comments/default/{outcome.comment_id}"
        assert client.get(entry_path).status_code == (200 if expected else 404)


def set_status(blog: BlogKit, comment_id: int, status: str) -> None:
    def hold(tx: database.Transaction) -> None:
        tx.session.execute(sa.update(Comment).where(Comment.id == comment_id).values(status="pending"))
        tx.bump("comments", f"comments:{tx.session.get_one(Comment, comment_id).post_id}")

    with blog.app():
        if status == "published":
            comments.approve([comment_id])
        elif status == "spam":
            comments.mark_spam([comment_id])
        else:
            database.write(hold)


@pytest.mark.parametrize(
    ("by_author", "words"), [(True, "by the author."), (False, "by a blog administrator.")]
)
def test_a_removed_comment_keeps_its_place_and_loses_its_words(
    blog: BlogKit, client: Visitor, by_author: bool, words: str
) -> None:
    post_id = blog.write_post()
    comment_id = comment_on(blog, post_id, "Regretted words.", name="Rita", website="https://rita.example")
    with blog.app():
        comments.remove([comment_id], by_author=by_author)
    for alt in ("atom", "rss", "json"):
        path = f"/feeds/{post_id}/comments/default?alt={alt}"
        answer = client.get(path)
        assert "Regretted" not in answer.text
        assert "ita.example" not in answer.text
        assert words in answer.text
        if alt == "atom":
            assert '<gd:extendedProperty name="blogger.contentRemoved" value="true"/>' in answer.text
        if alt != "json":
            assert faults_of(answer, path) == []


# --- formats


def test_json_is_googles_mapping_of_the_same_feed(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Ferns & “moss”", labels=["x"])
    feed = client.get(f"{FEED}?alt=json").json["feed"]  # type: ignore[index]
    assert feed["openSearch$totalResults"]["$t"] == "1"
    (entry,) = feed["entry"]
    assert entry["title"] == {"type": "text", "$t": "Ferns & “moss”"}
    assert entry["category"] == [{"scheme": "http://www.blogger.com/atom/ns#", "term": "x"}]
    assert entry["thr$total"]["$t"] == "0"
    assert {one["rel"] for one in entry["link"]} == {"replies", "self", "alternate"}
    single = client.get(f"{FEED}/{post_id}?alt=json").json
    assert single["entry"]["id"] == entry["id"]  # type: ignore[index]


def test_a_blog_without_posts_has_no_entries_in_json(client: Visitor) -> None:
    assert "entry" not in client.get(f"{FEED}?alt=json").json["feed"]  # type: ignore[index]


def test_json_in_script_calls_the_readers_function(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("</script> \u2028")
    answer = client.get(f"{FEED}?alt=json-in-script&callback=my.show")
    assert answer.mimetype == "application/javascript"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.startswith("// API callback\nmy.show({")
    assert answer.text.isascii()
    assert json.loads(answer.text.split("(", 1)[1].removesuffix(");"))["feed"]


def test_rss_has_the_same_entries_with_their_ids_as_guids(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Ferns & more", labels=["x"], title_link="https://else.example/")
    blog.write_post("Other")
    atom = feed_of(client)
    for path in ("/rss.xml", f"{FEED}?alt=rss"):
        items = feed_of(client, path).findall("channel/item")
        ids = [entry.findtext(f"{ATOM}id") for entry in atom.findall(f"{ATOM}entry")]
        assert [item.findtext("guid") for item in items] == ids
        assert items[1].findtext("title") == "Ferns & more"
        assert items[1].findtext("pubDate") == "Fri, 03 Jan 2020 02:55:00 GMT"
        assert items[1].findtext("author") == "noreply@blogengine.invalid (Garden & notes)"
        assert items[1].findtext(f"{THR}total") == "0"
    assert len(feed_of(client, f"{FEED}/{post_id}?alt=rss").findall("channel/item")) == 1


def test_atom_xml_is_the_feed_of_posts_at_its_own_address(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("Ferns")
    feed = feed_of(client, "/atom.xml")
    assert titles(feed) == ["Ferns"]
    assert link(feed, "self") == f"{URL}/atom.xml"
    assert link(feed, "http://schemas.google.com/g/2005#feed") == f"{URL}{FEED}"


# --- validity


ODD_POSTS: list[dict[str, Any]] = [
    {"title": "", "source": "No title, but words enough to make one of them for every reader of feeds."},
    {"title": "", "source": '<img src="/media/a.png" alt="">', "source_format": "html"},
    {"title": "No text", "source": ""},
    {"title": "AT&T <3 R&D1 &amp; <i>x", "source": "a < b & c"},
    {
        "title": "Emoji 👩‍👩‍👧 עברית \u200f ﬁ",
        "source": "💚 ]]> <![CDATA[ x ]]>",
        "labels": ["💚", "ü & <ö>", "a/b", "q\"'"],
    },
    {
        "title": "Links",
        "source": '<a href="/a">1</a><a href="//b.example">2</a><p><a href="?x=1&y=2">3</a>',
        "source_format": "html",
    },
    {
        "title": "Dirty",
        "source": "<table><tr><td>x<div><p>y<ul>z</table><script>alert(1)</script>",
        "source_format": "html",
    },
    {"title": "Linked", "source": "x", "title_link": "https://müller.example/ä ö?a[]=1&b=\"'#f|g"},
    {"title": "Closed", "source": "x", "comment_mode": "existing"},
    {"title": "Hidden", "source": "x", "comment_mode": "hide"},
    {"title": "Marker", "source": "x\n\n[[unknown: <b>]]\n\ny"},
]


@pytest.fixture
def odd_blog(blog: BlogKit, clock: FrozenClock) -> BlogKit:
    """A blog as an import may leave it: odd characters, times long ago or the same, no titles, control characters."""
    ids = [blog.write_post(**facts) for facts in ODD_POSTS]
    blog.write_post("Old", at=datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    blog.write_post("A page", kind="page")

    def damage(tx: database.Transaction) -> None:
        tx.session.execute(
            sa.update(Post)
            .where(Post.id == ids[2])
            .values(title="Bell \x07 \x0b \x9f \uffff", html="<p>\x0c \x1b</p>", author_name="Dr. (\\x) \x08")
        )
        tx.bump("posts")

    with blog.app():
        database.write(damage)
    first = comment_on(blog, ids[0], "a < b & c </b> &amp; 👩‍👩‍👧 <a href='/x'>relative</a>", name="<b> & co")
    comment_on(
        blog, ids[0], "https://example.org", name="", website="https://müller.example/?q=a|b", parent_id=first
    )
    removed = comment_on(blog, ids[0], "gone")
    with blog.app():
        comments.remove([removed])
    return blog


VALID = [
    FEED,
    "/feeds/posts/full",
    "/feeds/posts/summary",
    f"{FEED}?max-results=2&start-index=3",
    f"{FEED}?max-results=0",
    f"{FEED}?q=%22no+title%22",
    f"{FEED}?published-min=2019-01-01T00:00:00%2B01:00&orderby=updated",
    f"{FEED}/-/a%2Fb",
    f"{FEED}/-/%C3%BC%20%26%20%3C%C3%B6%3E",
    f"{FEED}/-/unknown",
    f"{FEED}/1",
    "/feeds/pages/default",
    "/feeds/comments/default",
    "/feeds/comments/summary",
    "/feeds/1/comments/default",
    "/feeds/1/comments/default?max-results=1",
    "/feeds/1/comments/default/1",
    "/feeds/2/comments/default",
    "/atom.xml",
]


def test_every_feed_is_valid_as_atom_and_as_rss(odd_blog: BlogKit, client: Visitor) -> None:
    faults = {}
    for path in VALID:
        for address in (path, f"{path}{'&' if '?' in path else '?'}alt=rss"):
            faults[address] = faults_of(client.get(address), address)
    assert {address: found for address, found in faults.items() if found} == {}


def test_an_empty_blog_has_valid_feeds(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(description="")
    for path in (FEED, "/rss.xml", "/feeds/comments/default", "/feeds/comments/default?alt=rss"):
        assert faults_of(client.get(path), path) == []


def test_feeds_of_real_imported_blogs_are_valid(blog: BlogKit, client: Visitor, samples: Path) -> None:
    with blog.app():
        for name in ("blogger/jeffhandley-2012.xml", "blogger/small-draft.xml", "blogger-takeout/Takeout"):
            importing.run(open_export(samples / name), media_folder=blog.site.config.media_folder)
    blog.change_settings(url=URL)
    for kind in ("posts/default", "posts/summary", "comments/default", "pages/default"):
        for alt in ("atom", "rss"):
            path = f"/feeds/{kind}?max-results=150&alt={alt}"
            assert faults_of(client.get(path), path) == [], path


# --- caching


def test_a_feed_that_was_not_changed_is_not_sent_again(blog: BlogKit, client: Visitor) -> None:
    blog.write_post()
    answer = client.get(FEED)
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert modified == "Fri, 03 Jan 2020 02:55:00 GMT"
    again = client.get(FEED, headers={"If-None-Match": etag, "If-Modified-Since": modified})
    assert (again.status_code, again.data) == (304, b"")
    blog.write_post("Another")
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200


def test_the_owner_gets_conditional_answers_too(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post()
    comment_id = comment_on(blog, post_id)
    path = f"/feeds/{post_id}/comments/default"
    answer = owner_client.get(path)
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert owner_client.get(path, headers=since).status_code == 304
    assert owner_client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    clock.tick(minutes=1)
    with blog.app():
        comments.remove([comment_id])
    assert owner_client.get(path, headers=since).status_code == 200


def test_a_kept_feed_costs_no_statement_and_changes_at_once(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("First", labels=["x"])
    label, one, of_post, of_blog = (
        f"{FEED}/-/x",
        f"{FEED}/{post_id}",
        f"/feeds/{post_id}/comments/default",
        "/feeds/comments/default",
    )
    every = [FEED, label, one, of_post, of_blog]

    def changed(after: Any) -> set[str]:
        before = {path: client.get(path).data for path in every}
        with counted(blog) as statements:
            assert {path: client.get(path).data for path in every} == before
        assert statements == []
        clock.tick(minutes=1)
        with blog.app():
            after()
        return {path for path in every if client.get(path).data != before[path]}

    def edit() -> None:
        draft = posts.draft_of(posts.get(post_id))
        draft.title, draft.labels = "Edited", ["x", "y"]
        posts.save(draft, post_id=post_id)

    comment_id = 0

    def write() -> None:
        nonlocal comment_id
        comment_id = comment_on(blog, post_id, "New words.")

    assert changed(lambda: blog.write_post("Second")) >= {FEED}
    assert changed(edit) >= {FEED, label, one, of_post}
    assert changed(write) >= {FEED, label, one, of_post, of_blog}
    assert changed(lambda: comments.mark_spam([comment_id])) >= {FEED, one, of_post, of_blog}
    assert changed(lambda: comments.approve([comment_id])) >= {FEED, one, of_post, of_blog}
    assert changed(lambda: comments.remove([comment_id])) >= {FEED, one, of_post, of_blog}
    assert changed(lambda: comments.delete_forever([comment_id])) >= {of_post, of_blog}
    assert changed(lambda: posts.unpublish(post_id)) >= set(every) - {of_blog}
    assert changed(lambda: posts.publish(post_id)) >= set(every) - {of_blog}
    assert changed(lambda: posts.trash(post_id)) >= set(every) - {of_blog}
    assert changed(lambda: posts.restore(post_id)) >= set(every) - {of_blog}


def test_a_scheduled_post_enters_the_feed_when_it_is_due(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    blog.write_post("Soon", at=clock.moment + timedelta(hours=1))
    assert titles(feed_of(client)) == []
    clock.tick(hours=2)
    blog.run_jobs()
    assert titles(feed_of(client)) == ["Soon"]


def test_without_an_address_links_follow_the_visitor_and_nothing_is_kept(
    blog: BlogKit, client: Visitor
) -> None:
    blog.change_settings(url="")
    blog.write_post()
    for host in ("one.example", "two.example:8080"):
        feed = ET.fromstring(client.get(FEED, base_url=f"http://{host}").data)
        assert link(feed, "self") == f"http://{host}{FEED}"
        assert link(feed, "alternate") == f"http://{host}/"


def test_a_feed_costs_few_statements_however_long_it_is(blog: BlogKit, client: Visitor) -> None:
    paths = [FEED, "/rss.xml", f"{FEED}/-/x", "/feeds/comments/default", "/feeds/2/comments/default"]

    def costs(version: int) -> dict[str, int]:
        found = {}
        for path in paths:
            with counted(blog) as statements:
                assert client.get(f"{path}?v={version}").status_code == 200
            found[path] = len(statements)
        return found

    blog.write_post("Target")
    first = blog.write_post("First", "x\n\n[[also-on: /2020/01/target.html]]\n\ny", labels=["x"])
    comment_on(blog, first, "one")
    costs(1)
    short = costs(2)
    for number in range(24):
        post_id = blog.write_post(f"Post {number}", labels=["x", f"l{number}"])
        comment_on(blog, post_id)
        comment_on(blog, first, f"comment {number}")
    costs(3)  # counts are remembered until something is written
    assert costs(4) == short
    assert max(short.values()) <= 6


# --- the pages


def test_pages_tell_readers_of_their_feeds(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Ferns", labels=["a b"])

    def announced(path: str) -> list[tuple[str, str]]:
        head = client.get(path).text.split("</head>")[0]
        found = re.findall(
            r'<link rel="alternate" href="([^"]*)" type="application/(atom|rss)\+xml" title="([^"]*)"', head
        )
        assert all(title for _, _, title in found)
        return [(href, kind) for href, kind, _ in found]

    always = [(FEED, "atom"), (f"{FEED}?alt=rss", "rss")]
    assert announced("/") == always
    assert announced(blog.path_of(post_id)) == [*always, (f"/feeds/{post_id}/comments/default", "atom")]
    assert announced("/search/label/a%20b") == [*always, (f"{FEED}/-/a%20b", "atom")]
    for href, _ in [*announced(blog.path_of(post_id)), *announced("/search/label/a%20b")]:
        assert client.get(href).status_code == 200


def test_a_post_page_offers_its_comment_feed_in_bloggers_words(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    html = client.get(blog.path_of(post_id)).text
    assert "Subscribe to Post Comments [Atom]" in re.sub("<[^>]*>", "", html)
    assert f'<a href="/feeds/{post_id}/comments/default" type="application/atom+xml">Atom</a>' in html
    hidden = blog.write_post("Hidden", comment_mode="hide")
    assert "Subscribe" not in client.get(blog.path_of(hidden)).text


def test_a_listing_offers_the_feed_of_its_posts(blog: BlogKit, client: Visitor) -> None:
    blog.write_post(labels=["x"])
    for path, href in (("/", FEED), ("/2020/01/", FEED), ("/search/label/x", f"{FEED}/-/x")):
        html = client.get(path).text
        assert "Subscribe to Posts [Atom]" in re.sub("<[^>]*>", "", html)
        assert f'<a href="{href}" type="application/atom+xml">Atom</a>' in html
