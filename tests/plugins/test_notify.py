"""Notify: readers who follow a post, the owner who decides from a mail, and nobody who gets what they did not ask for."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import db as database
from blogengine import privacy
from blogengine.clock import now
from blogengine.db import db
from blogengine.events import tell
from blogengine.models import Comment
from blogengine.models import Outbox
from blogengine.models import Post
from blogengine.plugin import Health
from blogengine.subjects import DataSubject
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor
from blogengine_notify import replies
from blogengine_notify import settings
from blogengine_notify.models import Follow
from blogengine_notify.models import News
from blogengine_notify.models import Sent
from tests.admin.forms import text_of
from tests.smtp import Sink
from tests.smtp import mail_server
from tests.smtp import sent
from tests.smtp import words

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
ANN = "ann@mail.example"
BOX = {"notify.follow": "on"}
ASKED = "Please confirm: comments on “On tea”"
NEW = "New comment on “On tea”"


@pytest.fixture
def path(blog: BlogKit) -> str:
    """A post, with the plugin."""
    blog.enable("notify")
    blog.change_settings(comment_rate=0)
    return blog.path_of(blog.write_post("On tea"))


@pytest.fixture
def sink(blog: BlogKit, path: str) -> Iterator[Sink]:
    """The mail server of the blog."""
    with mail_server(blog) as running:
        yield running


@SQLITE
def test_who_wants_mails_is_told_what_comes_next_and_nothing_about_an_address(
    blog: BlogKit, client: Visitor, path: str, sink: Sink, jobs: JobKit, clock: FrozenClock
) -> None:
    def told(text: str, **fields: str) -> str:
        answer = client.comment(path, text, name="Ann", **fields)
        page = client.get(answer.headers["Location"])
        return text_of(page if page.status_code == 200 else client.get(page.headers["Location"]))

    said = "First comes one mail to the address you gave"
    first = told("One.", email=ANN, **BOX)
    assert first.startswith("Your comment is published")
    assert said in first
    assert said not in told("Two.", email=ANN), "only who asked"
    follow(Visitor(blog.site), path, sink, jobs, "eve@mail.example")
    again = told("Three.", email="eve@mail.example", **BOX)
    assert again.replace("Three.", "One.").split("Ann said")[0] == first.split("Ann said")[0], (
        "it tells no secret"
    )
    blog.change_plugin("moderation", mode="always")
    held = client.comment(path, "Four.", email=ANN, **BOX).headers["Location"]
    assert text_of(client.get(held)).startswith("Your comment is waiting")
    assert said in text_of(client.get(held))
    clock.tick(days=8)
    assert said not in text_of(client.get(held)), "the mail cannot be answered any more"


def facts(mails: list[EmailMessage]) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in mails]


def link(mail: EmailMessage, what: str) -> str:
    """Return the path of the first link in a mail to the page `what`."""
    found = re.search(rf"https://blog\.example(/-/notify/{what}/\S+)", words(mail))
    assert found is not None
    return found[1]


def follow(client: Visitor, path: str, sink: Sink, jobs: JobKit, address: str = ANN) -> str:
    """Let an address follow the post; return where the mail led."""
    client.comment(path, f"I am {address}.", name="Ann", email=address, **BOX)
    (asked,) = [one for one in sent(sink, jobs) if one["To"] == address]
    door = link(asked, "confirm")
    assert client.send(door, {}).status_code == 303
    return door


def test_a_reader_follows_is_told_once_of_each_reply_and_stops_with_one_press(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    assert "notify.follow" in client.get(path).text
    client.comment(path, "First.", name="Ann", email=ANN, **BOX)
    (asked,) = sent(sink, jobs)
    assert facts([asked]) == [(ANN, ASKED)]
    assert asked["From"] == "My blog <blog@example.org>"
    assert "First." not in words(asked), "anybody can send a text to anybody's address"
    blog.write_comment(1, "Before you said yes.", name="Bob")
    assert sent(sink, jobs) == []
    door = link(asked, "confirm")
    for _ in range(2):
        page = client.get(door)
        assert "Yes, send me these mails" in page.text
        assert ANN in page.text
    blog.write_comment(1, "A GET says nothing.", name="Bob")
    assert sent(sink, jobs) == []
    assert "You get a mail" in client.get(client.send(door, {}).headers["Location"]).text

    reply = blog.write_comment(1, "Is it <b>so</b>?\n\nReally.", name="Bob\u2028X")
    (mail,) = sent(sink, jobs)
    assert facts([mail]) == [(ANN, NEW)]
    assert "> Is it so?" in words(mail)
    assert re.search(rf"https://blog\.example{re.escape(path)}\S*#c{reply.comment_id}\n", words(mail))
    with blog.app():
        database.write(lambda tx: tell(tx, "comment_published", comment_id=reply.comment_id, post_id=1))
    assert sent(sink, jobs) == [], "told twice of one reply"
    client.comment(path, "My own words.", name="Ann", email=ANN.upper())
    assert sent(sink, jobs) == [], "told of their own words"

    stop = urlsplit(str(mail["List-Unsubscribe"]).strip("<>"))
    assert (stop.scheme, stop.netloc) == ("https", "blog.example")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link(mail, "stop") == stop.path
    assert "Stop these mails" in client.get(stop.path).text
    blog.write_comment(1, "Looking stops nothing.", name="Bob")
    assert facts(sent(sink, jobs)) == [(ANN, NEW)]
    machine = Visitor(blog.site, use_cookies=False)
    pressed = machine.post(stop.path, data={"List-Unsubscribe": "One-Click"})
    assert (pressed.status_code, "Set-Cookie" in pressed.headers) == (200, False)
    blog.write_comment(1, "Nobody listens.", name="Bob")
    assert sent(sink, jobs) == []
    again = re.search(r'href="(/-/notify/confirm/[^"]+)"', pressed.text)
    assert again is not None
    client.send(again[1], {})
    blog.write_comment(1, "Back again.", name="Bob")
    assert facts(sent(sink, jobs)) == [(ANN, NEW)]


def test_a_held_reply_is_no_mail_before_it_is_approved_and_no_second_one_after(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    follow(client, path, sink, jobs)
    blog.change_plugin("moderation", mode="always")
    held = blog.write_comment(1, "Held words.", name="Bob")
    assert held.status == "pending"
    assert sent(sink, jobs) == []
    with blog.app():
        comments.approve([held.comment_id])
    (mail,) = sent(sink, jobs)
    assert "> Held words." in words(mail)
    with blog.app():
        comments.undo([held.comment_id])
        comments.approve([held.comment_id])
    assert sent(sink, jobs) == []
    spam = blog.write_comment(1, "Spam words.", name="Eve")
    with blog.app():
        comments.approve([spam.comment_id])
        comments.mark_spam([spam.comment_id])
    assert sent(sink, jobs) == [], "it was taken out before the mail was written"


def test_nobody_is_asked_more_often_than_they_bear_and_an_old_question_is_over(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, clock: FrozenClock
) -> None:
    for number in range(3):
        client.comment(path, f"Number {number}.", email=ANN, **BOX)
    (asked,) = sent(sink, jobs)
    paths = [blog.path_of(blog.write_post(f"Post {number}")) for number in range(6)]
    for number, one in enumerate(paths):
        address = (ANN, "a.nn@mail.example", f"Ann+{number}@mail.example")[number % 3]
        client.comment(one, "Here as well.", email=address, **BOX)
    assert len(sent(sink, jobs)) == 4
    clock.tick(days=7, minutes=2)
    over = client.get(link(asked, "confirm"))
    assert (over.status_code, "too old" in over.text) == (410, True)
    assert client.send(link(asked, "confirm"), {}).status_code == 410
    assert client.send(f"{link(asked, 'confirm')}x", {}).status_code == 404
    client.comment(path, "Once more.", email=ANN, **BOX)
    (anew,) = sent(sink, jobs)
    assert anew["Message-ID"] != asked["Message-ID"]
    clock.tick(days=31)
    jobs.run_all()
    with blog.app():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Follow)) == 0
    assert client.get(link(anew, "confirm")).status_code == 410


@SQLITE
def test_the_form_offers_it_only_where_mails_can_be_sent_and_wants_an_address_with_it(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit
) -> None:
    def offers() -> bool:
        text = client.get(path).text
        assert ("notify.follow" in text) == ('name="email"' in text)
        return "notify.follow" in text

    assert not offers()
    client.comment(path, "Ticked on an old page.", email=ANN, **BOX)
    assert jobs.waiting("core.mail") == []
    with mail_server(blog) as sink:
        assert offers()
        missing = client.comment(path, "No address.", **BOX)
        assert missing.status_code == 422
        assert "“Mail me new comments on this post” needs your e-mail address." in text_of(missing)
        assert "No address." in missing.text
        assert re.search(r'id="comment-notify-follow"[^>]*|checked', missing.text)
        client.comment(path, "No box.", email=ANN)
        assert sent(sink, jobs) == []
        blog.change_plugin("notify", follow="")
        assert not offers()
        blog.change_plugin("notify", follow="on")
        blog.change_settings(url="")
        assert not offers()
        blog.change_plugin("notify", tell="every", pause="0")
        blog.write_comment(1, "No link would lead here.")
        assert jobs.waiting("notify.tell") == []
        blog.change_settings(url="https://blog.example")
        blog.write_comment(1, "Now they do.")
        assert jobs.waiting("notify.tell") == [{}]
    blog.change_settings(url="https://blog.example", mail_server="")
    assert not offers()


@SQLITE
def test_a_title_adds_no_header_and_no_line(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    title = "Tea\r\nBcc: eve@evil.example\u2028☕"

    def change(tx: database.Transaction) -> None:
        tx.session.execute(sa.update(Post).where(Post.id == 1).values(title=title))
        tx.bump("post:1")

    with blog.app():
        database.write(change)
    client.comment(path, "Hello.", name="Ann", email=ANN, **BOX)
    (asked,) = sent(sink, jobs)
    assert asked["Bcc"] is None
    assert str(asked["Subject"]).startswith("Please confirm: comments on “Tea")
    assert len(str(asked["Subject"]).splitlines()) == 1


def test_what_an_address_follows_is_shown_erased_and_then_silent(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    door = follow(client, path, sink, jobs)
    follow(Visitor(blog.site), path, sink, jobs, "bob@mail.example")
    assert facts(sent(sink, jobs)) == []
    blog.write_comment(1, "A reply.", name="Carl")
    (mail, _) = sent(sink, jobs)
    person = DataSubject(email=ANN.title())
    with blog.app():
        (shown,) = privacy.export(person)["plugins"]["notify"]
        assert (shown["post"], shown["address"], shown["state"]) == (1, ANN, "on")
        assert privacy.erase(person) == {"": 1, "notify": 1}
        assert privacy.export(person)["plugins"]["notify"] == []
        assert list(db.session.scalars(sa.select(Sent.follow_id))) == [2]
    blog.write_comment(1, "One more reply.", name="Carl")
    assert [to for to, _ in facts(sent(sink, jobs))] == ["bob@mail.example"]
    assert "No more mails" in client.post(link(mail, "stop")).text
    assert client.send(door, {}).status_code == 404


def test_the_owner_decides_from_a_mail_without_signing_in(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, owner_client: Visitor
) -> None:
    blog.change_plugin("notify", tell="waiting", pause="0")
    blog.write_comment(1, "In the open.", name="Bob")
    blog.change_plugin("moderation", mode="always")
    held = blog.write_comment(1, "Held <b>words</b>.", name="Bob")
    (mail,) = sent(sink, jobs)
    assert facts([mail]) == [("Olive Owner <olive@example.org>", "1 new comment on My blog")]
    assert "> Held words." in words(mail)
    assert "It waits for you: All comments are held until you approve them." in words(mail)
    doors = re.findall(r"(Approve|Remove|Spam): https://blog\.example(\S+)", words(mail))
    assert [name for name, _ in doors] == ["Approve", "Remove", "Spam"]
    approve, remove, _ = (door for _, door in doors)

    def status() -> str:
        with blog.app():
            return db.session.get_one(Comment, held.comment_id).status

    def press(door: str, button: str = "decide") -> str:
        page = client.get(door).text
        seen = re.search(r'name="seen" value="([^"]*)"', page)
        return client.send(door, {"action": button, "seen": seen[1] if seen else ""}).text

    for door in (approve, remove):
        page = client.get(door)
        assert "Held <b>words</b>." in page.text
        assert page.headers["Referrer-Policy"] == "strict-origin"
        assert status() == "pending"
    assert client.send(approve, {"action": "decide", "seen": "before"}).status_code == 409
    assert status() == "pending"
    assert "Readers see this comment." in press(approve)
    assert status() == "published"
    assert "Readers see this comment." in client.get(approve).text
    assert "Undo" in client.get(approve).text
    assert "There was nothing to take back" in press(remove, "undo")
    press(remove)
    assert status() == "removed-by-admin"
    assert "Taken back." in press(remove, "undo")
    assert status() == "published"
    assert client.post(remove, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get(approve.replace("/decide/", "/stop/")).status_code == 404
    with blog.app():
        comments.withdraw([held.comment_id])
    assert "removed by the author" in client.get(approve).text
    assert "<button" not in client.get(approve).text.partition('class="answer"')[2].partition("</main>")[0]


def test_mails_to_the_owner_wait_for_the_pause_and_leave_out_what_was_decided(
    blog: BlogKit, sink: Sink, path: str, jobs: JobKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.write_comment(1, "Nobody asked for mails.")
    blog.change_plugin("notify", tell="every")
    owner_client.comment(path, "My own.")
    blog.write_comment(1, "One.", name="Tess")
    (mail,) = sent(sink, jobs)
    assert "Tess under “On tea”. Readers see it." in words(mail)
    assert "Approve:" not in words(mail)
    blog.change_plugin("moderation", mode="always")
    clock.tick(minutes=20)
    ids = [blog.write_comment(1, f"Held {number}.").comment_id for number in range(12)]
    assert sent(sink, jobs) == []
    with blog.app():
        comments.mark_spam(ids[:1])
    clock.tick(minutes=40)
    (mail,) = sent(sink, jobs)
    assert mail["Subject"] == "9 new comments on My blog"
    assert "Held 0." not in words(mail)
    assert "11 wait in all: https://blog.example/admin/comments?status=pending" in words(mail)
    clock.tick(minutes=60)
    (rest,) = sent(sink, jobs)
    assert rest["Subject"] == "2 new comments on My blog"
    clock.tick(hours=5)
    assert sent(sink, jobs) == []
    with blog.app():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(News)) == 0


@SQLITE
def test_a_link_to_decide_is_over_after_a_month(
    blog: BlogKit,
    client: Visitor,
    sink: Sink,
    path: str,
    jobs: JobKit,
    owner_client: Visitor,
    clock: FrozenClock,
) -> None:
    blog.change_plugin("notify", tell="every")
    outcome = blog.write_comment(1, "One.")
    (mail,) = sent(sink, jobs)
    door = link(mail, "decide")
    clock.tick(days=30, minutes=2)
    over = client.get(door)
    assert (over.status_code, 'href="/admin/comments?status=pending"' in over.text) == (410, True)
    assert client.send(door, {"action": "decide"}).status_code == 410
    with blog.app():
        assert db.session.get_one(Comment, outcome.comment_id).status == "published"


@SQLITE
def test_a_flood_of_comments_fills_nobodys_mailbox(
    blog: BlogKit,
    client: Visitor,
    sink: Sink,
    path: str,
    jobs: JobKit,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    follow(client, path, sink, jobs)
    for number in range(4):
        blog.write_comment(1, f"Number {number}.", name="Eve")
    first, second = sorted(sent(sink, jobs), key=lambda mail: "Number 1." in words(mail))
    assert ["until the day is over" in words(mail) for mail in (first, second)] == [False, True]
    clock.tick(days=1, minutes=1)
    blog.write_comment(1, "The day after.", name="Bob")
    (mail,) = sent(sink, jobs)
    assert "The day after." in words(mail)


def test_many_followers_get_a_mail_each_and_one_who_asked_only_gets_none(
    blog: BlogKit, path: str, jobs: JobKit
) -> None:
    count = 2 * replies.BATCH + 1

    def change(tx: database.Transaction) -> None:
        for number in range(count + 1):
            address = f"reader{number}@mail.example"
            state = "on" if number < count else "asked"
            values = {"email": address, "email_key": address, "digest": str(number), "changed_at": now()}
            tx.session.add(Follow(post_id=1, state=state, **values))

    with blog.app():
        database.write(change)
    blog.write_comment(1, "To all of you.", name="Bob")
    jobs.run_all()
    mails: list[dict[str, Any]] = jobs.waiting("core.mail")
    assert sorted(mail["to"] for mail in mails) == sorted(f"reader{n}@mail.example" for n in range(count))
    assert len({mail["id"] for mail in mails}) == count
    assert len({mail["headers"]["List-Unsubscribe"] for mail in mails}) == count


@SQLITE
def test_the_owner_hears_of_what_waits_from_the_day_there_is_a_mail_server(
    blog: BlogKit, path: str, jobs: JobKit, owner_client: Visitor
) -> None:
    blog.change_plugin("moderation", mode="always")
    blog.write_comment(1, "Before.")
    with blog.app():
        assert settings.health() == Health(
            "ok",
            "Mails about comments begin once a mail server, a sender and the blog's address are set under Settings.",
        )
        kinds = sa.select(Outbox.kind).where(Outbox.kind.in_(["core.mail", "notify.tell"]))
        assert list(db.session.scalars(kinds)) == [], "nothing piles up that nobody will send"
    with mail_server(blog) as sink:
        blog.write_comment(1, "Afterwards.")
        (mail,) = sent(sink, jobs)
        assert facts([mail]) == [("Olive Owner <olive@example.org>", "1 new comment on My blog")]
        assert "> Afterwards." in words(mail)
        with blog.app():
            assert settings.health() is None
