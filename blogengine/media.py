"""The blog's pictures: where they are stored, what they are called, the list of them."""

import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from typing import BinaryIO

import sqlalchemy as sa

from blogengine import clock
from blogengine import events
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.db import write
from blogengine.errors import NotFound
from blogengine.models import Media
from blogengine.pictures import Picture
from blogengine.pictures import examine


def get(media_id: int) -> Media:
    """Return a stored picture. Raises `NotFound`."""
    media = db.session.get(Media, media_id)
    if media is None:
        raise NotFound("There is no such picture.")
    return media


def listed(*, q: str = "", before_id: int | None = None, limit: int = 50) -> tuple[list[Media], bool]:
    """Return pictures, newest first, and whether more follow; `q` are words of their titles."""
    statement = sa.select(Media).order_by(Media.id.desc()).limit(limit + 1)
    for word in q.split():
        statement = statement.where(Media.title.icontains(word, autoescape=True))
    if before_id is not None:
        statement = statement.where(Media.id < before_id)
    found = list(db.session.scalars(statement))
    return found[:limit], len(found) > limit


def delete(media_id: int, *, folder: Path) -> Media:
    """Delete a picture for good, its file too; return what it was. Raises `NotFound`."""

    def unlink(tx: Transaction) -> None:
        # Where nobody else writes: the same picture may have been stored again meanwhile.
        if tx.session.scalar(sa.select(Media.id).where(Media.name == media.name)) is None:
            (folder / media.name).unlink(missing_ok=True)

    def change(tx: Transaction) -> Media:
        media: Media | None = tx.session.get(Media, media_id)
        if media is None:
            raise NotFound("There is no such picture.")
        tx.session.delete(media)
        return media

    media: Media = write(change)
    write(unlink)
    return media


def find(picture: Picture, *, source_id: str | None = None) -> str | None:
    """Return the name under which the same bytes, or the same imported picture, are stored already."""
    row: Media | None = db.session.scalars(_same(picture, source_id)).first()
    return row.name if row is not None else None


def store(
    picture: Picture | BinaryIO,
    title: str,
    *,
    folder: Path,
    source_id: str | None = None,
    created_at: datetime | None = None,
) -> Media:
    """Store a picture below `folder` and return its row; the same bytes are stored once.

    The bytes are kept as they are. `title` is the name it had. Raises `Refused` as `examine` does.
    """
    if not isinstance(picture, Picture):
        picture = examine(picture)
    known: Media | None = db.session.scalars(_same(picture, source_id)).first()
    if known is not None and known.digest != picture.digest:
        return known
    name = known.name if known is not None else name_for(picture, title)
    _keep(folder, name, picture.data)
    if known is not None:
        return known

    def change(tx: Transaction) -> Media:
        there: Media | None = tx.session.scalars(_same(picture, source_id)).first()
        if there is not None:
            return there
        # Again, should it have been deleted meanwhile; else this only looks.
        _keep(folder, name, picture.data)
        media = Media(
            name=name,
            title=title[:200],
            mime=picture.mime,
            size=len(picture.data),
            width=picture.width,
            height=picture.height,
            digest=picture.digest,
            created_at=created_at or clock.now(),
            source_id=source_id,
        )
        tx.session.add(media)
        tx.session.flush()
        if source_id is None:  # an import does not tell of each thing that it brings
            events.tell(tx, "media_saved", media_id=media.id)
        return media

    return write(change)


def name_for(picture: Picture, title: str) -> str:
    """Return the name a picture is stored under: `ab12cd34ef-holiday.jpg`."""
    stem = unicodedata.normalize("NFKD", title.rpartition("/")[2].rpartition("\\")[2])
    stem = stem.rpartition(".")[0] or stem
    stem = "".join(character for character in stem if not unicodedata.combining(character))
    stem = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-")
    return f"{picture.digest[:10]}-{stem or 'picture'}.{picture.extension}"


def url(media: Media | str) -> str:
    """Return the address of a picture, given its row or its name."""
    return f"/media/{media if isinstance(media, str) else media.name}"


def sizes(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return width and height in pixels of the pictures of this blog among `names`, in one query."""
    wanted = set(names)
    if not wanted:
        return {}
    rows = db.session.execute(
        sa.select(Media.name, Media.width, Media.height).where(
            Media.name.in_(wanted), Media.width.is_not(None)
        )
    )
    return {name: (width or 0, height or 0) for name, width, height in rows}


def _same(picture: Picture, source_id: str | None) -> sa.Select[Any]:
    same: sa.ColumnElement[bool] = Media.digest == picture.digest
    if source_id is not None:
        same = sa.or_(Media.source_id == source_id, same)
    return sa.select(Media).where(same).order_by(Media.id).limit(1)


def _keep(folder: Path, name: str, data: bytes) -> None:
    """Write a file whole or not at all, and durably, before a row speaks of it."""
    target = folder / name
    if target.is_file() and target.stat().st_size == len(data):
        return
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{secrets.token_hex(8)}.part"
    try:
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
