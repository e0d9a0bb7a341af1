"""A commenter's address: asked for where a plugin has a use for it, stored with the comment, and shown to no reader."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from blogengine import comments
from blogengine import db as database
from blogengine import privacy
from blogengine.addresses import mail_key
from blogengine.cli.main import group
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Comment
from blogengine.subjects import DataSubject
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import text_of

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
ADDRESS = "Ann.Private@Mail.Example"
ASKER = """
from blogengine.plugin import hookimpl

@hookimpl
def prepare_comment_form(form):
    form.asks_email = True
"""


def addresses(blog: BlogKit) -> list[tuple[str, str]]:
    with blog.app():
        found = db.session.execute(sa.select(Comment.author_email, Comment.email_key).order_by(Comment.id))
        return [(email, key) for email, key in found]


def test_a_form_asks_for_an_address_where_a_plugin_wants_one_and_keeps_it(
    blog: BlogKit, client: Visitor
) -> None:
    path = blog.path_of(blog.write_post("A post"))
    assert 'name="email"' not in client.get(path).text
    client.comment(path, "Nobody asked.", email=ADDRESS)
    blog.add_plugin("asker", ASKER)
    page = client.get(path).text
    assert 'name="email"' in page
    assert "Never shown to readers." in page
    again = client.comment(path, "Wrong.", email="ann at <example>")
    assert again.status_code == 422
    assert "must look like name@example.org" in text_of(again)
    assert 'value="ann at &lt;example&gt;"' in again.text
    assert f'value="{ADDRESS}"' in client.comment(path, "Seen.", email=ADDRESS, action="preview").text
    assert client.comment(path, "With an address.", email=f" {ADDRESS} ").status_code == 303
    assert client.comment(path, "Without.").status_code == 303
    kept = "Ann.Private@mail.example"
    assert addresses(blog) == [("", ""), (kept, kept.lower()), ("", "")]
    assert mail_key("a@Bücher.example") == mail_key("A@xn--bcher-kva.example")


@SQLITE
def test_the_owner_is_not_asked(blog: BlogKit, owner_client: Visitor) -> None:
    path = blog.path_of(blog.write_post("A post"))
    blog.add_plugin("asker", ASKER)
    assert 'name="email"' not in owner_client.get(path).text
    owner_client.comment(path, "Mine.", email=ADDRESS)
    assert addresses(blog) == [("", "")]


@SQLITE
def test_no_reader_sees_an_address_anywhere(
    blog: BlogKit, client: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", blog.site.config.database_url)
    path = blog.path_of(blog.write_post("A post"))
    blog.add_plugin("asker", ASKER)
    for plugin_id in ("atom", "seo", "gadgets", "webhooks"):
        blog.enable(plugin_id)
    assert client.comment(path, "With an address.", name="Ann", email=ADDRESS).status_code == 303
    for url in (
        path,
        f"{path}?replyTo=1",
        "/",
        "/feeds/comments/default",
        "/feeds/comments/default?alt=json",
        "/feeds/1/comments/default",
        "/feeds/posts/default?alt=json",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert "mail.example" not in answer.text.lower(), url
    file = tmp_path / "out.xml"
    command = ["--instance", str(blog.site.config.instance), "export", "blogger", str(file)]
    assert CliRunner().invoke(group, command).exit_code == 0
    assert "With an address." in file.read_text()
    assert "mail.example" not in file.read_text().lower()
    with blog.app():
        found = comments.by_id(1)
        assert "mail.example" not in repr(found)
        assert found is not None
        assert re.fullmatch("[0-9a-f]{24}", found.email_key)


def test_a_person_is_shown_and_erased_by_their_address(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("A post"))
    blog.add_plugin("asker", ASKER)
    for text, name, email in (
        ("First", "Ann", ADDRESS),
        ("Other name", "A.", ADDRESS.upper()),
        ("Another Ann", "Ann", "other@mail.example"),
        ("No address", "Ann", ""),
    ):
        client.comment(path, text, name=name, email=email)

    def texts(**facts: str) -> list[str]:
        return [one["text"] for one in privacy.export(DataSubject(**facts))["comments"]]

    with blog.app():
        assert texts(email=ADDRESS) == ["First", "Other name"]
        assert texts(email=ADDRESS, name="Ann") == ["First", "Other name", "No address"]
        assert texts(name="Ann") == ["First", "Another Ann", "No address"]
        assert "Ann.Private@mail.example" in json.dumps(privacy.export(DataSubject(email=ADDRESS)))
        assert privacy.erase(DataSubject(email=ADDRESS)) == {"": 2}
        assert texts(email=ADDRESS) == []
    assert addresses(blog) == [("", ""), ("", ""), ("other@mail.example",) * 2, ("", "")]
    assert "First" not in client.get(path).text


@SQLITE
def test_an_edited_comment_says_so(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(post_id := blog.write_post("A post"))
    blog.write_comment(post_id, "Before")
    assert "Edited" not in client.get(path).text

    def change(tx: Transaction) -> None:
        comment = tx.session.get_one(Comment, 1)
        comment.edited_at = comment.published_at
        tx.bump(f"comments:{post_id}")

    with blog.app():
        database.write(change)
    assert '<span class="comment-edited"' in client.get(path).text
