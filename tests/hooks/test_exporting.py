"""Exporters: a blog goes into a file whole, comes back as it was, and no file is lost over it."""

import tracemalloc
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from blogengine import accounts
from blogengine import db as database
from blogengine import exporting
from blogengine import settings
from blogengine.cli.main import group
from blogengine.db import db
from blogengine.interchange import Exporter
from blogengine.interchange import ExportSource
from blogengine.models import Comment
from blogengine.models import Label
from blogengine.models import Post
from blogengine.testing import BlogKit
from blogengine.testing.blogs import OWNER

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
OLD = Path(__file__).parents[1] / "fixtures" / "blogger" / "old-export.xml"
PLUGIN = """
from blogengine.plugin import Exporter
from blogengine.plugin import hookimpl

def write(source, stream):
    {write}

@hookimpl
def register_exporters():
    return [Exporter("words", "Words", write)]
"""


@pytest.fixture
def instance(blog: BlogKit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands work on this test's database."""
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", blog.site.config.database_url)
    return blog.site.config.instance


def run(blog: BlogKit, *words: str) -> tuple[int, str]:
    """Give a command on the blog's instance; return its exit code and what it said."""
    result = CliRunner().invoke(group, ["--instance", str(blog.site.config.instance), *words])
    return result.exit_code, result.output + (f" {result.exception}" if result.exception else "")


def all_of_it(blog: BlogKit) -> dict[str, Any]:
    """Return what readers and the owner know of all posts and comments, by their ids in feeds."""
    parent = sa.orm.aliased(Comment)
    with blog.app():
        found: dict[str, Any] = {
            post.atom_id: (
                *(
                    post.kind,
                    post.status,
                    post.title,
                    post.path,
                    post.html,
                    post.created_at,
                    post.published_at,
                ),
                *(post.updated_at, post.modified_at, post.author_name, post.author_url, post.comment_mode),
                *(post.comment_count, post.description, post.title_link, [one.name for one in post.labels]),
                post.trashed_at,
            )
            for post in db.session.scalars(sa.select(Post).options(sa.orm.selectinload(Post.labels)))
        }
        rows = db.session.execute(
            sa.select(Comment, Post.atom_id, parent.atom_id)
            .join(Post, Post.id == Comment.post_id)
            .outerjoin(parent, parent.id == Comment.parent_id)
            .order_by(Comment.thread_key)
        )
        for comment, post_id, parent_id in rows:
            found[comment.atom_id] = (
                *(post_id, parent_id, comment.depth, comment.status, comment.author_name, comment.author_url),
                *(comment.published_at, comment.modified_at, comment.html),
            )
    return found


def without_removed_texts(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out the texts of removed comments, which no export holds."""
    return {key: facts[:-1] if "removed-by" in str(facts[3]) else facts for key, facts in found.items()}


def empty(blog: BlogKit) -> None:
    """Take all posts and comments out of the blog."""

    def change(tx: database.Transaction) -> None:
        for table in (Comment, Post, Label):
            tx.session.execute(sa.delete(table))

    with blog.app():
        database.write(change)
    assert all_of_it(blog) == {}


def test_hook_register_exporters_import_export_import_is_the_same_blog(
    blog: BlogKit, instance: Path, tmp_path: Path
) -> None:
    file, again = tmp_path / "blog.xml", tmp_path / "again.xml"
    assert run(blog, "import", "blogger", str(OLD))[0] == 0
    before = all_of_it(blog)
    assert len(before) == 12
    code, said = run(blog, "export", "blogger", str(file))
    assert (code, f"{file}: 12 posts" in said) == (0, True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "0 there already" not in run(blog, "import", "blogger", str(file))[1].replace("media", "")
    assert all_of_it(blog) == before, "an export of the blog itself changes nothing"
    empty(blog)
    assert run(blog, "import", "blogger", str(file))[0] == 0
    assert without_removed_texts(all_of_it(blog)) == without_removed_texts(before)
    assert run(blog, "export", "blogger", str(again))[0] == 0
    assert again.read_bytes() == file.read_bytes()


def test_what_was_written_here_comes_back(blog: BlogKit, instance: Path, tmp_path: Path) -> None:
    file = tmp_path / "blog.xml"
    at = datetime(2020, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    shown = blog.write_post("A <b> & \"c\" ]]> 'd' 🌷", "One *two*\n\n- <three>", labels=("x & y", "ä"))
    blog.write_post(
        "Hidden",
        "Text",
        comment_mode="hide",
        description="What it <says>",
        title_link="https://x.example/?a&b",
    )
    blog.write_post("Closed", "Text", comment_mode="existing")
    blog.write_post("Draft", "Text", publish=False)
    blog.write_page("About", "<p>Page\r\nwith a return</p>", source_format="html")
    first = blog.write_comment(
        shown, "One\n<b>two</b> & <i>three", name="Ann <&>", website="https://ann.example/?a&b"
    )
    blog.write_comment(shown, "Two https://x.example/?a&b", parent_id=first.comment_id)
    blog.write_comment(shown, "Gone")
    with blog.app():

        def change(tx: database.Transaction) -> None:
            states = ("published", "published", "removed-by-author")
            for comment, status in zip(
                tx.session.scalars(sa.select(Comment).order_by(Comment.id)), states, strict=True
            ):
                comment.status = status
                comment.published_at = comment.modified_at = at.replace(minute=comment.id % 60)
            tx.session.get_one(Post, shown).comment_count = 2

        database.write(change)
    before = all_of_it(blog)
    assert run(blog, "export", "blogger", str(file))[0] == 0
    assert run(blog, "import", "blogger", str(file))[0] == 0
    assert all_of_it(blog) == before
    assert "Gone" not in file.read_text()
    empty(blog)
    assert run(blog, "import", "blogger", str(file))[0] == 0
    after = all_of_it(blog)
    assert after.keys() == before.keys()
    assert "<p>This comment has been removed by the author.</p>" in [facts[-1] for facts in after.values()]
    assert without_removed_texts(after) == without_removed_texts(before)


@SQLITE
def test_a_file_is_never_lost_over_an_export(blog: BlogKit, instance: Path, tmp_path: Path) -> None:
    file = tmp_path / "blog.xml"
    file.write_text("precious")
    blog.write_post("A post")
    code, said = run(blog, "export", "blogger", str(file))
    assert (code, "is there already" in said, file.read_text()) == (1, True, "precious")
    for write, message in (
        ("stream.write(b'half'); raise ValueError('from the plugin')", "from the plugin"),
        ("return None", "wrote nothing"),
        ("yield stream.write(b'x')", "wrote nothing"),
        ("stream.write('text')", "bytes-like"),
    ):
        blog.add_plugin("words", PLUGIN.format(write=write))
        code, said = run(blog, "export", "words", str(file), "--force")
        assert (code, message in said, file.read_text()) == (1, True, "precious"), said
    assert run(blog, "export", "blogger", str(tmp_path), "--force")[0] == 1
    assert run(blog, "export", "blogger", str(tmp_path / "no" / "x.xml"))[0] == 1
    assert "Formats: blogger, words" in run(blog, "export", "nonsense", str(tmp_path / "x"))[1]
    assert [path.name for path in tmp_path.glob("*.xml")] == ["blog.xml"]
    assert list(tmp_path.glob(".*.part")) == []
    assert run(blog, "export", "blogger", str(file), "--force")[0] == 0
    assert file.read_text().startswith("<?xml")


@SQLITE
def test_an_export_holds_no_secret_and_no_settings_of_plugins(
    blog: BlogKit, instance: Path, tmp_path: Path
) -> None:
    file = tmp_path / "blog.xml"
    blog.write_post("A post")
    with blog.app():
        accounts.create_owner(**OWNER)
        settings.save_plugin_settings("moderation", {"question": "Which river?", "answers": "Isar"})
    assert run(blog, "export", "blogger", str(file))[0] == 0
    text = file.read_text()
    assert OWNER["email"] not in text
    assert blog.site.config.secret_key not in text
    assert "river" not in text
    assert "BLOG_NAME" in text


@SQLITE
def test_an_export_takes_no_more_memory_for_more_posts(blog: BlogKit, tmp_path: Path) -> None:
    one = {"html": "x" * 50_000, "source": "x" * 50_000, "status": "draft", "title": "T"}
    at = datetime(2020, 1, 1, tzinfo=UTC)

    def change(tx: database.Transaction) -> None:
        rows = [{**one, "atom_id": f"tag:x,{n}", "created_at": at, "modified_at": at} for n in range(600)]
        tx.session.execute(sa.insert(Post), rows)

    def write(source: ExportSource, stream: Any) -> None:
        for record in source.posts():
            stream.write(record.html.encode())

    with blog.app():
        database.write(change)
        exporter = Exporter("x", "X", write)
        tracemalloc.start()
        try:
            assert exporting.write_file(exporter, tmp_path / "x") == 600
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (tmp_path / "x").stat().st_size == 600 * 50_000
    assert peak < 25_000_000, f"{peak:,} bytes for a file of 30,000,000"


@SQLITE
def test_a_plugin_that_offers_nonsense_as_exporters_is_broken(blog: BlogKit) -> None:
    for value in ("'no list'", "[1]"):
        with pytest.raises(Exception, match="register_exporters must return a list of Exporter"):
            blog.add_plugin(
                "bad", PLUGIN.replace('[Exporter("words", "Words", write)]', value).format(write="pass")
            )
