"""Takes in comments and joins them to threads, in whatever order they come."""

import re
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from blogengine import clock
from blogengine import markup
from blogengine import sanitize
from blogengine.comments.repeats import new_digest
from blogengine.comments.submission import NAME_LIMIT
from blogengine.comments.submission import TEXT_LIMIT
from blogengine.comments.threads import depth_of
from blogengine.comments.threads import next_thread_key
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.db import write
from blogengine.errors import Refused
from blogengine.htmlscan import tags
from blogengine.importing.cleaning import one_line
from blogengine.importing.cleaning import web_address
from blogengine.importing.report import Report
from blogengine.interchange import CommentRecord
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.text import plain_text

CHUNK = 500
HELD = "It was held or spam where it came from."
NO_PARENT = "the comment it answers is not in the export"
# Nothing here looks at the same blanks twice: blanks without end would take their number squared.
_BREAK = re.compile(r"<br\s*+/?>[ \t]*+", re.IGNORECASE)
_LINE = re.compile(r"(?<!\s)[^\S\n]*+\n\s*+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CommentImport:
    """The comments of one import. `is_planned` says whether a post of this id came with it."""

    def __init__(self, report: Report, is_planned: Callable[[str], bool]) -> None:
        self._report = report
        self._counts = report.counts["comment"]
        self._is_planned = is_planned
        self._seen: set[int] = set()
        self._waiting: dict[str, str] = {}
        """Comments whose parent had not come when they were stored, with that parent's id."""

    def take(self, records: list[CommentRecord]) -> None:
        """Store the comments that are not there yet."""
        posts = _posts(db.session(), records)
        there = _comments(db.session(), [record.source_id for record in records])
        rows: list[tuple[CommentRecord, dict[str, Any]]] = []
        for record in records:
            if hash(record.source_id) in self._seen:
                self._leave_out(record, "its id stands twice in the export")
                continue
            self._seen.add(hash(record.source_id))
            if record.source_id in there:
                self._counts.already_there += 1
                if record.parent_source_id and there[record.source_id][1] is None:
                    self._waiting[record.source_id] = record.parent_source_id
            elif record.post_source_id in posts or self._will_have_its_post(record):
                rows.append((record, self._prepare(record, posts.get(record.post_source_id, 0))))
            else:
                self._leave_out(record, "its post is not in the export")
        if self._report.dry_run:
            self._counts.new += len(rows)
            self._waiting.update(
                {record.source_id: record.parent_source_id for record, _ in rows if record.parent_source_id}
            )
        elif rows:
            new = write(lambda tx: self._store(tx, rows))
            self._counts.new += new
            self._counts.already_there += len(rows) - new

    def _will_have_its_post(self, record: CommentRecord) -> bool:
        return self._report.dry_run and self._is_planned(record.post_source_id)

    def _leave_out(self, record: CommentRecord, why: str) -> None:
        self._counts.left_out += 1
        what = f"comment of {record.author_name or 'Anonymous'}"
        self._report.note("left-out", what, record.source_id, why)

    def _prepare(self, record: CommentRecord, post_id: int) -> dict[str, Any]:
        source = as_typed(record.html)
        try:
            html = str(markup.render_comment(source))
        except Refused as refusal:
            source = str(sanitize.escape(plain_text(record.html)))
            if len(source) > TEXT_LIMIT:
                source = f"{source[: TEXT_LIMIT - 1]}…"
            html = str(markup.render_comment(source))
            why = f"{refusal.message} It came over as plain text of at most {TEXT_LIMIT:,} characters."
            self._report.note("changed", "comment", record.source_id, why)
        key = _key("", record.published_at)
        return {
            "post_id": post_id,
            "parent_id": None,
            "thread_key": key,
            "depth": depth_of(key),
            "status": record.status,
            "author_name": one_line(record.author_name, NAME_LIMIT),
            "author_url": web_address(record.author_url, 500),
            "source": source,
            "html": html,
            "pipeline": markup.PIPELINE,
            "created_at": clock.now(),
            "published_at": record.published_at,
            "modified_at": record.updated_at,
            "held_reason": HELD if record.status in ("pending", "spam") else "",
            "digest": new_digest(),
            "atom_id": record.source_id,
            "source_id": record.source_id,
        }

    def _store(self, tx: Transaction, rows: list[tuple[CommentRecord, dict[str, Any]]]) -> int:
        """Insert comments; one whose parent is not there yet waits for `join_threads`."""
        there = _comments(tx.session, [record.source_id for record, _ in rows])
        fresh = [(record, row) for record, row in rows if record.source_id not in there]
        wanted = [record.parent_source_id for record, _ in fresh if record.parent_source_id]
        parents = _comments(tx.session, wanted)
        for record, row in fresh:
            parent = parents.get(record.parent_source_id)
            settled = parent is not None and record.parent_source_id not in self._waiting
            if parent is not None and settled and parent[2] == row["post_id"]:
                key = _key(parent[3], record.published_at)
                row.update(parent_id=parent[0], thread_key=key, depth=depth_of(key))
            elif record.parent_source_id:
                self._waiting[record.source_id] = record.parent_source_id
        if fresh:
            tx.session.execute(sa.insert(Comment), [row for _, row in fresh])
            _count(tx, {row["post_id"] for _, row in fresh})
        return len(fresh)

    def join_threads(self) -> None:
        """Hang answers under their parents, parents first; those without a parent stay under the post."""
        if self._report.dry_run:
            known = _comments(db.session(), list(set(self._waiting.values())))
            for child, parent in self._waiting.items():
                if parent not in known and hash(parent) not in self._seen:
                    self._orphan(child, NO_PARENT)
            return
        while self._waiting:
            ready = [child for child, parent in self._waiting.items() if parent not in self._waiting]
            if not ready:
                for child in self._waiting:
                    self._orphan(child, "its answers go round in a circle")
                return
            for start in range(0, len(ready), CHUNK):
                pairs = {child: self._waiting[child] for child in ready[start : start + CHUNK]}
                for child in write(partial(_join, pairs=pairs)):
                    self._orphan(child, NO_PARENT)
            for child in ready:
                del self._waiting[child]

    def _orphan(self, child: str, why: str) -> None:
        self._report.note("changed", "answer", child, f"{why}; it stands as an answer to the post")


def as_typed(html: str) -> str:
    """Return a comment's HTML as one would type it here: line breaks for `<br>`, known tags only."""
    if any(tag.name not in sanitize.COMMENT.tags for tag in tags(html)):
        try:
            html = str(sanitize.clean_comment(html))
        except Refused:
            return html
    lines = _BREAK.sub("\n", _LINE.sub(" ", html)).split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines).strip()


def _key(parent_key: str, at: datetime) -> str:
    return next_thread_key(parent_key, max(at, _EPOCH))


def _posts(session: Session, records: list[CommentRecord]) -> dict[str, int]:
    ids = {record.post_source_id for record in records}
    same = sa.or_(
        Post.source_id.in_(ids), Post.atom_id.in_(ids)
    )  # an export of this blog names its own posts
    rows = session.execute(sa.select(Post.source_id, Post.atom_id, Post.id).where(same))
    return {name: row[2] for row in rows for name in row[:2] if name in ids}


def _comments(session: Session, source_ids: list[str]) -> dict[str, tuple[int, int | None, int, str]]:
    """Return (id, parent's id, post's id, thread key) by source id; a comment written here has only its feed's id."""
    wanted = set(source_ids)
    columns = (Comment.id, Comment.parent_id, Comment.post_id, Comment.thread_key)
    same = sa.or_(Comment.source_id.in_(wanted), Comment.atom_id.in_(wanted))
    rows = session.execute(sa.select(*columns, Comment.source_id, Comment.atom_id).where(same))
    return {name: (row[0], row[1], row[2], row[3]) for row in rows for name in row[4:] if name in wanted}


def _join(tx: Transaction, pairs: dict[str, str]) -> list[str]:
    """Hang each child, with the answers it has, under its parent; return those whose parent is missing."""
    rows = _comments(tx.session, [*pairs, *pairs.values()])
    orphans: list[str] = []
    posts: set[int] = set()
    for child, parent in pairs.items():
        own, above = rows.get(child), rows.get(parent)
        if own is None or above is None or above[2] != own[2]:
            orphans.append(child)
            continue
        key = f"{above[3][: 16 * 50]}{own[3][-16:]}"
        below = Comment.thread_key.startswith(own[3], autoescape=True)
        family = tx.session.execute(
            sa.select(Comment.id, Comment.thread_key).where(Comment.post_id == own[2], below)
        ).all()
        for comment_id, old in family:
            moved = f"{key}{old[len(own[3]) :]}"
            tx.session.execute(
                sa.update(Comment)
                .where(Comment.id == comment_id)
                .values(thread_key=moved, depth=depth_of(moved))
                .execution_options(synchronize_session=False)
            )
        tx.session.execute(
            sa.update(Comment)
            .where(Comment.id == own[0])
            .values(parent_id=above[0])
            .execution_options(synchronize_session=False)
        )
        posts.add(own[2])
    _bump(tx, posts)
    return orphans


def _count(tx: Transaction, post_ids: set[int]) -> None:
    published = (
        sa.select(sa.func.count())
        .where(Comment.post_id == Post.id, Comment.status == "published")
        .correlate(Post)
        .scalar_subquery()
    )
    tx.session.execute(
        sa.update(Post)
        .where(Post.id.in_(post_ids))
        .values(comment_count=published)
        .execution_options(synchronize_session=False)
    )
    _bump(tx, post_ids)


def _bump(tx: Transaction, post_ids: set[int]) -> None:
    if post_ids:
        tx.bump("comments", "moderation", *(f"comments:{post_id}" for post_id in post_ids))
        tx.bump(*(f"post:{post_id}" for post_id in post_ids))
