"""Tables of contents: a marker in the stored text, which says what stands in it, and its HTML when a page is made.

As a marker it is no part of the text: excerpts, permalinks and search leave it out.
"""

import json
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import quote
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from blogengine_outline.headings import Heading

WISHES = ("[[toc]]", "[[toc:]]")
"""What authors write in a paragraph of its own."""
DEEPEST = 1


@dataclass(slots=True)
class Entry:
    """A heading in a table of contents."""

    id: str
    words: str
    entries: list["Entry"] = field(default_factory=list)


def place(tree: Element, headings: list[Heading], least: int) -> None:
    """Put tables of contents where the author wants them, or before the first heading of at least `least`."""
    parents = {child: parent for parent in tree.iter() for child in parent}
    wishes = [
        element
        for element in parents
        if element.tag == "p" and len(element) == 0 and (element.text or "").strip() in WISHES
    ]
    for element in wishes:
        element.text = _marker(headings)
    if wishes or not least or len(headings) < least:
        return
    first = next(element for element in parents if element.get("id") == headings[0].id)
    while parents[first] is not tree:
        first = parents[first]
    contents = Element("p")
    contents.text, contents.tail = _marker(headings), "\n"
    tree.insert(list(tree).index(first), contents)


def _marker(headings: list[Heading]) -> str:
    facts = [[heading.depth, heading.id, heading.words] for heading in headings if heading.depth <= DEEPEST]
    return f"[[toc: {quote(json.dumps(facts), safe=' ,')}]]"


def entries_of(arguments: str) -> list[Entry] | None:
    """Return what stands in the table of contents of a marker, or None for one that the engine did not write."""
    entries: list[Entry] = []
    try:
        for depth, heading_id, words in json.loads(unquote(arguments)):
            into = entries if depth == 0 or not entries else entries[-1].entries
            into.append(Entry(str(heading_id), str(words)))
    except (ValueError, TypeError):
        return None
    return entries
