"""Reads a source to its end and stores it, 100 records a transaction."""

from collections.abc import Callable
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from blogengine.importing.comments import CommentImport
from blogengine.importing.media import MediaImport
from blogengine.importing.posts import PostImport
from blogengine.importing.report import Report
from blogengine.importing.settings import take_setting
from blogengine.interchange import CommentRecord
from blogengine.interchange import ImportBatch
from blogengine.interchange import ImportSource
from blogengine.interchange import MediaRecord
from blogengine.interchange import Note
from blogengine.interchange import PostRecord
from blogengine.interchange import Record
from blogengine.interchange import SettingRecord
from blogengine.runtime import blog

BATCH = 100
BATCH_SIZE = 2_000_000
"""Characters of text after which a batch is stored although it is not full."""


def run(
    source: ImportSource,
    *,
    media_folder: Path,
    dry_run: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
    on_note: Callable[[Note], None] | None = None,
) -> Report:
    """Import `source` and return what was done, or with `dry_run`, which writes nothing, what would be.

    What is there already (by its `source_id`) stays as it is, so an import that was stopped is completed by
    running it again. `progress` is given the number of records done and the total, if known. `on_note` takes
    notes as they come. Raises `Refused` when the source cannot be read; then nothing was stored.
    """
    report = Report(dry_run=dry_run, on_note=on_note)
    media = MediaImport(report, media_folder)
    posts = PostImport(report, media.rewrite)
    comments = CommentImport(report, posts.is_planned)
    for batch in _batches(source.records(), report):
        records = _prepared(batch, source, report)
        if not records:
            continue
        first = records[0]
        if isinstance(first, SettingRecord):
            for record in records:
                if isinstance(record, SettingRecord):
                    is_ours = take_setting(record, report)
                    if is_ours and record.key == "time_zone":
                        posts.zone = ZoneInfo(str(record.value))
        elif isinstance(first, MediaRecord):
            for record in records:
                if isinstance(record, MediaRecord):
                    media.take(record)
        elif isinstance(first, PostRecord):
            posts.take([record for record in records if isinstance(record, PostRecord)])
        else:
            comments.take([record for record in records if isinstance(record, CommentRecord)])
        if progress is not None:
            progress(report.done, source.total)
    comments.join_threads()
    return report


def _prepared(batch: list[Record], source: ImportSource, report: Report) -> list[Record]:
    """Return the records that plugins leave, as they leave them."""
    handed = ImportBatch(batch, kind=type(batch[0]).__name__)
    blog().hook.prepare_import(batch=handed, source=source)
    for note in handed.notes:
        report.add(note)
    for skip in handed.skipped:
        kind = _kind(skip.record)
        report.counts[kind].left_out += 1
        report.note("left-out", kind, _where(skip.record), skip.reason)
    return handed.records


def _kind(record: Record) -> str:
    if isinstance(record, PostRecord):
        return record.kind
    kinds = {CommentRecord: "comment", MediaRecord: "media", SettingRecord: "setting"}
    return kinds[type(record)]


def _where(record: Record) -> str:
    if isinstance(record, SettingRecord):
        return record.key
    return (record.path if isinstance(record, PostRecord) else "") or record.source_id


def _batches(records: Iterator[Record | Note], report: Report) -> Iterator[list[Record]]:
    """Yield records of one type together, at most `BATCH`; notes go to the report."""

    def without_notes() -> Iterator[Record]:
        for record in records:
            if isinstance(record, Note):
                report.add(record)
            else:
                yield record

    for _, group in groupby(without_notes(), type):
        batch: list[Record] = []
        size = 0
        for record in group:
            batch.append(record)
            size += len(record.html) if isinstance(record, (PostRecord, CommentRecord)) else 0
            if len(batch) == BATCH or size > BATCH_SIZE:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch
