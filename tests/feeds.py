"""A strict checker of feeds.

It finds each fault that the W3C Feed Validation Service reports as an error or a warning for feeds like ours.
"""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

import feedparser

from tests.feed_atom import check_atom_entry
from tests.feed_atom import check_atom_feed
from tests.feed_parts import ATOM
from tests.feed_parts import GOOGLE
from tests.feed_parts import expect
from tests.feed_rss import check_rss


def check_feed(body: bytes, content_type: str, location: str) -> list[str]:
    """Return a sentence for each fault of the feed that `location` answered with; none when it is good."""
    return list(_faults(body, content_type, location))


def _faults(body: bytes, content_type: str, location: str) -> Iterator[str]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        yield f"not well-formed: {error}"
        return
    if not body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>'):
        yield "the XML declaration does not say UTF-8"
    kind, _, charset = content_type.partition(";")
    if charset.strip().lower() not in ("", "charset=utf-8"):
        yield f"the charset is {charset}"
    yield from _characters(root)
    parsed = feedparser.parse(body, response_headers={"content-type": content_type})
    if parsed.bozo:
        yield f"feedparser: {parsed.bozo_exception}"
    if root.tag == "rss":
        yield from expect(kind == "application/rss+xml", f"RSS is served as {kind}")
        yield from check_rss(root, body.decode(), location)
    elif root.tag in (f"{ATOM}feed", f"{ATOM}entry"):
        yield from expect(kind == "application/atom+xml", f"Atom is served as {kind}")
        yield from _namespaces(body.decode(), root)
        yield from (
            check_atom_feed(root, location)
            if root.tag == f"{ATOM}feed"
            else check_atom_entry(root, True, Counter())
        )
    else:
        yield f"{root.tag} is no feed"


def _characters(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        for words in [element.text or "", *element.attrib.values()]:
            if re.search("[\x80-\x9f]", words):
                yield f"{element.tag} has control characters"


def _namespaces(text: str, root: ET.Element) -> Iterator[str]:
    """Prefixes that are declared and not used: the validator warns of each that it does not know."""
    used = {element.tag.partition("}")[0] for element in root.iter()}
    for uri in re.findall(r'xmlns:?\w*="([^"]*)"', text[: text.index(">", 60)]):
        if uri == GOOGLE[1:-1] and "{" + uri not in used:
            yield f"{uri} is declared without use"
