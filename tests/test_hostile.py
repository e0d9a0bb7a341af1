"""Tens of thousands of comments that try to run, in each field, at each place where people and machines read them.

A sample by default; `BLOGENGINE_HOSTILE=80000` is the whole proof. The judge is html5lib, which has no part in cleaning.
"""

import functools
import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from blogengine import comments
from blogengine import db as database
from blogengine import exporting
from blogengine import layout
from blogengine import sanitize
from blogengine.addresses import mail_key
from blogengine.db import Transaction
from blogengine.errors import Invalid
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Network
from blogengine.testing import Visitor
from blogengine.testing.blogs import OWNER
from blogengine.testing.visitors import hidden_fields
from blogengine_webhooks import endpoints
from tests.hostile import inputs
from tests.listening import listening
from tests.passes import pass_of
from tests.smtp import mail_server
from tests.smtp import words
from tests.threads import fill

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

COUNT = int(os.environ.get("BLOGENGINE_HOSTILE", "300"))
BATCH = 150
"""Comments of one post: as many as one feed shows."""
HOOK = "https://hooks.example/comments"
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
    if not address.startswith(("/", "#", "?")) and address not in ("follows", "export", "erase", "./"):
        if re.fullmatch(r"(edit|delete)/\d+", address):
            return
        assert urlsplit(address).scheme in ("http", "https", "mailto"), address
    assert not address.startswith("//"), address


@functools.cache
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
                    "author_email": address_of(post_id),
                    "email_key": mail_key(address_of(post_id)),
                }
                tx.session.execute(sa.update(Comment).where(Comment.id == number).values(**values))
            tx.bump("comments", f"comments:{post_id}")

        database.write(change)
    return post_id


def address_of(post_id: int) -> str:
    """Return the address that all comments of a batch were sent with."""
    return f"eve{post_id}@mail.example"


def batches() -> Iterator[list[str]]:
    made = inputs(COUNT)
    while batch := list(islice(made, BATCH)):
        yield batch


BENIGN = [
    "plain",
    "Some **bold** words, *more*, `code`, [link](https://a.example/), <a href='https://a.example/'>x</a>\n\n> quote",
    "<ul><li>one</ul><ol><li>two</ol><pre>x</pre><del>y</del><b><i><em><strong>z",
]


class Readers:
    """All who read the comments of one post: visitors, feed readers, their writer by mail, and the owner.

    `known` are pages that were made of a harmless batch, by what they are.
    """

    def __init__(self, blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
        self.blog, self.client, self.owner_client = blog, client, owner_client
        self.known: dict[str, Page] = {}

    def pages(self, post_id: int, few: int) -> Iterator[tuple[str, str]]:
        """Yield each page with its kind; those of one comment for the newest `few`."""
        yield "post", self.client.get(self.blog.path_of(post_id)).text
        yield "queue", self.owner_client.get(f"/admin/comments?status=all&post={post_id}").text
        home = f"/-/commenter_pass/{pass_of(self.blog, address_of(post_id))}"
        own = self.client.get(f"{home}/").text
        yield "own comments", own
        numbers = re.findall(r'<article class="comment" id="c(\d+)"', own)
        assert len(numbers) == 20
        for number in numbers[:few]:
            yield "changing", self.client.get(f"{home}/edit/{number}").text
            changed = {"action": "preview", "text": self.source_of(int(number))}
            yield "preview of a change", self.client.post(f"{home}/edit/{number}", data=changed).text
            yield "taking back", self.client.get(f"{home}/delete/{number}").text
            yield "one comment of the owner's", self.owner_client.get(f"/admin/comments/{number}").text

    def source_of(self, comment_id: int) -> str:
        with self.blog.app():
            return comments.get(comment_id).source

    def know(self, post_id: int) -> None:
        """Learn what pages are like while nobody is hostile."""
        for kind, html in self.pages(post_id, few=20):
            self.known.setdefault(kind, Page("")).known |= Page(html).known

    def check(self, post_id: int) -> int:
        """Look at everything that is made of a batch; return how many comments its page shows."""
        shown = 0
        for kind, html in self.pages(post_id, few=1):
            self.known[kind].check(html)
            shown = shown or html.count('<article class="comment')
        of_post = self.check_feed(f"/feeds/{post_id}/comments/default?max-results={BATCH}")
        of_site = self.check_feed(f"/feeds/comments/default?max-results={BATCH}")
        assert set(of_post) <= set(of_site)
        return shown

    def check_feed(self, address: str) -> list[str]:
        """Hold a feed in all its formats against what feeds may hold; return the texts in it."""
        root = ElementTree.fromstring(self.client.get(address).data)
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
        items = ElementTree.fromstring(self.client.get(f"{address}&alt=rss").data).iter("item")
        assert [item.findtext("description") for item in items] == contents
        script = self.client.get(f"{address}&alt=json-in-script&callback=f").text
        for text in (self.client.get(f"{address}&alt=json").text, script[script.index("(") + 1 : -2]):
            assert [entry["content"]["$t"] for entry in json.loads(text)["feed"]["entry"]] == contents
        return contents


def test_nothing_of_a_hostile_comment_is_left_on_pages_feeds_and_lists(
    blog: BlogKit, client: Visitor, owner_client: Visitor, clock: FrozenClock, tmp_path: Path
) -> None:
    for plugin_id in ("commenter_pass", "notify", "antispam", "search"):
        blog.enable(plugin_id)
    blog.change_settings(url="http://localhost")
    with blog.app():
        placed = layout.add("gadgets.comments", "sidebar")
    with blog.app():
        layout.save(placed.id, {"set-number": "20"})
    readers = Readers(blog, client, owner_client)
    readers.know(store(blog, BENIGN * (BATCH // 3), clock))
    stored = 0
    for texts in batches():
        stored += readers.check(store(blog, texts, clock))
    assert stored > COUNT * 0.7
    check_export(blog, tmp_path / "export.xml", stored)


def check_export(blog: BlogKit, path: Path, count: int) -> None:
    """Hold the file that other systems read against what comments may have."""
    with blog.app() as app:
        exporting.write_file(app.blog.exporters["blogger"], path, overwrite=False, progress=lambda *_: None)
    found = 0
    for _, element in ElementTree.iterparse(path):
        if element.tag == f"{ATOM}entry":
            for content in element.iter(f"{ATOM}content"):
                hold_fragment(content.text or "")
                assert len(content) == 0
            for uri in element.iter(f"{ATOM}uri"):
                hold_address(uri.text or "")
            found += 1
            element.clear()
    assert found > count


def test_a_form_gives_back_what_was_typed_and_nothing_of_it_runs(blog: BlogKit, client: Visitor) -> None:
    blog.enable("search")
    blog.change_settings(comment_rate=0)
    path = blog.path_of(blog.write_post())
    blog.change_plugin("moderation", mode="always")
    benign = {"name": "Ada", "website": "https://a.example/", "reply_to": "1"}
    blog.write_comment(1, "Answer me.")
    with blog.app():
        comments.approve([1])
    shown = [
        client.comment(path, BENIGN[1], action=action, **{**benign, "website": website}).text
        for action in ("preview", "post")
        for website in ("https://a.example", "x y")
    ]
    shown.append(client.comment(path, BENIGN[1], action="preview").text)
    shown.append(client.comment(path, BENIGN[1], reply_to="x").text)
    shown.append(client.comment(path, "", name="x" * 999, website="x y").text)
    shown.append(client.comment(path, "y" * 9_999, ft="x").text)
    shown += [client.get(waiting(client.comment(path, text, **benign))).text for text in BENIGN]
    shown += [client.get("/search", query_string={"q": words}).text for words in ("", "untitled", "nothing")]
    fresh = hidden_fields(client.get(path).text, "comment-form")
    action = fresh.pop("__action__")
    page = Page("".join(shown))
    page.known |= set().union(*(Page(one).known for one in shown))
    for number, text in enumerate(inputs(max(40, COUNT // 20), seed=29)):
        fields = dict.fromkeys(("name", "website", "reply_to", "ft", "csrf_token", "email_again"), text)
        kept = fields if number % 2 else {**benign, "name": text}
        answer = client.comment(path, text, action="preview" if number % 3 else "post", **kept)
        page.check(client.get("/search", query_string={"q": text}).text)
        if answer.status_code == 303:
            page.check(client.get(waiting(answer)).text)
            form = {**fresh, **kept, "text": text[::-1], "action": "post"}
            told = client.send(action, form, headers={"Accept": "application/json"}).json
            assert told is None or set(told) == {"status", "url"}
            hold_address(told["url"] if told else "/")
            continue
        page.check(answer.text)
        tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
        areas = list(tree.iter("textarea"))
        assert len(areas) == 1
        assert as_typed(areas[0].text or "") == as_typed(text)


def waiting(answer: TestResponse) -> str:
    """Return the private address of a comment that was taken and waits."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith("/-/comments/answer/")
    return answer.headers["Location"]


def as_typed(text: str) -> str:
    """Return a text without what parsers make of line ends and NUL, and the blank space around it."""
    return re.sub("\r\n?", "\n", text).replace("\0", "").replace("\ufffd", "").strip()


def test_mails_and_messages_about_hostile_comments_carry_plain_text_and_what_comments_may_have(
    blog: BlogKit, client: Visitor, jobs: JobKit, clock: FrozenClock, network: Network
) -> None:
    blog.add_owner()
    blog.enable("notify")
    blog.change_plugin("notify", tell="every")
    blog.enable("webhooks")
    network.answer(HOOK, method="POST", status=204)
    blog.change_settings(comment_rate=0)
    path = blog.path_of(blog.write_post("On tea"))
    with mail_server(blog) as sink:
        with blog.app():
            values = {"url": HOOK, "events": ("comment.published",), "active": True, "with_text": True}
            endpoints.save(endpoints.check(values))
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
        network.asked.clear()
        for number, text in enumerate(inputs(max(20, COUNT // 80), seed=11)):
            client.comment(path, text, name=text.replace("\n", " ")[:100])
            if number % 40 == 39:  # at most 50 mails a day go to one address
                clock.tick(days=1)
                jobs.run_all()
        clock.tick(days=1)
        jobs.run_all()
        mails = sink.mails()
    assert {mail["To"] for mail in mails} == {"ann@mail.example", f"{OWNER['name']} <{OWNER['email']}>"}
    for mail in mails:
        assert mail.get_content_type() == "text/plain"
        assert set(mail.keys()) <= headers
        assert len(mail.get_all("Subject", [])) == len(mail.get_all("To", [])) == 1
        assert "\n" not in str(mail["Subject"])
    assert network.asked
    for request in network.asked:
        told = json.loads(request.body)["data"]
        hold_fragment(told["html"])
        hold_address(told["author_url"] or "/")


def test_a_browser_without_the_policy_runs_nothing_of_thousands_of_comments(
    blog: BlogKit, browser: playwright.Browser, clock: FrozenClock
) -> None:
    posts = [store(blog, texts, clock) for texts in batches()]
    context = browser.new_context(bypass_csp=True)
    context.route(lambda address: not address.startswith("http://127.0.0.1"), lambda route: route.abort())
    context.add_init_script("window.fired = 0; window.xssfired = () => { window.fired += 1; };")
    tab = context.new_page()
    dialogs: list[str] = []

    def dismiss(dialog: playwright.Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", dismiss)
    with closing(context), listening(blog.site) as address:
        for post_id in posts:
            tab.goto(f"{address}{blog.path_of(post_id)}")
            found = tab.evaluate(POKE)
            assert found["comments"] > BATCH * 0.6 or post_id == posts[-1]
            assert set(found["schemes"]) <= {"http:", "https:", "mailto:", ":"}
            assert found["fired"] == 0, blog.path_of(post_id)
            assert found["scripts"] == found["known"]
        assert not dialogs
        # And the marker would have said so.
        assert tab.evaluate(PROOF) == 1


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
