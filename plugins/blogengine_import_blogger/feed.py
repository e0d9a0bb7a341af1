"""Reads an Atom file entry by entry in bounded memory, whatever the file does.

Expat reads names with their prefixes as written, because files that miss a namespace declaration are common
(hand-edited ones miss `app:`); the prefixes are mapped here. A tree of a 322 MB file takes 1,525 MB.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr

from blogengine.plugin import Note
from blogengine.plugin import Refused

ATOM = "http://www.w3.org/2005/Atom"
PREFIXES = {
    ATOM: "",
    "http://schemas.google.com/blogger/2008": "blogger",
    "http://schemas.google.com/blogger/2018": "blogger",
    "http://purl.org/atom/app#": "app",
    "http://www.w3.org/2007/app": "app",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://schemas.google.com/g/2005": "gd",
}
KNOWN = frozenset(PREFIXES.values()) | {"georss", "media", "openSearch", "opensearch"}

CHUNK = 65_536
MAX_DEPTH = 64
MAX_ENTRY = 8_000_000
"""Characters of one entry: a theme with its pictures inside is an entry too."""
ELEMENT_COST = 100
"""What an empty element counts, so that millions of them are no way round the limit."""
BOMS = (b"\xff\xfe", b"\xfe\xff")
CONTROLS = bytes(set(range(32)) - {9, 10, 13})
"""Never allowed in XML 1.0, and never part of a longer character in UTF-8 or a one-byte encoding."""


@dataclass(slots=True)
class Element:
    """An element of an entry: its path below the entry, `author/name` or `app:control/app:draft`."""

    path: str
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True)
class Entry:
    """One entry, or the feed's own head (everything before and between entries)."""

    line: int
    elements: list[Element] = field(default_factory=list)

    def text(self, path: str) -> str:
        """Return the text of the first element at `path` without white space around it, or nothing."""
        return next((element.text.strip() for element in self.elements if element.path == path), "")

    def all(self, path: str) -> list[Element]:
        """Return all elements at `path`."""
        return [element for element in self.elements if element.path == path]

    def link(self, rel: str, mime: str = "") -> str | None:
        """Return the address of the first link with this `rel` (and type), None when there is none."""
        for element in self.elements:
            own = element.attributes
            if element.path == "link" and own.get("rel") == rel and (not mime or own.get("type") == mime):
                return own.get("href", "").strip()
        return None


class FeedReader:
    """Reads one file once: iterate over its entries. `head` is complete, and `notes` too, at the end."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.head = Entry(1)
        self.notes: list[Note] = []
        self._file = file
        self._name = name
        self._ready: list[Entry] = []
        self._entry = self.head
        self._path: list[str] = []
        self._open: list[tuple[Element, list[str]]] = []
        self._markup = 0
        self._cost = 0
        self._head_cost = 0
        self._count = 0
        self._lines_before = 0
        self._scopes: list[dict[str, str] | None] = [{}]
        self._bound: dict[str, str] = {}
        self._names: dict[str, str] = {}
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = CHUNK
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def __iter__(self) -> Iterator[Entry]:
        data = self._beginning()
        read = 0
        filtered = not data.startswith(BOMS)
        while data:
            read += len(data)
            if filtered:
                cleaned = data.translate(None, CONTROLS)
                if len(cleaned) < len(data):
                    why = "XML does not allow them; they were dropped"
                    self._note_once("changed", "control characters", why)
                    read -= len(data) - len(cleaned)
                    data = cleaned
            self._feed(data, last=False)
            if read - self._parser.CurrentByteIndex > MAX_ENTRY:
                raise self._refused(f"one piece of markup is longer than {MAX_ENTRY:,} bytes")
            yield from self._ready
            self._ready.clear()
            data = self._file.read(CHUNK)
        self._feed(b"", last=True)
        yield from self._ready
        self._ready.clear()

    def _beginning(self) -> bytes:
        data = self._file.read(CHUNK)
        bom = data.startswith(b"\xef\xbb\xbf")
        start = data[3:] if bom else data
        stripped = start.lstrip()
        if len(stripped) < len(start):
            self._lines_before = start[: len(start) - len(stripped)].count(b"\n")
            what = "blank space before the XML declaration"
            self._note_once("changed", what, "XML does not allow it; it was dropped")
        if not stripped:
            raise Refused(f"{self._name} is empty.", code="not_readable")
        return stripped

    def _feed(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            if reason in ("no element found", "unclosed token"):
                reason = "the file ends in the middle; download or copy it again"
            raise self._refused(reason, error.lineno, error.offset + 1) from error
        except (LookupError, ValueError) as error:
            raise self._refused(f"its encoding cannot be read ({error})") from error

    def _refused(self, reason: str, line: int = 0, column: int = 0) -> Refused:
        line = (line or self._parser.CurrentLineNumber) + self._lines_before
        column = column or self._parser.CurrentColumnNumber + 1
        return Refused(
            f"{self._name} cannot be read: line {line}, column {column}: {reason}.",
            code="not_readable",
            hint=f"{self._count:,} entries before it are in order. Nothing was imported.",
        )

    def _note_once(self, level: str, what: str, why: str) -> None:
        note = Note(level=level, what=what, where=self._name, why=why)
        if note not in self.notes:
            self.notes.append(note)

    def _doctype(self, *_: object) -> None:
        raise self._refused("it has a DOCTYPE, which no export has and which can hide attacks")

    def _start(self, raw: str, attributes: dict[str, str]) -> None:
        if len(self._scopes) > MAX_DEPTH:
            raise self._refused(f"its elements are nested deeper than {MAX_DEPTH}")
        declared = {key: value for key, value in attributes.items() if key.startswith("xmlns")} or None
        self._scopes.append(self._bound if declared else None)
        if declared:
            self._bound = {**self._bound, **{key[6:]: value for key, value in declared.items()}}
            self._names = {}
        name = self._names.get(raw) or self._resolve(raw)
        if len(self._scopes) == 3 and name == "entry":
            self._entry = Entry(self._parser.CurrentLineNumber + self._lines_before)
            self._head_cost = self._cost
            self._cost = 0
            return
        self._spend(ELEMENT_COST + sum(len(key) + len(value) for key, value in attributes.items()))
        if self._markup:
            self._markup += 1
            kept = {key: value for key, value in attributes.items() if not key.startswith("xmlns")}
            inner = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
            self._append(f"<{raw.rpartition(':')[2]}{inner}>")
            return
        if len(self._scopes) == 2:
            if name != "feed":
                raise self._refused(f"it begins with <{raw}>, an export begins with <feed>")
            return
        self._path.append(name)
        element = Element("/".join(self._path), attributes)
        self._entry.elements.append(element)
        self._open.append((element, []))
        if attributes.get("type") == "xhtml":
            self._markup = 1

    def _end(self, raw: str) -> None:
        before = self._scopes.pop()
        if before is not None:
            self._bound = before
            self._names = {}
        if self._markup > 1:
            self._markup -= 1
            self._append(f"</{raw.rpartition(':')[2]}>")
            return
        self._markup = 0
        if self._open:
            element, parts = self._open.pop()
            element.text = "".join(parts)
            self._path.pop()
        elif self._entry is not self.head:
            self._ready.append(self._entry)
            self._entry = self.head
            self._count += 1
            self._cost = self._head_cost

    def _characters(self, data: str) -> None:
        if self._open:
            self._spend(len(data))
            self._append(escape(data) if self._markup else data)

    def _append(self, data: str) -> None:
        self._open[-1][1].append(data)

    def _spend(self, cost: int) -> None:
        self._cost += cost
        if self._cost > MAX_ENTRY:
            raise self._refused(f"one entry is longer than {MAX_ENTRY:,} characters")

    def _resolve(self, raw: str) -> str:
        prefix, _, local = raw.rpartition(":")
        uri = self._bound.get(prefix)
        if uri is not None:
            known = PREFIXES.get(uri, f"{{{uri}}}")
        else:
            known = prefix if prefix in KNOWN else f"{{{prefix}}}"
            what = f"the prefix {prefix}:" if prefix else "the Atom namespace"
            self._note_once("kept", what, "it is not declared in the file; its usual meaning was taken")
        name = f"{known}:{local}" if known else local
        self._names[raw] = name
        return name
