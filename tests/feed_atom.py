"""Checks of Atom: RFC 4287, RFC 4685, RFC 5005, OpenSearch."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

from tests.feed_parts import ATOM
from tests.feed_parts import XML
from tests.feed_parts import address
from tests.feed_parts import at_most_once
from tests.feed_parts import expect
from tests.feed_parts import identifier
from tests.feed_parts import language
from tests.feed_parts import links
from tests.feed_parts import markup
from tests.feed_parts import moment
from tests.feed_parts import once
from tests.feed_parts import paging
from tests.feed_parts import plain_text
from tests.feed_parts import threads


def check_atom_feed(feed: ET.Element, location: str) -> Iterator[str]:
    """Yield the faults of a `feed` element that `location` answered with."""
    yield from once(feed, "id", "title", "updated")
    yield from at_most_once(feed, "subtitle", "generator", "icon", "logo", "rights")
    yield from language(feed.get(f"{XML}lang"))
    yield from identifier(feed.findtext(f"{ATOM}id", ""))
    yield from moment(feed.findtext(f"{ATOM}updated", ""))
    for name in ("title", "subtitle"):
        for construct in feed.findall(ATOM + name):
            yield from _text_construct(construct)
    entries = feed.findall(f"{ATOM}entry")
    children = list(feed)
    if entries:
        first = children.index(entries[0])
        yield from expect(
            all(child.tag == f"{ATOM}entry" for child in children[first:]), "metadata after an entry"
        )
    yield from links(feed, is_feed=True)
    selves = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    yield from expect(selves == [location], f"self is {selves}, the feed is at {location}")
    has_author = bool(feed.findall(f"{ATOM}author"))
    yield from expect(has_author, "a feed without entries must have an author")
    yield from _people(feed)
    yield from _categories(feed)
    for generator in feed.findall(f"{ATOM}generator"):
        yield from expect(bool((generator.text or "").strip()), "generator is blank")
    yield from paging(feed, len(entries))
    seen: Counter[str] = Counter()
    for entry in entries:
        yield from check_atom_entry(entry, not has_author, seen)


def check_atom_entry(entry: ET.Element, needs_author: bool, seen: Counter[str]) -> Iterator[str]:
    """Yield the faults of an `entry` element; `seen` counts ids and times of its feed."""
    yield from once(entry, "id", "title", "updated")
    yield from at_most_once(entry, "content", "published", "summary", "rights", "source")
    own = entry.findtext(f"{ATOM}id", "")
    yield from identifier(own)
    for value, what in ((own, "id"), (entry.findtext(f"{ATOM}updated", ""), "updated")):
        seen[value] += 1
        yield from expect(seen[value] == 1, f"two entries have the {what} {value}")
    for name in ("updated", "published"):
        if entry.find(ATOM + name) is not None:
            yield from moment(entry.findtext(ATOM + name, ""))
    if needs_author:
        yield from once(entry, "author")
    yield from _people(entry)
    yield from _categories(entry)
    for name in ("title", "summary", "content"):
        for construct in entry.findall(ATOM + name):
            yield from _text_construct(construct)
    content, summary = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}summary")
    if content is None:
        yield from expect(summary is not None, f"{own} has neither content nor summary")
        yield from expect(
            any(link.get("rel") == "alternate" for link in entry.findall(f"{ATOM}link")),
            f"{own} has no alternate",
        )
    yield from links(entry, is_feed=False)
    yield from threads(entry)


def _text_construct(construct: ET.Element) -> Iterator[str]:
    name, words = construct.tag.rpartition("}")[2], construct.text or ""
    yield from expect(not len(construct), f"{name} has children")
    yield from expect(bool(words.strip()), f"{name} is blank")
    if construct.get("type", "text") == "text":
        yield from plain_text(words, name)
    elif construct.get("type") == "html":
        yield from markup(words, name)
    else:
        yield f"{name} has the type {construct.get('type')}"


def _people(parent: ET.Element) -> Iterator[str]:
    for author in parent.findall(f"{ATOM}author"):
        yield from once(author, "name")
        yield from plain_text(author.findtext(f"{ATOM}name", ""), "name")
        for uri in author.findall(f"{ATOM}uri"):
            yield from address(uri.text or "")
        yield from at_most_once(author, "uri", "email")


def _categories(parent: ET.Element) -> Iterator[str]:
    terms = Counter((item.get("term", ""), item.get("scheme")) for item in parent.findall(f"{ATOM}category"))
    for (term, scheme), count in terms.items():
        yield from expect(bool(term), "a category without term")
        yield from expect(count == 1, f"category {term} twice")
        if scheme is not None:
            yield from address(scheme)
