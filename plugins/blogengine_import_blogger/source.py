"""One blog of an export, read in passes: once to the end to check and count, then posts, then comments."""

import csv
import io
import re
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from pathlib import Path
from pathlib import PurePosixPath
from typing import BinaryIO

from blogengine.plugin import MediaRecord
from blogengine.plugin import Note
from blogengine.plugin import Record
from blogengine.plugin import Refused
from blogengine.plugin import SettingRecord
from blogengine_import_blogger import entries
from blogengine_import_blogger.archive import Archive
from blogengine_import_blogger.archive import open_archive
from blogengine_import_blogger.feed import Entry
from blogengine_import_blogger.feed import FeedReader
from blogengine_import_blogger.layout import BlogFiles
from blogengine_import_blogger.layout import find_blog
from blogengine_import_blogger.links import place_of
from blogengine_import_blogger.settings import read_settings

KINDS = ("post", "page", "comment")


def open_export(path: Path, choice: str = "") -> "BloggerSource":
    """Open an export of Blogger at `path`; `choice` names one blog where there are several."""
    archive = open_archive(path)
    return BloggerSource(archive, find_blog(archive, choice))


class BloggerSource:
    """Records of one blog. Making one checks the whole export: raises `Refused` with line and reason."""

    def __init__(self, archive: Archive, files: BlogFiles) -> None:
        self._archive = archive
        self._files = files
        self._counts = dict.fromkeys(KINDS, 0)
        self._posts: set[int] = set()
        self._comments: set[int] = set()
        self._settings: dict[str, str] = {}
        self._notes: list[Note] = []
        self._replies_are_told = False
        self._title = ""
        self._addresses: dict[str, set[str]] = {}
        self.places: set[str] = set()
        """The hosts by which the export says that the blog was known; Takeout says none."""
        self.paths: set[str] = set()
        """The paths of its public posts and pages."""
        self._pictures, self._ambiguous = self._album()
        self._check()
        self._local = frozenset(url for urls in self._addresses.values() for url in urls)

    @property
    def total(self) -> int:
        """How many records there are."""
        return sum(self._counts.values()) + len(self._pictures) + len(self._records_of_settings())

    def records(self) -> Iterator[Record | Note]:
        """Yield settings, pictures, posts and pages, comments, and notes between them."""
        yield from self._notes
        yield from self._files.others
        yield from self._records_of_settings()
        yield from read_settings(self._settings, self._title)[1]
        yield from self._media()
        for feed in self._files.feeds:
            for entry in self._entries(feed):
                kind = entries.kind_of(entry)
                if kind in ("post", "page"):
                    record, notes = entries.read_post(
                        entry, kind, replies_are_told=self._replies_are_told, local=self._local
                    )
                    yield from notes
                    yield record
        for feed in self._files.feeds if self._counts["comment"] else ():
            for entry in self._entries(feed):
                if entries.kind_of(entry) == "comment":
                    yield from _comment(entry)
        elsewhere = 0
        for feed in self._files.comments:
            for entry in self._entries(feed):
                if hash(entries.source_id(entry)) in self._comments:
                    continue
                if hash(entries.parent_post(entry)) in self._posts:
                    yield from _comment(entry)
                else:
                    elsewhere += 1
        if elsewhere:
            why = "they were written on other blogs"
            yield Note("left-out", f"{elsewhere} comments of this account", "Comments", why)

    def _check(self) -> None:
        for feed in self._files.feeds:
            for entry in self._entries(feed, self._remember):
                self._look_at(entry)
        for feed in self._files.comments:
            for entry in self._entries(feed, self._remember):
                comment = hash(entries.source_id(entry)) not in self._comments
                self._counts["comment"] += comment and hash(entries.parent_post(entry)) in self._posts
        for name in self._files.settings:
            self._settings.update(self._table(name))

    def _look_at(self, entry: Entry) -> None:
        kind = entries.kind_of(entry)
        if kind == "settings":
            self._settings[entries.source_id(entry).rpartition(".")[2].lower()] = entry.text("content")
        elif kind == "template":
            why = "Blogger's themes do not run here; choose one under Themes"
            self._notes.append(Note("left-out", "template", f"line {entry.line}", why))
        elif kind not in KINDS:
            what = f"entry of kind {kind or 'unknown'}"
            why = "only posts, pages and comments come over"
            self._notes.append(Note("left-out", what, entries.describe(entry), why))
        elif not entries.source_id(entry):
            raise Refused(
                f"{self._archive.place} cannot be read: line {entry.line}: an entry has no id.",
                code="not_readable",
            )
        else:
            self._counts[kind] += 1
            if kind == "comment":
                if self._files.comments:
                    self._comments.add(hash(entries.source_id(entry)))
                return
            self.places.add(place_of(entry.link("alternate", "text/html") or ""))
            self.paths.add(entries.known_path(entry))
            if self._files.comments:
                self._posts.add(hash(entries.source_id(entry)))
            self._replies_are_told = self._replies_are_told or entries.has_replies_link(entry)
            if self._pictures:
                for url in entries.pictures(entry.text("content")):
                    key = _key(entries.file_name(url))
                    if key in self._pictures and key not in self._ambiguous:
                        self._addresses.setdefault(key, set()).update((url, entries.by_https(url)))

    def _entries(self, name: str, at_end: Callable[[FeedReader], None] | None = None) -> Iterator[Entry]:
        with self._archive.open(name) as file:
            reader = FeedReader(file, name)
            yield from reader
        if at_end:
            at_end(reader)

    def _remember(self, reader: FeedReader) -> None:
        self._notes += reader.notes
        self._title = self._title or reader.head.text("title")
        self.places.add(place_of(reader.head.link("alternate", "text/html") or ""))
        self.places -= {"", "blogger.com"}

    def _table(self, name: str) -> dict[str, str]:
        try:
            rows = list(csv.reader(io.StringIO(self._archive.read(name).decode("utf-8-sig"), newline="")))
        except (UnicodeDecodeError, csv.Error) as error:
            self._notes.append(Note("left-out", "settings", name, f"the file cannot be read: {error}"))
            return {}
        return dict(zip(rows[0], rows[1], strict=False)) if len(rows) > 1 else {}

    def _records_of_settings(self) -> list[SettingRecord]:
        return read_settings(self._settings, self._title)[0]

    def _album(self) -> tuple[dict[str, str], set[str]]:
        """Return pictures by the key of their name, and the keys that more than one has."""
        found: dict[str, str] = {}
        ambiguous: set[str] = set()
        for name in self._files.pictures:
            key = _key(PurePosixPath(name).name)
            if key in found:
                ambiguous.add(key)
                why = "another picture has the same name; posts that show one of them keep the old address"
                self._notes.append(Note("changed", PurePosixPath(name).name, name, why))
                key = f"{key}|{name}"
            found[key] = name
        return found, ambiguous

    def _media(self) -> Iterator[MediaRecord]:
        for key, name in self._pictures.items():
            path = PurePosixPath(name)
            yield MediaRecord(
                source_id=f"blogger-album:{'/'.join(path.parts[-2:])}",
                title=path.name,
                open=self._opener(name),
                created_at=self._created(name),
                original_urls=tuple(sorted(self._addresses.get(key, ()))),
            )

    def _opener(self, name: str) -> Callable[[], BinaryIO]:
        return lambda: self._archive.open(name)

    def _created(self, name: str) -> datetime | None:
        facts = f"{name}.json"
        if facts not in self._archive.sizes:
            return None
        match = re.search(rb'"creationTimestampMs"\s*:\s*"?(\d{1,14})', self._archive.read(facts))
        return datetime.fromtimestamp(int(match[1]) / 1000, UTC) if match else None


def _comment(entry: Entry) -> Iterator[Record | Note]:
    record, notes = entries.read_comment(entry)
    yield from notes
    yield record


def _key(name: str) -> str:
    """Fold a file name: Takeout replaces characters that files cannot have."""
    return re.sub(r"[^a-z0-9.]", "_", name.lower())
