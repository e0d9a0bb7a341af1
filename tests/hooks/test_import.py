"""What plugins change and leave out of an import."""

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest

from blogengine import importing
from blogengine import posts
from blogengine.importing import Report
from blogengine.interchange import CommentRecord
from blogengine.interchange import Note
from blogengine.interchange import PostRecord
from blogengine.interchange import Record
from blogengine.interchange import SettingRecord
from blogengine.testing import BlogKit
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

AT = datetime(2011, 2, 3, tzinfo=UTC)


class Export:
    """Three posts, one of them unwanted, and two comments."""

    total = 6

    def records(self) -> Iterator[Record | Note]:
        yield SettingRecord("title", "Imported")
        for number in range(1, 4):
            yield PostRecord(
                f"p{number}", "post", "published", f"Post {number}", f"<p>Text {number}.", AT, AT, AT,
                path=f"/2011/02/post-{number}.html",
            )  # fmt: skip
        for number in (1, 2):
            yield CommentRecord(f"c{number}", "p1", "published", f"Comment {number}", AT, AT)


PLUGIN = """
from dataclasses import replace

@hookimpl
def prepare_import(batch, source):
    for number, record in enumerate(batch.records):
        if isinstance(record, PostRecord):
            batch.records[number] = replace(record, title=record.title.upper())
            batch.notes.append(Note("changed", "title", record.path, f"one of {source.total}"))
    for record in list(batch.records):
        if record.source_id in ("p2", "c2") if hasattr(record, "source_id") else False:
            batch.skip(record, "nobody wants it")
"""


def imported(blog: BlogKit, tmp_path: Path, *, dry_run: bool = False) -> Report:
    with blog.app():
        return importing.run(Export(), media_folder=tmp_path, dry_run=dry_run)


def test_hook_prepare_import(blog: BlogKit, tmp_path: Path) -> None:
    run(blog, "chooser", PLUGIN)
    dry, wet = imported(blog, tmp_path, dry_run=True), imported(blog, tmp_path)
    assert [str(note) for note in dry.notes] == [str(note) for note in wet.notes]
    assert [str(note) for note in wet.notes] == [
        *(f"changed: title (/2011/02/post-{n}.html): one of 6" for n in (1, 2, 3)),
        "left-out: post (/2011/02/post-2.html): nobody wants it",
        "left-out: comment (c2): nobody wants it",
    ]
    for report in (dry, wet):
        counts = {kind: (one.new, one.left_out) for kind, one in report.counts.items()}
        assert counts == {
            "setting": (1, 0),
            "media": (0, 0),
            "post": (2, 1),
            "page": (0, 0),
            "comment": (1, 1),
        }
        assert report.done == 6
    with blog.app():
        assert [post.title for post in posts.newest(9).posts] == ["POST 3", "POST 1"]
    again = imported(blog, tmp_path)
    assert again.counts["post"].already_there == 2
    assert again.counts["post"].new == 0


@pytest.mark.parametrize(
    "mischief",
    [
        "batch.records[0] = 5",
        "batch.records = None",
        "batch.records[0] = CommentRecord('x', 'p1', 'published', 'x', now(), now())"
        " if isinstance(batch.records[0], PostRecord) else SettingRecord('title', 'x')"
        " if isinstance(batch.records[0], CommentRecord) else CommentRecord('x', 'y', 'z', 'x', now(), now())",
        "batch.records[0] = dataclasses.replace(batch.records[0],"
        " **{dataclasses.fields(batch.records[0])[0].name: 5})",
        "batch.notes.append('words')",
        "batch.skip(batch.records[0], 5)",
        "batch.records.clear(); raise ValueError",
    ],
)
def test_a_plugin_that_fails_changes_nothing_of_an_import(
    blog: BlogKit, tmp_path: Path, mischief: str
) -> None:
    run(
        blog, "mischief", f"import dataclasses\n@hookimpl\ndef prepare_import(batch, source):\n    {mischief}"
    )
    report = imported(blog, tmp_path)
    assert {kind: one.new for kind, one in report.counts.items() if one.new} == {
        "setting": 1,
        "post": 3,
        "comment": 2,
    }
    assert {one.plugin_id for one in blog.site.ledger.failures.take()} == {"mischief"}


def test_imported_posts_go_through_the_content_pipeline(blog: BlogKit, tmp_path: Path) -> None:
    run(blog, "stamp", "@hookimpl\ndef prepare_html(document):\n    document.tree[0].text += ' Stamped.'")
    imported(blog, tmp_path)
    with blog.app():
        assert "Stamped." in posts.newest(1).posts[0].html
    assert blog.run_jobs() == 0
