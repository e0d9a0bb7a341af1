"""Pictures: what is accepted, where it is stored, and what it is called."""

import hashlib
import os
import re
import secrets
import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from typing import BinaryIO

import sqlalchemy as sa
from PIL import Image

from blogengine import clock
from blogengine import events
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.db import write
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import Media

MAX_BYTES = 20_000_000
MAX_PIXELS = 25_000_000
"""A 17 kB PNG of 12,000 x 12,000 takes 722 MB to decode."""
FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
    "AVIF": ("image/avif", "avif"),
}
"""Types a browser never runs: no SVG, no HTML. By what the bytes are, not by what the name says."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was checked: its bytes and what they are."""

    data: bytes
    mime: str
    extension: str
    width: int
    height: int
    digest: str
    """SHA-256, hexadecimal."""


def examine(file: BinaryIO) -> Picture:
    """Read a picture and check it before it is decoded.

    Raises `Refused` (`too_large`, `not_a_picture`) with a sentence for the person who sent it.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"The picture is larger than {MAX_BYTES // 1_000_000} MB.", code="too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=tuple(FORMATS)) as image:
                width, height = image.size
                mime, extension = FORMATS[image.format or ""]
                if width * height > MAX_PIXELS:
                    raise Refused(
                        f"The picture has {width} x {height} pixels; {MAX_PIXELS:,} in all are allowed.",
                        code="too_large",
                        hint="Make it smaller.",
                    )
                image.verify()
    except Refused:
        raise
    except Image.DecompressionBombError as error:
        raise Refused(f"The picture has more than {MAX_PIXELS:,} pixels.", code="too_large") from error
    except (OSError, SyntaxError, ValueError, KeyError, EOFError, MemoryError, OverflowError) as error:
        raise Refused(
            "This is no picture that can be read.",
            code="not_a_picture",
            hint="JPEG, PNG, WebP, GIF and AVIF are accepted.",
        ) from error
    return Picture(data, mime, extension, width, height, hashlib.sha256(data).hexdigest())


def get(media_id: int) -> Media:
    """Return a stored picture. Raises `NotFound`."""
    media = db.session.get(Media, media_id)
    if media is None:
        raise NotFound("There is no such picture.")
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
