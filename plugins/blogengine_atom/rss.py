"""Feeds as RSS 2.0 (with the RSS Advisory Board's profile) in Blogger's shape."""

import re
from datetime import UTC
from datetime import datetime
from email.utils import format_datetime

from markupsafe import escape

from blogengine.plugin import ENGINE_VERSION
from blogengine.plugin import FeedEntry
from blogengine.plugin import FeedView
from blogengine.plugin import Person
from blogengine_atom.atom import ATOM_NS
from blogengine_atom.atom import LABELS
from blogengine_atom.atom import SEARCH_NS
from blogengine_atom.atom import THREADS_NS
from blogengine_atom.atom import add_elements
from blogengine_atom.atom import add_threads
from blogengine_atom.atom import feed_links
from blogengine_atom.atom import link_attributes
from blogengine_atom.atom import timestamp
from blogengine_atom.elements import Element
from blogengine_atom.parameters import RSS

NOBODY = "noreply@blogengine.invalid"
"""RSS wants an address for every person; readers' and authors' addresses are nobody's business."""

_NOT_IN_A_COMMENT = re.compile(r"[()\\\s]+")


def rss_tree(feed: FeedView) -> Element:
    """Return the document; for a single entry a channel with one item."""
    namespaces = {"xmlns:atom": ATOM_NS, "xmlns:openSearch": SEARCH_NS, "xmlns:thr": THREADS_NS}
    root = Element("rss", attributes={**namespaces, "version": "2.0"})
    channel = root.add("channel")
    channel.add("atom:id", feed.id)
    channel.add("lastBuildDate", _date(feed.updated))
    for label in feed.labels:
        channel.add("category", label, hexadecimal=True)
    channel.add("title", feed.title, hexadecimal=True)
    channel.add("description", feed.subtitle or feed.title, hexadecimal=True)
    channel.add("language", feed.language)
    channel.add("link", feed.url)
    channel.add("managingEditor", _mailbox(feed.author), hexadecimal=True)
    channel.add("generator", f"Blogengine {ENGINE_VERSION}")
    if not feed.is_single:
        channel.add("openSearch:totalResults", str(feed.total))
        channel.add("openSearch:startIndex", str(feed.start_index))
        channel.add("openSearch:itemsPerPage", str(feed.max_results))
    for link in feed_links(feed, RSS):
        channel.add("atom:link", attributes=link_attributes(link))
    for entry in feed.entries:
        _fill_item(channel.add("item"), entry, feed)
    return root


def _fill_item(item: Element, entry: FeedEntry, feed: FeedView) -> None:
    item.add("guid", entry.id, {"isPermaLink": "false"})
    item.add("pubDate", _date(entry.published))
    item.add("atom:updated", timestamp(entry.updated, feed.zone, entry.number))
    for label in entry.labels:
        item.add("category", label, {"domain": LABELS}, hexadecimal=True)
    item.add("title", entry.title, hexadecimal=True)
    item.add("description", entry.html or str(escape(entry.summary)))
    item.add("link", entry.url)
    item.add("author", _mailbox(entry.author), hexadecimal=True)
    if entry.comments_url:
        item.add("comments", entry.comments_url)
    for link in entry.links:
        if link.rel == "enclosure":  # RSS knows one, and demands its length
            item.add("enclosure", "", {"url": link.href, "length": str(link.length or 0), "type": link.type})
            break
    add_threads(item, entry)
    add_elements(item, entry)


def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _mailbox(person: Person) -> str:
    return f"{NOBODY} ({_NOT_IN_A_COMMENT.sub(' ', person.name).strip() or 'Anonymous'})"
