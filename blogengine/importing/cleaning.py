"""Small repairs of what other systems export: refusing would lose a text for one character in it."""

import re
from urllib.parse import urlsplit

_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]+")


def one_line(text: str, limit: int) -> str:
    """Return `text` as one line of at most `limit` characters, without control characters."""
    line = " ".join(_UNWANTED.sub(" ", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def web_address(address: str, limit: int = 2000) -> str:
    """Return `address` when it is one of the web, else nothing."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        fits = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    if not fits or len(address) > limit or re.search(r"[\s<>\"'`\\\x00-\x1f\x7f]", address):
        return ""
    return address
