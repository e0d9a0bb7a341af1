"""Markers: places in a post that plugins fill, `[[name: arguments]]` on a line of its own."""

import re
from typing import NamedTuple

from blogengine.htmlscan import tags
from blogengine.text import unescape

VOID = frozenset(("br", "img", "hr", "wbr", "col", "source", "track"))
"""Tags of clean HTML that have no end."""


class Marker(NamedTuple):
    """A place in a post that a plugin fills: `[[name: arguments]]` on a line of its own."""

    name: str
    arguments: str
    """As typed, no entities."""


MARKER_LINE = re.compile(r"\[\[([a-z][a-z0-9-]*):((?:(?!\]\])[^\n])*+)\]\][ \t]*")


def block(name: str, escaped_arguments: str) -> str:
    """Return a marker as it is stored: a paragraph of its own."""
    return f"<p>[[{f'{name}: {escaped_arguments.strip()}'.rstrip()}]]</p>"


_HOLDS_BLOCKS = frozenset(
    (
        "p",
        "div",
        "section",
        "article",
        "aside",
        "blockquote",
        "center",
        "td",
        "th",
        "li",
        "dd",
        "details",
        "figure",
    )
)
_NOT_A_BREAK = re.compile(
    "a|abbr|b|bd[io]|big|cite|code|del|dfn|em|i|img|ins|kbd|mark|q|s|samp|small|span|strike"
    "|strong|su[bp]|time|tt|u|var|wbr|ruby|r[tp]|audio|video|picture|source|track"
)


class _Page:
    """Clean HTML on its way out, whose paragraphs open up around markers."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.pending: str | None = None
        """After a marker: the start tag of the paragraph to go on with, once there is something to put in."""

    def put(self, part: str, *, closes_paragraph: bool = False) -> None:
        if self.pending is not None:
            if part == "<br>" or not part.strip():
                return
            pending, self.pending = self.pending, None
            if closes_paragraph and pending:
                return
            self.parts.append(pending)
        self.parts.append(part)

    def put_marker(self, block: str, paragraph: str) -> None:
        """Put a marker; `paragraph` is the start tag of the paragraph around it, or empty."""
        if self.pending is None:
            while self.parts and (self.parts[-1] == "<br>" or not self.parts[-1].strip()):
                self.parts.pop()
            if paragraph and self.parts[-1] == paragraph:
                self.parts.pop()
            elif paragraph:
                self.parts[-1] = self.parts[-1].rstrip()
                self.parts.append("</p>")
        self.parts.append(block)
        self.pending = re.sub(r' id="[^"]*"', "", paragraph)


def set_apart(clean: str) -> str:
    """Return clean HTML in which each marker on a line of its own is a block."""
    page = _Page()
    open_tags: list[tuple[str, str]] = []
    position = 0
    left_is_break = True
    for tag in tags(clean):
        spelled = clean[tag.start : tag.end]
        is_break = not _NOT_A_BREAK.fullmatch(tag.name)
        _put_text(page, clean[position : tag.start], open_tags, left_is_break, is_break)
        position, left_is_break = tag.end, is_break
        page.put(spelled, closes_paragraph=tag.closing and tag.name == "p")
        if tag.closing:
            open_tags.pop()
        elif tag.name not in VOID:
            open_tags.append((tag.name, spelled))
    _put_text(page, clean[position:], open_tags, left_is_break, True)
    return "".join(page.parts)


def _put_text(page: _Page, text: str, open_tags: list[tuple[str, str]], left: bool, right: bool) -> None:
    name, spelled = open_tags[-1] if open_tags else ("div", "")
    if "[[" not in text or name not in _HOLDS_BLOCKS or any(tag in ("pre", "code") for tag, _ in open_tags):
        page.put(text)
        return
    kept: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        found = MARKER_LINE.fullmatch(line.strip())
        if found and (left or number > 0) and (right or number < len(lines) - 1):
            page.put("\n".join(kept))
            kept = []
            page.put_marker(block(found[1], found[2]), spelled if name == "p" else "")
        else:
            kept.append(line)
    page.put("\n".join(kept))


_MARKER_BLOCK = re.compile(
    r"<p>\[\[([a-z][a-z0-9-]*):((?:(?!\]\])[^<>\n])*+)\]\]</p>|<(/?)(?:pre|code)(?=[ >])[^>]*>"
)


def split_markers(html: str) -> list[str | Marker]:
    """Return stored clean HTML in pieces: HTML as it was, and the markers between in their places."""
    if "[[" not in html:
        return [html]
    pieces: list[str | Marker] = []
    position = verbatim = 0
    for found in _MARKER_BLOCK.finditer(html):
        if found[1] is None:
            verbatim += -1 if found[3] else 1
        elif not verbatim:
            if found.start() > position:
                pieces.append(html[position : found.start()])
            pieces.append(Marker(found[1], unescape(found[2]).strip()))
            position = found.end()
    if position < len(html):
        pieces.append(html[position:])
    return pieces


def without_markers(html: str) -> str:
    """Return stored clean HTML without its markers, for excerpts and search."""
    return "".join(piece for piece in split_markers(html) if isinstance(piece, str))
