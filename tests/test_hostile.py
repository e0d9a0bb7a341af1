"""Tens of thousands of comments that try to run, in each field, at each place where people and machines read them.

A sample by default; `BLOGENGINE_HOSTILE=80000` is the whole proof. The judge is html5lib, which has no part in cleaning.
"""

import json
import os
import random
import re
import threading
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from blogengine import comments
from blogengine import db as database
from blogengine import sanitize
from blogengine.db import Transaction
from blogengine.errors import Invalid
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor
from tests.hostile import inputs
from tests.smtp import mail_server
from tests.smtp import words
from tests.threads import fill

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

COUNT = int(os.environ.get("BLOGENGINE_HOSTILE", "600"))
BATCH = 150
"""Comments of one post: as many as one feed shows."""
ATOM = "{http://www.w3.org/2005/Atom}"
Shape = tuple[str, tuple[str, ...]]


def shapes(tree: Element, *, inside: bool = False) -> Iterator[tuple[Element, bool]]:
    """Yield each element of a page, and whether it is a comment's own."""
    yield tree, inside
    for child in tree:
        yield from shapes(child, inside=inside or tree.get("class") in ("comment-body", "body"))


def shape(element: Element) -> Shape:
    return str(element.tag), tuple(sorted(element.attrib))


def hold(element: Element) -> None:
    """Hold one element of a comment's text against what comments may have."""
    assert element.tag in sanitize.COMMENT.tags, element.tag
    allowed = {"href", "rel"} if element.tag == "a" else set()
    assert set(element.attrib) <= allowed, element.attrib
    if element.tag == "a" and "href" in element.attrib:
        assert element.get("rel") == "nofollow ugc"
        hold_address(element.get("href", ""))


def hold_address(address: str) -> None:
    assert not re.search(r"[\x00-\x20\\]", address), address
    if not address.startswith(("/", "#", "?")):
        assert urlsplit(address).scheme in ("http", "https", "mailto"), address
    assert not address.startswith("//"), address


def hold_fragment(html: str) -> None:
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        if element.tag != "DOCUMENT_FRAGMENT":
            hold(element)


class Page:
    """The elements that a page has when nobody is hostile; another one may have no others outside of comments' texts."""

    def __init__(self, html: str) -> None:
        self.known = {shape(element) for element, is_inside in self._all(html) if not is_inside}

    @staticmethod
    def _all(html: str) -> Iterator[tuple[Element, bool]]:
        return shapes(html5lib.parse(html, namespaceHTMLElements=False))

    def check(self, html: str) -> None:
        for element, is_inside in self._all(html):
            if is_inside:
                hold(element)
                continue
            assert shape(element) in self.known, ElementTree.tostring(element)[:500]
            for name in ("href", "src", "action"):
                if element.get(name):
                    hold_address(element.get(name, ""))


def draft_of(text: str, source: random.Random) -> CommentDraft | None:
    """Return a comment that has `text` in each field that takes it, else in those that do."""
    values = {
        "name": text[:100],
        "website": source.choice([text, f"https://a.example/{text}"])[:500],
        "text": text,
    }
    for _ in range(3):
        try:
            return comments.check(values["name"], values["website"], values["text"], None)
        except Invalid as refused:
            if "text" in refused.problems:
                return None
            for field in refused.problems:
                values[field] = ""
    raise AssertionError(values)


def store(blog: BlogKit, texts: list[str], clock: FrozenClock) -> int:
    """Write a post with these comments and return its number; what is stored is what `comments.check` made."""
    source = random.Random(texts[0])
    post_id = blog.write_post(f"Batch {texts[0].encode().hex()[:12]}")
    with blog.app():
        drafts = [found for found in (draft_of(text, source) for text in texts) if found is not None]
        assert len(drafts) > len(texts) * 0.7
        first = fill(post_id, len(drafts), clock)

        def change(tx: Transaction) -> None:
            for number, draft in enumerate(drafts, first):
                values = {
                    "author_name": draft.name,
                    "author_url": draft.website,
                    "source": draft.text,
                    "html": draft.html,
                }
                tx.session.execute(sa.update(Comment).where(Comment.id == number).values(**values))
            tx.bump(f"comments:{post_id}")

        database.write(change)
    return post_id


def batches() -> Iterator[list[str]]:
    made = inputs(COUNT)
    while batch := list(islice(made, BATCH)):
        yield batch


BENIGN = [
    "plain",
    "Some **bold** words, *more*, `code`, [link](https://a.example/), <a href='https://a.example/'>x</a>\n\n> quote",
    "<ul><li>one</ul><ol><li>two</ol><pre>x</pre><del>y</del><b><i><em><strong>z",
]


def test_nothing_of_a_hostile_comment_is_left_on_pages_feeds_and_lists(
    blog: BlogKit, client: Visitor, owner_client: Visitor, clock: FrozenClock
) -> None:
    benign = store(blog, BENIGN * (BATCH // 3), clock)
    page = Page(client.get(blog.path_of(benign)).text)
    address = "/admin/comments?status=all&post={}"
    listed = Page(owner_client.get(address.format(benign)).text)
    stored = 0
    for texts in batches():
        post_id = store(blog, texts, clock)
        html = client.get(blog.path_of(post_id)).text
        page.check(html)
        stored += html.count('<article class="comment')
        listed.check(owner_client.get(address.format(post_id)).text)
        feed = f"/feeds/{post_id}/comments/default?max-results={BATCH}"
        root = ElementTree.fromstring(client.get(feed).data)
        contents = [element.text or "" for element in root.iter(f"{ATOM}content")]
        assert contents
        for content in contents:
            hold_fragment(content)
        assert all(
            len(element) == 0
            for kind in ("name", "title", "uri", "content")
            for element in root.iter(ATOM + kind)
        )
        for element in root.iter(f"{ATOM}uri"):
            hold_address(element.text or "")
        for element in root.iter(f"{ATOM}link"):
            hold_address(element.get("href", ""))
        items = ElementTree.fromstring(client.get(f"{feed}&alt=rss").data).iter("item")
        assert [item.findtext("description") for item in items] == contents
        entries = json.loads(client.get(f"{feed}&alt=json").data)["feed"]["entry"]
        assert [entry["content"]["$t"] for entry in entries] == contents
    assert stored > COUNT * 0.7


def test_a_form_gives_back_what_was_typed_and_nothing_of_it_runs(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(comment_rate=0)
    path = blog.path_of(blog.write_post())
    benign = {"name": "Ada", "website": "https://a.example/", "reply_to": "1"}
    blog.write_comment(1, "Answer me.")
    shown = [
        client.comment(path, BENIGN[1], action=action, **{**benign, "website": website}).text
        for action in ("preview", "post")
        for website in ("https://a.example", "x y")
    ]
    shown.append(client.comment(path, BENIGN[1], action="preview").text)
    shown.append(client.comment(path, BENIGN[1], reply_to="x").text)
    shown.append(client.comment(path, "", name="x" * 999, website="x y").text)
    shown.append(client.comment(path, "y" * 9_999, ft="x").text)
    page = Page("".join(shown))
    page.known |= set().union(*(Page(one).known for one in shown))
    for number, text in enumerate(inputs(max(40, COUNT // 20), seed=29)):
        fields = dict.fromkeys(("name", "website", "reply_to", "ft", "csrf_token", "email_again"), text)
        kept = fields if number % 2 else {**benign, "name": text}
        answer = client.comment(path, text, action="preview" if number % 3 else "post", **kept)
        if answer.status_code == 303:
            answer = client.get(answer.headers["Location"].partition("#")[0])
            continue
        page.check(answer.text)
        tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
        areas = list(tree.iter("textarea"))
        assert len(areas) == 1
        assert as_typed(areas[0].text or "") == as_typed(text)


def as_typed(text: str) -> str:
    """Return a text without what parsers make of line ends and NUL, and the blank space around it."""
    return re.sub("\r\n?", "\n", text).replace("\0", "").replace("\ufffd", "").strip()


def test_mail_about_a_hostile_comment_is_plain_text_with_the_headers_it_should_have(
    blog: BlogKit, client: Visitor, jobs: JobKit, clock: FrozenClock
) -> None:
    blog.enable("notify")
    blog.change_settings(comment_rate=0)
    path = blog.path_of(blog.write_post("On tea"))
    with mail_server(blog) as sink:
        client.comment(path, "I follow.", name="Ann", email="ann@mail.example", **{"notify.follow": "on"})
        jobs.run_all()
        (door,) = [
            re.search(r"https://blog\.example(/-/notify/confirm/\S+)", words(mail))
            for mail in sink.mails()
            if mail["To"] == "ann@mail.example"
        ]
        assert door is not None
        client.send(door[1], {})
        client.comment(path, "Benign.", name="Ada", website="https://a.example/")
        clock.tick(hours=2)
        jobs.run_all()
        headers = {name for mail in sink.mails() for name in mail}
        sink.taken.clear()
        for text in inputs(max(20, COUNT // 400), seed=11):
            client.comment(path, text, name=text.replace("\n", " ")[:100])
        clock.tick(hours=2)
        jobs.run_all()
        mails = sink.mails()
    assert mails
    for mail in mails:
        assert mail.get_content_type() == "text/plain"
        assert set(mail.keys()) <= headers
        assert len(mail.get_all("Subject", [])) == len(mail.get_all("To", [])) == 1
        assert mail["To"] in ("ann@mail.example", "owner@example.org", mail["To"])
        assert "\n" not in str(mail["Subject"])


def test_a_browser_without_the_policy_runs_nothing_of_thousands_of_comments(
    blog: BlogKit, browser: playwright.Browser, clock: FrozenClock
) -> None:
    posts = [store(blog, texts, clock) for texts in batches()]
    server = make_server("127.0.0.1", 0, blog.site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    context = browser.new_context(bypass_csp=True)
    context.route(lambda address: not address.startswith("http://127.0.0.1"), lambda route: route.abort())
    context.add_init_script("window.fired = 0; window.xssfired = () => { window.fired += 1; };")
    tab = context.new_page()
    dialogs: list[str] = []

    def dismiss(dialog: playwright.Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", dismiss)
    try:
        for post_id in posts:
            tab.goto(f"http://127.0.0.1:{server.server_port}{blog.path_of(post_id)}")
            found = tab.evaluate(POKE)
            assert found["comments"] > BATCH * 0.6 or post_id == posts[-1]
            assert set(found["schemes"]) <= {"http:", "https:", "mailto:", ":"}
            assert found["fired"] == 0, blog.path_of(post_id)
            assert found["scripts"] == found["known"]
        assert not dialogs
        # And the marker would have said so.
        assert tab.evaluate(PROOF) == 1
    finally:
        context.close()
        server.shutdown()
        thread.join()
        server.server_close()


POKE = """async () => {
    document.addEventListener("click", (event) => event.preventDefault(), true);
    for (const element of document.querySelectorAll(".comments *")) {
        for (const kind of ["mouseover", "focus", "click", "toggle", "animationstart", "load", "error"]) {
            element.dispatchEvent(new Event(kind, { cancelable: true }));
        }
    }
    await new Promise((done) => setTimeout(done, 50));
    return {
        comments: document.querySelectorAll(".comments article").length,
        schemes: [...document.querySelectorAll(".comments a")].map((link) => link.protocol),
        fired: window.fired,
        scripts: document.querySelectorAll("script, iframe, object, embed, base, svg, math, style, form").length,
        known: document.querySelectorAll("head script[src], #comment-form, form[role=search], form.search").length,
    };
}"""
PROOF = """async () => {
    const made = document.createElement("div");
    made.innerHTML = "<img src=x onerror=xssfired(1)>";
    document.body.append(made);
    await new Promise((done) => setTimeout(done, 500));
    return window.fired;
}"""
