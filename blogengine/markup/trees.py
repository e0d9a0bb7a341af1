"""Clean HTML as a tree and back: one tree of `xml.etree.ElementTree` that all plugins share.

The standard library's tree, because its shape is known to everybody and nothing has to be installed for it; read by our
own linear scan, because clean HTML is spelled in one way only.
"""

import html as entities
from itertools import islice
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import TreeBuilder
from xml.etree.ElementTree import tostring

from blogengine.htmlscan import tags
from blogengine.markup.markers import VOID

MOST = 50_000
"""Elements of a tree; the limits of a post are reached far below."""
ROOT = "post"
"""Name of the root, which stands for the text itself."""


def as_tree(clean: str) -> Element:
    """Return clean HTML as a tree; nothing but clean HTML can be read."""
    builder = TreeBuilder()
    builder.start(ROOT, {})
    position = 0
    for tag in tags(clean):
        builder.data(entities.unescape(clean[position : tag.start]))
        position = tag.end
        if tag.closing:
            builder.end(tag.name)
            continue
        builder.start(tag.name, {name: entities.unescape(value) for name, value in tag.attributes})
        if tag.name in VOID:
            builder.end(tag.name)
    builder.data(entities.unescape(clean[position:]))
    builder.end(ROOT)
    return builder.close()


def as_html(tree: Element) -> str:
    """Return a tree as HTML, not clean any more: whoever changed it may have put anything in.

    Raises `TypeError` where something in it is no text, and `ValueError` where there is no end to it.
    """
    if sum(1 for _ in islice(tree.iter(), MOST + 1)) > MOST:
        raise ValueError(f"a tree may have {MOST:,} elements; this one has more, or contains itself")
    text = tostring(tree, encoding="unicode", method="html")
    return text.partition(">")[2].removesuffix(f"</{tree.tag}>")
