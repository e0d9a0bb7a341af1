"""A feed before it is written, the same for Atom, RSS and JSON. Addresses are absolute, times aware."""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

ATOM = "application/atom+xml"
RSS = "application/rss+xml"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Person:
    """An author; `url` may be empty."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A link of a feed or entry."""

    rel: str
    href: str
    type: str = HTML
    title: str = ""


@dataclass(frozen=True, slots=True)
class InReplyTo:
    """What a comment answers (RFC 4685 §3): `ref` is its id, `href` its page, `source` its entry."""

    ref: str
    href: str
    source: str


@dataclass(slots=True)
class Entry:
    """A post, page or comment. It has `html`, or `summary` (plain text) where the feed is short."""

    id: str
    number: int
    """Makes times that are the same distinct."""
    published: datetime
    updated: datetime
    title: str
    author: Person
    url: str
    links: list[FeedLink]
    html: str = ""
    summary: str = ""
    labels: list[str] = field(default_factory=list)
    total: int | None = None
    """Number of comments, None where the post shows none."""
    comments_url: str = ""
    in_reply_to: InReplyTo | None = None
    is_removed: bool = False


@dataclass(slots=True)
class Feed:
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
    entries: list[Entry]
    labels: list[str] = field(default_factory=list)
    total: int = 0
    start_index: int = 1
    max_results: int = 25
    is_single: bool = False
    self_url: str = ""
    next_url: str = ""
    previous_url: str = ""
