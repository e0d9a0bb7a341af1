"""What an importer hands over: records that name no other system, and notes about the rest."""

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A post or page of another system. Times are aware."""

    source_id: str
    """Stays the same in every export of the same blog: a record is stored once by it."""
    kind: str
    """`post` or `page`."""
    status: str
    """`draft`, `scheduled`, `published` or `trashed`."""
    title: str
    html: str
    """As the other system gave it, not yet clean."""
    created_at: datetime
    published_at: datetime | None
    """None where it was never published."""
    updated_at: datetime
    """Of the last change, as feeds say it."""
    author_name: str = ""
    author_url: str = ""
    labels: tuple[str, ...] = ()
    path: str = ""
    """The path readers know, `/2011/02/x.html` or `/p/x.html`; where it is empty one is made."""
    comment_mode: str = "allow"
    """`allow`, `existing` or `hide`."""
    description: str = ""
    title_link: str = ""
    atom_id: str = ""
    """The id of its feed entry; empty: `source_id`."""
    trashed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """A comment of another system; `html` is not yet clean, an empty `author_name` is anonymous."""

    source_id: str
    post_source_id: str
    status: str
    """`pending`, `published`, `spam`, `removed-by-author` or `removed-by-admin`."""
    html: str
    published_at: datetime
    updated_at: datetime
    author_name: str = ""
    author_url: str = ""
    parent_source_id: str = ""
    """The comment that this one answers; empty for an answer to the post."""


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """A picture. `original_urls` are the addresses by which posts show it; they are rewritten to our own."""

    source_id: str
    title: str
    """The name of the file."""
    open: Callable[[], BinaryIO]
    created_at: datetime | None = None
    original_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingRecord:
    """A setting: `title`, `description`, `language`, `time_zone` or `posts_per_page`."""

    key: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that came over otherwise than it was, or not at all. One note is one line."""

    level: str
    """`kept` (came over whole, in spite of something), `changed` or `left-out`."""
    what: str
    """The thing: `2 iframe, 1 script`."""
    where: str
    """Where it stands: a post's path or title, a file, a line."""
    why: str

    def __str__(self) -> str:
        return f"{self.level}: {self.what} ({self.where}): {self.why}"


Record = PostRecord | CommentRecord | MediaRecord | SettingRecord


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that does not come over, and why."""

    record: Record
    reason: str


@dataclass(slots=True)
class ImportBatch:
    """Records of one type on their way in, up to a hundred, as plugins may change them."""

    records: list[Record]
    """Put another in the place of one: `batch.records[0] = dataclasses.replace(batch.records[0], title="…")`."""
    notes: list[Note] = field(default_factory=list)
    """What the owner shall read about it, one line each, in a dry run too."""
    skipped: list[Skip] = field(default_factory=list)
    kind: str = ""
    """The name of their type, such as `PostRecord`."""

    def skip(self, record: Record, reason: str) -> None:
        """Leave `record` out; the report counts it and says why."""
        self.records = [one for one in self.records if one is not record]
        self.skipped.append(Skip(record, reason))

    def check(self) -> None:
        """Raise `TypeError` when a record of another type came in."""
        for record in (*self.records, *(skip.record for skip in self.skipped)):
            if type(record).__name__ != self.kind:
                raise TypeError(f"this batch holds records of type {self.kind}, and so it must stay")


class ImportSource(Protocol):
    """An opened export, checked to its end before the first record is handed over."""

    @property
    def total(self) -> int | None:
        """How many records there will be, for showing progress; None when not known."""

    def records(self) -> Iterator[Record | Note]:
        """Yield settings, then media, then posts, then comments, with notes between.

        A comment's parent may follow it. Raises `errors.Refused` with the line and the reason, before the
        first record, when the export cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Importer:
    """A kind of export that can be read: what `register_importers` returns."""

    id: str
    """The word in `blogengine import <id> PATH`."""
    label: str
    open: Callable[[Path, str], ImportSource] = field(repr=False)
    """`open(path, choice)`; `choice` names one blog where the export holds several, else it is empty.

    Raises `errors.Refused` when there is nothing to read or nothing was chosen.
    """


class ExportSource(Protocol):
    """The blog as an exporter reads it: once, in this order, in batches, so that memory stays small.

    Settings and small data of plugins, passwords and addresses are not in it.
    """

    @property
    def url(self) -> str:
        """The blog's absolute address without a slash at the end; empty while the owner has set none."""

    @property
    def total(self) -> int:
        """How many posts, pages and comments there are."""

    def settings(self) -> Iterator[SettingRecord]:
        """Yield what `SettingRecord` knows."""

    def posts(self) -> Iterator[PostRecord]:
        """Yield posts and pages in whatever state, oldest first. `source_id` is the id of the feed entry."""

    def comments(self) -> Iterator[CommentRecord]:
        """Yield comments in whatever state, oldest first; a removed one without its text."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that the blog can be written in: what `register_exporters` returns."""

    id: str
    """The word in `blogengine export <id> FILE`."""
    label: str
    write: Callable[[ExportSource, BinaryIO], None] = field(repr=False)
    """`write(source, stream)` writes the whole file; it is not there under its name before this has returned."""
