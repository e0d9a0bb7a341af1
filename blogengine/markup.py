"""Sources become clean HTML: posts from Markdown or HTML, comments from a visitor's text."""

import html as entities
import re
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markupsafe import Markup

from blogengine import sanitize
from blogengine.errors import Refused
from blogengine.htmlscan import check_length
from blogengine.htmlscan import tags

PIPELINE = sanitize.VERSION * 1000 + 1
"""Version of all that makes clean HTML of a source; HTML stored under another number is rendered again."""

FORMATS = ("markdown", "html")

# What is generated is longer than its source; its tags and entities are bounded like any other's.
_GENERATED = 5


class Marker(NamedTuple):
    """A place in a post that a plugin fills: `[[name: arguments]]` on a line of its own."""

    name: str
    arguments: str
    """As typed, no entities."""


def render_post(source: str, source_format: str) -> Markup:
    """Return the clean HTML of a post's source in `markdown` (CommonMark, tables, strikethrough) or `html`.

    A marker on a line of its own comes out as a block, exactly `<p>[[name: arguments]]</p>`; inside `pre` or
    `code` it is text. Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`, `unknown_format`).
    """
    limits = sanitize.POST.limits
    check_length(source, limits)
    if source_format == "markdown":
        source = _markdown_to_html(source)
    elif source_format != "html":
        raise Refused(f"A post is written in {' or '.join(FORMATS)}.", code="unknown_format")
    clean = sanitize.clean_post(source, characters=limits.characters * _GENERATED)
    apart = _set_markers_apart(clean) if "[[" in clean else clean
    return clean if apart == clean else sanitize.recheck_post(apart)


# --- Markdown

_MARKER_LINE = re.compile(r"\[\[([a-z][a-z0-9-]*):((?:(?!\]\])[^\n])*+)\]\][ \t]*")
# markdown-it-py is linear, but takes up to 30 µs for each of these (measured with `![`): about 1 s in all.
_MARKDOWN_WORK = 40_000
_MARKS = re.compile(r"[\[*_`~|<&\n]")


def _markdown_to_html(source: str) -> str:
    if sum(1 for _ in _MARKS.finditer(source)) > _MARKDOWN_WORK:
        raise Refused(
            "This post has too many lines and Markdown signs.",
            code="too_much_markup",
            hint="Make several posts of it, or write it as HTML.",
        )
    tokens = _markdown.parse(source)
    _align_cells(tokens)
    return str(_markdown.renderer.render(tokens, _markdown.options, {}))


def _align_cells(tokens: list[Token]) -> None:
    # markdown-it aligns table cells with a style attribute, which the sanitizer drops.
    for token in tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}


def _marker_block(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Take a marker out of Markdown's hands: in `[[x: a_b_c*]]` nothing is emphasis and nothing a link."""
    if state.is_code_block(line):
        return False
    found = _MARKER_LINE.fullmatch(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if found is None:
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.map = [line, line + 1]
        token.content = _block(found[1], entities.escape(found[2], quote=False)) + "\n"
        state.line = line + 1
    return True


def _block(name: str, escaped_arguments: str) -> str:
    return f"<p>[[{f'{name}: {escaped_arguments.strip()}'.rstrip()}]]</p>"


_markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_markdown.block.ruler.before(
    "fence", "marker", _marker_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)


# --- markers in clean HTML

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
_VOID = frozenset(("br", "img", "hr", "wbr", "col", "source", "track"))
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


def _set_markers_apart(clean: str) -> str:
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
        elif tag.name not in _VOID:
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
        found = _MARKER_LINE.fullmatch(line.strip())
        if found and (left or number > 0) and (right or number < len(lines) - 1):
            page.put("\n".join(kept))
            kept = []
            page.put_marker(_block(found[1], found[2]), spelled if name == "p" else "")
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
            pieces.append(Marker(found[1], entities.unescape(found[2]).strip()))
            position = found.end()
    if position < len(html):
        pieces.append(html[position:])
    return pieces


def without_markers(html: str) -> str:
    """Return stored clean HTML without its markers, for excerpts and search."""
    return "".join(piece for piece in split_markers(html) if isinstance(piece, str))


# --- comments

_INLINE_TAGS = "a|b|i|em|strong|code|del"
_BLOCK_TAGS = "pre|blockquote|p|ul|ol|li"
_COMMENT_TAG = re.compile(
    rf"<(/?)(?:({_BLOCK_TAGS})|(br)|{_INLINE_TAGS})(?:[\s/](?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)?>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^>]*>")


def render_comment(source: str) -> Markup:
    """Return the clean HTML of a visitor's text: a blank line ends a paragraph, a line break is one.

    The few tags that `sanitize.clean_comment` allows work; every other `<` is shown as it was typed, so that
    `a < b` and `<foo>` lose no word. Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`).
    """
    limits = sanitize.COMMENT.limits
    check_length(source, limits)
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    blocks = _Blocks()
    position = 0
    for found in _COMMENT_TAG.finditer(source):
        blocks.text(source[position : found.start()].replace("<", "&lt;"))
        position = found.end()
        if found[2]:
            blocks.tag(found[2].lower(), closing=bool(found[1]), spelled=found[0])
        else:
            blocks.text("\n" if found[3] else found[0].replace("\n", " "))
            position += bool(found[3]) and source.startswith("\n", position)
    blocks.text(source[position:].replace("<", "&lt;"))
    return sanitize.clean_comment(blocks.close(), characters=limits.characters * _GENERATED)


class _Blocks:
    """A comment's blocks as they fill: loose text becomes paragraphs, a visitor's own blocks stay."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.loose: list[str] = []
        self.open: list[str] = []

    def text(self, text: str) -> None:
        self.loose.append(text)

    def tag(self, name: str, *, closing: bool, spelled: str) -> None:
        self._settle()
        if not closing:
            self.open.append(name)
        elif name in self.open:
            while self.open.pop() != name:
                pass
        self.done.append(spelled)

    def close(self) -> str:
        self._settle()
        return "".join(self.done)

    def _settle(self) -> None:
        text = "".join(self.loose)
        self.loose.clear()
        if "pre" in self.open:
            self.done.append(text)
            return
        paragraphs = [
            "<br>\n".join(line.strip() for line in paragraph.split("\n"))
            for paragraph in re.split(r"\n[ \t]*+\n\s*", text.strip())
        ]
        if not self.open or self.open[-1] == "blockquote":
            self.done.extend(
                f"<p>{lines}</p>" if _ANY_TAG.sub("", lines).strip() else lines for lines in paragraphs
            )
        else:
            self.done.append("<br>\n<br>\n".join(paragraphs))
