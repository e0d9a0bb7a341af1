"""Feeds as Atom (RFC 4287) with Blogger's extensions: threads (RFC 4685), paging (RFC 5005), OpenSearch."""

import re
from datetime import UTC
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import escape

from blogengine.plugin import ENGINE_VERSION
from blogengine.plugin import FeedEntry
from blogengine.plugin import FeedLink
from blogengine.plugin import FeedView
from blogengine.plugin import Person
from blogengine_atom.elements import Element
from blogengine_atom.parameters import ATOM

LABELS = "http://www.blogger.com/atom/ns#"
FEED_REL = "http://schemas.google.com/g/2005#feed"
ATOM_NS = "http://www.w3.org/2005/Atom"
THREADS_NS = "http://purl.org/syndication/thread/1.0"
SEARCH_NS = "http://a9.com/-/spec/opensearchrss/1.0/"
GOOGLE_NS = "http://schemas.google.com/g/2005"

_LOOKS_LIKE_HTML = re.compile(r"</\w|&#?\w")


def atom_tree(feed: FeedView) -> Element:
    """Return the document: a feed, or an entry where `feed` is of one."""
    namespaces = {"xmlns": ATOM_NS}
    if not feed.is_single:
        namespaces["xmlns:openSearch"] = SEARCH_NS
    # Declared only where used: validators complain of this one wherever they see it.
    if any(entry.is_removed for entry in feed.entries):
        namespaces["xmlns:gd"] = GOOGLE_NS
    namespaces["xmlns:thr"] = THREADS_NS
    namespaces["xml:lang"] = feed.language
    if feed.is_single:
        root = Element("entry", attributes=namespaces)
        _fill_entry(root, feed.entries[0], feed.zone)
        return root
    root = Element("feed", attributes=namespaces)
    root.add("id", feed.id)
    root.add("updated", timestamp(feed.updated, feed.zone))
    for label in feed.labels:
        root.add("category", attributes={"term": label})
    _text(root, "title", feed.title)
    if feed.subtitle:
        root.add("subtitle", str(escape(feed.subtitle)), {"type": "html"})
    for link in feed_links(feed, ATOM):
        _link(root, "link", link)
    _person(root, feed.author)
    root.add("generator", "Blogengine", {"version": ENGINE_VERSION})
    root.add("openSearch:totalResults", str(feed.total))
    root.add("openSearch:startIndex", str(feed.start_index))
    root.add("openSearch:itemsPerPage", str(feed.max_results))
    for entry in feed.entries:
        _fill_entry(root.add("entry"), entry, feed.zone)
    return root


def feed_links(feed: FeedView, kind: str) -> list[FeedLink]:
    """Return the links of a feed of media type `kind`."""
    links = [
        FeedLink(FEED_REL, feed.address, ATOM),
        FeedLink("self", feed.self_url, kind),
        FeedLink("alternate", feed.url),
    ]
    for rel, address in (("next", feed.next_url), ("previous", feed.previous_url)):
        if address:
            links.append(FeedLink(rel, address, kind))
    return links + feed.links


def timestamp(moment: datetime, zone: ZoneInfo, number: int | None = None) -> str:
    """Return an RFC 3339 time of the blog's zone; `number` goes into the digits behind the milliseconds.

    Readers sort by `updated` and validators warn when two entries have the same, as many have after an
    import or a change of many posts at once.
    """
    if number is not None:
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000 + number % 1000)
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        local = moment.astimezone(UTC)  # before about 1920 zones had offsets with seconds, RFC 3339 has not
    return local.isoformat(timespec="milliseconds" if number is None else "microseconds")


def link_attributes(link: FeedLink) -> dict[str, str]:
    """Return the attributes of a link element."""
    found = {"rel": link.rel, "type": link.type, "href": link.href}
    if not link.type:
        del found["type"]  # empty it would be no media type (RFC 4287 §4.2.7.3)
    if link.length is not None:
        found["length"] = str(link.length)
    if link.title and not _LOOKS_LIKE_HTML.search(link.title):
        found["title"] = link.title
    return found


def add_threads(parent: Element, entry: FeedEntry) -> None:
    """Add what entry answers and the number of its answers (RFC 4685)."""
    if entry.in_reply_to is not None:
        answered = entry.in_reply_to
        places = {"href": answered.href, "ref": answered.ref, "source": answered.source}
        parent.add("thr:in-reply-to", attributes={**places, "type": "text/html"})
    if entry.total is not None:
        parent.add("thr:total", str(entry.total))


def add_elements(parent: Element, entry: FeedEntry) -> None:
    """Add what plugins put in, each with its own vocabulary, as Blogger does: two may use one prefix."""
    for element in entry.elements:
        prefix = element.name.partition(":")[0]
        attributes = {f"xmlns:{prefix}": element.namespace, **element.attributes}
        parent.add(element.name, element.text, attributes)


def _fill_entry(parent: Element, entry: FeedEntry, zone: ZoneInfo) -> None:
    parent.add("id", entry.id)
    parent.add("published", timestamp(entry.published, zone))
    parent.add("updated", timestamp(entry.updated, zone, entry.number))
    for label in entry.labels:
        parent.add("category", attributes={"scheme": LABELS, "term": label})
    _text(parent, "title", entry.title)
    if entry.html:
        parent.add("content", entry.html, {"type": "html"})
    else:
        _text(parent, "summary", entry.summary)
    for link in entry.links:
        _link(parent, "link", link)
    _person(parent, entry.author)
    add_threads(parent, entry)
    add_elements(parent, entry)
    if entry.is_removed:
        parent.add("gd:extendedProperty", attributes={"name": "blogger.contentRemoved", "value": "true"})


def _text(parent: Element, name: str, words: str) -> None:
    """Add plain text; what looks like HTML goes as escaped HTML, which no reader takes for markup."""
    if _LOOKS_LIKE_HTML.search(words):
        parent.add(name, str(escape(words)), {"type": "html"})
    else:
        parent.add(name, words, {"type": "text"})


def _link(parent: Element, name: str, link: FeedLink) -> None:
    parent.add(name, attributes=link_attributes(link))


def _person(parent: Element, person: Person) -> None:
    author = parent.add("author")
    author.add("name", person.name)
    if person.url:
        author.add("uri", person.url)
