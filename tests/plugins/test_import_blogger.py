"""Blogger's exports, old and new: what comes over, what is said about the rest, what no file can do."""

import io
import re
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from io import BytesIO
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from blogengine import importing
from blogengine import posts
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Media
from blogengine.models import Post
from blogengine.models import Setting
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine_import_blogger import feed
from blogengine_import_blogger import links
from blogengine_import_blogger import register_importers
from blogengine_import_blogger.entries import file_name
from blogengine_import_blogger.entries import pictures
from blogengine_import_blogger.entries import with_safe_pictures
from blogengine_import_blogger.source import BloggerSource
from blogengine_import_blogger.source import open_export

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIXTURES = Path(__file__).parents[1] / "fixtures" / "blogger"
OLD = FIXTURES / "old-export.xml"
PREFIX = "tag:blogger.com,1999:blog-4242.post-"


def take(blog: BlogKit, source: BloggerSource, **options: Any) -> importing.Report:
    with blog.app():
        return importing.run(source, media_folder=blog.site.config.media_folder, **options)


def posts_by_id(blog: BlogKit) -> dict[str, Post]:
    with blog.app():
        found = list(db.session.scalars(sa.select(Post).options(sa.orm.selectinload(Post.labels))))
    return {(post.source_id or "").rpartition(".")[2]: post for post in found}


def comments_by_id(blog: BlogKit) -> dict[str, Comment]:
    with blog.app():
        return {
            (item.source_id or "").rpartition("-")[2]: item for item in db.session.scalars(sa.select(Comment))
        }


def counts(report: importing.Report) -> dict[str, tuple[int, int, int]]:
    return {kind: (c.new, c.already_there, c.left_out) for kind, c in report.counts.items()}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite is enough here: tests/test_importing.py runs on both engines."""
    return sqlite_url


@pytest.fixture
def takeout(tmp_path: Path) -> Path:
    """A Takeout with one blog, a picture that its post shows, one that no post shows, and a film."""
    folder = tmp_path / "Takeout"
    shutil.copytree(FIXTURES / "Takeout", folder)
    album = folder / "Blogger" / "Albums" / "Garden_ notes"
    album.mkdir(parents=True)
    for name, colour in (("red tulip.jpg", "red"), ("unused.jpg", "blue")):
        Image.new("RGB", (3, 2), colour).save(album / name)
        (album / f"{name}.json").write_text('{"creationTimestampMs": "1622505600000"}')
    (album / "metadata.json").write_text("{}")
    (album / "film.mp4").write_bytes(b"film")
    return folder


def test_hook_register_importers() -> None:
    (importer,) = register_importers()
    assert importer.id == "blogger"
    assert importer.open(OLD, "").total == 18


def test_an_old_export_comes_over(blog: BlogKit) -> None:
    report = take(blog, open_export(OLD))
    assert counts(report) == {
        "setting": (5, 0, 0),
        "media": (0, 0, 0),
        "post": (5, 0, 0),
        "page": (1, 0, 0),
        "comment": (6, 0, 1),
    }
    found = posts_by_id(blog)
    film = found["post-102"]
    assert (film.title, film.status, film.path) == (
        "A film about tulips",
        "published",
        "/2012/02/film-about-tulips.html",
    )
    assert film.published_at == datetime(2012, 3, 1, 2, 30, tzinfo=UTC)
    assert film.updated_at == film.modified_at == datetime(2014, 1, 1, 12, 0, tzinfo=UTC)
    assert [label.name for label in film.labels] == ["Film & sound", "tulips"]
    assert (film.author_name, film.author_url) == ("Rosa", "https://www.blogger.com/profile/77")
    assert film.atom_id == f"{PREFIX}102"
    assert "<script" in film.source
    assert "script" not in film.html
    assert found["post-101"].updated_at is None
    assert found["post-101"].modified_at == datetime(2011, 10, 10, 13, 10, 31, 500_000, tzinfo=UTC)
    assert '<a name="more"></a>' in found["post-101"].html
    assert (found["page-50"].kind, found["page-50"].path) == ("page", "/p/about.html")


def test_states_and_comment_modes_of_an_old_export_are_kept(blog: BlogKit) -> None:
    take(blog, open_export(OLD))
    found = posts_by_id(blog)
    assert (found["post-100"].status, found["post-100"].path, found["post-100"].published_at) == (
        "draft",
        None,
        None,
    )
    assert found["post-900"].status == "scheduled"
    assert found["post-103"].comment_mode == "existing"
    assert {found[name].comment_mode for name in ("post-100", "post-101", "page-50")} == {"allow"}


def test_comments_of_an_old_export_keep_their_threads_and_states(blog: BlogKit) -> None:
    take(blog, open_export(OLD))
    found = comments_by_id(blog)
    assert found["202"].parent_id == found["201"].id
    assert found["203"].parent_id == found["202"].id
    assert {key: item.status for key, item in found.items()} == {
        "201": "published",
        "202": "published",
        "203": "published",
        "204": "removed-by-author",
        "205": "removed-by-admin",
        "206": "removed-by-author",
    }
    assert found["201"].author_name == ""
    assert found["203"].author_name == "Unknown"
    assert found["202"].source == "Thank you!\n\nMore soon."
    assert found["202"].published_at == datetime(2011, 10, 11, 12, 0, tzinfo=UTC)
    assert posts_by_id(blog)["post-101"].comment_count == 3


def test_settings_of_an_old_export_come_over(blog: BlogKit) -> None:
    take(blog, open_export(OLD))
    with blog.app():
        stored = {row.key: row.value for row in db.session.scalars(sa.select(Setting))}
    assert stored["title"] == "Garden notes"
    assert stored["description"] == "What grows where"
    assert (stored["language"], stored["time_zone"], stored["posts_per_page"]) == (
        "pt-BR",
        "America/Sao_Paulo",
        5,
    )


def test_a_dry_run_says_line_by_line_what_stays_behind(blog: BlogKit) -> None:
    report = take(blog, open_export(OLD), dry_run=True)
    assert posts_by_id(blog) == {}
    lines = [str(note) for note in report.notes]
    assert len(lines) == sum(report.note_counts.values()) == len(set(lines))
    for words in (
        "left-out: template",
        "left-out: setting blog_searchable",
        "changed: 1 iframe, 1 script, 1 style attribute (/2012/02/film-about-tulips.html",
        "left-out: 1 pictures (/2011/10/first-bulbs.html",
        "left-out: comment of Ines",
    ):
        assert any(line.startswith(words) for line in lines), words


def test_an_imported_blog_is_read_as_before(blog: BlogKit, client: Visitor) -> None:
    take(blog, open_export(OLD))
    page = client.get("/2011/10/first-bulbs.html").text
    assert page.index("Lovely") < page.index("Thank you!") < page.index("both of you")
    assert client.get("/search/label/tulips").status_code == 200
    assert client.get("/p/about.html").status_code == 200
    assert "Half a thought" not in client.get("/").text


@pytest.mark.parametrize("place", [".", "Blogger", "Blogger/Blogs", "Blogger/Blogs/Garden_ notes"])
def test_any_folder_of_a_takeout_will_do(takeout: Path, place: str) -> None:
    source = open_export(takeout / place)
    assert source.total >= 10


def test_a_takeout_comes_over(blog: BlogKit, takeout: Path) -> None:
    report = take(blog, open_export(takeout))
    assert counts(report) == {
        "setting": (4, 0, 0),
        "media": (2, 0, 0),
        "post": (3, 0, 0),
        "page": (1, 0, 0),
        "comment": (7, 0, 0),
    }
    found = posts_by_id(blog)
    tulip = found["post-20"]
    assert (tulip.title, tulip.path, tulip.description) == (
        "Red tulip",
        "/2021/05/red-tulip.html",
        "A red one",
    )
    assert [label.name for label in tulip.labels] == ["May", "tulips"]
    assert (found["post-21"].status, found["post-21"].path) == ("draft", None)
    gone = found["post-22"]
    assert (gone.status, gone.path, gone.trashed_from) == (
        "trashed",
        "/2021/06/thrown-away.html",
        "published",
    )
    assert gone.trashed_at == datetime(2021, 6, 5, 10, 0, tzinfo=UTC)
    assert found["page-30"].path == "/p/about-me.html"
    with blog.app():
        assert db.session.scalars(sa.select(Setting.value).where(Setting.key == "language")).one() == "id"


def test_comments_of_a_takeout_keep_their_states_and_those_elsewhere_stay_out(
    blog: BlogKit, takeout: Path
) -> None:
    report = take(blog, open_export(takeout))
    found = comments_by_id(blog)
    assert {key: item.status for key, item in found.items()} == {
        "11": "published",
        "12": "published",
        "13": "spam",
        "14": "spam",
        "15": "pending",
        "16": "removed-by-admin",
        "17": "published",
    }
    assert found["11"].parent_id == found["12"].id
    assert found["12"].author_name == ""
    assert [note.what for note in report.notes if note.where == "Comments"] == ["1 comments of this account"]


def test_pictures_of_a_takeout_come_over_and_posts_lead_to_them(blog: BlogKit, takeout: Path) -> None:
    report = take(blog, open_export(takeout))
    with blog.app():
        names = {row.title: row for row in db.session.scalars(sa.select(Media))}
    assert set(names) == {"red tulip.jpg", "unused.jpg"}
    assert names["unused.jpg"].created_at == datetime(2021, 6, 1, tzinfo=UTC)
    tulip = posts_by_id(blog)["post-20"]
    assert tulip.source.count(f"/media/{names['red tulip.jpg'].name}") == 2
    assert "lost.jpg" in tulip.html
    notes = [str(note) for note in report.notes]
    assert any("2 addresses of pictures" in note for note in notes)
    assert any("left-out: 1 pictures" in note for note in notes)
    assert any("film.mp4" in note for note in notes)


def test_two_pictures_of_one_name_are_not_mixed_up(blog: BlogKit, takeout: Path) -> None:
    other = takeout / "Blogger" / "Albums" / "Other"
    other.mkdir()
    Image.new("RGB", (3, 2), "green").save(other / "red tulip.jpg")
    take(blog, open_export(takeout))
    assert "/media/" not in posts_by_id(blog)["post-20"].source


def test_a_second_run_changes_nothing(blog: BlogKit, takeout: Path) -> None:
    for path in (OLD, takeout):
        take(blog, open_export(path))
        with blog.app():
            before = db.session.execute(sa.select(Post.__table__).order_by(Post.id)).all()
            threads = db.session.execute(sa.select(Comment.__table__).order_by(Comment.id)).all()
        again = take(blog, open_export(path))
        assert {c.new for c in again.counts.values()} == {0}
        with blog.app():
            assert db.session.execute(sa.select(Post.__table__).order_by(Post.id)).all() == before
            assert db.session.execute(sa.select(Comment.__table__).order_by(Comment.id)).all() == threads


def zipped(takeout: Path, path: Path, top: str = "Takeout", extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(takeout.rglob("*")):
            if file.is_file():
                archive.write(file, f"{top}/{file.relative_to(takeout).as_posix()}")
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("top", ["Takeout", "Takeout 2", "backup/Takeout"])
def test_a_zip_comes_over_like_its_folder(blog: BlogKit, takeout: Path, tmp_path: Path, top: str) -> None:
    rubbish = {
        "__MACOSX/Takeout/Blogger/Blogs/Garden_ notes/._feed.atom": b"\x00\x05\x16\x07",
        f"{top}/.DS_Store": b"",
    }
    report = take(blog, open_export(zipped(takeout, tmp_path / "t.zip", top, rubbish)))
    assert counts(report)["post"] == (3, 0, 0)
    assert counts(report)["media"] == (2, 0, 0)
    assert take(blog, open_export(takeout)).counts["post"].already_there == 3


def test_names_in_a_zip_lead_nowhere(blog: BlogKit, takeout: Path, tmp_path: Path) -> None:
    file = BytesIO()
    Image.new("RGB", (1, 1), "black").save(file, "PNG")
    extra = {"../../../Albums/x/../../evil.png": file.getvalue(), "/Albums/y/absolute.png": file.getvalue()}
    before = {path for path in tmp_path.rglob("*") if "instance" not in path.parts}
    archive = zipped(takeout, tmp_path / "t.zip", "Takeout", extra)
    take(blog, open_export(archive))
    after = {
        path
        for path in tmp_path.rglob("*")
        if "instance" not in path.parts and not path.name.startswith("blog.db")
    }
    assert after - before == {archive}
    folder = blog.site.config.media_folder
    assert all("/" not in path.name and path.parent == folder for path in folder.iterdir())


def test_a_takeout_of_2018_without_paths_gets_them_by_the_slug_rule(blog: BlogKit, takeout: Path) -> None:
    path = takeout / "Blogger" / "Blogs" / "Garden_ notes" / "feed.atom"
    lines = path.read_text().splitlines(keepends=True)
    new = (
        "blogger:filename",
        "metaDescription",
        "blogger:location",
        "<link/>",
        "<enclosure/>",
        "blogger:trashed",
        "inReplyTo",
    )
    path.write_text(
        "".join(line for line in lines if not any(word in line for word in (*new, "  <title>Garden")))
    )
    take(blog, open_export(takeout))
    found = posts_by_id(blog)
    assert found["post-20"].path == "/2021/05/red-tulip.html"
    assert found["page-30"].path == "/p/about-me.html"
    assert found["post-22"].status == "trashed"
    assert found["post-22"].path is None


def test_of_several_blogs_one_must_be_chosen(blog: BlogKit, takeout: Path) -> None:
    first = takeout / "Blogger" / "Blogs" / "Garden_ notes"
    second = first.parent / "Kitchen"
    shutil.copytree(first, second)
    other = (
        (second / "feed.atom")
        .read_text()
        .replace("blog-5151", "blog-7373")
        .replace("Garden: notes", "Kitchen")
    )
    (second / "feed.atom").write_text(other)
    with pytest.raises(Refused, match="holds 2 blogs") as refusal:
        open_export(takeout)
    assert "Garden: notes" in str(refusal.value)
    assert "Kitchen" in str(refusal.value)
    for choice in ("Kitchen", "7373"):
        assert open_export(takeout, choice).total == 14
    with pytest.raises(Refused, match="No single blog"):
        open_export(takeout, "Nothing")
    assert take(blog, open_export(takeout, "Garden_ notes")).counts["media"].new == 2


def test_two_blogs_of_one_title_share_a_folder(takeout: Path) -> None:
    folder = takeout / "Blogger" / "Blogs" / "Garden_ notes"
    (folder / "feed(1).atom").write_text((folder / "feed.atom").read_text().replace("blog-5151", "blog-9191"))
    (folder / "settings(1).csv").write_text("blog_name,blog_locale\nOther,fr\n")
    records = [str(record) for record in open_export(takeout, "9191").records()]
    assert any("'fr'" in record for record in records)


def changed(path: Path, change: Callable[[str], str]) -> Path:
    path.write_text(change(OLD.read_text()))
    return path


@pytest.mark.parametrize(
    ("mess", "word"),
    [
        (lambda text: text.replace(" xmlns:app='http://purl.org/atom/app#'", ""), "app:"),
        (lambda text: text.replace("xmlns:thr='http://purl.org/syndication/thread/1.0'", ""), "thr:"),
        (lambda text: text.replace("<feed xmlns='http://www.w3.org/2005/Atom'", "<feed"), "Atom namespace"),
        (lambda text: "\n\n  " + text, "blank space"),
        (lambda text: text.replace("Ten bulbs", "Ten\x0b bulbs"), "control characters"),
    ],
    ids=[
        "app not declared",
        "thr not declared",
        "atom not declared",
        "blank lines first",
        "control character",
    ],
)
def test_a_file_that_is_not_well_formed_in_a_known_way_is_recovered_with_a_note(
    blog: BlogKit, tmp_path: Path, mess: Callable[[str], str], word: str
) -> None:
    report = take(blog, open_export(changed(tmp_path / "mess.xml", mess)))
    assert counts(report)["post"] == (5, 0, 0)
    assert counts(report)["comment"] == (6, 0, 1)
    assert posts_by_id(blog)["post-100"].status == "draft"
    assert [note.what for note in report.notes if word in note.what] != []


@pytest.mark.parametrize(
    ("mess", "reason"),
    [
        (lambda text: text[: len(text) // 2], "ends in the middle"),
        (lambda text: text.replace("</feed>", ""), "ends in the middle"),
        (lambda text: text.replace("</title>", "</titel>", 12), "mismatched tag"),
        (lambda text: text.replace("Ten bulbs", "Ten & bulbs"), "invalid token"),
        (lambda text: text.replace("Ten bulbs", "Ten &nbsp; bulbs"), "undefined entity"),
        (
            lambda text: "<!DOCTYPE feed [<!ENTITY a 'b'>]>" + text.partition("?>")[2].partition("?>")[2],
            "DOCTYPE",
        ),
        (lambda text: text.replace("feed", "rss"), "begins with <rss>"),
        (lambda text: "just words", "syntax error"),
        (lambda text: "", "is empty"),
        (lambda text: text.replace("UTF-8", "x-unknown"), "encoding"),
        (
            lambda text: text.replace("<id>\n      tag:blogger.com,1999:blog-4242.post-101\n    </id>", ""),
            "has no id",
        ),
    ],
)
def test_any_other_broken_file_is_refused_with_line_and_reason_and_nothing_is_written(
    blog: BlogKit, tmp_path: Path, mess: Callable[[str], str], reason: str
) -> None:
    path = changed(tmp_path / "mess.xml", mess)
    with pytest.raises(Refused, match=reason) as refusal:
        take(blog, open_export(path))
    assert "line " in str(refusal.value) or "empty" in str(refusal.value)
    assert posts_by_id(blog) == {}


def test_invalid_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.xml"
    path.write_bytes(OLD.read_bytes().replace(b"Ten bulbs", b"Ten \xe9 bulbs"))
    line = OLD.read_text()[: OLD.read_text().index("Ten bulbs")].count("\n") + 1
    with pytest.raises(Refused, match=f"line {line}, column"):
        open_export(path)


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252", "utf-8-sig"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    text = OLD.read_text().replace("comentário", "coment?rio" if encoding == "iso-8859-1" else "comentário")
    declared = {"utf-8-sig": "UTF-8"}.get(encoding, encoding)
    path = tmp_path / "other.xml"
    path.write_bytes(text.replace("UTF-8", declared, 1).encode(encoding))
    assert open_export(path).total == 18


class Endless(RawIOBase):
    """A file made of a beginning, a middle repeated, and an end; no byte of it is stored."""

    def __init__(self, start: bytes, middle: bytes, times: int, end: bytes = b"") -> None:
        self.parts = self.all_parts(start, middle, times, end)
        self.rest = b""
        self.handed_over = 0

    @staticmethod
    def all_parts(start: bytes, middle: bytes, times: int, end: bytes) -> Iterator[bytes]:
        yield start
        for _ in range(times):
            yield middle
        yield end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        while len(self.rest) < len(view):
            part = next(self.parts, None)
            if part is None:
                break
            self.rest += part
        data, self.rest = self.rest[: len(view)], self.rest[len(view) :]
        view[: len(data)] = data
        self.handed_over += len(data)
        return len(data)


HEAD = b"<feed xmlns='http://www.w3.org/2005/Atom'>"
MB = b"x" * 1_000_000


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (lambda: Endless(HEAD + b"<entry><title>", MB, 300), "one entry is longer"),
        (lambda: Endless(HEAD + b"<title>", MB, 300), "one entry is longer"),
        (lambda: Endless(HEAD + b"<entry><link href='", MB, 300), "one piece of markup"),
        (lambda: Endless(HEAD + b"<!--", MB, 300), "one piece of markup"),
        (lambda: Endless(HEAD + b"<", MB, 300), "one piece of markup"),
        (lambda: Endless(HEAD, b"<a>", 200_000), "nested deeper"),
        (lambda: Endless(HEAD + b"<entry>", b"<category term=''/>" * 1000, 2000), "one entry is longer"),
        (
            lambda: Endless(HEAD + b"<entry><content type='xhtml'>", b"<b>x</b>" * 1000, 2000),
            "one entry is longer",
        ),
        (lambda: Endless(b"<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '" + b"&l;" * 99, b"", 1), "DOCTYPE"),
        (lambda: Endless(b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", b"", 1), "DOCTYPE"),
    ],
    ids=[
        "text",
        "head",
        "attribute",
        "comment",
        "name",
        "depth",
        "elements",
        "xhtml",
        "entities",
        "external",
    ],
)
def test_an_attack_by_xml_is_refused_early_and_in_little_memory(file: Callable[[], Any], reason: str) -> None:
    tracemalloc.start()
    attack = file()
    with pytest.raises(Refused, match=reason):
        for _ in feed.FeedReader(attack, "attack.xml"):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 48_000_000
    assert attack.handed_over < 20_000_000


def test_a_large_file_is_read_in_little_memory() -> None:
    entry = b"<entry><id>i</id><title>t</title><content type='html'>" + b"word " * 600 + b"</content></entry>"
    tracemalloc.start()
    large = io.BufferedReader(Endless(HEAD, entry, 10_000, b"</feed>"))
    count = sum(1 for _ in feed.FeedReader(large, "large.xml"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 2_000_000


def test_a_damaged_or_foreign_archive_is_refused(tmp_path: Path, takeout: Path) -> None:
    whole = zipped(takeout, tmp_path / "t.zip").read_bytes()
    cut, flipped, empty, tgz = (tmp_path / name for name in ("cut.zip", "flipped.zip", "empty.zip", "t.tgz"))
    cut.write_bytes(whole[: len(whole) // 2])
    at = whole.index(b"feed.atom") + 60
    flipped.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) * 8 + whole[at + 8 :])
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    tgz.write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "void").mkdir()
    for path in (cut, flipped, empty, tgz, tmp_path / "void", tmp_path / "missing.xml"):
        with pytest.raises(Refused):
            open_export(path)


def test_an_xhtml_body_and_a_text_body_are_read() -> None:
    text = HEAD + (
        b"<entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        b"<p class='a'>1 &lt; 2</p><br/></div></content></entry></feed>"
    )
    (entry,) = feed.FeedReader(BytesIO(text), "x.xml")
    assert entry.text("content") == '<div><p class="a">1 &lt; 2</p><br></br></div>'


def test_addresses_of_googles_pictures_are_found() -> None:
    source = (
        '<img src="http://lh5.ggpht.com/_2/T/a%20b.JPG?imgmax=800"><img src=//1.bp.blogspot.com/x/s320/c.png>'
        "<img src='https://blogger.googleusercontent.com/img/b/R2/AV'><img src='https://evilggpht.com/x.jpg'>"
        "<img src='http://[bad/x.jpg'><p>http://lh5.ggpht.com/text.jpg</p>"
    )
    found = list(pictures(source))
    assert [file_name(url) for url in found] == ["a b.JPG", "c.png", ""]


def test_pictures_on_googles_servers_are_asked_for_by_https_and_others_left_alone() -> None:
    source = '<a href="http://2.bp.blogspot.com/a.png?x=1&amp;y=2"><img src="http://2.bp.blogspot.com/a.png?x=1&amp;y=2"></a>'
    others = '<img src="http://pictures.example/b.jpg"> http://2.bp.blogspot.com/in-words'
    assert with_safe_pictures(source + others) == source.replace("http://", "https://") + others


@pytest.mark.parametrize(
    ("name", "posts", "comments", "media"),
    [
        ("blogger/jeffhandley-2012.xml", 92, 112, 0),
        ("blogger/small-draft.xml", 3, 1, 0),
        ("blogger-takeout", 4, 2, 2),
    ],
)
def test_real_exports_come_over_whole(
    blog: BlogKit, samples: Path, name: str, posts: int, comments: int, media: int
) -> None:
    report = take(blog, open_export(samples / name))
    assert counts(report)["post"] == (posts, 0, 0)
    assert counts(report)["comment"] == (comments, 0, 0)
    assert counts(report)["media"] == (media, 0, 0)
    with blog.app():
        published = db.session.scalar(sa.select(sa.func.sum(Post.comment_count)))
    assert published == comments


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ('<a href="http://garden.example.com/2011/10/first-bulbs.html">x', "/2011/10/first-bulbs.html"),
        ("<A class='b' HREF = 'https://www.garden.example.com/p/about.html#c12'>", "/p/about.html#c12"),
        ('<a href="//garden.blogspot.de/2011/10/first-bulbs.html?m=1">', "/2011/10/first-bulbs.html"),
        (
            '<a href="http://garden.blogspot.co.uk/2011/10/first-bulbs.html?showComment=12&amp;x=1#c12">',
            "/2011/10/first-bulbs.html?showComment=12#c12",
        ),
        ('<a href="http://garden.example.com/">', "/"),
        ('<a href="http://garden.example.com/search/label/A%20b">', "/search/label/A%20b"),
        ('<a href="http://garden.example.com/2011/10/lost.html">', ""),
        ('<a href="http://garden.example.com/search?q=x">', ""),
        ('<a href="http://other.example.com/2011/10/first-bulbs.html">', ""),
        ('<a href="http://[broken/2011/10/first-bulbs.html">', ""),
        ('<img src="http://garden.example.com/2011/10/first-bulbs.html">', ""),
        ('<a href="javascript://garden.example.com/2011/10/first-bulbs.html">', ""),
    ],
)
def test_a_link_to_the_old_blog_leads_to_this_one(written: str, becomes: str) -> None:
    places = frozenset({"garden.example.com", links.place_of("https://garden.blogspot.com")})
    paths = frozenset({"/2011/10/first-bulbs.html", "/p/about.html"})
    html, count = links.with_local_links(f"<p>{written}", places, paths)
    assert count == bool(becomes)
    assert (f'"{becomes}"' in html.replace("'", '"')) if becomes else html == f"<p>{written}"


@pytest.mark.parametrize(
    "shape", ["<a ", "<a href=", '<a href="', "<a href='http://garden.example.com/", "<" * 9]
)
def test_looking_for_links_is_linear(shape: str) -> None:
    links.with_local_links(shape * 20_000, frozenset({"garden.example.com"}), frozenset())


def test_takeout_is_told_where_the_blog_was(blog: BlogKit, tmp_path: Path) -> None:
    folder = tmp_path / "Takeout"
    shutil.copytree(FIXTURES / "Takeout", folder)
    (feed,) = folder.glob("Blogger/Blogs/*/feed.atom")
    text = feed.read_text(encoding="utf-8")
    path = re.findall("<blogger:filename>([^<]+)<", text)[0]
    link = f'&lt;a href="http://garden.blogspot.com{path}"&gt;see&lt;/a&gt;'
    feed.write_text(text.replace("<content type='html'>", f"<content type='html'>{link}"), encoding="utf-8")
    with blog.app() as app:
        folder_of_media = app.blog.config.media_folder
        report = importing.run(open_export(folder), media_folder=folder_of_media, dry_run=True)
        assert not [note for note in report.notes if "links" in note.what]
    blog.change_plugin("import_blogger", addresses=["garden.blogspot.com"])
    with blog.app():
        report = importing.run(open_export(folder), media_folder=folder_of_media)
        assert [note for note in report.notes if note.what == "1 links"]
        assert f'<a href="{path}">see</a>' in posts.newest(1).posts[0].html
