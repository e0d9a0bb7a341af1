"""Checks of RSS 2.0 and the RSS Advisory Board's profile."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

from tests.feed_parts import ATOM
from tests.feed_parts import MAILBOX
from tests.feed_parts import SEARCH
from tests.feed_parts import address
from tests.feed_parts import expect
from tests.feed_parts import identifier
from tests.feed_parts import language
from tests.feed_parts import links
from tests.feed_parts import markup
from tests.feed_parts import moment
from tests.feed_parts import paging
from tests.feed_parts import rss_moment
from tests.feed_parts import threads


def check_rss(root: ET.Element, text: str, location: str) -> Iterator[str]:
    """Yield the faults of an `rss` element whose source is `text`."""
    yield from expect(root.get("version") == "2.0", "the version is not 2.0")
    channel = root.find("channel")
    if channel is None or len(root) != 1:
        yield "rss must have one channel"
        return
    for name in ("title", "link", "description"):
        yield from expect(
            len(channel.findall(name)) == 1, f"{len(channel.findall(name))} {name} in the channel"
        )
    yield from address(channel.findtext("link", ""))
    yield from language(channel.findtext("language"))
    yield from rss_moment(channel.findtext("lastBuildDate", ""))
    yield from identifier(channel.findtext(f"{ATOM}id", ""))
    for name in ("managingEditor", "webMaster"):
        for person in channel.findall(name):
            yield from expect(bool(MAILBOX.fullmatch(person.text or "")), f"{name} is {person.text!r}")
    items = channel.findall("item")
    if items:
        first = list(channel).index(items[0])
        yield from expect(
            all(child.tag == "item" for child in list(channel)[first:]), "metadata after an item"
        )
    yield from links(channel, is_feed=True)
    selves = [link.get("href") for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    yield from expect(selves == [location], f"self is {selves}, the feed is at {location}")
    if channel.find(f"{SEARCH}totalResults") is not None:
        yield from paging(channel, len(items))
    yield from _rss_text(channel, text, "title", "description", "category", "managingEditor")
    guids: Counter[str] = Counter()
    for item in items:
        yield from _item(item, text, guids)


def _item(item: ET.Element, text: str, guids: Counter[str]) -> Iterator[str]:
    for name, count in Counter(child.tag for child in item).items():
        yield from expect(count == 1 or name == "category", f"{count} {name} in an item")
    title, description = item.find("title"), item.find("description")
    yield from expect(
        title is not None or description is not None, "an item with neither title nor description"
    )
    if description is not None:
        yield from markup(description.text or "", "description")
    guid = item.find("guid")
    if guid is None:
        yield "an item without guid"
    else:
        guids[guid.text or ""] += 1
        yield from expect(guids[guid.text or ""] == 1, f"two items have the guid {guid.text}")
        yield from expect(guid.get("isPermaLink") == "false", "a guid that is no link must say so")
    yield from address(item.findtext("link", ""))
    yield from rss_moment(item.findtext("pubDate", ""))
    yield from moment(item.findtext(f"{ATOM}updated", ""))
    yield from expect(
        bool(MAILBOX.fullmatch(item.findtext("author", ""))), f"author: {item.findtext('author')!r}"
    )
    if item.find("comments") is not None:
        yield from address(item.findtext("comments", ""))
    for category in item.findall("category"):
        yield from address(category.get("domain", ""))
    yield from threads(item)
    yield from _rss_text(item, text, "title", "category", "author")


def _rss_text(parent: ET.Element, text: str, *names: str) -> Iterator[str]:
    """Plain text: not blank, and `&` and `<` written as the profile wants: `&#x26;` and `&#x3C;`."""
    for name in names:
        for element in parent.findall(name):
            words = element.text or ""
            yield from expect(bool(words.strip()), f"{name} is blank")
            written = words.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;")
            yield from expect(
                f">{written}</{name}>" in text, f"{name} is not written as the profile wants: {words}"
            )
