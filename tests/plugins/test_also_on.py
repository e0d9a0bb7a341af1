"""Cards to other posts and pages, and related posts."""

import re
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from blogengine import fetch
from blogengine import posts
from blogengine.db import db
from blogengine.db import write
from blogengine.errors import Refused
from blogengine.fetch import Fetched
from blogengine.models import Outbox
from blogengine.models import Redirect
from blogengine.pages import PostDraft
from blogengine.runtime import blog as running_blog
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from blogengine_also_on import looking
from blogengine_also_on.addresses import words_of

PAGE = "https://other.example/2019/a-walk.html"

Web = dict[str, Fetched | Refused]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    """The rest of the web by address; asking for anything else fails the test."""
    answers: Web = {}
    asked: list[str] = []

    def get(url: str, **limits: Any) -> Fetched:
        asked.append(url)
        answer = answers[url]
        if isinstance(answer, Refused):
            raise answer
        return answer

    monkeypatch.setattr(fetch, "get", get)
    return answers


def html_page(head: str, url: str = PAGE, status: int = 200, mime: str = "text/html") -> Fetched:
    return Fetched(url, status, mime, "utf-8", f"<!doctype html><head>{head}</head>".encode())


def cards(html: str) -> list[tuple[str, str, str]]:
    """Return (site line, title, address) of each card in a page."""
    found = re.findall(r'<aside class="also-on">(.*?)</aside>', html, re.DOTALL)
    pattern = r'<p class="also-on-site">(.*?)</p>\s*<p class="also-on-title"><a href="(.*?)">(.*?)</a></p>'
    parts = [re.search(pattern, card, re.DOTALL) for card in found]
    return [(part[1], part[3], part[2]) for part in parts if part is not None]


def write_pointer(blog: BlogKit, arguments: str, **facts: Any) -> str:
    """Publish a post with a card between two paragraphs; return its path."""
    source = f"Before.\n\n[[also-on: {arguments}]]\n\nAfter."
    return blog.path_of(blog.write_post("Pointer", source, **facts))


# --- cards to own posts


def test_a_card_stands_where_the_author_put_it(blog: BlogKit, client: Visitor) -> None:
    target = blog.path_of(blog.write_post("On tea"))
    html = client.get(write_pointer(blog, target)).text
    assert cards(html) == [("ALSO ON My blog", "On tea", target)]
    assert html.index("<p>Before.</p>") < html.index('<aside class="also-on">') < html.index("<p>After.</p>")
    assert "[[also-on" not in html


def test_a_card_names_the_site_as_the_author_did_else_as_the_owner_did(
    blog: BlogKit, client: Visitor
) -> None:
    target = blog.path_of(blog.write_post("On tea"))
    path = write_pointer(blog, f"{target} | The Tea Blog")
    assert cards(client.get(path).text)[0][0] == "ALSO ON The Tea Blog"
    other = write_pointer(blog, target)
    blog.change_plugin("also_on", site="Leaves")
    assert cards(client.get(other).text)[0][0] == "ALSO ON Leaves"


def test_titles_and_sites_are_text_and_no_html(blog: BlogKit, client: Visitor) -> None:
    target = blog.path_of(blog.write_post('<b>Tea</b> & "cake"'))
    html = client.get(write_pointer(blog, f"{target} | <i>A</i> & B")).text
    assert cards(html) == [
        ("ALSO ON &lt;i&gt;A&lt;/i&gt; &amp; B", "&lt;b&gt;Tea&lt;/b&gt; &amp; &#34;cake&#34;", target)
    ]


def test_a_card_works_in_a_post_written_as_html(blog: BlogKit, client: Visitor) -> None:
    target = blog.path_of(blog.write_post("On tea"))
    source = f"<p>Before.</p>\n<p>[[also-on: {target} | Tea &amp; Cake]]</p>\n<p>After.</p>"
    path = blog.path_of(blog.write_post("Pointer", source, source_format="html"))
    assert cards(client.get(path).text) == [("ALSO ON Tea &amp; Cake", "On tea", target)]


def test_the_absolute_address_of_this_blog_makes_the_same_card(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://tea.example")
    target = blog.path_of(blog.write_post("On tea"))
    for address in (f"https://tea.example{target}", f"http://TEA.example:80{target}?m=1"):
        assert cards(client.get(write_pointer(blog, address)).text) == [("ALSO ON My blog", "On tea", target)]


def test_a_card_leads_to_the_place_in_the_post_that_was_named(blog: BlogKit, client: Visitor) -> None:
    target = blog.path_of(blog.write_post("On tea"))
    assert cards(client.get(write_pointer(blog, f"{target}#milk")).text)[0][2] == f"{target}#milk"


def test_a_card_to_an_old_address_shows_the_post_where_it_is_now(blog: BlogKit, client: Visitor) -> None:
    target_id = blog.write_post("On tea")
    target = blog.path_of(target_id)
    path = write_pointer(blog, "/old/tea.html")
    assert cards(client.get(path).text) == []
    with blog.app():

        def change(tx: Any) -> None:
            tx.session.add(Redirect(path="/old/tea.html", target=target, post_id=target_id))
            tx.bump("redirects")

        write(change)
    assert cards(client.get(path).text) == [("ALSO ON My blog", "On tea", target)]


def test_a_post_without_a_title_is_called_by_its_address(blog: BlogKit, client: Visitor) -> None:
    target = blog.path_of(blog.write_post("", "Some words about tea."))
    assert cards(client.get(write_pointer(blog, target)).text)[0][1] != ""


CHANGES: dict[str, tuple[Callable[[int], object], list[str]]] = {
    "a new title": (lambda post: posts.save(PostDraft("On coffee", "Text."), post_id=post), ["On coffee"]),
    "unpublished": (posts.unpublish, []),
    "put in the trash": (posts.trash, []),
    "scheduled": (lambda post: posts.schedule(post, datetime.now(UTC) + timedelta(days=1)), []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_card_follows_its_post_at_once_on_a_kept_page(blog: BlogKit, client: Visitor, change: str) -> None:
    target_id = blog.write_post("On tea")
    path = write_pointer(blog, blog.path_of(target_id))
    for _ in range(2):
        assert [card[1] for card in cards(client.get(path).text)] == ["On tea"]
    hits = blog.site.cache.hits
    client.get(path)
    assert blog.site.cache.hits > hits, "the page was not kept, so this test would prove nothing"
    action, titles = CHANGES[change]
    with blog.app():
        action(target_id)
    html = client.get(path).text
    assert [card[1] for card in cards(html)] == titles
    assert "[[also-on" not in html


def test_a_card_comes_with_its_post_at_once_on_a_kept_page(blog: BlogKit, client: Visitor) -> None:
    target_id = blog.write_post("On tea")
    path = write_pointer(blog, blog.path_of(target_id))
    with blog.app():
        posts.trash(target_id)
    assert cards(client.get(path).text) == cards(client.get(path).text) == []
    with blog.app():
        posts.restore(target_id)
    assert [card[1] for card in cards(client.get(path).text)] == ["On tea"]
    with blog.app():
        posts.unpublish(target_id)
    assert cards(client.get(path).text) == []
    with blog.app():
        posts.publish(target_id)
    assert [card[1] for card in cards(client.get(path).text)] == ["On tea"]


def test_no_word_of_a_post_that_is_not_public_is_in_the_page(blog: BlogKit, client: Visitor) -> None:
    target_id = blog.write_post("Secret plans")
    path = write_pointer(blog, blog.path_of(target_id))
    with blog.app():
        posts.unpublish(target_id)
    assert "Secret plans" not in client.get(path).text


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "tea",
        "javascript:alert(1)",
        "data:text/html,x",
        "//other.example/x",
        "ftp://other.example/",
        "https://",
        "https://user:word@other.example/",
        "https://[other/",
        "https://other.example:port/",
        "two words",
        "https://other.example/a b",
        "| Site",
        "https://other.example/" + "x" * 2000,
    ],
)
def test_a_malformed_marker_stays_as_typed(blog: BlogKit, client: Visitor, arguments: str, web: Web) -> None:
    html = client.get(write_pointer(blog, arguments)).text
    assert cards(html) == []
    typed = f"[[also-on: {arguments}".rstrip() + "]]"
    assert f"<p>{typed}</p>" in html
    assert blog.run_jobs() == 0


def test_a_marker_in_code_and_a_marker_of_others_stay_as_typed(blog: BlogKit, client: Visitor) -> None:
    source = "```\n[[also-on: https://other.example/]]\n```\n\n[[gallery: https://other.example/]]"
    html = client.get(blog.path_of(blog.write_post("Code", source))).text
    assert cards(html) == []
    assert "[[gallery: https://other.example/]]" in html


def test_the_feed_has_the_card_and_loses_it_with_its_post(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://tea.example")
    target_id = blog.write_post("On tea", at=datetime(2019, 1, 1, tzinfo=UTC))
    target = blog.path_of(target_id)
    write_pointer(blog, f"{target} | The Tea Blog")
    feed = unescape(client.get("/feeds/posts/default").text)
    assert cards(feed) == [("ALSO ON The Tea Blog", "On tea", f"https://tea.example{target}")]
    with blog.app():
        posts.trash(target_id)
    assert "ALSO ON" not in client.get("/feeds/posts/default").text


# --- cards to pages elsewhere


def test_title_and_site_of_a_page_elsewhere_are_stored_after_the_save(
    blog: BlogKit, client: Visitor, web: Web
) -> None:
    web[PAGE] = html_page(
        '<title>Not this</title><meta property="og:title" content="A &quot;long&quot; walk">'
        "<meta property=og:site_name content='Other &amp; Others'>"
    )
    path = write_pointer(blog, PAGE)
    assert cards(client.get(path).text) == [("ALSO ON other.example", "A walk", PAGE)]
    assert blog.run_jobs() == 1
    shown = [("ALSO ON Other &amp; Others", "A &#34;long&#34; walk", PAGE)]
    assert cards(client.get(path).text) == shown, "the kept page did not change with the title"
    web.clear()
    blog.site.cache.clear()
    assert cards(client.get(path).text) == shown


def test_the_site_that_the_author_named_stands_before_the_one_that_was_fetched(
    blog: BlogKit, client: Visitor, web: Web
) -> None:
    web[PAGE] = html_page('<title>A walk</title><meta property="og:site_name" content="Other">')
    path = write_pointer(blog, f"{PAGE} | My friend")
    blog.run_jobs()
    assert cards(client.get(path).text) == [("ALSO ON My friend", "A walk", PAGE)]


def test_a_page_is_asked_once_however_many_posts_have_its_card(blog: BlogKit, web: Web) -> None:
    web[PAGE] = html_page("<title>A walk</title>")
    write_pointer(blog, PAGE)
    write_pointer(blog, PAGE)
    assert blog.run_jobs() == 1
    write_pointer(blog, PAGE)
    assert blog.run_jobs() == 0


def test_a_page_that_told_no_title_is_asked_again_at_the_next_save(
    blog: BlogKit, client: Visitor, web: Web
) -> None:
    web[PAGE] = html_page("", status=404)
    path = write_pointer(blog, PAGE)
    assert blog.run_jobs() == 1
    assert cards(client.get(path).text) == [("ALSO ON other.example", "A walk", PAGE)]
    web[PAGE] = html_page("<title>A long walk</title>")
    other = write_pointer(blog, PAGE)
    assert blog.run_jobs() == 1
    assert cards(client.get(other).text)[0][1] == "A long walk"


@pytest.mark.parametrize(
    "answer",
    [
        Refused("No.", code="address"),
        Refused("No.", code="url"),
        Refused("No.", code="redirects"),
        html_page("<title>Gone</title>", status=410),
        html_page("<title>No page</title>", mime="application/pdf"),
        html_page("<title></title>"),
        html_page("no title"),
    ],
)
def test_where_there_is_nothing_to_fetch_the_card_says_what_the_address_says(
    blog: BlogKit, client: Visitor, web: Web, answer: Fetched | Refused
) -> None:
    web[PAGE] = answer
    path = write_pointer(blog, PAGE)
    assert blog.run_jobs() == 1
    assert cards(client.get(path).text) == [("ALSO ON other.example", "A walk", PAGE)]


@pytest.mark.parametrize(
    "answer",
    [
        Refused("Slow.", code="slow"),
        Refused("Nobody.", code="unreachable"),
        html_page("", status=503),
        html_page("", status=429),
    ],
)
def test_a_page_that_cannot_be_reached_is_tried_again_and_given_up_in_the_end(
    blog: BlogKit, client: Visitor, web: Web, answer: Fetched | Refused, clock: Any
) -> None:
    web[PAGE] = answer
    path = write_pointer(blog, PAGE)
    tries = 0
    for _ in range(20):
        tries += blog.run_jobs()
        clock.tick(hours=1)
    assert tries == 8
    with blog.app():
        assert db.session.scalars(sa.select(Outbox.state)).all() == ["dead"]
    assert cards(client.get(path).text) == [("ALSO ON other.example", "A walk", PAGE)]
    web[PAGE] = html_page("<title>A long walk</title>")
    clock.tick(days=1)
    write_pointer(blog, PAGE)
    blog.run_jobs()
    assert cards(client.get(path).text)[0][1] == "A long walk"


def test_rendering_asks_nobody(blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **facts: object) -> Fetched:
        raise AssertionError("the network was touched while a page was made")

    monkeypatch.setattr(fetch, "get", refuse)
    path = write_pointer(blog, PAGE)
    assert len(cards(client.get(path).text)) == 1
    assert len(cards(client.get("/").text)) == 1


def test_a_draft_that_is_taken_back_asks_nobody(blog: BlogKit, web: Web) -> None:
    with blog.app():

        def change(tx: Any) -> None:
            posts.save(PostDraft("Pointer", f"[[also-on: {PAGE}]]"))
            raise ValueError("taken back")

        with pytest.raises(ValueError, match="taken back"):
            write(change)
    assert blog.run_jobs() == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.other.example/2019/05/a-long_walk+home.html?x=1#y", "A long walk home"),
        ("https://www.other.example/a%20walk/", "A walk"),
        ("https://www.other.example/", "other.example"),
        ("https://www.other.example", "other.example"),
        ("https://other.example/%E8%8C%B6.php", "茶"),
        ("https://other.example/-/---/", "other.example"),
        ("/2020/01/on-tea.html", "On tea"),
    ],
)
def test_an_address_has_words(url: str, words: str) -> None:
    assert words_of(url) == words


@pytest.mark.parametrize(
    ("head", "title", "site"),
    [
        ("<title>A</title>", "A", ""),
        ("<TITLE lang=en>\n A\t &amp;\r\n B </TITLE>", "A & B", ""),
        ('<meta content="A" property="og:title">', "A", ""),
        ('<meta name="og:title" content="A > B"><title>C</title>', "A > B", ""),
        ("<meta property='og:title' content=''><title>C</title>", "C", ""),
        ('<meta name="twitter:title" content="T"><meta name="application-name" content="S">', "T", "S"),
        ("<title>A\u202e\x00\x07B</title>", "A B", ""),
        ("<title>" + "word " * 100 + "</title>", "word " * 59 + "word…", ""),
        ("<title>A" + "\u0301" * 50 + "</title>", "", ""),
        ("<title>&#0;&#xD800;A</title>", "\ufffd\ufffdA", ""),
        ("<svg><title>", "", ""),
        ("", "", ""),
    ],
)
def test_what_a_page_says_of_itself_becomes_a_line_of_text(head: str, title: str, site: str) -> None:
    known = looking.describe(head)
    assert (known.title, known.site) == (title, site)


@pytest.mark.parametrize(
    "piece",
    ["<meta ", '<meta a="', "<meta a='b\"", "<title ", "<title>", "<meta a=b a ", "aaaa", '=" ', "&#"],
)
def test_hostile_pages_take_no_more_time_than_long_ones(piece: str) -> None:
    page = f'<meta name="x" content="{piece * 400}">' * 20 + piece * (1_000_000 // len(piece))
    assert looking.describe(page).title == ""


@pytest.mark.parametrize(
    ("body", "charset", "title"),
    [
        ("<title>Tee für zwei</title>".encode("iso-8859-1"), "iso-8859-1", "Tee für zwei"),
        ('<meta charset="windows-1252"><title>“Tee”</title>'.encode("cp1252"), "", "“Tee”"),
        ("<title>茶</title>".encode("shift_jis"), "Shift_JIS", "茶"),
        ("\ufeff<title>茶</title>".encode(), "utf-8", "茶"),
        ("<title>茶</title>".encode(), "punycode", "茶"),
        ("<title>茶</title>".encode(), "no-such", "茶"),
        ("<title>茶</title>".encode(), "windows-99999", "茶"),
        (b"<title>\xff\xfe tea</title>", "", "\ufffd\ufffd tea"),
    ],
)
def test_a_page_is_read_in_its_own_encoding(
    blog: BlogKit, client: Visitor, web: Web, body: bytes, charset: str, title: str
) -> None:
    web[PAGE] = Fetched(PAGE, 200, "text/html", charset, body)
    path = write_pointer(blog, PAGE)
    blog.run_jobs()
    assert cards(client.get(path).text)[0][1] == title


def test_the_number_of_queries_does_not_grow_with_the_number_of_cards(blog: BlogKit, client: Visitor) -> None:
    targets = [blog.path_of(blog.write_post(f"Target {number}")) for number in range(6)]
    few = f"[[also-on: {targets[0]}]]\n\n[[also-on: https://other.example/0]]"
    many = "\n\n".join(
        [f"[[also-on: {path}]]" for path in targets]
        + [f"[[also-on: https://other.example/{number}]]" for number in range(20)]
    )
    paths = [blog.path_of(blog.write_post(name, source)) for name, source in (("Few", few), ("Many", many))]
    counts = []
    for path in paths:
        blog.site.cache.clear()
        statements: list[str] = []
        listener = lambda *facts, kept=statements: kept.append(facts[2])  # noqa: E731
        event.listen(blog.site.engine, "before_cursor_execute", listener)
        client.get(path)
        event.remove(blog.site.engine, "before_cursor_execute", listener)
        counts.append(len(statements))
    assert counts[0] == counts[1]


# --- related posts


def related(html: str) -> list[str]:
    found = re.search(r'<nav class="related-posts".*?</nav>', html, re.DOTALL)
    return re.findall(r"<li><a href=\"[^\"]*\">(.*?)</a>", found[0]) if found else []


def test_related_posts_share_labels_most_shared_first_then_newest(blog: BlogKit, client: Visitor) -> None:
    start = datetime(2019, 1, 1, tzinfo=UTC)
    facts = [("Old", ["tea"]), ("Both", ["tea", "milk"]), ("New", ["tea"]), ("Other", ["cake"]), ("None", [])]
    for day, (title, labels) in enumerate(facts):
        blog.write_post(title, labels=labels, at=start + timedelta(days=day))
    path = blog.path_of(blog.write_post("This", labels=["tea", "milk"]))
    html = client.get(path).text
    assert related(html) == ["Both", "New", "Old"]
    assert '<h2 id="related-posts">Related posts</h2>' in html


def test_the_owner_says_how_many_related_posts_are_shown(blog: BlogKit, client: Visitor) -> None:
    for number in range(7):
        blog.write_post(f"Post {number}", labels=["tea"])
    path = blog.path_of(blog.write_post("This", labels=["tea"]))
    assert len(related(client.get(path).text)) == 5
    blog.change_plugin("also_on", how_many="2")
    assert len(related(client.get(path).text)) == 2
    blog.change_plugin("also_on", how_many="0")
    assert "related-posts" not in client.get(path).text
    blog.change_plugin("also_on", how_many="5", related="off")
    assert "related-posts" not in client.get(path).text


def test_a_related_post_that_is_taken_back_is_gone_from_a_kept_page(blog: BlogKit, client: Visitor) -> None:
    other = blog.write_post("Secret plans", labels=["tea"])
    path = blog.path_of(blog.write_post("This", labels=["tea"]))
    for _ in range(2):
        assert related(client.get(path).text) == ["Secret plans"]
    with blog.app():
        posts.trash(other)
    assert "Secret plans" not in client.get(path).text


def test_a_post_without_relations_and_a_static_page_have_no_list(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("Other", labels=["tea"])
    lonely = blog.path_of(blog.write_post("Lonely", labels=["cake"]))
    page = blog.path_of(blog.write_post("About", labels=["tea"], kind="page"))
    for path in (lonely, page):
        assert "related-posts" not in client.get(path).text


# --- in the editor


def press(blog: BlogKit, draft: PostDraft, action: str, **values: str) -> str:
    """Press a button of the editor; return the plugin's part of the editor as it is shown then."""
    with blog.app() as app, app.test_request_context("/admin/posts/new", method="POST"):
        hook = running_blog().hook
        hook.prepare_draft(draft=draft, action=action, values=values)
        return str(hook.editor_html(draft=draft)[0])


def test_the_editor_finds_public_posts_by_their_words(blog: BlogKit) -> None:
    tea = blog.path_of(blog.write_post("On tea"))
    blog.write_post("On coffee")
    blog.write_post("Secret tea", publish=False)
    html = press(blog, PostDraft(), "also_on:find", also_on_q="TEA")
    assert re.findall(r'name="also_on_pick" value="([^"]*)"', html) == [tea]
    assert 'value="TEA"' in html
    assert "Secret" not in html


def test_the_editor_says_when_it_finds_nothing(blog: BlogKit) -> None:
    assert "No post is public yet" in press(blog, PostDraft(), "also_on:find", also_on_q="")
    html = press(blog, PostDraft(), "also_on:find", also_on_q="<b>milk")
    assert "No public post has the words “&lt;b&gt;milk”" in html


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "[[also-on: {}]]\n"),
        ("Some text.", "Some text.\n\n[[also-on: {}]]\n"),
        ("- a list\n\n", "- a list\n\n[[also-on: {}]]\n"),
    ],
)
def test_the_chosen_post_gets_its_card_at_the_end_of_the_text(
    blog: BlogKit, client: Visitor, source: str, expected: str
) -> None:
    tea = blog.path_of(blog.write_post("On tea"))
    draft = PostDraft("Pointer", source)
    html = press(blog, draft, "also_on:insert", also_on_q="tea", also_on_pick=tea)
    assert draft.source == expected.format(tea)
    assert f'ALSO ON My blog: <a href="{tea}">On tea</a>' in html
    path = blog.path_of(blog.write_post("Pointer", draft.source))
    assert cards(client.get(path).text) == [("ALSO ON My blog", "On tea", tea)]


@pytest.mark.parametrize("source_format", ["markdown", "html"])
def test_an_address_elsewhere_can_be_inserted_as_it_is(
    blog: BlogKit, client: Visitor, source_format: str
) -> None:
    url = "https://other.example/a|b?c=[[d]]&e=ü"
    draft = PostDraft("Pointer", "Text.", source_format)
    press(blog, draft, "also_on:insert", also_on_q=url)
    path = blog.path_of(blog.write_post("Pointer", draft.source, source_format=source_format))
    assert [card[2] for card in cards(client.get(path).text)] == [
        "https://other.example/a%7Cb?c=%5B%5Bd%5D%5D&amp;e=%C3%BC"
    ]


def test_without_a_choice_the_text_stays_and_the_editor_says_what_to_do(blog: BlogKit) -> None:
    blog.write_post("On tea")
    draft = PostDraft("Pointer", "Text.")
    html = press(blog, draft, "also_on:insert", also_on_q="tea")
    assert draft.source == "Text."
    assert "Choose one of these posts first." in html
    for picked in ("/2020/01/nowhere.html", "javascript:alert(1)", "]]"):
        press(blog, draft, "also_on:insert", also_on_pick=picked)
        assert draft.source == "Text."


def test_the_editor_says_which_cards_readers_will_not_see(blog: BlogKit) -> None:
    source = (
        "[[also-on: /2020/01/nowhere.html]]\n\n[[also-on: tea]]\n\n[[also-on: https://other.example/a-walk]]"
    )
    html = press(blog, PostDraft("Pointer", source), "also_on:other")
    assert "<code>/2020/01/nowhere.html</code> No post is public at this path" in html
    assert "<code>tea</code> This is no address" in html
    assert '<a href="https://other.example/a-walk">A walk</a>' in html


def test_buttons_of_others_change_nothing(blog: BlogKit) -> None:
    draft = PostDraft("Pointer", "Text.")
    press(blog, draft, "gallery:insert", also_on_pick="/x")
    assert draft.source == "Text."


def sent_with(client: Visitor, action: str, **fields: str) -> str:
    """Press a button of the real editor of a new post and return the page that comes."""
    form = hidden_fields(client.get("/admin/posts/new").text, "editor")
    address = form.pop("__action__") or "/admin/posts/new"
    answer = client.send(
        address, {**form, "title": "Pointer", "source_format": "markdown", **fields, "action": action}
    )
    assert answer.status_code == 200
    return answer.text


def test_a_card_is_picked_in_the_editor_without_javascript(blog: BlogKit, owner_client: Visitor) -> None:
    tea = blog.path_of(blog.write_post("On tea"))
    found = sent_with(owner_client, "also_on:find", source="My text.", also_on_q="tea")
    assert f'name="also_on_pick" value="{tea}"' in found
    assert "My text." in found
    html = sent_with(owner_client, "also_on:insert", source="My text.", also_on_q="tea", also_on_pick=tea)
    assert f"My text.\n\n[[also-on: {tea}]]" in html
    with blog.app():
        assert [post.title for post in posts.all_posts()[0]] == ["On tea"], "the button saved the post"


def test_the_preview_shows_the_card(blog: BlogKit, owner_client: Visitor) -> None:
    tea = blog.path_of(blog.write_post("On tea"))
    html = sent_with(owner_client, "preview", source=f"[[also-on: {tea}]]\n\n[[also-on: {PAGE}]]")
    assert [card[1] for card in cards(html)] == ["On tea", "A walk"]


# What other plugins tell


@pytest.mark.parametrize("host", ["www.old.blogspot.de", "old.blogspot.com", "old.blogspot.co.uk"])
def test_a_card_to_the_imported_blogs_old_address_shows_the_post_here(
    blog: BlogKit, client: Visitor, web: Web, host: str
) -> None:
    path = blog.path_of(blog.write_post("Moved <here>"))
    blog.change_plugin("import_blogger", addresses=["http://old.blogspot.com/2019/"])
    pointer = write_pointer(blog, f"http://{host}{path}")
    assert [(title, url) for _, title, url in cards(client.get(pointer).text)] == [
        ("Moved &lt;here&gt;", path)
    ]
    assert blog.run_jobs() == 0
    blog.disable("import_blogger")
    assert [url for _, _, url in cards(client.get(pointer).text)] == [f"http://{host}{path}"]


def test_a_title_that_leads_elsewhere_says_where(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("Elsewhere", title_link="https://www.other.example/x?a=1&b=2"))
    blog.write_post("Here")
    for page in (client.get(path).text, client.get("/").text):
        assert page.count('class="also-on-elsewhere"') == 1
        assert '<a href="https://www.other.example/x?a=1&amp;b=2">other.example</a>' in page
