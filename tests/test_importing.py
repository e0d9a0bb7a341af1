"""Importing: by id, in batches, again and again, in any order."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from typing import BinaryIO

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from blogengine import importing
from blogengine.cli.doctor import check_pictures
from blogengine.config import Config
from blogengine.db import Base
from blogengine.db import db
from blogengine.importing.comments import as_typed
from blogengine.interchange import CommentRecord
from blogengine.interchange import MediaRecord
from blogengine.interchange import Note
from blogengine.interchange import PostRecord
from blogengine.interchange import Record
from blogengine.interchange import SettingRecord
from blogengine.models import Comment
from blogengine.models import Outbox
from blogengine.models import Post
from blogengine.models import Redirect
from blogengine.models import Setting
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor

AT = datetime(2012, 3, 4, 5, 6, tzinfo=UTC)


class Records:
    """A source made of a list."""

    def __init__(self, *records: Record | Note) -> None:
        self.items = list(records)

    @property
    def total(self) -> int:
        return sum(not isinstance(item, Note) for item in self.items)

    def records(self) -> Iterator[Record | Note]:
        yield from self.items


def post(number: int = 1, **facts: Any) -> PostRecord:
    made = PostRecord(
        source_id=f"old:post-{number}",
        kind="post",
        status="published",
        title=f"Post {number}",
        html=f"<p>Text {number}</p>",
        created_at=AT,
        published_at=AT + timedelta(hours=number),
        updated_at=AT + timedelta(hours=number),
        path=f"/2012/03/post-{number}.html",
    )
    return replace(made, **facts)


def comment(number: int = 1, *, on: int = 1, under: int | None = None, **facts: Any) -> CommentRecord:
    at = AT + timedelta(days=1, minutes=number)
    made = CommentRecord(
        source_id=f"old:comment-{number}",
        post_source_id=f"old:post-{on}",
        parent_source_id=f"old:comment-{under}" if under is not None else "",
        status="published",
        html=f"Comment {number}",
        published_at=at,
        updated_at=at,
        author_name="Ines",
    )
    return replace(made, **facts)


def take(blog: BlogKit, *records: Record | Note, **options: Any) -> importing.Report:
    with blog.app():
        return importing.run(Records(*records), media_folder=blog.site.config.media_folder, **options)


def rows(blog: BlogKit, *columns: Any) -> list[tuple[Any, ...]]:
    with blog.app():
        return [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(columns[0]))]


def contents(blog: BlogKit) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, but for the counters of the page cache."""
    with blog.app():
        return {
            table.name: sorted(
                (tuple(str(value) for value in row) for row in db.session.execute(sa.select(table))),
            )
            for table in Base.metadata.sorted_tables
            if not table.name.startswith("cache_")
        }


def tree(blog: BlogKit) -> dict[str, tuple[str, int]]:
    """Comments with their parent and depth, in the order of the thread."""
    with blog.app():
        found = db.session.execute(
            sa.select(Comment.id, Comment.parent_id, Comment.source_id, Comment.depth).order_by(
                Comment.thread_key
            )
        ).all()
    names: dict[int | None, str] = {row[0]: row[2] or "" for row in found}
    return {row[2] or "": (names.get(row[1], ""), row[3]) for row in found}


def test_a_post_comes_over_with_all_it_has(blog: BlogKit) -> None:
    record = post(
        title="  Tulips \x07 and\nmore ",
        html="<p>Red</p><script>alert(1)</script>",
        author_name="Rosa",
        author_url="https://rosa.example.com",
        labels=("b", "a", "b", " "),
        description="About tulips",
        title_link="https://tulips.example.com",
        updated_at=AT + timedelta(days=400),
        comment_mode="existing",
    )
    report = take(blog, record)
    assert report.counts["post"].new == 1
    with blog.app():
        stored = db.session.scalars(sa.select(Post)).one()
        assert stored.title == "Tulips and more"
        assert stored.source == record.html
        assert stored.html.strip() == "<p>Red</p>"
        assert (stored.status, stored.path, stored.comment_mode) == ("published", record.path, "existing")
        assert (stored.published_at, stored.modified_at) == (record.published_at, record.updated_at)
        assert stored.updated_at == record.updated_at
        assert [label.name for label in stored.labels] == ["a", "b"]
        assert (stored.author_name, stored.author_url) == ("Rosa", "https://rosa.example.com")
        assert stored.title_link == "https://tulips.example.com"
        assert stored.atom_id == stored.source_id == record.source_id
        assert "tulips" in stored.text_key


def test_an_imported_post_is_read_at_its_old_address(blog: BlogKit, client: Visitor) -> None:
    take(blog, post(title="Old words"), comment(html="First!<br>Second"))
    page = client.get("/2012/03/post-1.html")
    assert page.status_code == 200
    assert "Old words" in page.text
    assert "First!" in page.text


def test_a_page_that_was_cached_shows_what_came_later(blog: BlogKit, client: Visitor) -> None:
    take(blog, post(1))
    assert "Comment 1" not in client.get("/2012/03/post-1.html").text
    assert "Post 2" not in client.get("/").text
    take(blog, post(1), post(2), comment(1))
    assert "Comment 1" in client.get("/2012/03/post-1.html").text
    assert "Post 2" in client.get("/").text


def test_saves_within_a_minute_are_no_update(blog: BlogKit) -> None:
    published = post().published_at
    assert published is not None
    take(blog, post(updated_at=published + timedelta(seconds=59)))
    assert rows(blog, Post.updated_at) == [(None,)]


def test_a_second_run_changes_nothing(blog: BlogKit) -> None:
    source: list[Record | Note] = [
        SettingRecord("title", "Garden"),
        *(post(number) for number in range(1, 6)),
        post(6, status="draft", path="", published_at=None),
        *(comment(number, under=number + 1 if number % 2 else None) for number in range(1, 8)),
    ]
    take(blog, *source)
    before = contents(blog)
    report = take(blog, *source)
    assert contents(blog) == before
    assert {counts.new for counts in report.counts.values()} == {0}
    assert report.counts["post"].already_there == 6
    assert report.counts["comment"].already_there == 7


def test_what_the_owner_changed_after_the_import_stays(blog: BlogKit) -> None:
    take(blog, post())
    with blog.app():
        post_id = db.session.scalars(sa.select(Post.id)).one()
    blog_rows = rows(blog, Post.title)
    assert blog_rows == [("Post 1",)]
    take(blog, post(title="Another title"))
    assert rows(blog, Post.id, Post.title) == [(post_id, "Post 1")]


def test_a_dry_run_writes_nothing_and_says_what_the_run_will_say(blog: BlogKit) -> None:
    source: list[Record | Note] = [
        SettingRecord("title", "Garden"),
        Note("left-out", "theme", "line 1", "does not run here"),
        post(1),
        post(2, path="/2012/03/post-1.html"),
        comment(1),
        comment(2, under=99),
        comment(3, on=77),
    ]
    before = contents(blog)
    planned = take(blog, *source, dry_run=True)
    assert contents(blog) == before
    done = take(blog, *source)
    assert (planned.counts, planned.notes) == (done.counts, done.notes)
    assert planned.note_counts == {"kept": 0, "changed": 2, "left-out": 2}
    assert done.counts["comment"].left_out == 1


def test_notes_can_be_taken_one_by_one(blog: BlogKit) -> None:
    taken: list[Note] = []
    note = Note("left-out", "theme", "line 1", "does not run here")
    report = take(blog, note, on_note=taken.append)
    assert taken == [note]
    assert report.notes == []
    assert report.as_dict()["note_counts"]["left-out"] == 1


def test_a_taken_permalink_gets_the_day_and_then_numbers(blog: BlogKit) -> None:
    same = "/2012/03/same.html"
    published = datetime(2012, 3, 9, tzinfo=UTC)
    take(blog, *(post(number, path=same, published_at=published) for number in (1, 2, 3)))
    assert rows(blog, Post.id, Post.path) == [
        (1, same),
        (2, "/2012/03/same_9.html"),
        (3, "/2012/03/same_1.html"),
    ]


def test_a_permalink_that_the_blog_redirects_is_taken_too(blog: BlogKit) -> None:
    blog.write_post("Mine", at=AT)
    with blog.app():
        from_path = db.session.scalars(sa.select(Post.path)).one()
    assert from_path is not None
    report = take(blog, post(path=from_path))
    assert report.note_counts["changed"] == 1
    assert len(set(rows(blog, Post.path))) == 2
    assert rows(blog, Redirect.id) == []


def test_a_missing_permalink_is_made_in_the_blogs_time_zone(blog: BlogKit) -> None:
    late = datetime(2012, 3, 1, 1, 0, tzinfo=UTC)
    take(
        blog,
        SettingRecord("time_zone", "America/Sao_Paulo"),
        post(1, path="", title="The end of a month", published_at=late),
        post(2, path="", title="A page", kind="page"),
        post(3, path="http://elsewhere/2012/x", title="Odd", published_at=late),
        post(4, path="", title="Draft", status="draft", published_at=None),
    )
    assert [row[1] for row in rows(blog, Post.id, Post.path)] == [
        "/2012/02/the-end-of-month.html",
        "/p/a-page.html",
        "/2012/02/odd.html",
        None,
    ]


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (2, 4, 1, 3), (3, 1, 4, 2)])
@pytest.mark.parametrize("batches", [1, 4])
def test_threads_are_the_same_in_whatever_order_they_come(
    blog: BlogKit, order: tuple[int, ...], batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blogengine.importing.running.BATCH", 100 if batches == 1 else 1)
    parents = {1: None, 2: 1, 3: 2, 4: 1}
    take(blog, post(), *(comment(number, under=parents[number]) for number in order))
    assert list(tree(blog).items()) == [
        ("old:comment-1", ("", 0)),
        ("old:comment-2", ("old:comment-1", 1)),
        ("old:comment-3", ("old:comment-2", 2)),
        ("old:comment-4", ("old:comment-1", 1)),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parents=st.lists(st.integers(0, 11), min_size=1, max_size=12), seed=st.randoms(use_true_random=False))
def test_any_shape_of_thread_keeps_its_parents(sqlite_blog: BlogKit, parents: list[int], seed: Any) -> None:
    """Circles and parents that are missing stand under the post; every other answer under its parent."""
    with sqlite_blog.app():
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(sa.delete(Comment))
            connection.execute(sa.delete(Post))
    records = [comment(n, under=p if p != n else None) for n, p in enumerate(parents)]
    seed.shuffle(records)
    take(sqlite_blog, post(), *records)
    found = tree(sqlite_blog)
    assert len(found) == len(parents)
    for number, parent in enumerate(parents):
        above, path = number, set()
        while above not in path and above < len(parents) and parents[above] != above:
            path.add(above)
            above = parents[above]
        goes_round = above in path
        stands_under = found[f"old:comment-{number}"][0]
        if parent == number or parent >= len(parents) or goes_round:
            assert stands_under == ""
        else:
            assert stands_under == f"old:comment-{parent}"


@pytest.fixture
def sqlite_blog(tmp_path: Path, sqlite_url: str) -> Iterator[BlogKit]:
    """A blog on SQLite whatever the run."""
    (tmp_path / "one" / "plugins").mkdir(parents=True)
    made = Site(Config(instance=tmp_path / "one", database_url=sqlite_url, secret_key="k" * 40))
    made.start(work=False)
    yield BlogKit(made)
    made.close()


def test_a_thread_deeper_than_50_is_kept_flat_at_the_bottom(blog: BlogKit) -> None:
    chain = [comment(number, under=number - 1 if number else None) for number in range(120)]
    report = take(blog, post(), *reversed(chain))
    depths = [depth for _, depth in tree(blog).values()]
    assert report.counts["comment"].new == 120
    assert max(depths) <= 50


def test_only_published_comments_are_counted(blog: BlogKit) -> None:
    statuses = ("published", "pending", "spam", "removed-by-author", "removed-by-admin", "published")
    take(blog, post(), *(comment(number, status=status) for number, status in enumerate(statuses)))
    assert rows(blog, Post.comment_count) == [(2,)]
    assert [row[1] for row in rows(blog, Comment.id, Comment.status)] == list(statuses)


def test_a_comment_without_its_post_is_left_out_with_a_note(blog: BlogKit) -> None:
    report = take(blog, post(1), comment(1, on=2))
    assert report.counts["comment"].left_out == 1
    assert [note.why for note in report.notes] == ["its post is not in the export"]


def test_an_id_that_stands_twice_is_stored_once_and_noted(blog: BlogKit) -> None:
    report = take(blog, post(1), post(1, title="Twin", path=""), comment(1), comment(1, html="Twin"))
    assert (report.counts["post"].new, report.counts["comment"].new) == (1, 1)
    assert [note.level for note in report.notes] == ["left-out", "left-out"]


def test_a_comment_from_html_reads_as_it_was_typed(blog: BlogKit) -> None:
    assert as_typed("One<br />\n<br/>Two &amp; <b>three</b>") == "One\n\nTwo &amp; <b>three</b>"
    assert "font" not in as_typed("<font color=red>Red</font> & <i>blue</i>")
    take(
        blog,
        post(),
        comment(html='See <a href="https://x.example.com">x</a>.<br />Bye<script>alert(1)</script>'),
    )
    (html,) = rows(blog, Comment.html)[0]
    assert 'href="https://x.example.com"' in html
    assert "<br" in html
    assert "script" not in html


def test_an_over_long_post_becomes_a_draft_and_keeps_its_text(blog: BlogKit) -> None:
    long = "<p>word</p>" * 60_000
    report = take(blog, post(html=long))
    assert rows(blog, Post.status, Post.source) == [("draft", long)]
    assert report.note_counts["changed"] == 1


def test_an_over_long_comment_is_kept_as_plain_text(blog: BlogKit) -> None:
    report = take(blog, post(), comment(html="<b>&amp;</b> " * 5000))
    assert report.counts["comment"].new == 1
    assert report.note_counts["changed"] == 1
    assert len(rows(blog, Comment.source)[0][0]) <= 8000


def test_addresses_that_are_none_of_the_web_are_dropped(blog: BlogKit) -> None:
    take(
        blog, post(author_url="javascript:alert(1)", title_link="data:text/html,x"), comment(author_url="//x")
    )
    assert rows(blog, Post.author_url, Post.title_link) == [("", "")]
    assert rows(blog, Comment.author_url) == [("",)]


def test_a_scheduled_post_is_published_by_its_job(blog: BlogKit, clock: Any) -> None:
    due = clock.moment + timedelta(days=2)
    take(blog, post(status="scheduled", published_at=due, path=""))
    assert rows(blog, Outbox.kind, Outbox.run_at) == [("core.publish", due)]
    assert blog.run_jobs() == 0
    clock.tick(days=3)
    assert blog.run_jobs() == 1
    assert rows(blog, Post.status, Post.path) == [("published", "/2020/01/post-1.html")]


def test_settings_are_taken_only_where_the_owner_chose_none(blog: BlogKit) -> None:
    blog.change_settings(description="Mine")
    report = take(
        blog,
        SettingRecord("title", "Garden"),
        SettingRecord("description", "Theirs"),
        SettingRecord("language", "pt-BR"),
        SettingRecord("time_zone", "Mars/Phobos"),
        SettingRecord("posts_per_page", 7),
        SettingRecord("theme", "classic"),
    )
    stored = dict(rows(blog, Setting.key, Setting.value))
    assert (stored["title"], stored["description"], stored["language"]) == ("Garden", "Mine", "pt-BR")
    assert "time_zone" not in stored
    assert (report.counts["setting"].new, report.counts["setting"].already_there) == (2, 1)
    assert [note.what for note in report.notes] == [
        "setting description",
        "setting time_zone",
        "setting theme",
    ]
    with blog.app() as app:
        assert app.blog.site.title == "Garden"


def test_pictures_come_over_and_posts_show_ours(blog: BlogKit) -> None:
    file = BytesIO()
    Image.new("RGB", (2, 2), "red").save(file, "PNG")

    def opened() -> BinaryIO:
        return BytesIO(file.getvalue())

    address = "https://pictures.example.com/a?x=1&y=2"
    good = MediaRecord("album/red.png", "red.png", opened, original_urls=(address,))
    bad = MediaRecord("album/x.png", "x.png", lambda: BytesIO(b"<svg/>"))
    html = '<img src="https://pictures.example.com/a?x=1&amp;y=2"><img src="https://pictures.example.com/b">'
    report = take(blog, good, bad, post(html=html))
    ((source, shown),) = rows(blog, Post.source, Post.html)
    assert source.count("/media/") == shown.count("/media/") == 1
    assert "https://pictures.example.com/b" in source
    assert (report.counts["media"].new, report.counts["media"].left_out) == (1, 1)
    name = source.split("/media/")[1].split('"')[0]
    assert (blog.site.config.media_folder / name).read_bytes() == file.getvalue()
    assert take(blog, good, post(html=html)).counts["media"].already_there == 1


def _import_and_die(folder: Path, url: str) -> None:
    made = Site(Config(instance=folder, database_url=url, secret_key="k" * 40))

    def die(done: int, total: int | None) -> None:
        if done >= 250:
            os.kill(os.getpid(), signal.SIGKILL)

    take(BlogKit(made), *MANY, progress=die)


MANY: list[Record | Note] = [
    *(post(number) for number in range(150)),
    *(
        comment(number, on=number % 150, under=number + 150 if number < 150 else None)
        for number in range(300)
    ),
]


def test_an_import_that_was_killed_is_completed_by_another(sqlite_blog: BlogKit) -> None:
    config = sqlite_blog.site.config
    process = multiprocessing.get_context("spawn").Process(
        target=_import_and_die, args=(config.instance, config.database_url)
    )
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -signal.SIGKILL
    with sqlite_blog.app():
        half = db.session.scalar(sa.select(sa.func.count()).select_from(Comment))
    assert half == 100
    report = take(sqlite_blog, *MANY)
    assert (report.counts["post"].already_there, report.counts["comment"].already_there) == (150, 100)
    assert report.counts["comment"].new == 200
    found = tree(sqlite_blog)
    assert len(found) == 300
    assert all(found[f"old:comment-{number}"] == (f"old:comment-{number + 150}", 1) for number in range(150))
    with sqlite_blog.app():
        assert set(db.session.scalars(sa.select(Post.comment_count))) == {2}


def test_progress_is_told_after_each_batch(blog: BlogKit) -> None:
    told: list[tuple[int, int | None]] = []
    take(
        blog,
        *(post(number) for number in range(150)),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(100, 150), (150, 150)]


def test_a_picture_that_comes_unprotected_is_named_with_its_mend(blog: BlogKit, client: Visitor) -> None:
    source = '<p><img src="http://pictures.example/a.jpg"><img src="http://pictures.example/b.jpg"></p>'
    report = take(
        blog,
        post(1, html=source),
        post(2, html='<p><img src="https://a.example/c.jpg"> <a href="http://a.example/">x</a></p>'),
    )
    (note,) = [note for note in report.notes if "picture" in note.what]
    assert note.what == "the picture http://pictures.example/a.jpg and 1 more"
    assert "Write https:// in the post" in note.why
    with blog.app() as app:
        found = [line for _, line in check_pictures(app.blog)]
    assert len(found) == 1
    assert found[0].startswith("1 post has pictures that browsers do not load")
    assert "/2012/03/post-1.html. Write https://" in found[0]
    assert "http:" not in client.get("/").headers["Content-Security-Policy"]
    blog.change_settings(url="http://blog.example")
    assert "img-src 'self' https: http: data:;" in client.get("/").headers["Content-Security-Policy"]
    with blog.app() as app:
        assert list(check_pictures(app.blog)) == []
    assert take(blog, post(3, html=source)).notes == []
    blog.change_settings(url="https://blog.example")
    assert "http:" not in client.get("/").headers["Content-Security-Policy"]
