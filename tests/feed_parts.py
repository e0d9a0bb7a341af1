"""What feeds of all kinds are made of, each with what specifications and the W3C validator say of it."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from datetime import date
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint

import html5lib

ATOM = "{http://www.w3.org/2005/Atom}"
THR = "{http://purl.org/syndication/thread/1.0}"
SEARCH = "{http://a9.com/-/spec/opensearchrss/1.0/}"
GOOGLE = "{http://schemas.google.com/g/2005}"
XML = "{http://www.w3.org/XML/1998/namespace}"

HISTORY = {"current", "first", "last", "next", "next-archive", "prev-archive", "previous"}
RELATIONS = HISTORY | {"alternate", "edit", "edit-media", "enclosure", "hub", "license", "related", "replies"}
RELATIONS |= {"search", "self", "service", "up", "via"}
UNSAFE = {"applet", "base", "body", "embed", "form", "frame", "frameset", "head", "html", "iframe", "link"}
UNSAFE |= {"meta", "object", "script", "style", "title"}
EVENT = re.compile("on[a-z]+")

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d:\d\d (GMT|[+-]\d{4})"
)
TAG_URI = re.compile(
    r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*"
)
URI = re.compile(r"https?://[^\s/?#]+([/?#]([0-9a-zA-Z;/?:@&=+$.\-_!~*'(),#]|%[0-9A-Fa-f]{2})*)?")
MAILBOX = re.compile(r"[\w.+-]+@([a-z0-9-]+\.)+[a-z0-9-]+ \([^()\\]+\)")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w-]+)*")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def expect(claim: bool, fault: str) -> Iterator[str]:
    """Yield `fault` unless `claim` is true."""
    if not claim:
        yield fault


def once(parent: ET.Element, *names: str) -> Iterator[str]:
    """Demand exactly one of each Atom element."""
    for name in names:
        count = len(parent.findall(ATOM + name))
        yield from expect(count == 1, f"{count} {name} in {parent.tag.rpartition('}')[2]}")


def at_most_once(parent: ET.Element, *names: str) -> Iterator[str]:
    """Demand no second of each Atom element."""
    for name in names:
        yield from expect(len(parent.findall(ATOM + name)) <= 1, f"{name} twice in {parent.tag}")


def identifier(value: str) -> Iterator[str]:
    """Demand a `tag:` URI (RFC 4151)."""
    yield from expect(bool(TAG_URI.fullmatch(value)), f"{value!r} is no tag URI")


def address(value: str) -> Iterator[str]:
    """Demand an absolute http address in ASCII."""
    yield from expect(bool(URI.fullmatch(value)), f"{value!r} is no absolute URI")


def moment(value: str) -> Iterator[str]:
    """Demand a plausible RFC 3339 time."""
    if not RFC3339.fullmatch(value):
        yield f"{value!r} is not as RFC 3339 wants"
        return
    datetime.fromisoformat(value)
    yield from expect(value[:4] >= "1990", f"{value} is implausible")


def rss_moment(value: str) -> Iterator[str]:
    """Demand an RFC 822 time with its right weekday."""
    if not RFC822.fullmatch(value):
        yield f"{value!r} is not as RFC 822 wants"
        return
    moment = parsedate_to_datetime(value)
    day = date(moment.year, moment.month, moment.day).strftime("%a")
    yield from expect(value.startswith(day), f"{value} was a {day}")


def language(value: str | None) -> Iterator[str]:
    """Demand a language tag."""
    yield from expect(bool(value and LANGUAGE.fullmatch(value)), f"the language is {value!r}")


def plain_text(words: str, name: str) -> Iterator[str]:
    """Demand text that nobody can take for HTML."""
    yield from expect(bool(words.strip()), f"{name} is blank")
    yield from expect(not re.search(r"</\w+>", words), f"{name} has markup: {words}")
    for entity in re.findall(r"&(#?\w+)", words):
        known = entity in name2codepoint or entity == "apos" or not entity.isalpha()
        yield from expect(not known, f"{name} has the entity {entity}")


def markup(words: str, name: str) -> Iterator[str]:
    """Demand HTML without parse errors, dangers and relative addresses."""
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    fragment = parser.parseFragment(words)
    for position, code, _ in parser.errors:
        yield f"{name} is not HTML: {code} at {position}"
    for element in fragment.iter():
        if not isinstance(element.tag, str):
            continue
        yield from expect(element.tag not in UNSAFE, f"{name} has {element.tag}")
        for attribute, value in element.attrib.items():
            yield from expect(not EVENT.fullmatch(str(attribute)), f"{name} has {attribute}")
            if attribute in ("href", "src", "poster", "cite"):
                yield from expect(
                    bool(re.match(r"[a-z][a-z0-9+.-]*:", value)), f"{name} has the relative {value}"
                )


def threads(item: ET.Element) -> Iterator[str]:
    """Check `thr:total` and `thr:in-reply-to` (RFC 4685)."""
    totals = item.findall(f"{THR}total")
    yield from expect(len(totals) <= 1, "two thr:total")
    for total in totals:
        yield from expect((total.text or "").isdigit(), f"thr:total is {total.text!r}")
    for answered in item.findall(f"{THR}in-reply-to"):
        yield from expect(
            set(answered.attrib) <= {"ref", "href", "source", "type"}, "thr:in-reply-to says more"
        )
        yield from identifier(answered.get("ref", ""))
        for name in ("href", "source"):
            yield from address(answered.get(name, ""))
        yield from expect(
            bool(MEDIA_TYPE.fullmatch(answered.get("type", ""))), "thr:in-reply-to has no media type"
        )


def links(parent: ET.Element, *, is_feed: bool) -> Iterator[str]:
    """Check the links of a feed or entry: no two of the same kind."""
    kinds: Counter[tuple[str, ...]] = Counter()
    for link in parent.findall(f"{ATOM}link"):
        yield from _link(link, is_feed=is_feed)
        rel = link.get("rel", "alternate")
        if is_feed or rel == "alternate":
            kinds[(rel, link.get("type", ""), link.get("hreflang", ""))] += 1
    for kind, count in kinds.items():
        yield from expect(count == 1, f"{count} links {kind}")


def _link(link: ET.Element, *, is_feed: bool) -> Iterator[str]:
    rel = link.get("rel", "alternate")
    yield from expect(rel in RELATIONS or bool(URI.fullmatch(rel)), f"{rel} is no registered relation")
    yield from expect(is_feed or rel not in HISTORY, f"{rel} is for feeds only")
    yield from address(link.get("href", ""))
    yield from expect(bool(MEDIA_TYPE.fullmatch(link.get("type", ""))), f"link {rel} has no media type")
    if rel == "self":
        allowed = ("application/atom+xml", "application/rss+xml")
        yield from expect(link.get("type") in allowed, "self is no feed")
    if "title" in link.attrib:
        yield from plain_text(link.attrib["title"], f"title of link {rel}")
    yield from expect(not (link.text or "").strip() and not len(link), f"link {rel} is not empty")
    counts = [name for name in link.attrib if name.startswith(THR)]
    yield from expect(not counts or rel == "replies", f"{counts} on {rel}")


def paging(parent: ET.Element, entries: int) -> Iterator[str]:
    """Check the OpenSearch elements."""
    found = {name: parent.findall(SEARCH + name) for name in ("totalResults", "startIndex", "itemsPerPage")}
    for name, elements in found.items():
        yield from expect(len(elements) == 1, f"{len(elements)} openSearch:{name}")
        yield from expect(
            all((one.text or "").isdigit() for one in elements), f"openSearch:{name} is no number"
        )
    yield from expect(entries <= int(found["itemsPerPage"][0].text or 0), "more entries than itemsPerPage")
    yield from expect(entries <= int(found["totalResults"][0].text or 0), "more entries than totalResults")
