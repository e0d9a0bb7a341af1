"""HTML read in one linear pass: its tags, and a bound on the work that parsing it can cause."""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from blogengine.errors import Refused


class Tag(NamedTuple):
    """A tag as it stands in a text: `html[start:end]`. A comment is a tag with the name `!`."""

    start: int
    end: int
    name: str
    """Lower-case."""
    closing: bool
    attributes: list[tuple[str, str]]
    """Names in lower case; values as written, entities and all."""


_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(>)|([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|((?!["'])[^\s>]*+))|(?!\s*+=)))"""
)
_COMMENT_END = re.compile(r"--!?>")
_COMMENT_EMPTY = re.compile(r"-?>")


def tags(html: str) -> Iterator[Tag]:
    """Yield the tags and comments of `html` in order, split as the HTML standard's tokenizer splits them.

    Linear in the length. Nothing is raw text here: the contents of `<script>` are searched like any other
    (see `without_scripts`). A tag that never ends is text, and so is all that follows it.
    """
    position = html.find("<")
    while position != -1:
        tag = _tag_at(html, position)
        if tag is None:
            return
        if tag.name:
            yield tag
        position = html.find("<", tag.end)


def pictures_by_http(html: str) -> list[str]:
    """Return the addresses of pictures that are asked for unprotected."""
    if "http://" not in html:
        return []
    return [
        value
        for tag in tags(html)
        if tag.name in ("img", "source") and not tag.closing
        for name, value in tag.attributes
        if name in ("src", "srcset") and value.lower().lstrip().startswith("http://")
    ]


def _tag_at(html: str, start: int) -> Tag | None:
    opening = _TAG_NAME.match(html, start)
    if opening is None:
        return _comment_at(html, start)
    attributes: list[tuple[str, str]] = []
    position = opening.end()
    while part := _ATTRIBUTE.match(html, position):
        position = part.end()
        if part[1]:
            return Tag(start, position, opening[2].lower(), bool(opening[1]), attributes)
        attributes.append((part[2].lower(), part[3] or part[4] or part[5] or ""))
    return None


def _comment_at(html: str, start: int) -> Tag | None:
    if html.startswith("<!--", start):
        found = _COMMENT_EMPTY.match(html, start + 4) or _COMMENT_END.search(html, start + 4)
        return Tag(start, found.end(), "!", False, []) if found else None
    if html.startswith(("<!", "<?", "</"), start):
        end = html.find(">", start)
        return Tag(start, end + 1, "!", False, []) if end != -1 else None
    return Tag(start, start + 1, "", False, [])


_RAW = re.compile(r"<(script|style)(?=[\s/>])", re.IGNORECASE | re.ASCII)
_RAW_END = {
    "script": re.compile(r"</script(?=[\s/>])", re.IGNORECASE | re.ASCII),
    "style": re.compile(r"</style(?=[\s/>])", re.IGNORECASE | re.ASCII),
}


def without_scripts(html: str) -> str:
    """Return `html` without script and style elements that have an end; linear in the length."""
    kept: list[str] = []
    position = 0
    endless: set[str] = set()
    for found in _RAW.finditer(html):
        name = found[1].lower()
        if found.start() < position or name in endless:
            continue
        last = _RAW_END[name].search(html, found.end())
        end = html.find(">", last.end()) if last else -1
        if end == -1:
            endless.add(name)
            continue
        kept.append(html[position : found.start()])
        position = end + 1
    return "".join([*kept, html[position:]])


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Limits:
    """How much HTML one text may hold.

    They bound what bleach costs (html5lib: about 30 µs a tag, 5 to 15 µs an entity, and time quadratic in the
    children of one element and in misnested tags): 150 ms for a comment, 2 s for a post, measured by
    tests/test_sanitize.py.
    """

    what: str
    characters: int
    depth: int
    work: int
    """Tags; a tag of a block counts twice, and once more for each formatting element it is inside of."""
    entities: int
    misnested: int


# HTML lets authors leave out these end tags, and none of them nests without an element that does count.
_UNCOUNTED = _words(
    "p li dt dd tr td th thead tbody tfoot caption colgroup rt rp br img hr wbr col source track"
)
# The standard's formatting elements (13.2.4.3): one left open is opened again in every block that follows.
_FORMATTING = _words("a b big code em font i nobr s small strike strong tt u")
_INLINE = _FORMATTING | _words(
    "abbr bdi bdo br cite del dfn img ins kbd mark q samp span sub sup time var wbr"
)
_TABLE = _words("table caption colgroup col thead tbody tfoot tr td th")
_CELL = _words("td th caption")


class _Nesting:
    """What is open at one point of a text, by its counted tags."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.open: list[str] = []
        self.work = 0
        self.misnested = 0
        self.formatting = 0
        self.in_cell = False

    def spend(self, work: int) -> None:
        self.work += work
        if self.work > self.limits.work:
            raise _too_much(self.limits, "too many tags")

    def text(self, text: str) -> None:
        if "table" in self.open and not self.in_cell and not text.isspace() and text:
            self._misnest()

    def tag(self, tag: Tag) -> None:
        self.spend(1 if tag.name in _INLINE else 2 + self.formatting)
        if tag.name in _TABLE:
            self.in_cell = (tag.name in _CELL) != tag.closing if tag.name != "table" else tag.closing
        elif "table" in self.open and not self.in_cell:
            self._misnest()
        if tag.name in _UNCOUNTED:
            return
        if tag.closing:
            self._close(tag.name)
        else:
            self._open(tag.name)

    def _open(self, name: str) -> None:
        self.open.append(name)
        self.formatting += name in _FORMATTING
        if len(self.open) > self.limits.depth:
            raise Refused(
                f"This {self.limits.what} nests its HTML more than {self.limits.depth} levels deep.",
                code="too_deep",
                hint=f"Look for tags without an end, such as <{name}>.",
            )

    def _close(self, name: str) -> None:
        if name not in self.open:
            return
        if self.open[-1] != name:
            self._misnest()
        # Only this one: elements left open inside it may go on behind it.
        del self.open[len(self.open) - 1 - self.open[::-1].index(name)]
        self.formatting -= name in _FORMATTING

    def _misnest(self) -> None:
        # The parser moves what stands wrong (adoption agency, foster parents) past all its siblings.
        self.misnested += 1
        if self.misnested > self.limits.misnested:
            raise _too_much(self.limits, "too many tags in the wrong order")


def check_length(text: str, limits: Limits) -> None:
    """Refuse a text with more than `limits.characters` characters as `too_long`."""
    if len(text) > limits.characters:
        raise Refused(
            f"This {limits.what} is {len(text):,} characters long; {limits.characters:,} are allowed.",
            code="too_long",
            hint=f"Shorten it by {len(text) - limits.characters:,}.",
        )


def respell(html: str, kept: Mapping[str, frozenset[str]], limits: Limits) -> str:
    """Return `html` in a spelling that every parser splits into the same tags, or refuse it as too much.

    `kept` maps names of tags to the attributes they keep. Comments go, a `<` outside a tag becomes `&lt;`,
    other tags stay without attributes. This is no cleaning: it bounds the work of the cleaners behind it.
    Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`).
    """
    check_length(html, limits)
    parts: list[str] = []
    position = 0
    nesting = _Nesting(limits)
    for tag in tags(html):
        text = html[position : tag.start]
        parts.append(text.replace("<", "&lt;"))
        nesting.text(text)
        position = tag.end
        if tag.name in kept:
            nesting.tag(tag)
            parts.append(_spell(tag, kept[tag.name]))
        elif tag.name.isascii() and tag.name.isalnum():
            nesting.spend(1)
            parts.append(_spell(tag, frozenset()))
    parts.append(html[position:].replace("<", "&lt;"))
    respelled = "".join(parts)
    if respelled.count("&") > limits.entities:
        raise _too_much(limits, "too many of the characters < and &")
    return respelled


def _too_much(limits: Limits, what: str) -> Refused:
    return Refused(
        f"This {limits.what} has {what}.",
        code="too_much_markup",
        hint="Use plainer HTML, or make several of it.",
    )


def _spell(tag: Tag, kept: frozenset[str]) -> str:
    if tag.closing:
        return f"</{tag.name}>"
    values: dict[str, str] = {}
    for name, value in tag.attributes:
        if name in kept:
            # Entities stay as written: `?a=1&copy=2` means another thing in an attribute than in text.
            value = value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
            values.setdefault(name, value)
    return f"<{tag.name}" + "".join(f' {name}="{value}"' for name, value in values.items()) + ">"
