"""Headings get ids, so that one can link to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from blogengine.plugin import text

LEVELS = ("h2", "h3", "h4", "h5", "h6")
"""The title of the post is the heading above them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the text; `depth` is 0 for the highest that occurs."""

    id: str
    words: str
    depth: int


def words_of(element: Element) -> str:
    """Return the words in an element on one line."""
    return " ".join("".join(element.itertext()).split())


def name_headings(tree: Element, anchor: str) -> list[Heading]:
    """Give every heading an id where it has none; return those with words."""
    taken = {element.get("id") or element.get("name") for element in tree.iter()}
    found = [element for element in tree.iter() if element.tag in ("h1", *LEVELS) and words_of(element)]
    top = min((element.tag for element in found), default="")
    headings = []
    for element in found:
        words = words_of(element)
        name = element.get("id")
        if name is None:
            slug = text.slugify(words, "section")
            slug = slug if slug[0].isalpha() else f"s-{slug}"
            name = next(free for free in _names(slug, anchor) if free not in taken)
            taken.add(name)
            element.set("id", name)
        headings.append(Heading(name, words, int(element.tag[1]) - int(top[1])))
    return headings


def _names(slug: str, anchor: str) -> Iterator[str]:
    ending = f"-{anchor}" if anchor else ""
    yield f"{slug}{ending}"
    number = 2
    while True:
        yield f"{slug}-{number}{ending}"
        number += 1
