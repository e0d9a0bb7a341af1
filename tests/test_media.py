"""Pictures: what is accepted, and how it is stored."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from blogengine import media
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Media
from blogengine.testing import BlogKit


def picture(kind: str = "PNG", colour: str = "red", size: tuple[int, int] = (4, 3)) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("kind", "mime", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/gif", "gif"),
    ],
)
def test_the_type_is_told_by_the_bytes(kind: str, mime: str, extension: str) -> None:
    found = media.examine(picture(kind))
    assert (found.mime, found.extension, found.width, found.height) == (mime, extension, 4, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.4",
        b"MZ" + bytes(100),
        b"BM" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"GIF89a",
    ],
    ids=["empty", "svg", "html", "pdf", "exe", "bmp", "broken png", "broken gif"],
)
def test_what_is_no_picture_of_five_kinds_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        media.examine(BytesIO(data))
    assert refusal.value.code == "not_a_picture"


def test_a_picture_of_12000_by_12000_is_refused_before_it_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(Refused) as refusal:
        media.examine(BytesIO(bomb))
    assert refusal.value.code == "too_large"


def test_a_file_over_20_mb_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        media.examine(BytesIO(bytes(media.MAX_BYTES + 1)))
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Été à la mer.JPG", "ete-a-la-mer"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("a\x00b.png", "a-b"),
        ("日本.png", "picture"),
        ("", "picture"),
        ("x" * 300, "x" * 60),
        ("evil.php.html", "evil-php"),
    ],
)
def test_the_name_is_ours_and_safe(title: str, stem: str) -> None:
    found = media.examine(picture())
    assert media.name_for(found, title) == f"{found.digest[:10]}-{stem}.png"


def test_the_same_bytes_are_stored_once(blog: BlogKit, tmp_path: Path) -> None:
    with blog.app():
        first = media.store(picture(), "red.png", folder=tmp_path, source_id="a")
        again = media.store(picture(), "other.png", folder=tmp_path, source_id="b")
        other = media.store(picture(colour="blue"), "red.png", folder=tmp_path)
        assert first.name == again.name != other.name
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Media)) == 2
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".png") == sorted(
        [first.name, other.name]
    )
    assert (tmp_path / first.name).read_bytes() == picture().getvalue()
    assert media.url(first) == f"/media/{first.name}"


def test_a_file_that_was_lost_is_written_again(blog: BlogKit, tmp_path: Path) -> None:
    with blog.app():
        name = media.store(picture(), "red.png", folder=tmp_path).name
        (tmp_path / name).unlink()
        media.store(picture(), "red.png", folder=tmp_path)
    assert (tmp_path / name).is_file()


def test_a_refused_picture_leaves_nothing(blog: BlogKit, tmp_path: Path) -> None:
    with blog.app(), pytest.raises(Refused):
        media.store(BytesIO(b"<svg/>"), "x.svg", folder=tmp_path)
    assert not [
        path for path in tmp_path.iterdir() if path.name != "instance" and not path.name.startswith("blog.db")
    ]
