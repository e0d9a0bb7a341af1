"""Reading a page elsewhere: whether it links to the post, who wrote it, and the words around the link.

Each piece of a page is looked at once, so a hostile one costs no more than its length; Python's own reader of HTML takes
minutes for some.
"""

import html
import re
from dataclasses import dataclass
from urllib.parse import urldefrag
from urllib.parse import urljoin
from urllib.parse import urlsplit

from blogengine.plugin import fetch
from blogengine.plugin import text

NAME = 100
"""Characters of an author's name."""
TITLE = 200
AROUND = 280
"""Characters of words before the link, and after it."""
LINKS = 5000
"""Links of one page that are looked at."""
_ADDRESS = 3000
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![a-z:_-])([a-z:_-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))", re.IGNORECASE
)
_LINKS = {
    "a": "href",
    "area": "href",
    "img": "src",
    "video": "src",
    "audio": "src",
    "source": "src",
    "iframe": "src",
}
_UNSEEN = ("script", "style", "template", "svg")
_WITHIN_LINES = (
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "em",
    "i",
    "img",
    "mark",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "time",
)
_SIGNS = re.compile(r"[\\`*_\[\]]")


@dataclass(frozen=True, slots=True)
class Mention:
    """What a page says about a post."""

    text: str
    author: str
    author_url: str = ""


@dataclass(slots=True)
class _Found:
    """What was found so far; `at` is where in `words` the first link to the target stands."""

    base: str
    words: list[str]
    is_based: bool = False
    title: str = ""
    author: str = ""
    author_url: str = ""
    at: int = -1
    length: int = 0
    links: int = 0
    filling: str = ""
    """The element whose words are the title or the author's name."""

    def add(self, words: str) -> None:
        """Add words that people see, or the title, which they see elsewhere."""
        if self.filling == "title":
            self.title += words if len(self.title) < 2 * TITLE else ""
            return
        if self.filling:
            self.author += words if len(self.author) < 2 * NAME else ""
        self.words.append(words)
        self.length += len(words)


def read(page: fetch.Fetched, target: str) -> Mention | None:
    """Return what `page` says about `target`; None where it does not link there (§3.2.2)."""
    body = page.body.decode(_charset(page), "replace")
    host = urlsplit(page.url).hostname or page.url
    if page.mime in ("text/html", "application/xhtml+xml"):
        found = _look(_seen(body), page.url, target)
        if found.at < 0:
            return None
        title = _line(found.title, TITLE)
        said = [f"“{title}”" if title else "", _around("".join(found.words), found.at)]
        author = _line(found.author, NAME) or host
        return Mention(_plain("\n\n".join(filter(None, said))) or host, author, found.author_url)
    if page.mime.startswith("text/") and target in body.split():
        return Mention(_plain(_around(body, body.index(target))) or host, host)
    return None


def _seen(body: str) -> str:
    """Return HTML without comments and without what no reader sees; what is not closed ends where the next one begins."""
    first, *rest = body.split("<!--")
    body = "".join([first, *(part.partition("-->")[2] for part in rest)])
    for name in _UNSEEN:
        first, *rest = re.split(rf"<{name}(?=[\s/>])", body, flags=re.IGNORECASE)
        ends = [re.split(rf"</{name}[\s/>]", part, maxsplit=1, flags=re.IGNORECASE) for part in rest]
        body = "".join([first, *(end[1] for end in ends if len(end) > 1)])
    return body


def _look(seen: str, url: str, target: str) -> _Found:
    found = _Found(url, [])
    position = 0
    for tag in _TAG.finditer(seen):
        found.add(text.unescape(seen[position : tag.start()]))
        position = tag.end()
        name = tag[2].lower()
        if name not in _WITHIN_LINES:
            found.add("\n")
        if tag[1]:
            found.filling = "" if name == found.filling else found.filling
        elif len(tag[3]) <= _ADDRESS:
            known = {key.lower(): text.unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(tag[3])}
            _take(found, name, known, target)
    found.add(text.unescape(seen[position:]))
    return found


def _take(found: _Found, name: str, known: dict[str, str], target: str) -> None:
    if name == "base" and known.get("href") and not found.is_based:  # HTML §4.2.3: the first one counts
        found.base, found.is_based = _joined(found.base, known["href"]), True
    elif name == "title" and not found.title:
        found.filling = "title"
    elif name == "meta" and known.get("name", "").lower() == "author":
        found.author = found.author or known.get("content", "")
    if "p-author" in known.get("class", "").split() and not found.author_url:  # microformats2 h-entry
        found.author, found.filling = "", name
        found.author_url = _website(_joined(found.base, known.get("href", "")))
    address = known.get(_LINKS.get(name, ""), "")
    if address and found.at < 0 and found.links < LINKS:
        found.links += 1
        if _same(_joined(found.base, address), target):
            found.at = found.length


def _same(address: str, target: str) -> bool:
    """Whether two addresses are one page; what stands after `#` and `?` leads to a place in it."""
    return urldefrag(address)[0].partition("?")[0] == urldefrag(target)[0].partition("?")[0]


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return ""


def _website(address: str) -> str:
    is_one = address.startswith(("http://", "https://")) and len(address) <= 500
    return address if is_one and not set(address) & set(" <>\"'`\\@") else ""


def _around(words: str, at: int) -> str:
    """Return the line of the text in which a place is, cut at words where it is long."""
    before, after = words[max(0, at - AROUND) : at], words[at : at + AROUND]
    start, end = before.rpartition("\n")[2], after.partition("\n")[0]
    said = " ".join(f"{start}{end}".split())
    if len(start) == AROUND and at > AROUND:
        said = f"… {said.partition(' ')[2]}"
    if len(end) == AROUND and at + AROUND < len(words):
        said = f"{said.rpartition(' ')[0]} …"
    return said


def _line(words: str, limit: int) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in words[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 2].rstrip()} …"


def _plain(words: str) -> str:
    """Return words in which the signs and elements of comments mean nothing."""
    kept = "".join(letter for letter in words if letter.isprintable() or letter == "\n")
    return _SIGNS.sub(r"\\\g<0>", html.escape(kept, quote=False))


def _charset(page: fetch.Fetched) -> str:
    """Return the encoding that the answer names, where it is a usual one; Python has codecs that are none of pages."""
    name = page.charset.lower()
    return name if name in ("iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii", "utf-16") else "utf-8"
