"""XML as a tree of elements with prefixes written out, and its serialisation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

# XML 1.0 §2.2 knows no other characters; U+007F to U+009F it discourages, and nobody types them.
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile(r'[&<>"\t\n\r]')
_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(slots=True)
class Element:
    """An element with text or children. `hexadecimal` escapes as RSS wants it in plain text."""

    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    hexadecimal: bool = False

    def add(
        self,
        name: str,
        text: str = "",
        attributes: Mapping[str, str] | None = None,
        *,
        hexadecimal: bool = False,
    ) -> "Element":
        """Append a child and return it; what cannot stand in XML is dropped from its text."""
        values = {key: clean(value) for key, value in attributes.items()} if attributes else {}
        child = Element(name, clean(text), values, hexadecimal=hexadecimal)
        self.children.append(child)
        return child


def clean(text: str) -> str:
    """Return `text` without characters that cannot stand in XML."""
    # What is printable can stand in XML; looking at each character takes ten times as long, of all a feed's bodies.
    if text.isprintable() or text.replace("\n", " ").isprintable():
        return text
    return _NOT_XML.sub("", text)


def serialise(root: Element) -> str:
    """Return `root` as a document, one element a line."""
    parts = [_PROLOG]
    _write(root, parts)
    return "".join(parts)


def _write(element: Element, parts: list[str]) -> None:
    attributes = "".join(f' {name}="{_attribute(value)}"' for name, value in element.attributes.items())
    if element.children:
        parts.append(f"<{element.name}{attributes}>\n")
        for child in element.children:
            _write(child, parts)
        parts.append(f"</{element.name}>\n")
    elif element.text:
        parts.append(f"<{element.name}{attributes}>{_text(element)}</{element.name}>\n")
    else:
        parts.append(f"<{element.name}{attributes}/>\n")


def _text(element: Element) -> str:
    ampersand, less = ("&#x26;", "&#x3C;") if element.hexadecimal else ("&amp;", "&lt;")
    return element.text.replace("&", ampersand).replace("<", less).replace(">", "&gt;").replace("\r", "&#13;")


def _attribute(value: str) -> str:
    if not _SPECIAL.search(value):
        return value
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
