"""Personal data: all of a person's, nothing of anybody else's, and never half of it."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from blogengine import db as database
from blogengine import mail
from blogengine import privacy
from blogengine.cli.main import group
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.meta import read_meta
from blogengine.models import Comment
from blogengine.models import Outbox
from blogengine.models import Post
from blogengine.subjects import DataSubject
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine_webhooks import deliveries
from blogengine_webhooks import endpoints
from blogengine_webhooks.deliveries import Attempt
from blogengine_webhooks.endpoints import Endpoint
from tests.admin.forms import follow
from tests.admin.forms import send
from tests.admin.forms import text_of

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
ANN = DataSubject(name="ann äpfel", website="http://www.ann.example/")
BOOK = """
from blogengine.plugin import hookimpl
from blogengine.plugin import read_meta
from blogengine.plugin import write_meta

@hookimpl
def export_personal_data(person):
    {export}

@hookimpl
def erase_personal_data(person, tx):
    write_meta(tx, "book", 1, "book", "touched", True)
    {erase}
"""


def thread(blog: BlogKit) -> tuple[int, list[int]]:
    """Write Ann's comment, an answer to it, a waiting one, and one by another Ann."""
    post_id = blog.write_post("A post")
    first = blog.write_comment(post_id, "Secret words", name="Ann Äpfel", website="https://ann.example")
    ids = [
        first.comment_id,
        blog.write_comment(post_id, "I answer", name="Bob", parent_id=first.comment_id).comment_id,
        blog.write_comment(
            post_id, "Waiting words", name="ANN ÄPFEL", website="https://ann.example/"
        ).comment_id,
        blog.write_comment(
            post_id, "Other words", name="Ann Äpfel", website="https://other.example"
        ).comment_id,
    ]

    def change(tx: database.Transaction) -> None:
        for comment in tx.session.scalars(sa.select(Comment)):
            comment.status = "pending" if comment.id == ids[2] else "published"
        tx.session.get_one(Post, post_id).comment_count = 3
        tx.bump("comments", f"comments:{post_id}", f"post:{post_id}")

    with blog.app():
        database.write(change)
    return post_id, ids


def stored(blog: BlogKit) -> dict[int, tuple[str, str, str]]:
    with blog.app():
        rows = db.session.execute(
            sa.select(Comment.id, Comment.status, Comment.author_name, Comment.source).order_by(Comment.id)
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


def attempt(name: str, website: str) -> Attempt:
    body = json.dumps({"data": {"author": name, "author_url": website}})
    payload = {"message": "m", "type": "comment.published", "body": body, "attempt": 1}
    return Attempt.of(7, payload, 200, 1, "", "delivered")


def log(blog: BlogKit) -> None:
    """Let the webhooks plugin keep two messages: one about a comment of Ann's, one about Bob's."""
    endpoint = Endpoint(7, "https://hooks.example/x", ("comment.published",), {})

    def change(tx: database.Transaction) -> None:
        endpoints.put(tx, endpoint)
        deliveries.note(tx, attempt("Ann Äpfel", "https://ann.example"))
        deliveries.note(tx, attempt("Bob", ""))

    blog.enable("webhooks")
    with blog.app():
        database.write(change)


def test_hook_export_personal_data_shows_all_of_a_person_and_of_nobody_else(blog: BlogKit) -> None:
    thread(blog)
    log(blog)
    with blog.app():
        found = privacy.export(ANN)
        assert [one["text"] for one in found["comments"]] == ["Secret words", "Waiting words"]
        (message,) = found["plugins"]["webhooks"]
        assert message["sent_to"] == "https://hooks.example/x"
        assert "Bob" not in json.dumps(found)
        assert len(privacy.export(DataSubject(name="Ann Äpfel"))["comments"]) == 3
        assert privacy.export(DataSubject(email="ann@ann.example"))["comments"] == []
        assert privacy.export(DataSubject(name="Nobody"))["comments"] == []
        with pytest.raises(Invalid):
            privacy.check(" ", "", "")


def test_mails_to_a_person_that_wait_or_were_given_up_are_shown_and_erased(
    blog: BlogKit, owner_client: Visitor
) -> None:
    def change(tx: database.Transaction) -> None:
        for number, to in enumerate(["Ann <ann@Ann.example>", "bob@bob.example", "ann@ann.example"]):
            mail.send(tx, to=to, subject=f"Number {number}", text="Words.")
        newest = sa.select(sa.func.max(Outbox.id)).scalar_subquery()
        tx.session.execute(sa.update(Outbox).where(Outbox.id == newest).values(state="dead"))

    with blog.app():
        database.write(change)
        found = privacy.export(DataSubject(email="ann@ann.example"))["mails"]
        assert [(one["subject"], one["state"]) for one in found] == [
            ("Number 0", "waiting"),
            ("Number 2", "dead"),
        ]
        page = owner_client.get("/admin/privacy")
        shown = text_of(send(owner_client, page, "privacy", email="ann@ann.example"))
        assert "2 mails to this address, not sent Number 0 waits Number 2 was given up" in shown
        privacy.erase(DataSubject(email="ann@ann.example"))
        assert privacy.export(DataSubject(email="ann@ann.example"))["mails"] == []
        assert [one["subject"] for one in privacy.export(DataSubject(email="bob@bob.example"))["mails"]] == [
            "Number 1"
        ]


def test_hook_erase_personal_data_keeps_threads_readable_and_everybody_elses_words(blog: BlogKit) -> None:
    post_id, ids = thread(blog)
    log(blog)
    before = stored(blog)
    reader = Visitor(blog.site)
    with blog.app():
        path = db.session.get_one(Post, post_id).path or ""
    assert "Secret words" in reader.get(path).text
    with blog.app():
        assert privacy.erase(ANN) == {"": 2, "webhooks": 1}
        found = privacy.export(ANN)
        assert (found["comments"], found["plugins"]) == ([], {"webhooks": []})
        assert len(deliveries.of(7)) == 1
        assert db.session.get_one(Post, post_id).comment_count == 2
    assert stored(blog) == {
        ids[0]: ("removed-by-author", "", ""),
        ids[1]: before[ids[1]],
        ids[3]: before[ids[3]],
    }
    page = reader.get(path).text
    assert "Secret words" not in page
    assert "This comment has been removed by the author." in page
    assert "I answer" in page
    assert "Other words" in page


@SQLITE
def test_a_plugin_that_fails_makes_the_export_say_so_and_rolls_the_erasure_back(blog: BlogKit) -> None:
    thread(blog)
    log(blog)
    before = stored(blog)
    for export, erase in (
        ("raise ValueError('broken book')", "raise ValueError('broken book')"),
        ("return {'a': object()}", "return 'three'"),
        ("return 'text'", "return -1"),
        ("raise SystemExit", "raise SystemExit"),
        ("return 7", "return None"),
    ):
        blog.add_plugin("book", BOOK.format(export=export, erase=erase))
        with blog.app():
            with pytest.raises(Refused, match="The plugin book failed"):
                privacy.export(ANN)
            with pytest.raises(Refused, match="The plugin book failed"):
                privacy.erase(ANN)
            assert read_meta("book", [1], "book") == {1: {}}
            assert len(deliveries.of(7)) == 2
        assert stored(blog) == before


@SQLITE
def test_the_owner_sees_downloads_and_erases_after_being_asked(blog: BlogKit, owner_client: Visitor) -> None:
    _, ids = thread(blog)
    page = owner_client.get("/admin/privacy")
    said = send(owner_client, page, "privacy", name="")
    assert (said.status_code, "Write at least one" in said.text) == (400, True)
    said = send(owner_client, page, "privacy", name="<b>Nobody")
    assert "Nothing is stored about this person." in said.text
    assert "&lt;b&gt;Nobody" in said.text
    found = send(owner_client, page, "privacy", name="Ann Äpfel", website="ann.example")
    assert "Secret words" in text_of(found)
    file = send(owner_client, found, "found", action="download")
    assert "attachment" in file.headers["Content-Disposition"]
    assert len(json.loads(file.text)["comments"]) == 2
    asked = send(owner_client, found, "found", action="ask")
    assert "2 comments lose name and text" in text_of(asked)
    assert stored(blog)[ids[0]][2] == "Secret words"
    done = follow(owner_client, send(owner_client, asked, "confirm"))
    assert "Erased: 2 comments" in text_of(done)
    assert stored(blog)[ids[0]][2] == ""
    blog.add_plugin("book", BOOK.format(export="raise ValueError('broken book')", erase="return 0"))
    failed = send(owner_client, page, "privacy", name="Bob")
    assert (failed.status_code, "The plugin book failed" in text_of(failed)) == (500, True)
    assert 'value="Bob"' in failed.text
    assert Visitor(blog.site).get("/admin/privacy").status_code == 303


@SQLITE
def test_the_command_line_exports_and_erases(blog: BlogKit, monkeypatch: pytest.MonkeyPatch) -> None:
    thread(blog)
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", blog.site.config.database_url)

    def run(*words: str, answer: str = "") -> Any:
        command = ["--instance", str(blog.site.config.instance), "privacy", *words]
        return CliRunner().invoke(group, command, input=answer)

    said = run("export", "--name", "Bob").output
    assert json.loads(said[said.index("{") :])["comments"][0]["text"] == "I answer"
    assert run("erase", "--name", "Bob", answer="n\n").exit_code == 1
    assert "Bob" in str(stored(blog))
    assert "comments: 1 erased" in run("erase", "--name", "Bob", "--yes").output
    assert "Bob" not in str(stored(blog))
