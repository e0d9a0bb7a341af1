"""Pictures: what is accepted, told by the bytes, and how they are made fit for readers."""

import hashlib
import struct
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image
from PIL import ImageOps

from blogengine.bare import bare
from blogengine.errors import Refused

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
_CONTAINERS = {"MPO": "JPEG"}
"""Phones put a second picture behind the first one (CIPA DC-007); every program shows the first, as a JPEG."""
_READ = (*FORMATS, *_CONTAINERS)
LONGEST = 2560
"""Pixels of the longer side that readers get of an uploaded photo: a wide screen, and no more."""
QUALITY = 88
_MODES = {"RGB": "RGB", "RGBA": "RGBA", "L": "L", "LA": "LA", "P": "RGBA", "CMYK": "CMYK", "1": "L"}
"""Modes that can be written again, and what they are scaled in."""
_ORIENTATION = 0x0112
_WRITER = ThreadPoolExecutor(1, "pictures")
"""One picture takes up to 350 MB while it is written again. One thread for all: the C library keeps some for each thread
that ever took so much."""
_PLACES = threading.BoundedSemaphore(2)
"""For the picture that is written and for one that waits: each waiting one holds a thread that readers need."""


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


def examine(file: IO[bytes]) -> Picture:
    """Read a picture and check it before it is decoded.

    Raises `Refused` (`too_large`, `not_a_picture`) with a sentence for the person who sent it.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"The picture is larger than {MAX_BYTES // 1_000_000} MB.", code="too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=_READ) as image:
                width, height = image.size
                name = image.format or ""
                mime, extension = FORMATS[_CONTAINERS.get(name, name)]
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
        raise _unreadable() from error
    return _picture(data, mime, extension, (width, height))


def for_readers(picture: Picture) -> Picture:
    """Return a picture as it goes on the web: upright, small enough, and without what stands in its file beside it.

    Cameras and phones note the place, the time and their serial number. Pixels change only where a picture is turned or
    made smaller, or where its notes cannot be left out otherwise; pictures that move keep their size. Raises `Refused`.
    """
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(picture.data), formats=_READ) as image:
            warnings.simplefilter("ignore")  # of nonsense in EXIF, which nobody gets to see
            name = _CONTAINERS.get(image.format or "", image.format or "")
            is_moving = name != "JPEG" and getattr(image, "is_animated", False)
            is_large = max(image.size) > LONGEST
            can_write = not is_moving and image.mode in _MODES
            is_right = _is_upright(image) and not is_large
            data = bare(picture.data, name) if is_right or not can_write else None
            size = image.size
            if data is None and can_write:
                data, size = _in_turn(image, name, is_large=is_large)
    except (OSError, SyntaxError, ValueError, KeyError, EOFError, MemoryError, OverflowError) as error:
        raise _unreadable() from error
    if data is None:
        raise Refused(
            "This moving picture has notes in it, of place and time perhaps, that cannot be taken out.",
            code="not_a_picture",
            hint="Save it as GIF or WebP.",
        )
    return picture if data == picture.data else _picture(data, picture.mime, picture.extension, size)


def _is_upright(image: Image.Image) -> bool:
    try:
        return bool(image.getexif().get(_ORIENTATION, 1) == 1)
    except (SyntaxError, ValueError, struct.error):  # nonsense in EXIF turns nothing, and is left out
        image.info.pop("exif", None)
        return True


def _in_turn(image: Image.Image, name: str, *, is_large: bool) -> tuple[bytes, tuple[int, int]]:
    """Write a picture again when the one before is done. Raises `Refused` (`busy`) where others wait already."""
    if not _PLACES.acquire(blocking=False):
        raise Refused(
            "Other pictures are being made fit for readers just now.",
            code="busy",
            hint="Please add this one again in a moment.",
        )
    try:
        return _WRITER.submit(_write_again, image, name, is_large=is_large).result()
    finally:
        _PLACES.release()


def _write_again(image: Image.Image, name: str, *, is_large: bool) -> tuple[bytes, tuple[int, int]]:
    """Return the file of a picture, upright and not larger than readers need, and its size in pixels."""
    shown, profile = image, image.info.get("icc_profile")
    if is_large:
        shown = image if _MODES[image.mode] == image.mode else image.convert(_MODES[image.mode])
        shown.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    file, shown = BytesIO(), ImageOps.exif_transpose(shown)
    shown.info = {key: shown.info[key] for key in ("transparency",) if key in shown.info}
    # Pillow writes into a file what stands in `info`, so what shall not leave is taken out of there.
    options = {"quality": QUALITY} if name in ("JPEG", "WEBP", "AVIF") else {}
    shown.save(file, name, icc_profile=profile, **options)
    return file.getvalue(), shown.size


def _picture(data: bytes, mime: str, extension: str, size: tuple[int, int]) -> Picture:
    return Picture(data, mime, extension, *size, hashlib.sha256(data).hexdigest())


def _unreadable() -> Refused:
    return Refused(
        "This is no picture that can be read.",
        code="not_a_picture",
        hint="JPEG, PNG, WebP, GIF and AVIF are accepted.",
    )
