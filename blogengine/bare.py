"""Picture files without what stands in them beside the picture: parts that draw are kept as they are, all others left out.

Cameras, telephones and programs note place, time, names and numbers in many places: EXIF, XMP in one piece or several, IPTC,
parts of their own, small pictures, films behind the end. So what is kept is listed, not what is left out.
"""

import re
import struct
from collections.abc import Callable

_END_OF_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_JPEG_TABLES = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}) - {0xC8}
_PNG_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs acTL fcTL fdAT".split()
)
_WEBP_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_WEBP_NOTES = 0b0000_1100
"""Bits of VP8X that announce EXIF and XMP."""
_GIF_LOOPS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_AVIF_BOXES = frozenset({b"ftyp", b"meta", b"moov", b"mdat"})
_AVIF_NOTES = (b"Exif", b"mime", b"uuid", b"udta")


def bare(data: bytes, kind: str) -> bytes | None:
    """Return a file of the format `kind`, as Pillow calls it, without notes; the pixels are the same.

    None where that cannot be had by leaving parts out: the file is not built as its format says, or is AVIF with notes,
    whose parts are found by their places in the file.
    """
    try:
        return _FORMATS[kind](data)
    except (IndexError, ValueError, struct.error):
        return None


def _jpeg(data: bytes) -> bytes:
    """ITU-T T.81, annex B. Of the parts of applications JFIF, colour profiles and Adobe's mark of colours are kept."""
    kept, at = [b"\xff\xd8"], 2
    while True:
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF:
            raise ValueError(at)
        if marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        start, at = at + 4, at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if at < start:
            raise ValueError(at)
        part = data[start:at]
        if marker == 0xE0 and part.startswith(b"JFIF\0"):
            part = part[:12] + b"\0\0"  # without its small picture
        elif marker == 0xEE and part.startswith(b"Adobe"):
            part = part[:12]
        elif marker not in _JPEG_TABLES and not (marker == 0xE2 and part.startswith(b"ICC_PROFILE\0")):
            continue
        kept.append(struct.pack(">BBH", 0xFF, marker, len(part) + 2) + part)
        if marker == 0xDA:
            end = _END_OF_SCAN.search(data, at)
            if end is None:
                raise ValueError(at)
            kept.append(data[at : end.start()])
            at = end.start()


def _png(data: bytes) -> bytes:
    """Portable Network Graphics, third edition, §5; Pillow has looked at the sums of the chunks."""
    kept, at, kind = [data[:8]], 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        start, at = at, at + 12 + length
        if at > len(data):
            raise ValueError(at)
        if kind in _PNG_CHUNKS:
            kept.append(data[start:at])
    return b"".join(kept)


def _webp(data: bytes) -> bytes:
    """RFC 9649 §2; frames are chunks of chunks behind 16 bytes."""
    end = 8 + int.from_bytes(data[4:8], "little")
    body = _webp_chunks(data, 12, end)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(data: bytes, at: int, end: int) -> bytes:
    kept = []
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        start, at = at + 8, at + 8 + length + length % 2
        if start + length > min(end, len(data)):
            raise ValueError(at)
        part = data[start : start + length]
        if kind not in _WEBP_CHUNKS:
            continue
        if kind == b"VP8X":
            part = bytes([part[0] & ~_WEBP_NOTES]) + part[1:]
        elif kind == b"ANMF":
            part = part[:16] + _webp_chunks(part, 16, len(part))
        kept.append(kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2))
    return b"".join(kept)


def _gif(data: bytes) -> bytes:
    """GIF89a: of the extensions those are kept that say how frames are shown, and how often."""
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while at < len(data) and data[at] != 0x3B:
        start, is_kept = at, True
        if data[at] == 0x2C:
            at += 11 + _colours(data[at + 9])
        elif data[at] == 0x21:
            is_kept = data[at + 1] == 0xF9 or (data[at + 1] == 0xFF and data[at + 3 : at + 14] in _GIF_LOOPS)
            at += 2
        else:
            raise ValueError(at)
        while data[at]:
            at += data[at] + 1
        at += 1
        if is_kept:
            kept.append(data[start:at])
    return b"".join([*kept, b"\x3b"])


def _colours(flags: int) -> int:
    """Return how many bytes the table of colours has that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _avif(data: bytes) -> bytes:
    """ISO/IEC 14496-12 §4.2 and 23000-22: the file itself where nothing but pictures is in it."""
    at = 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        box = data[at : at + length]
        is_empty = kind == b"free" and not any(box[8:])
        if length < 8 or len(box) < length or not (kind in _AVIF_BOXES or is_empty):
            raise ValueError(at)
        if kind != b"mdat" and any(mark in box for mark in _AVIF_NOTES):
            raise ValueError(at)
        at += length
    return data


_FORMATS: dict[str, Callable[[bytes], bytes]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "AVIF": _avif,
}
