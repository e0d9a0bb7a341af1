"""Writes the blog into a file by a format of a plugin: in batches, beside the file first, never over another one."""

import os
import secrets
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import BinaryIO

import sqlalchemy as sa

from blogengine import markup
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.interchange import CommentRecord
from blogengine.interchange import Exporter
from blogengine.interchange import PostRecord
from blogengine.interchange import SettingRecord
from blogengine.models import Comment
from blogengine.models import Label
from blogengine.models import Post
from blogengine.models import post_label
from blogengine.runtime import blog
from blogengine.sanitize import escape

BATCH = 100
SETTINGS = ("title", "description", "language", "time_zone", "posts_per_page")
_POSTS = (
    Post.id,
    Post.kind,
    Post.status,
    Post.title,
    Post.path,
    Post.source,
    Post.source_format,
    Post.html,
    Post.author_name,
    Post.author_url,
    Post.created_at,
    Post.published_at,
    Post.modified_at,
    Post.trashed_at,
    Post.comment_mode,
    Post.description,
    Post.title_link,
    Post.atom_id,
)
_PARENT = sa.orm.aliased(Comment)
_COMMENTS = (
    Comment.id,
    Comment.status,
    Comment.author_name,
    Comment.author_url,
    Comment.source,
    Comment.html,
    Comment.pipeline,
    Comment.published_at,
    Comment.modified_at,
    Comment.atom_id,
    Post.atom_id.label("post_atom_id"),
    _PARENT.atom_id.label("parent_atom_id"),
)


def write_file(
    exporter: Exporter,
    path: Path,
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write the blog to `path` and return how many posts, pages and comments are in it.

    The file appears under its name when it is whole, readable by its owner alone. `progress` is given the records
    written and their total. Raises `Refused` when there is a file already, when it cannot be written, or when the exporter
    wrote nothing; what the exporter raises comes through. In all these cases nothing was changed.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        hint = (
            "Choose another name." if path.is_dir() else "Choose another name, or say --force to replace it."
        )
        raise Refused(f"{path} is there already; nothing was written.", code="exists", hint=hint)
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                done = _write(exporter, stream, progress)
                stream.flush()
                os.fsync(stream.fileno())
            _rename(beside, path, overwrite)
        except OSError as error:
            raise Refused(
                f"{path} cannot be written: {error.strerror or error}.",
                code="not_written",
                hint="Choose a folder that you may write to and that has room.",
            ) from error
    finally:
        beside.unlink(missing_ok=True)
    return done


def _write(exporter: Exporter, stream: BinaryIO, progress: Callable[[int, int], None]) -> int:
    source = Source(progress)
    result: Any = exporter.write(source, stream)  # type: ignore[func-returns-value]
    if result is not None or not stream.tell():
        raise Refused(
            f"The exporter {exporter.id} wrote nothing, or returned something instead of writing.",
            code="not_written",
            hint="Tell the author of the plugin: write(source, stream) writes to the stream and returns None.",
        )
    return source.done


def _rename(beside: Path, path: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            os.link(beside, path)  # unlike a rename, this never takes the place of a file made meanwhile
        except FileExistsError as error:
            raise Refused(f"{path} is there already; nothing was written.", code="exists") from error
        except OSError:  # a file system without links
            overwrite = True
    if overwrite:
        beside.replace(path)


class Source:
    """The blog's records, read by id in batches; counts what it handed over in `done`."""

    def __init__(self, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        self.done = 0
        self._progress = progress
        numbers = [db.session.scalar(sa.select(sa.func.count(table.id))) for table in (Post, Comment)]
        self._total = sum(number or 0 for number in numbers)

    @property
    def url(self) -> str:
        """The blog's address."""
        return blog().url

    @property
    def total(self) -> int:
        """How many posts, pages and comments there are."""
        return self._total

    def settings(self) -> Iterator[SettingRecord]:
        """Yield the settings that other blogs have too."""
        for key in SETTINGS:
            value = getattr(blog().site, key)
            if value:
                yield SettingRecord(key, value)

    def posts(self) -> Iterator[PostRecord]:
        """Yield posts and pages."""
        for rows in self._batches(sa.select(*_POSTS), Post.id):
            labels: dict[int, list[str]] = {}
            for post_id, name in db.session.execute(
                sa.select(post_label.c.post_id, Label.name)
                .join(Label, Label.id == post_label.c.label_id)
                .where(post_label.c.post_id.in_([row.id for row in rows]))
                .order_by(Label.name)
            ):
                labels.setdefault(post_id, []).append(name)
            for row in rows:
                self.done += 1
                yield _post(row, tuple(labels.get(row.id, ())))

    def comments(self) -> Iterator[CommentRecord]:
        """Yield comments."""
        statement = (
            sa.select(*_COMMENTS)
            .join(Post, Post.id == Comment.post_id)
            .outerjoin(_PARENT, _PARENT.id == Comment.parent_id)
        )
        for rows in self._batches(statement, Comment.id):
            for row in rows:
                self.done += 1
                yield _comment(row)

    def _batches(self, statement: Any, key: Any) -> Iterator[Any]:
        last = 0
        while True:
            rows = db.session.execute(statement.where(key > last).order_by(key).limit(BATCH)).all()
            if not rows:
                return
            yield rows
            last = rows[-1].id
            self._progress(self.done, self._total)


def _post(row: Any, labels: tuple[str, ...]) -> PostRecord:
    return PostRecord(
        source_id=row.atom_id,
        kind=row.kind,
        status=row.status,
        title=row.title,
        html=row.source if row.source_format == "html" else row.html,
        created_at=row.created_at,
        published_at=row.published_at,
        updated_at=row.modified_at,
        author_name=row.author_name,
        author_url=row.author_url,
        labels=labels,
        path=row.path or "",
        comment_mode=row.comment_mode,
        description=row.description,
        title_link=row.title_link,
        atom_id=row.atom_id,
        trashed_at=row.trashed_at,
    )


def _comment(row: Any) -> CommentRecord:
    html = row.html
    if row.status.startswith("removed"):
        html = ""
    elif row.pipeline != markup.PIPELINE:
        try:
            html = str(markup.render_comment(row.source))
        except Refused:
            html = str(escape(row.source))
    return CommentRecord(
        source_id=row.atom_id,
        post_source_id=row.post_atom_id,
        status=row.status,
        html=html,
        published_at=row.published_at,
        updated_at=row.modified_at,
        author_name=row.author_name,
        author_url=row.author_url,
        parent_source_id=row.parent_atom_id or "",
    )
