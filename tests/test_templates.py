"""Claims about the templates and style sheets of the themes, rendered without an app."""

import gzip
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

import html5lib
import pytest
from jinja2 import ChoiceLoader
from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from markupsafe import Markup

from blogengine.head import HeadLink
from blogengine.head import Meta
from blogengine.pages import BlogView
from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentFormView
from blogengine.pages import CommentView
from blogengine.pages import ErrorPage
from blogengine.pages import Link
from blogengine.pages import ListingPage
from blogengine.pages import Page
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.places import AREAS
from blogengine.places import SLOTS as PLACES
from blogengine.web.rendering.gadgets import GadgetView
from blogengine.web.rendering.slots import Fills

ROOT = Path(__file__).parent.parent
CORE = ROOT / "blogengine"
THEMES = {
    "classic": [ROOT / "themes/classic/templates", CORE / "templates"],
    "paper": [ROOT / "plugins/blogengine_paper/themes/paper/templates", CORE / "templates"],
    "plain": [CORE / "templates"],
}
STYLES = {
    "classic": ROOT / "themes/classic/static/classic.css",
    "paper": ROOT / "plugins/blogengine_paper/themes/paper/static/paper.css",
    "plain": CORE / "static/plain.css",
}
ABOUT = {
    "classic": ROOT / "themes/classic/theme.toml",
    "paper": ROOT / "plugins/blogengine_paper/themes/paper/theme.toml",
    "plain": ROOT / "themes/plain/theme.toml",
}
PUBLISHED = datetime(2020, 1, 3, 2, 55, tzinfo=UTC)
SLOTS: dict[str, set[str]] = {
    template: {slot.name for slot in PLACES.values() if {"*", template} & set(slot.templates)}
    for template in ("post.html", "listing.html", "comment_answer.html", "error.html")
}

BLOG = BlogView("Harbour Notes", "Small boats, weather and coffee", "en", "ltr", url="https://blog.example")
CARD = (
    '<aside class="also-on"><p class="also-on-site">ALSO ON HARBOUR NOTES</p>'
    '<p class="also-on-title"><a href="/2019/11/knots.html">Six knots that are enough</a></p></aside>'
)
FILLS = {
    "post_footer": (
        '<nav class="related-posts"><h2>Related posts</h2><ul>'
        '<li><a href="/2019/12/tide.html">Reading a tide table</a></li>'
        '<li><a href="/2019/11/knots.html">Six knots that are enough</a></li></ul></nav>'
    ),
    "comments_footer": '<p>Subscribe to Post Comments [<a href="/feeds/1/comments/default">Atom</a>]</p>',
    "listing_footer": '<p class="feeds">Subscribe to Posts [<a href="/atom.xml">Atom</a>]</p>',
}


def meta(title: str = "A morning on the water") -> Meta:
    return Meta(
        f"{title} – Harbour Notes",
        canonical="https://blog.example/2020/01/a-morning.html",
        description='Fog & "coffee"',
        robots="index",
        links=[
            HeadLink("alternate", "/feeds/posts/default", "application/atom+xml", "Atom"),
            HeadLink("hub", "/hub"),
        ],
        stylesheets=["/-/a/also_on.css"],
    )


def frame(title: str) -> dict[str, Any]:
    return {"blog": BLOG, "meta": meta(title), "signed_in": False, "flashes": []}


def a_post(**changes: Any) -> PostView:
    paragraph = (
        "The fog came in before six and took the far bank first, then the moorings, then the end of the "
        "jetty. I made coffee and waited, because there is nothing else to do with fog, and "
        "it is good practice."
    )
    rest = "A <a href='/x'>link</a>, <code>a word of code</code>."
    body = f"<p>{paragraph}</p>\n{CARD}\n<p>{paragraph} {rest}</p>"
    post = PostView(
        id=1,
        kind="post",
        title="A morning on the water",
        url="/2020/01/a-morning.html",
        status="published",
        published_at=PUBLISHED,
        updated_at=PUBLISHED + timedelta(days=9),
        modified_at=PUBLISHED + timedelta(days=9),
        author_name="Ines Vale",
        author_url="",
        html="",
        body=Markup(body),
        labels=["boats", "fog & weather"],
        comment_count=0,
        comment_mode="allow",
    )
    return replace(post, **changes)


def a_comment(number: int = 1, **changes: Any) -> CommentView:
    comment = CommentView(
        id=number,
        post_id=1,
        parent_id=None,
        author_name="Ada",
        author_url="https://ada.example/",
        body=Markup("<p>Fog is only weather that stays for breakfast.</p>"),
        published_at=PUBLISHED + timedelta(hours=number),
        depth=0,
        status="published",
        url=f"/2020/01/a-morning.html#c{number}",
    )
    return replace(comment, **changes)


def five_comments() -> list[CommentView]:
    return [
        a_comment(41),
        a_comment(42, author_name="Ines Vale", by_author=True, depth=1, parent_id=41),
        a_comment(43, author_name="", author_url="", depth=2, parent_id=42),
        a_comment(44, status="removed-by-author", body=Markup(""), author_name=""),
        a_comment(45, status="removed-by-admin", body=Markup(""), depth=1, parent_id=44),
    ]


def a_form(**changes: Any) -> CommentFormView:
    return replace(CommentFormView(action="/2020/01/a-morning.html", token="tok-3n"), **changes)


def a_post_page(**changes: Any) -> PostPage:
    page = PostPage(
        **frame("A morning on the water"),
        post=a_post(),
        comments=[],
        form=a_form(),
        older_comments=None,
        newer_comments=None,
        older_post=Link("/2019/12/tide.html", "Reading a tide table"),
        newer_post=None,
        pages=[Link("/p/about.html", "About"), Link("/p/boats.html", "Boats")],
    )
    return replace(page, **changes)


def a_listing(**changes: Any) -> ListingPage:
    posts = [
        a_post(comment_count=1),
        a_post(
            id=2, title="Reading a tide table", url="/2019/12/tide.html", updated_at=None, comment_count=5
        ),
        a_post(
            id=3,
            title="",
            url="/2019/12/x.html",
            published_at=PUBLISHED - timedelta(days=4),
            comment_mode="hide",
        ),
    ]
    page = ListingPage(
        **frame("Harbour Notes"),
        kind="home",
        heading="",
        posts=posts,
        newer=None,
        older=Link("/search?updated-max=2019", "Older Posts"),
        pages=[Link("/p/about.html", "About")],
    )
    return replace(page, **changes)


def an_answer(**changes: Any) -> CommentAnswerPage:
    page = CommentAnswerPage(
        **frame("Comment"),
        outcome="refused",
        heading="Your comment was not taken",
        message="It is too long.",
        comment=a_comment(7, status="pending", url=""),
        form=a_form(text="My text", problems={"text": "At most 8,000 characters."}),
        post=a_post(),
        back=Link("/2020/01/a-morning.html", "Back to the post"),
    )
    return replace(page, **changes)


def an_error(**changes: Any) -> ErrorPage:
    page = ErrorPage(
        **frame("Not found"),
        status=404,
        heading="There is no page here",
        message="The address may be mistyped, or the post was taken down.",
    )
    return replace(page, **changes)


PAGES: dict[str, Callable[[], Page]] = {
    "post.html": a_post_page,
    "listing.html": a_listing,
    "comment_answer.html": an_answer,
    "error.html": an_error,
}


class Stage:
    """A theme's templates with stand-ins for the globals and filters that rendering gives them."""

    def __init__(self, theme: str, fills: dict[str, str] | None = None) -> None:
        self.theme = theme
        self.slots: list[str] = []
        self.fills = fills
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in THEMES[theme]])
        self.env = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.translate()
        self.boxes: list[GadgetView] = []
        self.areas: list[str] = []
        self.env.globals.update(
            slot=self.slot,
            batch_slot=self.batch_slot,
            gadgets=self.gadgets,
            trial=lambda: None,
            head_assets=lambda: Markup('<link rel="stylesheet" href="/-/a/@probe/probe.css">'),
            asset=lambda name: f"/-/a/{name}",
        )
        self.env.filters.update(
            dateline=lambda at: f"{at.day} {at:%b, %Y %H:%M}",
            dateheader=lambda at: f"{at:%A, %B} {at.day}, {at.year}",
            commentdate=lambda at: f"{at:%B} {at.day}, {at.year} at {at:%H:%M}",
            commenttime=lambda at: Markup('<time datetime="{}">{}</time>').format(
                at.isoformat(), f"{at:%B} {at.day}, {at.year} at {at:%H:%M}"
            ),
            isotime=lambda at: at.isoformat(),
            ago=lambda at: "32 minutes ago",
            label_url=lambda label: f"/search/label/{quote(label)}",
        )

    def translate(self, words: Callable[[str], str] = str) -> None:
        self.env.install_gettext_callables(  # type: ignore[attr-defined]
            words, lambda one, many, n: words(one if n == 1 else many), newstyle=True
        )

    def slot(self, name: str, **values: Any) -> Markup:
        self.slots.append(name)
        if self.fills is None:
            return Markup(f'<span id="probe-{name}"></span>')
        return Markup(self.fills.get(name, ""))

    def batch_slot(self, name: str, **lists: Any) -> Fills:
        self.slots.append(name)
        items = lists.get("posts") or lists.get("comments") or []
        shown = Markup(f'<span class="probe-{name}"></span>') if self.fills is None else Markup("")
        return Fills({item.id: shown for item in items})

    def gadgets(self, area: str, page: Page) -> list[GadgetView]:
        self.areas.append(area)
        return self.boxes

    def render(self, template: str, page: Page) -> str:
        return self.env.get_template(template).render(page=page)


def parse(html: str) -> Element:
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert isinstance(tree, Element)
    return tree


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def main_text(html: str) -> str:
    main = parse(html).find(".//main")
    assert main is not None
    return text_of(main)


def in_order(text: str, *parts: str) -> None:
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, f"{part!r} does not follow {text[:at][-60:]!r} in {text[at:]!r}"
        at = found + len(part)


@pytest.fixture(params=sorted(THEMES))
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param, FILLS)


def test_the_post_page_reads_as_the_model_page(stage: Stage) -> None:
    text = main_text(stage.render("post.html", a_post_page()))
    assert text.startswith(
        "A morning on the water 3 Jan, 2020 02:55 / Updated 32 minutes ago The fog came in"
    )
    in_order(
        text,
        "it is good practice.",
        "ALSO ON HARBOUR NOTES",
        "Six knots that are enough",
        "a word of code",
        "0 Comments:",
        "Post a Comment",
        "Post Comment",
        "Subscribe to Post Comments [Atom]",
        "<< Home",
    )


def test_comments_stand_between_their_count_and_the_form(stage: Stage) -> None:
    post = a_post(comment_count=5)
    text = main_text(stage.render("post.html", a_post_page(post=post, comments=five_comments())))
    in_order(
        text,
        "5 Comments:",
        "Ada said...",
        "Fog is only weather",
        "January 4, 2020 at 19:55",
        "Ines Vale said...",
        "Anonymous said...",
        "This comment has been removed by the author.",
        "This comment has been removed by a blog administrator.",
        "Post a Comment",
    )


@pytest.mark.parametrize(("count", "heading"), [(0, "0 Comments:"), (1, "1 Comment:"), (2, "2 Comments:")])
def test_the_comment_heading_counts_as_blogger_did(stage: Stage, count: int, heading: str) -> None:
    tree = parse(stage.render("post.html", a_post_page(post=a_post(comment_count=count))))
    assert [text_of(e) for e in tree.iter("h2") if e.get("id") == "comments"] == [heading]


def test_a_post_never_updated_says_nothing_of_updates(stage: Stage) -> None:
    html = stage.render("post.html", a_post_page(post=a_post(updated_at=None)))
    assert "Updated" not in html
    assert "A morning on the water 3 Jan, 2020 02:55 The fog" in main_text(html)


def test_a_removed_comment_cannot_be_answered_and_names_nobody(stage: Stage) -> None:
    removed = a_comment(
        44, status="removed-by-author", author_name="Secret Name", body=Markup("secret words")
    )
    html = stage.render("post.html", a_post_page(comments=[removed]))
    assert "ecret" not in html
    assert "replyTo=44" not in html
    assert 'id="c44"' in html


def test_comment_links_are_not_endorsed_and_depth_is_a_class(stage: Stage) -> None:
    tree = parse(stage.render("post.html", a_post_page(comments=five_comments())))
    links = [a for a in tree.iter("a") if a.get("href") == "https://ada.example/"]
    assert links
    assert {a.get("rel") for a in links} == {"nofollow ugc noopener"}
    classes = {e.get("id"): (e.get("class") or "").split() for e in tree.iter("article")}
    assert "depth-2" in classes["c43"]
    reply = next(a for a in tree.iter("a") if "replyTo=43" in (a.get("href") or ""))
    assert reply.get("href") == "/2020/01/a-morning.html?replyTo=43#comment-form"
    assert reply.get("rel") == "nofollow"


def test_hidden_comments_leave_neither_heading_nor_form_nor_feed(stage: Stage) -> None:
    page = a_post_page(post=a_post(comment_mode="hide"), form=None)
    text = main_text(stage.render("post.html", page))
    assert "Comment" not in text
    assert "<< Home" in text


def test_existing_comments_are_shown_without_a_form_or_reply_links(stage: Stage) -> None:
    page = a_post_page(post=a_post(comment_mode="existing"), form=None, comments=five_comments())
    html = stage.render("post.html", page)
    assert "New comments are not allowed." in html
    assert "<form" not in html
    assert "replyTo" not in html


def test_a_static_page_has_no_dateline(stage: Stage) -> None:
    html = stage.render("post.html", a_post_page(post=a_post(kind="page", url="/p/about.html")))
    assert "3 Jan, 2020" not in html
    current = [a.get("href") for a in parse(html).iter("a") if a.get("aria-current") == "page"]
    assert current == ["/p/about.html"]


def test_a_draft_without_a_title_or_time_renders_and_says_what_it_is(stage: Stage) -> None:
    draft = a_post(
        status="draft", title="", url="", published_at=None, updated_at=None, labels=[], author_name=""
    )
    html = stage.render("post.html", a_post_page(post=draft, edit_url="/admin/posts/1"))
    assert "This is not published" in html
    assert 'href="/admin/posts/1"' in html
    assert [text_of(h) for h in parse(html).iter("h1")] == ["Untitled"]


def test_the_form_sends_what_the_comment_service_reads(stage: Stage) -> None:
    form = a_form(name="Bo", website="bo.example", reply_to=a_comment(42), csrf_token="csrf-9")
    tree = parse(stage.render("post.html", a_post_page(form=form)))
    element = next(f for f in tree.iter("form"))
    assert (element.get("id"), element.get("method"), element.get("accept-charset")) == (
        "comment-form",
        "post",
        "utf-8",
    )
    assert element.get("action") == "/2020/01/a-morning.html"
    values = {e.get("name"): e.get("value") for e in element.iter("input")}
    assert values == {
        "name": "Bo",
        "website": "bo.example",
        "reply_to": "42",
        "ft": "tok-3n",
        "csrf_token": "csrf-9",
        "email_again": "",
    }
    assert [(b.get("name"), b.get("value"), text_of(b)) for b in element.iter("button")] == [
        ("action", "post", "Post Comment"),
        ("action", "preview", "Preview"),
    ]
    assert "In reply to Ada" in text_of(element)


def test_a_form_for_a_visitor_carries_no_session_token(stage: Stage) -> None:
    html = stage.render("post.html", a_post_page())
    assert "csrf_token" not in html
    assert "reply_to" not in html


def test_a_signed_in_author_is_not_asked_for_a_name(stage: Stage) -> None:
    html = stage.render("post.html", a_post_page(form=a_form(signed_in_name="Ines Vale")))
    assert "Commenting as Ines Vale" in html
    assert 'name="name"' not in html


def test_no_field_cuts_off_what_is_pasted_into_it(stage: Stage) -> None:
    assert "maxlength" not in stage.render("post.html", a_post_page())


def test_typed_text_survives_a_problem_to_the_letter(stage: Stage) -> None:
    typed = '\n\nfirst </textarea><script>alert("x")</script>\n  & last &amp; "end"\n'
    form = a_form(text=typed, name='"><b>', problems={"text": "Too long.", "": "Try again."})
    for html in (
        stage.render("post.html", a_post_page(form=form)),
        stage.render("comment_answer.html", an_answer(form=form)),
    ):
        tree = parse(html)
        assert ["".join(t.itertext()) for t in tree.iter("textarea")] == [typed]
        assert next(e for e in tree.iter("input") if e.get("name") == "name").get("value") == '"><b>'


def test_a_problem_is_told_in_a_summary_and_beside_its_field(stage: Stage) -> None:
    form = a_form(problems={"website": "This is no web address.", "ft": "The form is too old."})
    tree = parse(stage.render("post.html", a_post_page(form=form)))
    summary = next(e for e in tree.iter("div") if e.get("role") == "alert")
    assert "This is no web address." in text_of(summary)
    assert "The form is too old." in text_of(summary)
    field = next(e for e in tree.iter("input") if e.get("name") == "website")
    assert field.get("aria-invalid") == "true"
    told = next(e for e in tree.iter() if e.get("id") == field.get("aria-describedby"))
    assert text_of(told) == "This is no web address."


def test_every_field_has_a_label_and_every_reference_a_target(stage: Stage) -> None:
    form = a_form(problems={"text": "Too long.", "name": "Too long."})
    tree = parse(stage.render("post.html", a_post_page(form=form, comments=five_comments())))
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {e.get("for") for e in tree.iter("label")}
    fields = [e for e in tree.iter() if e.tag in ("input", "textarea") and e.get("type") != "hidden"]
    assert fields
    assert {e.get("id") for e in fields} == labelled
    for element in tree.iter():
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((element.get(name) or "").split()) <= set(ids)
    inner = {(a.get("href") or "")[1:] for a in tree.iter("a") if (a.get("href") or "").startswith("#")}
    assert inner <= set(ids)


def test_the_trap_for_robots_is_out_of_the_way_of_keyboard_and_autofill(stage: Stage) -> None:
    tree = parse(stage.render("post.html", a_post_page()))
    trap = next(e for e in tree.iter("input") if e.get("name") == "email_again")
    assert (trap.get("tabindex"), trap.get("autocomplete")) == ("-1", "off")
    assert re.search(r"\.trap\b[^{]*\{[^}]*clip-path", STYLES[stage.theme].read_text())


def test_a_listing_shows_each_day_once(stage: Stage) -> None:
    html = stage.render("listing.html", a_listing())
    days = [text_of(h) for h in parse(html).iter("h2") if h.get("class") == "date-header"]
    assert days == ["Friday, January 3, 2020", "Monday, December 30, 2019"]
    in_order(
        main_text(html),
        "Friday, January 3, 2020",
        "A morning on the water",
        "3 Jan, 2020 02:55 / Updated",
        "1 Comment",
        "Reading a tide table",
        "5 Comments",
        "30 Dec, 2019",
        "Older Posts",
        "Subscribe to Posts [Atom]",
    )


def test_an_empty_blog_says_so(stage: Stage) -> None:
    html = stage.render("listing.html", a_listing(posts=[], older=None))
    assert "Nothing has been published yet." in html
    assert "Older Posts" not in html


def test_a_search_without_a_hit_does_not_call_the_blog_empty(stage: Stage) -> None:
    html = stage.render("listing.html", a_listing(kind="search", heading="Posts with “eel”", posts=[]))
    assert "There are no posts here." in html
    assert "Nothing has been published" not in html


def test_the_pager_leads_back_home(stage: Stage) -> None:
    page = a_listing(
        kind="label", heading="Posts labelled “boats”", newer=Link("/search/label/boats", "Newer Posts")
    )
    html = stage.render("listing.html", page)
    in_order(main_text(html), "Posts labelled “boats”", "Newer Posts", "Home", "Older Posts")
    assert {a.get("rel") for a in parse(html).iter("a") if a.get("class") in ("older", "newer")} == {
        "prev",
        "next",
    }


@pytest.mark.parametrize(
    "page", [a_listing(), a_listing(kind="year", heading="2020"), a_listing(heading="Older posts")]
)
def test_a_page_has_one_first_heading(stage: Stage, page: ListingPage) -> None:
    assert len(list(parse(stage.render("listing.html", page)).iter("h1"))) == 1


def test_headings_never_skip_a_level(stage: Stage) -> None:
    for template, make in PAGES.items():
        tree = parse(stage.render(template, make()))
        levels = [
            int(e.tag[1]) for e in tree.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
        ]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), template


def test_an_error_page_keeps_what_the_visitor_sent(stage: Stage) -> None:
    kept = "\n<b>my</b> long </textarea> comment"
    html = stage.render("error.html", an_error(status=413, kept_text=kept, detail="Code 7"))
    area = next(parse(html).iter("textarea"))
    assert "".join(area.itertext()) == kept
    assert area.get("readonly") is not None
    assert "textarea" not in stage.render("error.html", an_error())


def test_a_taken_comment_is_shown_without_a_form(stage: Stage) -> None:
    html = stage.render("comment_answer.html", an_answer(outcome="waiting", heading="It waits", form=None))
    in_order(main_text(html), "It waits", "Ada said...", "Fog is only weather", "Back to the post")
    assert "<form" not in html


@pytest.mark.parametrize("template", sorted(PAGES))
@pytest.mark.parametrize("theme", sorted(THEMES))
def test_every_theme_gives_plugins_every_slot_once(theme: str, template: str) -> None:
    stage = Stage(theme)
    html = stage.render(template, PAGES[template]())
    assert sorted(stage.slots) == sorted(SLOTS[template])
    for name in SLOTS[template]:
        assert f'id="probe-{name}"' in html or PLACES[name].is_batch
    assert sorted(stage.areas) == sorted(AREAS)


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_slots_stand_where_their_names_say(theme: str) -> None:
    html = Stage(theme).render("post.html", a_post_page(comments=five_comments()))
    in_order(
        html,
        "probe-header",
        "</header>",
        "<main",
        "</h1>",
        "probe-post_header",
        "The fog came in",
        "probe-post_footer",
        '"comments"',
        "probe-comments_header",
        "probe-comments",
        "<form",
        "probe-comment_form",
        "<button",
        "</form>",
        "probe-comments_footer",
        "&lt;&lt; Home",
        "</main>",
        "probe-footer",
        "</footer>",
    )


@pytest.mark.parametrize("template", sorted(PAGES))
def test_pages_obey_the_strict_content_security_policy(stage: Stage, template: str) -> None:
    tree = parse(stage.render(template, PAGES[template]()))
    for element in tree.iter():
        assert element.tag not in ("script", "style")
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("template", sorted(PAGES))
def test_pages_carry_their_head_and_landmarks(stage: Stage, template: str) -> None:
    html = stage.render(template, PAGES[template]())
    assert html.lower().startswith("<!doctype html>")
    tree = parse(html)
    assert (tree.get("lang"), tree.get("dir")) == ("en", "ltr")
    head = tree.find("head")
    assert head is not None
    sheets = [e.get("href") for e in head.iter("link") if e.get("rel") == "stylesheet"]
    assert sheets == ["/-/a/@probe/probe.css", f"/-/a/{stage.theme}.css", "/-/a/also_on.css"]
    metas = {e.get("name"): e.get("content") for e in head.iter("meta")}
    assert metas["description"] == 'Fog & "coffee"'
    assert metas["robots"] == "index"
    assert [e.get("href") for e in head.iter("link") if e.get("rel") == "canonical"]
    assert len(list(tree.iter("main"))) == 1
    assert "#main" in [a.get("href") for a in tree.iter("a")][:1]


@pytest.mark.parametrize("template", sorted(PAGES))
def test_every_word_of_the_interface_can_be_translated(stage: Stage, template: str) -> None:
    stage.fills = {}
    stage.env.filters.update(
        dict.fromkeys(("dateline", "dateheader", "commentdate", "commenttime", "ago"), lambda at: "7")
    )
    stage.translate(lambda words: f"⟦{words}⟧")
    greek = BlogView("Ναυς", "Θαλασσα", "el", "ltr")
    post = a_post(title="Ομιχλη", body=Markup("Αλφα"), author_name="Ινες", labels=["βαρκα"], comment_count=1)
    comment = a_comment(author_name="Αδα", body=Markup("Βητα"), by_author=True)
    form = a_form(reply_to=comment, problems={"text": "Οχι"})
    link = Link("/x", "Γαμμα")
    changes: dict[str, dict[str, Any]] = {
        "post.html": {
            "post": post,
            "comments": [comment, *[replace(c, author_name="Ω", body=Markup("")) for c in five_comments()]],
            "form": form,
            "pages": [link],
            "older_post": link,
            "newer_post": link,
            "older_comments": link,
        },
        "listing.html": {"posts": [post], "newer": link, "pages": [link]},
        "comment_answer.html": {
            "heading": "Δ",
            "message": "Ε",
            "comment": comment,
            "form": form,
            "back": link,
        },
        "error.html": {"heading": "Δ", "message": "Ε", "kept_text": "Ζ"},
    }
    page = replace(PAGES[template](), blog=greek, **changes[template])
    body = parse(stage.render(template, page)).find("body")
    assert body is not None
    for element in list(body.iter("code")):
        element.text = ""
    said = text_of(body)
    assert "⟦" in said
    while re.search("⟦[^⟦⟧]*⟧", said):
        said = re.sub("⟦[^⟦⟧]*⟧", "", said)
    assert re.findall("[A-Za-z]+", said) == []


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_post_page_with_its_style_sheet_stays_below_14_kilobytes(theme: str) -> None:
    html = Stage(theme, FILLS).render("post.html", a_post_page(comments=five_comments()))
    sizes = [len(gzip.compress(data)) for data in (html.encode(), STYLES[theme].read_bytes())]
    assert sum(sizes) < 14_000, sizes


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_style_sheet_fetches_nothing_and_knows_what_plugins_and_the_core_write(theme: str) -> None:
    css = STYLES[theme].read_text()
    assert "url(" not in css
    assert "@import" not in css
    names = [
        "also-on",
        "also-on-site",
        "also-on-title",
        "related-posts",
        "skip-link",
        "visually-hidden",
        "trap",
        "notice",
    ]
    for name in [*names, *(f"depth-{n}" for n in range(1, 7)), "tr-caption", "separator"]:
        assert f".{name}" in css, name
    for feature in ("prefers-color-scheme: dark", "prefers-reduced-motion", "@media print", ":focus-visible"):
        assert feature in css, feature


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("theme", sorted(THEMES))
def test_every_colour_of_text_can_be_read_on_every_ground(theme: str, dark: bool) -> None:
    css = STYLES[theme].read_text()
    blocks = re.findall(r":root \{([^}]*)\}", css.split("@media print")[0])
    colours: dict[str, str] = {}
    for block in blocks[: 3 if dark else 2]:
        colours.update(re.findall(r"--([\w-]+): ([^;]+);", block))

    def resolve(name: str) -> str:
        value = colours[name]
        reference = re.fullmatch(r"var\(--([\w-]+)\)", value)
        return resolve(reference[1]) if reference else value

    words = [n for n in ("ink", "muted", "bad", "warm", "cool", "link") if n in colours]
    if theme == "classic":
        words.remove("link")
    for ground in ("paper", "tint"):
        for name in words:
            assert contrast(resolve(name), resolve(ground)) >= 4.5, (name, ground)


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_settings_of_a_theme_are_the_defaults_of_its_style_sheet(theme: str) -> None:
    about = tomllib.loads(ABOUT[theme].read_text())
    assert {"name", "version", "parent", "summary"} <= set(about)
    first = re.search(r":root \{([^}]*)\}", STYLES[theme].read_text())
    assert first is not None
    defaults = dict(re.findall(r"--([\w-]+): ([^;]+);", first[1]))
    assert {key: setting["default"] for key, setting in about["settings"].items()} == defaults
    for key, setting in about["settings"].items():
        assert setting["type"] in ("color", "font", "choice", "length"), key
        assert setting["label"]
        assert (setting["type"] == "choice") == ("choices" in setting), key
        assert setting["default"] in setting.get("choices", [setting["default"]]), key
