"""Pictures: what is accepted, and how it is stored."""

import struct
import threading
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from blogengine import media
from blogengine import pictures
from blogengine.db import db
from blogengine.db import write
from blogengine.errors import NotFound
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
    found = pictures.examine(picture(kind))
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
        pictures.examine(BytesIO(data))
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
        pictures.examine(BytesIO(bomb))
    assert refusal.value.code == "too_large"


def test_a_file_over_20_mb_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        pictures.examine(BytesIO(bytes(pictures.MAX_BYTES + 1)))
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
    found = pictures.examine(picture())
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


def test_a_picture_that_is_stored_again_while_it_is_deleted_keeps_its_file(
    blog: BlogKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blog.app():
        number = media.store(picture(), "red.png", folder=tmp_path).id

    def store_behind(change: Any) -> Any:
        monkeypatch.setattr("blogengine.media.write", write)
        done = write(change)
        media.store(picture(), "red.png", folder=tmp_path)
        return done

    monkeypatch.setattr("blogengine.media.write", store_behind)
    with blog.app():
        media.delete(number, folder=tmp_path)
    with blog.app():
        (stored,) = media.listed()[0]
        assert stored.id != number
        assert (tmp_path / stored.name).is_file()


def test_a_picture_whose_file_is_deleted_while_it_is_stored_has_it_again(
    blog: BlogKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def lose(change: Any) -> Any:
        for path in tmp_path.glob("*-red.png"):
            path.unlink()
        return write(change)

    monkeypatch.setattr("blogengine.media.write", lose)
    with blog.app():
        assert (tmp_path / media.store(picture(), "red.png", folder=tmp_path).name).is_file()


def test_a_refused_picture_leaves_nothing(blog: BlogKit, tmp_path: Path) -> None:
    with blog.app(), pytest.raises(Refused):
        media.store(BytesIO(b"<svg/>"), "x.svg", folder=tmp_path)
    assert not [
        path for path in tmp_path.iterdir() if path.name != "instance" and not path.name.startswith("blog.db")
    ]


def photo(size: tuple[int, int] = (40, 30), kind: str = "JPEG", **options: Any) -> BytesIO:
    """Return a picture as a telephone makes it: lying on its side, with place, maker and a comment noted in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees (EXIF 2.32, Orientation)
    exif[0x010F] = "Camera Company"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, exif=exif, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_goes_to_readers_upright_and_without_what_the_camera_noted(kind: str) -> None:
    seen = pictures.for_readers(pictures.examine(photo(kind=kind)))
    assert b"Camera Company" not in seen.data
    with Image.open(BytesIO(seen.data)) as image:
        assert (image.size, image.format) == ((30, 40), kind)
        assert (seen.width, seen.height) == (30, 40)
        assert not image.getexif()
    assert pictures.examine(BytesIO(seen.data)) == seen


PLACE = b"52.52 north 13.40 east"


def part(marker: int, data: bytes) -> bytes:
    """Return a part of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def frames(kind: str, **options: Any) -> bytes:
    """Return a picture that moves."""
    shown = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue", "teal")]
    file = BytesIO()
    shown[0].save(file, kind, save_all=True, append_images=shown[1:], **options)
    return file.getvalue()


def noted() -> dict[str, bytes]:
    """Return files with a note of the place in each corner that their formats have."""
    jpeg, png = picture("JPEG").getvalue(), picture("PNG").getvalue()
    webp, gif = picture("WEBP").getvalue(), picture("GIF").getvalue()
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0" + PLACE
    grey = BytesIO()
    Image.new("I;16", (4, 3)).save(grey, "PNG", exif=exif)
    jpegs = {
        "XMP": part(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE),
        "more XMP": part(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + PLACE),
        "IPTC": part(0xED, b"Photoshop 3.0\0" + PLACE),
        "maker": part(0xE4, PLACE),
        "C2PA": part(0xEB, b"JP" + PLACE),
        "small picture": part(0xE0, b"JFXX\0" + PLACE),
        "comment": part(0xFE, PLACE),
    }
    pngs = {
        "text": chunk(b"tEXt", b"a\0" + PLACE),
        "own": chunk(b"plAc", PLACE),
        "EXIF": chunk(b"eXIf", PLACE),
    }
    return {
        **{f"JPEG {name}": jpeg[:2] + note + jpeg[2:] for name, note in jpegs.items()},
        **{f"PNG {name}": png[:33] + note + png[33:] for name, note in pngs.items()},
        **{f"PNG {name} last": png[:-12] + note + png[-12:] for name, note in pngs.items()},
        **{f"{kind} behind": picture(kind).getvalue() + PLACE for kind in ("JPEG", "PNG", "WEBP", "GIF")},
        "AVIF behind": picture("AVIF").getvalue() + struct.pack(">I", 8 + len(PLACE)) + b"abcd" + PLACE,
        "AVIF XMP": photo(kind="AVIF", xmp=PLACE).getvalue(),
        "PNG grey": grey.getvalue(),
        "PNG moving": frames("PNG", exif=exif),
        "WEBP moving": frames("WEBP", exif=exif, xmp=PLACE),
        "WEBP own": b"RIFF" + struct.pack("<I", len(webp) + 22) + webp[8:] + b"plac\x16\0\0\0" + PLACE,
        "GIF moving": frames("GIF", comment=PLACE),
        "GIF XMP": gif[:-1] + b"!\xff\x0bXMP DataXMP" + bytes([len(PLACE)]) + PLACE + b"\0;",
    }


def test_no_corner_of_a_file_tells_where_a_picture_was_taken() -> None:
    for name, data in noted().items():
        assert PLACE in data, name
        seen = pictures.for_readers(pictures.examine(BytesIO(data)))
        assert PLACE not in seen.data, name
        again = pictures.examine(BytesIO(seen.data))
        assert again == seen == pictures.for_readers(again), name
        with Image.open(BytesIO(seen.data)) as after, Image.open(BytesIO(data)) as before:
            assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1), name
            assert after.info.get("duration") == before.info.get("duration"), name
            after.load()


def test_a_moving_picture_that_cannot_be_parted_from_its_notes_is_refused() -> None:
    plain = pictures.examine(BytesIO(frames("AVIF")))
    assert pictures.for_readers(plain) is plain
    with pytest.raises(Refused, match="notes"):
        pictures.for_readers(pictures.examine(BytesIO(frames("AVIF", xmp=PLACE))))


def test_a_photo_that_stands_upright_keeps_its_pixels() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera Company"
    file = BytesIO()
    Image.effect_noise((40, 30), 90).save(file, "JPEG", quality=35, exif=exif)
    seen = pictures.for_readers(pictures.examine(BytesIO(file.getvalue())))
    assert b"Camera Company" not in seen.data
    with Image.open(file) as before, Image.open(BytesIO(seen.data)) as after:
        assert before.tobytes() == after.tobytes()


def test_nonsense_in_the_notes_of_a_large_picture_refuses_it_not() -> None:
    file = BytesIO()
    Image.new("RGB", (3000, 20)).save(file, "PNG", exif=b"nonsense")
    seen = pictures.for_readers(pictures.examine(BytesIO(file.getvalue())))
    assert b"nonsense" not in seen.data
    assert seen.width == pictures.LONGEST


def test_pictures_are_written_again_in_turn_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    large = pictures.examine(picture(size=(3000, 20)))
    monkeypatch.setattr(pictures, "_PLACES", threading.BoundedSemaphore(1))
    assert pictures.for_readers(large).width == pictures.LONGEST
    with pictures._PLACES, pytest.raises(Refused, match="Other pictures") as refusal:
        pictures.for_readers(large)
    assert refusal.value.code == "busy"
    assert pictures.for_readers(large).width == pictures.LONGEST


def test_half_a_photo_is_refused() -> None:
    file = BytesIO()
    Image.effect_noise((200, 200), 90).save(file, "JPEG")
    with pytest.raises(Refused):
        pictures.for_readers(pictures.examine(BytesIO(file.getvalue()[:5000])))


def test_texts_in_a_file_are_taken_out_and_colours_kept() -> None:
    notes = PngInfo()
    notes.add_text("Author", "Somebody Somewhere")
    file = BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", (4, 3), "red").save(file, "PNG", pnginfo=notes, icc_profile=profile)
    file.seek(0)
    seen = pictures.for_readers(pictures.examine(file))
    assert b"Somebody" not in seen.data
    with Image.open(BytesIO(seen.data)) as image:
        assert image.info["icc_profile"] == profile
        assert image.mode == "RGBA"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_large_picture_is_made_smaller_whatever_its_colours(mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (3000, 20)).save(file, "PNG")
    file.seek(0)
    seen = pictures.for_readers(pictures.examine(file))
    assert (seen.width, seen.height) == (pictures.LONGEST, 17)


def test_a_picture_with_nothing_to_hide_and_one_that_moves_stay_as_they_are() -> None:
    plain = pictures.examine(picture("JPEG"))
    assert pictures.for_readers(plain) is plain
    file = BytesIO()
    frames = [Image.new("RGB", (3000, 2), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    file.seek(0)
    moving = pictures.examine(file)
    assert pictures.for_readers(moving) is moving


def test_a_photo_with_a_second_picture_behind_it_is_a_jpeg() -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(
        file, "MPO", save_all=True, append_images=[Image.new("RGB", (20, 15), "blue")]
    )
    file.seek(0)
    found = pictures.examine(file)
    assert (found.mime, found.extension, found.width) == ("image/jpeg", "jpg", 40)
    with Image.open(BytesIO(pictures.for_readers(found).data)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)


def test_pictures_are_listed_searched_and_deleted_with_their_files(blog: BlogKit) -> None:
    with blog.app():
        folder = blog.site.config.media_folder
        for number, colour in enumerate(("red", "green", "blue")):
            media.store(picture(colour=colour), f"Sea {number}.png", folder=folder)
        found, has_more = media.listed(limit=2)
        assert ([one.title for one in found], has_more) == (["Sea 2.png", "Sea 1.png"], True)
        assert [one.title for one in media.listed(before_id=found[-1].id)[0]] == ["Sea 0.png"]
        assert [one.title for one in media.listed(q="1 sea")[0]] == ["Sea 1.png"]
        assert media.listed(q="50%")[0] == []
        gone = media.delete(found[0].id, folder=folder)
        assert not (folder / gone.name).exists()
        with pytest.raises(NotFound):
            media.delete(found[0].id, folder=folder)
