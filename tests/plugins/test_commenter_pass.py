"""Commenter pass: a link by mail opens one's own comments and nobody else's, and looking changes nothing."""

import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import posts
from blogengine import privacy
from blogengine import strict
from blogengine.db import db
from blogengine.models import Comment
from blogengine.subjects import DataSubject
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor
from blogengine_commenter_pass.models import Holder
from blogengine_notify.models import Follow
from tests.admin.forms import text_of
from tests.smtp import Sink
from tests.smtp import mail_server
from tests.smtp import sent
from tests.smtp import words

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
ANN = "ann@mail.example"
EVE = "eve@mail.example"
DOOR = "/-/commenter_pass/"


@pytest.fixture
def path(blog: BlogKit) -> str:
    """A post, with the plugin."""
    blog.enable("commenter_pass")
    blog.change_settings(comment_rate=0)
    return blog.path_of(blog.write_post("On tea"))


@pytest.fixture
def sink(blog: BlogKit, path: str) -> Iterator[Sink]:
    """The mail server of the blog."""
    with mail_server(blog) as running:
        yield running


def link(client: Visitor, sink: Sink, jobs: JobKit, address: str = ANN) -> str:
    """Ask for a link as a commenter does, and return where the mail leads."""
    answer = client.send(DOOR, {"email": address})
    assert answer.headers["Location"] == f"{DOOR}?said=sent"
    (mail,) = sent(sink, jobs)
    assert mail["To"] == address
    found = re.search(rf"https://blog\.example({DOOR}\S+)", words(mail))
    assert found is not None
    return found[1]


def main_of(html: str) -> str:
    """Return the part of a page that is not the theme's frame, as a reader reads it."""
    return html.partition("<main")[2].partition("</main>")[0]


def stored(blog: BlogKit) -> list[tuple[int, str, str]]:
    with blog.app():
        rows = db.session.execute(sa.select(Comment.id, Comment.status, Comment.source).order_by(Comment.id))
        return [(row[0], row[1], row[2]) for row in rows]


def test_the_whole_story_of_a_pass(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, clock: FrozenClock
) -> None:
    client.comment(path, "My <b>words</b>.", name="Ann", email=ANN)
    client.comment(path, "Somebody else's.", name="Eve", email=EVE)
    blog.write_comment(1, "An answer.", name="Bob", parent_id=1)
    door = link(client, sink, jobs)
    device = Visitor(blog.site, use_cookies=False)
    before = stored(blog)
    for address in (door, f"{door}edit/1", f"{door}delete/1", f"{door}erase", f"{door}follows"):
        page = device.get(address)
        assert page.status_code == 200, address
        assert page.headers["Referrer-Policy"] == "strict-origin"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in page.headers
    assert stored(blog) == before, "looking changed something"
    shown = main_of(device.get(door).text)
    assert "My <b>words</b>." in shown
    assert "Published" in shown
    assert "Somebody else" not in shown

    clock.tick(minutes=29)
    assert "My &lt;b&gt;words&lt;/b&gt;." in device.get(f"{door}edit/1").text
    preview = device.send(f"{door}edit/1", {"text": "Other <i>words</i>.", "action": "preview"})
    assert "Other <i>words</i>." in preview.text
    assert stored(blog) == before
    saved = device.send(f"{door}edit/1", {"text": "Other <i>words</i>.", "action": "save"})
    assert "Your comment was changed." in device.get(saved.headers["Location"]).text
    public = client.get(path).text
    assert "Other <i>words</i>." in public
    assert "comment-edited" in public
    assert "My <b>words</b>." not in public
    clock.tick(minutes=2)
    assert "Change</a>" not in device.get(door).text
    late = device.send(f"{door}edit/1", {"text": "Too late now.", "action": "save"})
    assert late.status_code == 409
    assert "A comment can be changed for 30 minutes after it was sent." in text_of(late)
    assert "Too late now." in late.text
    assert "Too late now." not in client.get(path).text

    file = device.send(f"{door}export", {})
    assert "attachment" in file.headers["Content-Disposition"]
    found = json.loads(file.text)
    assert [one["text"] for one in found["comments"]] == ["Other <i>words</i>."]
    assert found["comments"][0]["email"] == ANN
    assert found["plugins"]["commenter_pass"][0]["address"] == ANN
    done = device.send(f"{door}erase", {})
    assert "is erased." in device.get(done.headers["Location"]).text
    assert stored(blog)[0] == (1, "removed-by-author", "")
    left = client.get(path).text
    assert "This comment has been removed by the author." in left
    assert "An answer." in left
    assert "Somebody else" in left
    assert device.get(door).status_code == 410, "the link is dead"
    with blog.app():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Holder)) == 0


@SQLITE
def test_whoever_is_kept_out_reads_nowhere_that_they_are(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    blog.add_plugin(
        "judge",
        "from blogengine.plugin import SILENT, SPAM, Verdict, hookimpl, write_meta\n"
        "PLUGIN = {'name': 'Judge', 'version': '1'}\n"
        "@hookimpl\ndef judge_comment(comment):\n    return Verdict(SPAM, 'A pest from before.', SILENT)\n"
        "@hookimpl\ndef comment_saved(comment_id, tx):\n"
        "    write_meta(tx, 'comment', comment_id, 'judge', 'why', 'A pest from before.')\n",
    )
    answer = client.comment(path, "Me again.", email=ANN)
    door = link(client, sink, jobs)
    pages = [client.get(answer.headers["Location"]), client.get(door), client.send(f"{door}export", {})]
    for page in pages:
        assert "Me again." in page.text
        for word in ("pest", "spam", "judge", "1000", "score"):
            assert word not in page.text.lower(), word
    found = json.loads(pages[2].text)["comments"][0]
    assert (found["status"], found["kept_by_plugins"]) == ("pending", {})
    with blog.app():
        owners = privacy.export(DataSubject(email=ANN))["comments"][0]
    assert (owners["status"], owners["score"]) == ("spam", 1000)
    assert owners["held_reason"] == "judge: A pest from before."
    assert owners["kept_by_plugins"] == {"judge": {"why": "A pest from before."}}


def test_a_comment_is_taken_back_after_being_asked(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    client.comment(path, "First.", email=ANN)
    blog.change_plugin("moderation", mode="always")
    client.comment(path, "Second.", email=ANN)
    door = link(client, sink, jobs)
    assert "Waiting for the author of the blog" in client.get(door).text
    assert "cannot be brought back" in client.get(f"{door}delete/1").text
    for number in (1, 2):
        done = client.send(f"{door}delete/{number}", {})
        assert "Your comment was taken back." in client.get(done.headers["Location"]).text
    assert stored(blog) == [(1, "removed-by-author", "")]
    assert "There is no comment under this address." in client.get(door).text
    assert client.send(f"{door}delete/1", {}).status_code == 404


@SQLITE
def test_an_edit_that_would_be_held_is_held_and_said(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    client.comment(path, "First.", name="Ann", email=ANN)
    client.comment(path, "Second.", name="Ann", email=ANN)
    door = link(client, sink, jobs)
    blog.change_plugin("moderation", mode="always")
    held = client.send(f"{door}edit/1", {"text": "Changed.", "action": "save"})
    assert (
        "appears again once the author of the blog has approved it"
        in client.get(held.headers["Location"]).text
    )
    assert "Changed." not in client.get(path).text
    for text, sentence in (
        ("Second.", "are there already"),
        ("  ", "Write something first."),
        ("x" * 9000, ""),
    ):
        answer = client.send(f"{door}edit/1", {"text": text, "action": "save"})
        assert answer.status_code == 409
        assert sentence in text_of(answer)
        assert text in answer.text
    same = client.send(f"{door}edit/2", {"text": "Second.", "action": "save"})
    assert "Nothing was changed." in client.get(same.headers["Location"]).text
    blog.change_plugin("commenter_pass", minutes="0")
    assert "Comments cannot be changed on this blog." in client.get(f"{door}edit/2").text
    with blog.app():
        comments.remove([2])
    assert "Removed by the author of the blog" in client.get(door).text


def test_nobody_opens_what_is_not_theirs(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, clock: FrozenClock
) -> None:
    client.comment(path, "Ann's.", email=ANN)
    client.comment(path, "Eve's.", email=EVE)
    client.comment(path, "Without an address.")
    door = link(client, sink, jobs)
    before = stored(blog)
    for number in (2, 3, 4):
        for what in ("edit", "delete"):
            assert client.get(f"{door}{what}/{number}").status_code == 404
            answer = client.send(f"{door}{what}/{number}", {"text": "Mine now.", "action": "save"})
            assert answer.status_code == 404
    for bad in (door.replace(".", ".x", 1), f"{DOOR}abc/", f"{DOOR}é/"):
        assert client.get(bad).status_code == 404
        assert client.send(f"{bad}erase", {}).status_code == 404
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for what in ("delete/1", "erase", "export", "follows", "edit/1"):
        assert client.post(f"{door}{what}", data={"text": "x"}, headers=foreign).status_code == 403
        assert client.post(f"{door}{what}", data={"text": "x"}).status_code == 403, (
            "no evidence of its origin"
        )
    assert stored(blog) == before
    clock.tick(days=7, minutes=2)
    over = client.get(door)
    assert (over.status_code, "This link is too old." in over.text) == (410, True)
    assert client.send(f"{door}delete/1", {}).status_code == 410
    assert stored(blog) == before
    clock.tick(days=1)
    jobs.run_all()
    with blog.app():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Holder)) == 0


def test_asking_for_a_link_says_nothing_of_an_address_and_floods_nobody(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, clock: FrozenClock
) -> None:
    client.comment(path, "Ann's.", email=ANN)
    answers = []
    for address in (ANN, "nobody@mail.example"):
        answer = client.send(DOOR, {"email": address})
        answers.append((answer.status_code, answer.headers["Location"], answer.text.replace(address, "")))
        clock.tick(minutes=11)
    assert answers[0] == answers[1]
    assert [mail["To"] for mail in sent(sink, jobs)] == [ANN]
    wrong = client.send(DOOR, {"email": "ann at <mail>"})
    assert (wrong.status_code, 'value="ann at &lt;mail&gt;"' in wrong.text) == (422, True)
    got = 0
    for _ in range(40):
        client.send(DOOR, {"email": ANN.upper()})
        got += len(sent(sink, jobs))
        clock.tick(minutes=3)
    assert got == 9, "ten a day, and one went before"
    client.comment(path, "In her name.", email="a.nn+x@mail.example")
    client.send(DOOR, {"email": "a.nn+x@mail.example"})
    assert sent(sink, jobs) == [], "another spelling of one mailbox gets no more"
    network = {"REMOTE_ADDR": "203.0.113.9"}
    statuses = [client.send(DOOR, {"email": ANN}, environ_overrides=network).status_code for _ in range(11)]
    assert (statuses[0], statuses[-1]) == (303, 429)


def test_posts_are_followed_from_the_pass_without_another_mail(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    client.comment(path, "Ann's.", email=ANN)
    door = link(client, sink, jobs)
    assert "Mail me new comments" not in client.get(door).text
    assert (
        "That could not be done"
        in client.get(client.send(f"{door}follows", {"post": "1", "follow": "on"}).headers["Location"]).text
    )
    off = client.send(f"{door}follows", {"post": "x", "follow": "off"})
    assert off.status_code == 303
    blog.enable("notify")
    assert "Mail me new comments on this post" in client.get(door).text
    client.send(f"{door}follows", {"post": "1", "follow": "on"})
    client.send(f"{door}follows", {"post": "99", "follow": "on"})
    page = client.get(door).text
    assert "Stop mails about this post" in page
    assert "You follow 1 post by mail" in page
    blog.write_comment(1, "A reply.", name="Bob")
    assert [mail["To"] for mail in sent(sink, jobs)] == [ANN]
    assert ">On tea</a>" in main_of(client.get(f"{door}follows").text)
    client.send(f"{door}follows", {"post": "1", "follow": "off"})
    blog.write_comment(1, "One more.", name="Bob")
    assert sent(sink, jobs) == []
    assert "None." in client.get(f"{door}follows").text
    client.send(f"{door}erase", {})
    with blog.app():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Follow)) == 0


@SQLITE
def test_many_comments_have_pages_and_those_of_hidden_posts_no_links(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit
) -> None:
    for number in range(45):
        client.comment(path, f"Number {number:02}.", email=ANN)
    door = link(client, sink, jobs)
    seen: list[str] = []
    address = door
    for _ in range(4):
        page = client.get(address).text
        seen += re.findall(r"Number \d\d", page)
        more = re.search(r'href="(\?before=\d+)"', page)
        if more is None:
            break
        address = f"{door}{more[1]}"
    assert seen == [f"Number {number:02}" for number in reversed(range(45))]
    assert "There are no more comments." in client.get(f"{door}?before=1").text
    with blog.app():
        posts.trash(1)
    hidden = main_of(client.get(door).text)
    assert f'href="{path}' not in hidden
    assert "Its post is not public any more." in hidden


@SQLITE
def test_without_a_mail_server_nothing_is_offered_and_nothing_breaks(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit
) -> None:
    page = client.get(path).text
    assert 'name="email"' not in page
    assert "commenter_pass" not in page
    door = client.get(DOOR)
    assert (door.status_code, "cannot send mail now" in door.text, "<form" in main_of(door.text)) == (
        200,
        True,
        False,
    )
    assert client.send(DOOR, {"email": ANN}).status_code == 200
    assert jobs.waiting("commenter_pass.send") == []
    with mail_server(blog):
        page = client.get(path).text
        assert 'name="email"' in page
        assert 'href="/-/commenter_pass/"' in page


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "</textarea><svg onload=alert(1)>",
    "[x](javascript:alert(1)) <b onmouseover=alert(1)>b</b>",
    "<style>*{display:none}</style>",
)


@SQLITE
def test_no_page_behind_a_link_runs_what_somebody_typed(
    blog: BlogKit, client: Visitor, sink: Sink, path: str, jobs: JobKit, owner_client: Visitor
) -> None:
    blog.enable("notify")
    blog.change_plugin("notify", tell="every", pause="0")
    address = "o'&`{brien@mail.example"
    for number, text in enumerate(HOSTILE):
        client.comment(path, f"{number} {text}", name=text[:100], email=address)
    mails = sent(sink, jobs)
    door = link(client, sink, jobs, address)
    pages = [door, f"{door}erase", f"{door}follows"]
    pages += [f"{door}{what}/{number + 1}" for what in ("edit", "delete") for number in range(len(HOSTILE))]
    pages += re.findall(r"https://blog\.example(/-/notify/decide/\S+)", "".join(map(words, mails)))
    looks = [main_of(client.get(page).text) for page in pages]
    for number, text in enumerate(HOSTILE):
        page = f"{door}edit/{number + 1}"
        looks.append(main_of(client.send(page, {"text": f"Again {text}", "action": "preview"}).text))
        client.send(page, {"text": f"Again {text}", "action": "save"})
    looks.append(main_of(client.get(door).text))
    assert len(looks) > 30
    for html in looks:
        read = strict.scan(html)
        assert not {"script", "svg", "style", "img"} & set(re.findall(r"<([a-z0-9]+)", html)), html
        assert not re.search(r"<[^>]*\s(?:on\w+|style)=|<[^>]*href=.?javascript:", html), html
        assert not [problem for problem in read.problems if "closes nothing" in problem], read.problems
    assert "o&#39;&amp;`{brien@mail.example" in looks[0]
