"""Feeds as values: what is asked of them, what plugins offer, and what they carry before they are written.

The same for Atom, RSS and JSON. Addresses are absolute, times aware.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from blogengine.pages import CommentView
from blogengine.pages import PostView

HTML = "text/html"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_PREFIXED = re.compile(f"{_NAME}:{_NAME}")
_ATTRIBUTE = re.compile(_NAME)


@dataclass(frozen=True, slots=True)
class PostQuery:
    """What a feed asks for. Minimums are inclusive, maximums exclusive; `start_index` counts from 1."""

    kind: str = "post"
    labels: tuple[str, ...] = ()
    """All of them."""
    q: str = ""
    """Words and `"quoted phrases"`, all of which must occur; a plugin may understand more."""
    published_min: datetime | None = None
    published_max: datetime | None = None
    updated_min: datetime | None = None
    updated_max: datetime | None = None
    orderby: str = "published"
    """`published` or `updated`, newest first; `relevance` where a plugin offers a search."""
    start_index: int = 1
    max_results: int = 25


@dataclass(slots=True)
class PostList:
    """Posts, how many there are in all where that was counted, and whether more follow on either side."""

    posts: list[PostView]
    total: int = 0
    has_older: bool = False
    has_newer: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of posts that a plugin offers, in all formats."""

    id: str
    """Part of its address (`/feeds/<id>/default`): small letters, digits and `-`."""
    title: str
    posts: Callable[[PostQuery], PostList] = field(repr=False)
    """Returns what is asked for; most change the query and give it to `posts.query`."""
    is_announced: bool = True
    """Whether the head of every page names it, so that readers' programs offer it."""


@dataclass(frozen=True, slots=True)
class Person:
    """An author; `url` may be empty."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A link of a feed or entry. A file that goes with an entry has `rel="enclosure"`, its type and its length."""

    rel: str
    href: str
    type: str = HTML
    title: str = ""
    length: int | None = None
    """Bytes; only of enclosures."""


@dataclass(frozen=True, slots=True)
class FeedElement:
    """An element of another vocabulary: `FeedElement("media:thumbnail", "http://…", {"url": "…"})`."""

    name: str
    """With a prefix, which stands for `namespace`."""
    namespace: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class InReplyTo:
    """What a comment answers (RFC 4685 §3): `ref` is its id, `href` its page, `source` its entry."""

    ref: str
    href: str
    source: str


@dataclass(slots=True)
class FeedEntry:
    """A post, page or comment. It has `html`, or `summary` (plain text) where the feed is short."""

    id: str
    """Never changes; readers know the entry by it."""
    number: int
    """Makes times that are the same distinct."""
    published: datetime
    updated: datetime
    title: str
    author: Person
    url: str
    links: list[FeedLink]
    html: str = ""
    """Clean, with absolute addresses; readers' programs clean it again."""
    summary: str = ""
    labels: list[str] = field(default_factory=list)
    total: int | None = None
    """Number of comments, None where the post shows none."""
    comments_url: str = ""
    in_reply_to: InReplyTo | None = None
    is_removed: bool = False
    elements: list[FeedElement] = field(default_factory=list)
    """What plugins add to it."""
    post: PostView | None = None
    """The post of this entry, or the one that was commented on; only to read."""
    comment: CommentView | None = None

    def check(self) -> None:
        """Raise `ValueError` for an element that cannot be written."""
        for element in self.elements:
            if not (_PREFIXED.fullmatch(element.name) and element.namespace):
                raise ValueError(f"an element needs a name like media:thumbnail and a namespace: {element!r}")
            for name in element.attributes:
                if not _ATTRIBUTE.fullmatch(name) or name.lower().startswith("xmlns"):
                    raise ValueError(f"an attribute cannot be called {name!r}")


@dataclass(slots=True)
class FeedView:
    """A feed, or with `is_single` the document of its only entry."""

    id: str
    title: str
    subtitle: str
    updated: datetime
    author: Person
    url: str
    """The page with the same contents."""
    address: str
    """The feed's own address without parameters."""
    language: str
    zone: ZoneInfo
    entries: list[FeedEntry]
    labels: list[str] = field(default_factory=list)
    total: int = 0
    start_index: int = 1
    max_results: int = 25
    is_single: bool = False
    self_url: str = ""
    next_url: str = ""
    previous_url: str = ""
    links: list[FeedLink] = field(default_factory=list, metadata={"open": True})
    """Further links that plugins add, such as a hub (WebSub)."""
