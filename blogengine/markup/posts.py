"""Posts: Markdown or HTML as clean HTML."""

import html as entities
import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markupsafe import Markup

from blogengine import sanitize
from blogengine.errors import Refused
from blogengine.htmlscan import check_length
from blogengine.markup.comments import GENERATED
from blogengine.markup.markers import MARKER_LINE
from blogengine.markup.markers import block
from blogengine.markup.markers import set_apart

FORMATS = ("markdown", "html")


def check_source(source: str, source_format: str) -> None:
    """Refuse what `render_post` would refuse, without cleaning anything."""
    _check_size(source, source_format)
    check_html(_markdown_to_html(source) if source_format == "markdown" else source)


def _check_size(source: str, source_format: str) -> None:
    check_length(source, sanitize.POST.limits)
    if source_format not in FORMATS:
        raise Refused(f"A post is written in {' or '.join(FORMATS)}.", code="unknown_format")
    if source_format == "markdown" and sum(1 for _ in _MARKS.finditer(source)) > _MARKDOWN_WORK:
        raise Refused(
            "This post has too many lines and Markdown signs.",
            code="too_much_markup",
            hint="Make several posts of it, or write it as HTML.",
        )


def render_post(source: str, source_format: str) -> Markup:
    """Return the clean HTML of a post's source in `markdown` (CommonMark, tables, strikethrough) or `html`.

    A marker on a line of its own comes out as a block, exactly `<p>[[name: arguments]]</p>`; inside `pre` or
    `code` it is text. Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`, `unknown_format`).
    """
    _check_size(source, source_format)
    return clean(_markdown_to_html(source) if source_format == "markdown" else source)


def clean(html: str) -> Markup:
    """Return clean HTML of what was generated from a source. Raises `Refused` where it is too much."""
    clean = sanitize.clean_post(html, characters=sanitize.POST.limits.characters * GENERATED)
    apart = set_apart(clean) if "[[" in clean else clean
    return clean if apart == clean else sanitize.recheck_post(apart)


def check_html(html: str) -> None:
    """Refuse what `clean` would refuse, in a tenth of its time."""
    sanitize.check_post(html, characters=sanitize.POST.limits.characters * GENERATED)


# markdown-it-py is linear, but takes up to 30 µs for each of these (measured with `![`): about 1 s in all.
_MARKDOWN_WORK = 40_000
_MARKS = re.compile(r"[\[*_`~|<&\n]")


def _markdown_to_html(source: str) -> str:
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
    found = MARKER_LINE.fullmatch(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if found is None:
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.map = [line, line + 1]
        token.content = block(found[1], entities.escape(found[2], quote=False)) + "\n"
        state.line = line + 1
    return True


_markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_markdown.block.ruler.before(
    "fence", "marker", _marker_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)
