"""What is wrong with the HTML of a page: elements that do not close, ids twice, and what a strict CSP refuses."""

from html.parser import HTMLParser

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
FOREIGN = frozenset({"svg", "math"})
MOST = 20
"""Sentences about one page."""


class Scan(HTMLParser):
    """Reads one document strictly: every element closes itself or is void (HTML Living Standard §13.1.2)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: set[str] = set()
        self.count: dict[str, int] = {}
        self.links: list[tuple[str, str]] = []
        """`rel` and `href` of each link element."""
        self._open: list[tuple[str, int]] = []

    def handle_decl(self, decl: str) -> None:
        """Note the document type."""
        self.count["!doctype"] = self.count.get("!doctype", 0) + (decl.lower() == "doctype html")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes, and wait for its end."""
        line = self.getpos()[0]
        self.count[tag] = self.count.get(tag, 0) + 1
        values = dict(attrs)
        for name in sorted({name for name, _ in attrs if [one for one, _ in attrs].count(name) > 1}):
            self._say(f"line {line}: <{tag}> has {name} twice")
        element_id = values.get("id")
        if element_id is not None:
            if element_id in self.ids:
                self._say(f"line {line}: the id {element_id!r} is there twice")
            self.ids.add(element_id)
        for name, value in attrs:
            if name == "style":
                self._say(f"line {line}: <{tag}> has a style attribute, which browsers will ignore")
            elif name.startswith("on"):
                self._say(f"line {line}: <{tag}> has {name}, which browsers will ignore")
            elif name in ("href", "src", "action") and (value or "").strip().lower().startswith(
                "javascript:"
            ):
                self._say(f"line {line}: <{tag}> has a javascript: address")
        if tag == "style":
            self._say(f"line {line}: a <style> element, which browsers will ignore; put it into static/")
        if tag == "script" and "src" not in values and values.get("type") not in DATA:
            self._say(f"line {line}: an inline <script>, which browsers will not run; put it into static/")
        if tag == "img" and "alt" not in values:
            self._say(f"line {line}: <img> has no alt")
        if tag == "link":
            self.links.append((values.get("rel") or "", values.get("href") or ""))
        if tag not in VOID:
            self._open.append((tag, line))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<br/>` as `<br>`; in SVG and MathML the slash closes."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            if any(name in FOREIGN for name, _ in self._open):
                self._open.pop()
            else:
                self._say(f"line {self.getpos()[0]}: <{tag}/> does not close; write </{tag}>")

    def handle_endtag(self, tag: str) -> None:
        """Check that it is the last element that was opened."""
        line = self.getpos()[0]
        if tag in VOID:
            self._say(f"line {line}: </{tag}> closes what has no end")
        elif self._open and self._open[-1][0] == tag:
            self._open.pop()
        elif tag in {name for name, _ in self._open}:
            name, at = self._open[-1]
            self._say(f"line {line}: </{tag}> comes before the end of <{name}> of line {at}")
            while self._open.pop()[0] != tag:
                pass
        else:
            self._say(f"line {line}: </{tag}> closes nothing")

    def finish(self) -> None:
        """Say what a whole document lacks."""
        for name, line in self._open:
            self._say(f"line {line}: <{name}> is never closed")
        for name, words in (
            ("!doctype", "<!doctype html>"),
            ("title", "a <title>"),
            ("main", "a <main>"),
            ("h1", "an <h1>"),
        ):
            if self.count.get(name, 0) != 1:
                self._say(f"it has {self.count.get(name, 0)} of {words}; one is right")

    def _say(self, sentence: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(sentence)


DATA = frozenset({"application/json", "application/ld+json"})
"""Types of script elements that browsers do not run."""


def scan(html: str) -> Scan:
    """Return what was read of a whole document, with its `problems`."""
    reader = Scan()
    reader.feed(html)
    reader.close()
    reader.finish()
    return reader
