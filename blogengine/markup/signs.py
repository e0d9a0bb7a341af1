"""The few signs of Markdown that comments know: **bold**, *italics*, `code`, [words](address), quoted lines, fences."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

# Each alternative ends at the next sign of its own kind, so that all of them together read a text once.
_SIGNS = re.compile(
    r"\\([\\`*_\[\]>])"
    r"|`([^`\n]+)`"
    r"|\[([^\[\]\n]+)\]\(((?:https?://|mailto:)[^\s()\[\]<>\"'`]+)\)"
    r"|\*\*(?=[^\s*])([^*\n]+)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=[^\s*])([^*\n]+)(?<=\S)\*(?![\w*])"
    r"|(?<!\w)_(?=[^\s_])([^_\n]+)(?<=\S)_(?!\w)"
    r"|(?<![\w/@.-])(https?://(?:[^\s<>\"'`()\[\]{}|\\^]|\([^\s<>\"'`()\[\]{}|\\^]*+\))++)"
)
_ENDS = ".,;:!?*_~"
"""Signs that end a sentence, not the address before them."""
_QUOTED = re.compile(r"(?:>[ \t]?)+")
_FENCE = re.compile(r" {0,3}```[^`]*")


def inline(text: str, *, links: bool = True) -> str:
    """Return text as HTML: its signs as elements, every other `<` as it was typed; addresses are links but inside of one."""
    pieces = []
    position = 0
    for found in _SIGNS.finditer(text):
        pieces += [text[position : found.start()].replace("<", "&lt;"), _element(found, links=links)]
        position = found.end()
    return "".join([*pieces, text[position:].replace("<", "&lt;")])


def _element(found: re.Match[str], *, links: bool) -> str:
    escaped, code, words, address, strong, starred, underlined, bare = found.groups()
    if escaped:
        return escape(escaped, quote=False)
    if code:
        return f"<code>{escape(code, quote=False)}</code>"
    if address:
        return f'<a href="{escape(address)}">{inline(words, links=False)}</a>'
    if bare:
        return _linked(bare) if links else bare
    if strong:
        return f"<strong>{inline(strong, links=links)}</strong>"
    return f"<em>{inline(starred or underlined, links=links)}</em>"


def _linked(bare: str) -> str:
    """Return an address that somebody typed as it is, as a link; `&copy=2` in it is no sign for copyright."""
    address = bare.rstrip(_ENDS)
    if not address.partition("//")[2]:
        return bare
    shown = escape(address, quote=False)
    return f'<a href="{escape(address)}">{shown}</a>{bare[len(address) :]}'


def fenced(source: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a text in order, with whether each is code between two lines of three backticks."""
    lines = source.split("\n")
    fences = [number for number, line in enumerate(lines) if _FENCE.fullmatch(line)]
    begin = 0
    for opening, closing in zip(fences[::2], fences[1::2], strict=False):
        yield False, "\n".join(lines[begin:opening])
        yield True, "\n".join(lines[opening + 1 : closing])
        begin = closing + 1
    yield False, "\n".join(lines[begin:])


def quotes(paragraph: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a paragraph in order, with whether each is lines that begin with `>`, without these."""
    for is_quoted, lines in groupby(paragraph.split("\n"), lambda line: line.lstrip().startswith(">")):
        typed = "\n".join(lines)
        quoted = "\n".join(_QUOTED.sub("", line.lstrip(), count=1) for line in typed.split("\n"))
        # Nothing but signs is what was meant: >>>
        yield (True, quoted) if is_quoted and quoted.strip() else (False, typed)
