"""Takes in posts and pages: their text, labels and permalinks."""

import hashlib
import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from blogengine import clock
from blogengine import content
from blogengine import jobs
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.db import write
from blogengine.documents import Document
from blogengine.errors import Refused
from blogengine.htmlscan import pictures_by_http
from blogengine.importing.cleaning import one_line
from blogengine.importing.cleaning import web_address
from blogengine.importing.report import Report
from blogengine.interchange import Note
from blogengine.interchange import PostRecord
from blogengine.models import Label
from blogengine.models import Post
from blogengine.models import Redirect
from blogengine.models import Setting
from blogengine.models import post_label
from blogengine.posts import date_labels
from blogengine.runtime import blog
from blogengine.text import fold
from blogengine.text import plain_text
from blogengine.text import slugify

TITLE_LIMIT = 500
LABEL_LIMIT = 200
DESCRIPTION_LIMIT = 500
SEARCH_LIMIT = 500_000

_PATH = re.compile(r"/(?:(?P<year>\d{4})/(?P<month>\d{2})|p)/(?P<slug>[A-Za-z0-9_.-]{1,200})\.html\Z")
_REALLY_UPDATED = timedelta(minutes=1)
"""Other systems stamp each save; readers are told of an update only when the minute differs."""


@dataclass(slots=True)
class _Ready:
    """A post ready to be stored; everything slow has been done."""

    record: PostRecord
    columns: dict[str, Any]
    wanted_path: str
    labels: list[str]
    facts: dict[str, dict[str, Any]]


class PostImport:
    """The posts and pages of one import. `rewrite(html, where)` replaces addresses of pictures."""

    def __init__(self, report: Report, rewrite: Callable[[str, str], str]) -> None:
        self.zone: ZoneInfo | None = None
        """The imported blog's time zone where it became this blog's; else this blog's own is read."""
        self._report = report
        self._rewrite = rewrite
        self._seen: set[int] = set()
        self._paths: set[int] = set()

    def is_planned(self, source_id: str) -> bool:
        """Say whether a post of this id was in the source so far."""
        return hash(source_id) in self._seen

    def take(self, records: list[PostRecord]) -> None:
        """Store the posts that are not there yet."""
        there = _stored(db.session(), records)
        fresh: list[PostRecord] = []
        for record in records:
            counts = self._report.counts[record.kind]
            if hash(record.source_id) in self._seen:
                counts.left_out += 1
                why = "its id stands twice in the export"
                self._report.note("left-out", record.kind, _where(record), why)
            elif record.source_id in there:
                counts.already_there += 1
            else:
                fresh.append(record)
            self._seen.add(hash(record.source_id))
        ready = [self._prepare(record) for record in fresh]
        if not ready:
            return
        stored, notes = (
            self._plan(ready) if self._report.dry_run else write(lambda tx: self._store(tx, ready))
        )
        for item in stored:
            self._report.counts[item.record.kind].new += 1
            self._paths.add(hash(item.columns["path"]))
        for item in ready:
            self._report.counts[item.record.kind].already_there += item not in stored
        for note in notes:
            self._report.add(note)

    def _prepare(self, record: PostRecord) -> _Ready:
        where = _where(record)
        status = record.status
        source = self._rewrite(record.html, where)
        try:
            atom_id = record.atom_id or record.source_id
            rendered = content.render(
                Document(source, "html", record.kind, anchor=content.anchor_of(atom_id))
            )
        except Refused as refusal:
            rendered = content.Rendered("", blog().pipeline, {})
            status = "draft" if status in ("published", "scheduled") else status
            why = f"{refusal.message} It came over as a draft with its whole text: shorten and publish it."
            self._report.note("changed", record.kind, where, why)
        unprotected = pictures_by_http(rendered.html)
        if unprotected and not blog().url.startswith("http://"):
            more = f" and {len(unprotected) - 1} more" if len(unprotected) > 1 else ""
            why = (
                "browsers do not load it here, because it comes unprotected. Write https:// in the post, if that server "
                "answers by it, or upload the picture"
            )
            self._report.note("kept", f"the picture {unprotected[0][:200]}{more}", where, why)
        published = record.published_at
        if published is None and status in ("published", "scheduled"):
            published = record.created_at
        updated = record.updated_at
        since = updated - published if published is not None and status == "published" else timedelta(0)
        title = one_line(record.title, TITLE_LIMIT)
        text = plain_text(rendered.html)
        columns: dict[str, Any] = {
            "kind": record.kind,
            "status": status,
            "title": title,
            "path": None,
            "source": source,
            "source_format": "html",
            "html": rendered.html,
            "pipeline": rendered.pipeline,
            "text_key": fold(f"{title} {text}")[:SEARCH_LIMIT],
            "author_name": one_line(record.author_name, 100),
            "author_url": web_address(record.author_url, 500),
            "created_at": record.created_at,
            "published_at": published,
            "updated_at": updated if since >= _REALLY_UPDATED else None,
            "modified_at": updated,
            "trashed_at": (record.trashed_at or clock.now()) if status == "trashed" else None,
            "trashed_from": ("published" if record.path else "draft") if status == "trashed" else "",
            "comment_mode": record.comment_mode,
            "description": one_line(record.description, DESCRIPTION_LIMIT),
            "title_link": web_address(record.title_link),
            "atom_id": record.atom_id or record.source_id,
            "source_id": record.source_id,
        }
        labels = list(dict.fromkeys(filter(None, (one_line(label, LABEL_LIMIT) for label in record.labels))))
        return _Ready(
            record, columns, self._wanted_path(record, columns, text, where), labels, rendered.facts
        )

    def _wanted_path(self, record: PostRecord, columns: dict[str, Any], text: str, where: str) -> str:
        """Return the path the post had, or the one it gets; nothing for a draft that had none."""
        if _PATH.match(record.path) and record.path.startswith("/p/") == (record.kind == "page"):
            return record.path
        if columns["status"] != "published":
            return ""
        local = columns["published_at"].astimezone(self._zone())
        folder = "/p" if record.kind == "page" else f"/{local.year:04d}/{local.month:02d}"
        path = f"{folder}/{slugify(columns['title'], text)}.html"
        if record.path:
            why = f"it has no place here; it became {path}"
            self._report.note("changed", f"permalink {record.path}", where, why)
        return path

    def _zone(self) -> ZoneInfo:
        if self.zone is None:
            stored = db.session.get(Setting, "time_zone")
            self.zone = ZoneInfo(stored.value if stored is not None else "UTC")
        return self.zone

    def _store(self, tx: Transaction, ready: list[_Ready]) -> tuple[list[_Ready], list[Note]]:
        there = _stored(tx.session, [item.record for item in ready])
        ready = [item for item in ready if item.record.source_id not in there]
        if not ready:
            return [], []
        notes = self._choose_paths(tx.session, ready)
        ids = tx.session.scalars(
            sa.insert(Post).returning(Post.id, sort_by_parameter_order=True), [item.columns for item in ready]
        ).all()
        posts = dict(zip(ids, ready, strict=True))
        _attach_labels(tx.session, {post_id: item.labels for post_id, item in posts.items()})
        date_labels(tx, posts)
        for post_id, item in posts.items():
            content.write_facts(tx, post_id, item.facts)
            at = item.columns["published_at"]
            if item.columns["status"] == "scheduled":
                jobs.enqueue(tx, "core.publish", {}, run_at=at, key=f"publish:{post_id}:{at.isoformat()}")
        tx.bump("posts", *(f"post:{post_id}" for post_id in ids))
        return ready, notes

    def _plan(self, ready: list[_Ready]) -> tuple[list[_Ready], list[Note]]:
        return ready, self._choose_paths(db.session(), ready)

    def _choose_paths(self, session: Session, ready: list[_Ready]) -> list[Note]:
        """Give each post its path, or another one where that is taken."""
        notes: list[Note] = []
        taken = _taken(session, [item.wanted_path for item in ready if item.wanted_path])
        for item in ready:
            path = item.wanted_path or None
            if path is not None and (path in taken or hash(path) in self._paths):
                others = list(_alternatives(path, item))
                taken |= _taken(session, others)
                free = (other for other in others if other not in taken and hash(other) not in self._paths)
                path = next(free)
                if item.record.path:
                    why = f"another post of this blog has it; this one became {path}"
                    notes.append(Note("changed", f"permalink {item.wanted_path}", _where(item.record), why))
            if path is not None:
                taken.add(path)
            item.columns["path"] = path
        return notes


def _where(record: PostRecord) -> str:
    return record.path or one_line(record.title, 80) or record.source_id


def _stored(session: Session, records: list[PostRecord]) -> set[str]:
    ids = [record.source_id for record in records]
    atom_ids = {record.atom_id or record.source_id: record.source_id for record in records}
    same = sa.or_(Post.source_id.in_(ids), Post.atom_id.in_(atom_ids))
    rows = session.execute(sa.select(Post.source_id, Post.atom_id).where(same))
    found: set[str] = set()
    for source_id, atom_id in rows:
        found.update(filter(None, (source_id, atom_ids.get(atom_id))))
    return found


def _taken(session: Session, paths: list[str]) -> set[str]:
    found = set(session.scalars(sa.select(Post.path).where(Post.path.in_(paths))))
    found |= set(session.scalars(sa.select(Redirect.path).where(Redirect.path.in_(paths))))
    return {path for path in found if path is not None}


def _alternatives(path: str, item: _Ready) -> Iterator[str]:
    """Yield paths for a collision as Blogger makes them: the day of the month appended, then numbers."""
    stem = path.removesuffix(".html")
    at = item.columns["published_at"] or item.columns["created_at"]
    numbers = [at.day, *(number for number in range(1, 100) if number != at.day)]
    yield from (f"{stem}_{number}.html" for number in numbers)
    yield f"{stem}_{hashlib.sha256(item.record.source_id.encode()).hexdigest()[:12]}.html"


def _attach_labels(session: Session, labels: dict[int, list[str]]) -> None:
    names = sorted({name for own in labels.values() for name in own})
    if not names:
        return
    rows = session.execute(sa.select(Label.name, Label.id).where(Label.name.in_(names)))
    known = {name: label_id for name, label_id in rows}  # noqa: C416
    for name in names:
        if name not in known:
            label = Label(name=name)
            session.add(label)
            session.flush()
            known[name] = label.id
    session.execute(
        sa.insert(post_label),
        [{"post_id": post_id, "label_id": known[name]} for post_id, own in labels.items() for name in own],
    )
