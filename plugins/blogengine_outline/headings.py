"""Headings get ids, and a table of contents that leads to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import SubElement

from blogengine.plugin import text

LEVELS = ("h2", "h3", "h4", "h5", "h6")
"""The title of the post is the heading above them; a table of contents goes two levels deep."""
MARKERS = ("[[toc]]", "[[toc:]]")


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


def add_contents(tree: Element, headings: list[Heading], title: str, least: int) -> None:
    """Put tables of contents where the author wants them, or before the first heading of at least `least`."""
    parents = {child: parent for parent in tree.iter() for child in parent}
    places = [
        element
        for element in parents
        if element.tag == "p" and len(element) == 0 and (element.text or "").strip() in MARKERS
    ]
    for place in places:
        parent = parents[place]
        number = list(parent).index(place)
        parent.remove(place)
        if headings:
            contents = _contents(headings, title)
            contents.tail = place.tail
            parent.insert(number, contents)
        elif number:
            parent[number - 1].tail = (parent[number - 1].tail or "") + (place.tail or "")
        else:
            parent.text = (parent.text or "") + (place.tail or "")
    if places or not least or len(headings) < least:
        return
    first = next(element for element in parents if element.get("id") == headings[0].id)
    while parents[first] is not tree:
        first = parents[first]
    contents = _contents(headings, title)
    contents.tail = "\n"
    tree.insert(list(tree).index(first), contents)


def _contents(headings: list[Heading], title: str) -> Element:
    contents = Element("section", {"class": "table-of-contents"})
    if title:
        SubElement(SubElement(contents, "p"), "strong").text = title
    outer = SubElement(contents, "ul")
    inner: Element | None = None
    for heading in headings:
        if heading.depth == 0 or len(outer) == 0:
            inner = None
            item = SubElement(outer, "li")
        elif heading.depth == 1:
            inner = SubElement(outer[-1], "ul") if inner is None else inner
            item = SubElement(inner, "li")
        else:
            continue
        SubElement(item, "a", {"href": f"#{heading.id}"}).text = heading.words
    return contents
