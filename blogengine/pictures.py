"""Pictures: what is accepted, told by the bytes, and how they are made fit for readers."""

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from PIL import Image
from PIL import ImageOps

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
    return Picture(data, mime, extension, width, height, hashlib.sha256(data).hexdigest())


def for_readers(picture: Picture) -> Picture:
    """Return a photo as it goes on the web: upright, small enough, and without what the camera wrote into it.

    Cameras and phones note the place, the time and their serial number. Pictures that move, and those that cannot be
    written again, are returned as they are.
    """
    try:
        with Image.open(BytesIO(picture.data), formats=_READ) as image:
            name = _CONTAINERS.get(image.format or "", image.format or "")
            is_moving = name != "JPEG" and getattr(image, "is_animated", False)
            is_large = max(image.size) > LONGEST
            if is_moving or image.mode not in _MODES or not (is_large or _tells(image)):
                return picture
            shown: Image.Image = image
            if is_large:
                shown = image if _MODES[image.mode] == image.mode else image.convert(_MODES[image.mode])
                shown.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
            file, shown = BytesIO(), ImageOps.exif_transpose(shown)
            shown.info = {key: shown.info[key] for key in ("transparency",) if key in shown.info}
            # Pillow writes into a file what stands in `info`, so what shall not leave is taken out of there.
            options = {"quality": QUALITY} if name in ("JPEG", "WEBP", "AVIF") else {}
            shown.save(file, name, icc_profile=image.info.get("icc_profile"), **options)
    except (OSError, SyntaxError, ValueError, KeyError, EOFError, MemoryError, OverflowError) as error:
        raise _unreadable() from error
    data, (width, height) = file.getvalue(), shown.size
    return Picture(data, picture.mime, picture.extension, width, height, hashlib.sha256(data).hexdigest())


def _tells(image: Image.Image) -> bool:
    """Whether a file says more than its picture: EXIF, XMP, a comment, or texts of a PNG."""
    known = ("exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop")
    return bool(
        image.getexif()
        or any(image.info.get(key) for key in known)
        or getattr(image, "text", None)
        or image.format in _CONTAINERS
    )


def _unreadable() -> Refused:
    return Refused(
        "This is no picture that can be read.",
        code="not_a_picture",
        hint="JPEG, PNG, WebP, GIF and AVIF are accepted.",
    )
