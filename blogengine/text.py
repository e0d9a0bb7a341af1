"""Plain text: slugs, keys, what a form may bring in, what a page says in words."""

import html as entities
import re
import unicodedata
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import NamedTuple

from blogengine.errors import Refused
from blogengine.htmlscan import tags
from blogengine.htmlscan import without_scripts

SLUG_LENGTH = 40
EMPTY_SLUG = "blog-post"
_ARTICLES = frozenset({"a", "an", "the"})

# Sorting a run of combining marks is quadratic in CPython (32,000 marks take 0.8 s), and no script
# needs more than a few: Unicode's Stream-Safe Text Format (UAX 15) allows 30.
_MARKS = 30
# A slug is 40 characters: what stands behind the first ten thousand never reaches it.
_SLUG_HEAD = 10_000


def _thin(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MARKS:
            kept.append(character)
    return "".join(kept)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _thin(text[:_SLUG_HEAD])).lower()
    words = re.sub(r"[^a-z0-9\s-]", "", plain).replace("-", " ").split()
    kept = words[:1] + [word for word in words[1:] if word not in _ARTICLES]
    slug = "-".join(kept)
    if len(slug) > SLUG_LENGTH:
        slug = slug[:SLUG_LENGTH]
        slug = slug[: slug.rindex("-")] if "-" in slug else slug
    return slug


def slugify(title: str, body_text: str = "") -> str:
    """Return the address part Blogger would make of `title`, or of `body_text` where the title gives none.

    The rule was measured on real exports of Blogger, 2004-2023: letters lose their accents, everything but
    a-z, 0-9, space and hyphen is dropped, `a`, `an`, `the` go except as the first word, and what is longer
    than 40 characters is cut before the last hyphen within them. Never empty: the last resort is `blog-post`.
    `body_text` is text, not HTML.
    """
    return _slug(title) or _slug(body_text) or EMPTY_SLUG


def clean_slug(wish: str) -> str:
    """Return the address part a person asked for, in Blogger's characters (`A-Za-z0-9_-.`); may be empty."""
    plain = unicodedata.normalize("NFKD", _thin(wish[:_SLUG_HEAD]))
    unaccented = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", unaccented).strip("-.")


def fold(text: str) -> str:
    """Return a key under which spellings that differ only in case, width or spacing are the same."""
    once = unicodedata.normalize("NFKC", _thin(text)).casefold()
    # Case folding can undo the normal form (U+0345), and the second round can bring back capitals' partners.
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", once).casefold()).split())


_LINE_ENDS = re.compile("\r\n|\r|\x85|\u2028|\u2029")
# U+FFFE and U+FFFF cannot stand in XML, so in no feed; PostgreSQL stores neither NUL nor surrogates.
_NOT_TEXT = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CONTROL_OR_BREAK = re.compile("[\x01-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def accept_text(value: str, *, limit: int, multiline: bool = True) -> str:
    """Return what a person typed in one spelling (NFC, `\\n` line ends, no space at the end), or refuse it.

    `limit` counts characters, after normalising. Raises `Refused` with code `not_text` (NUL, lone surrogates,
    non-characters), `control_characters` (other control characters, those that turn the direction of text,
    heaps of accents), or `too_long`. A line break is a control character when `multiline` is false.
    """
    value = _LINE_ENDS.sub("\n", value)
    if not multiline:
        value = value.strip(" \t\n")
    if found := _NOT_TEXT.search(value):
        raise Refused(
            f"This is not text: it has the code {_code(found)} {_where(value, found, multiline)}.",
            code="not_text",
            hint="It was probably damaged on the way. Copy the text again from its source.",
        )
    if found := (_CONTROL if multiline else _CONTROL_OR_BREAK).search(value):
        what = (
            "a line break or tab" if found[0] in "\t\n" else f"the invisible control character {_code(found)}"
        )
        raise Refused(
            f"There is {what} {_where(value, found, multiline)}.",
            code="control_characters",
            hint="Delete the characters around that place and type them again.",
        )
    if _thin(value) != value:
        raise Refused(
            f"More than {_MARKS} accents stand on one letter.",
            code="control_characters",
            hint="Remove the letter with the heap of accents and type it again.",
        )
    value = unicodedata.normalize("NFC", value).rstrip()
    if len(value) > limit:
        raise Refused(
            f"This is {len(value):,} characters long; at most {limit:,} are allowed.",
            code="too_long",
            hint=f"Shorten it by {len(value) - limit:,}.",
        )
    return value


def _code(found: re.Match[str]) -> str:
    return f"U+{ord(found[0]):04X}"


def _where(value: str, found: re.Match[str], multiline: bool) -> str:
    line = value.count("\n", 0, found.start()) + 1
    column = found.start() - (value.rfind("\n", 0, found.start()) + 1) + 1
    return f"in line {line}, at character {column}" if multiline else f"at character {column}"


_LONGEST_ENTITY = 40
"""Characters, and some more: a beginning of a text may end inside of one."""
_INLINE = re.compile(
    "!|a|abbr|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong"
    "|sub|sup|time|tt|u|var|wbr"
)


def plain_text(html: str) -> str:
    """Return the words of `html` on one line; block tags separate words, inline tags do not. Linear."""
    return _words(html, len(html))


def _words(html: str, enough: int) -> str:
    """Return the words of `html`, or of its beginning where that has more than `enough` characters already."""
    html = without_scripts(str(html))
    parts: list[str] = []
    position = size = 0
    look = enough
    for tag in tags(html):
        parts.append(html[position : tag.start])
        size += tag.start - position
        if size > look:
            words = _on_one_line(parts)
            if len(words) > enough:
                return words
            look = 2 * size
        if not _INLINE.fullmatch(tag.name):
            parts.append(" ")
        position = tag.end
    return _on_one_line([*parts, html[position:]])


_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")


def bound_numbers(html: str) -> str:
    """Return HTML in which numbers too long for any character are U+FFFD, which browsers show for them (HTML §13.2.5.84).

    Python reads no number of more than 4,300 digits (`ValueError`), and bleach and `html.unescape` ask it to.
    """
    return _LONG_NUMBER.sub("\ufffd", html) if "&#" in html else html


def unescape(html: str) -> str:
    """Return HTML without tags as the text that it shows: `html.unescape` for what anybody may have written."""
    return entities.unescape(bound_numbers(html))


def _on_one_line(parts: list[str]) -> str:
    return " ".join(unescape("".join(parts)).split())


def excerpt(html: str, length: int = 200) -> str:
    """Return the first words of `html`, at most `length` characters with the closing `…` included."""
    words = _words(html, length + _LONGEST_ENTITY)
    if len(words) <= length:
        return words
    head = words[:length]
    cut = head.rfind(" ")
    return (head[:cut] if cut > 0 else head[:-1]).rstrip(" ,;:.-–—") + "…"


_COUNTER = re.compile(r"[01]")


def first_picture(html: str) -> str:
    """Return the address of the first picture in clean HTML, as it stands there; empty where there is none.

    Pictures of one pixel, which only count readers, are passed over.
    """
    if "<img" not in html:
        return ""
    for tag in tags(html):
        if tag.name == "img":
            found = dict(tag.attributes)
            sizes = (found.get("width", ""), found.get("height", ""))
            if found.get("src") and not any(map(_COUNTER.fullmatch, sizes)):
                return unescape(found["src"])
    return ""


class Span(NamedTuple):
    """A unit of elapsed time and its words."""

    length: timedelta
    one: str
    many: str


JUST_NOW = "just now"
# A month is a twelfth of a 365-day year, so that each span begins exactly where the one before it ends.
SPANS = (
    Span(timedelta(minutes=1), "1 minute ago", "{count} minutes ago"),
    Span(timedelta(hours=1), "1 hour ago", "{count} hours ago"),
    Span(timedelta(days=1), "1 day ago", "{count} days ago"),
    Span(timedelta(days=365) / 12, "1 month ago", "{count} months ago"),
    Span(timedelta(days=365), "1 year ago", "{count} years ago"),
)


def ago(then: datetime, now: datetime) -> tuple[str, datetime]:
    """Return how long `then` is past, in words, and the moment at which these words stop being true.

    Both times are aware; the moment is UTC and later than `now`. A `then` in the future is "just now".
    """
    then = then.astimezone(UTC)
    elapsed = now.astimezone(UTC) - then
    words, until = JUST_NOW, SPANS[0].length
    for index, span in enumerate(SPANS):
        if elapsed < span.length:
            break
        count = elapsed // span.length
        words = span.one if count == 1 else span.many.format(count=count)
        until = (count + 1) * span.length
        if index + 1 < len(SPANS):
            until = min(until, SPANS[index + 1].length)
    try:
        return words, then + until
    except OverflowError:
        return words, datetime.max.replace(tzinfo=UTC)
