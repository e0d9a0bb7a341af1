"""Text from people becomes HTML that is safe to show: the only module that may call HTML safe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property

import bleach
import nh3
from markupsafe import Markup

from blogengine.htmlscan import Limits
from blogengine.htmlscan import respell
from blogengine.htmlscan import without_scripts
from blogengine.text import bound_numbers

VERSION = 3
"""Raised whenever the same source may come out differently; stored HTML of another version is made again."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Policy:
    """What one kind of text may hold, and how much of it."""

    tags: frozenset[str]
    attributes: Mapping[str, frozenset[str]]
    """Allowed names for each tag; `*` for all."""
    schemes: frozenset[str]
    link_rel: str | None
    """The `rel` that every link gets; None leaves the author's own."""
    limits: Limits

    @cached_property
    def kept(self) -> dict[str, frozenset[str]]:
        """All allowed attribute names of each allowed tag."""
        everywhere = self.attributes.get("*", frozenset())
        return {tag: everywhere | self.attributes.get(tag, frozenset()) for tag in self.tags}

    def value(self, tag: str, attribute: str, value: str) -> str | None:
        """Return the value as it may stand in the page, None for none; `value` has its entities resolved."""
        if attribute in _URL_ATTRIBUTES:
            return _url(value, self.schemes)
        rule = _VALUES.get(attribute)
        return value if rule is None or rule.fullmatch(value) else None

    @cached_property
    def first(self) -> bleach.Cleaner:
        return bleach.Cleaner(
            tags=self.tags,
            attributes={tag: list(names) for tag, names in self.kept.items()},
            protocols=self.schemes,
            strip=True,
        )

    @cached_property
    def last(self) -> nh3.Cleaner:
        return nh3.Cleaner(
            tags=set(self.tags),
            clean_content_tags={"script", "style"},
            attributes={tag: set(names) for tag, names in self.kept.items()},
            attribute_filter=self.value,
            link_rel=self.link_rel,
            url_schemes=set(self.schemes),
        )


COMMENT = Policy(
    tags=_words("a b i em strong code pre blockquote p br ul ol li del"),
    attributes={"a": _words("href")},
    schemes=_words("http https mailto"),
    link_rel="nofollow ugc",
    limits=Limits("comment", characters=8_000, depth=40, work=2_000, entities=4_000, misnested=100),
)
POST = Policy(
    tags=_words(
        "a abbr address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup"
        " dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p"
        " picture pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody"
        " td tfoot th thead time tr track tt u ul var video wbr"
    ),
    attributes={
        "*": _words("class dir lang title id align"),
        "a": _words("href name rel hreflang"),
        "audio": _words("src controls loop preload"),
        "blockquote": _words("cite"),
        "col": _words("span"),
        "colgroup": _words("span"),
        "del": _words("cite datetime"),
        "details": _words("open"),
        "img": _words("src alt width height loading decoding border"),
        "ins": _words("cite datetime"),
        "li": _words("value"),
        "ol": _words("start type reversed"),
        "q": _words("cite"),
        "source": _words("src type media"),
        "table": _words("border cellpadding cellspacing"),
        "td": _words("colspan rowspan headers valign"),
        "th": _words("colspan rowspan headers scope valign"),
        "time": _words("datetime"),
        "track": _words("src kind srclang label default"),
        "video": _words("src controls loop muted poster preload width height"),
    },
    schemes=_words("http https mailto tel"),
    link_rel=None,
    limits=Limits("post", characters=500_000, depth=100, work=16_000, entities=30_000, misnested=500),
)

_URL_ATTRIBUTES = _words("href src cite poster")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,200}")
_NUMBER = re.compile(r"-?[0-9]{1,6}%?")
_VALUES = {
    "class": re.compile(r"[A-Za-z0-9_ -]{1,500}"),
    "id": _NAME,
    "name": _NAME,
    "headers": re.compile(r"[A-Za-z0-9_.: -]{1,500}"),
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile(r"[A-Za-z0-9-]{1,40}"),
    "hreflang": re.compile(r"[A-Za-z0-9-]{1,40}"),
    "srclang": re.compile(r"[A-Za-z0-9-]{1,40}"),
    "align": re.compile(r"left|right|center|justify|top|middle|bottom", re.IGNORECASE),
    "valign": re.compile(r"top|middle|bottom|baseline", re.IGNORECASE),
    "rel": re.compile(r"[A-Za-z -]{1,200}"),
    "loading": re.compile(r"lazy|eager", re.IGNORECASE),
    "decoding": re.compile(r"async|sync|auto", re.IGNORECASE),
    "preload": re.compile(r"none|metadata|auto", re.IGNORECASE),
    "type": re.compile(r"[A-Za-z0-9/.+;= -]{1,100}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup", re.IGNORECASE),
    "datetime": re.compile(r"[0-9A-Za-z:.+ -]{1,40}"),
} | dict.fromkeys(
    _words("width height border cellpadding cellspacing colspan rowspan span start value"), _NUMBER
)

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Browsers drop tabs, line breaks and (in front) any control character before they read the scheme, and take a
# backslash for a slash: an address with one of these means something else than it seems to.
_TRICK = re.compile(
    r"[\x00-\x1f\x7f-\xa0\\\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff]"
)
_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def _url(value: str, schemes: frozenset[str]) -> str | None:
    url = value.strip(" \t\n\r\f")
    if _TRICK.search(url):
        return None
    url = url.replace(" ", "%20")
    if url.startswith("//"):
        # Blogger's own exports write pictures' addresses like this; https is what they meant.
        url = f"https:{url}"
    if url.startswith(("/", "#")):
        return url
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() not in schemes:
        return None
    if scheme[1].lower() in ("http", "https") and not _ABSOLUTE.match(url):
        return None
    return url


def clean_comment(html: str, *, characters: int = COMMENT.limits.characters) -> Markup:
    """Return a visitor's HTML with only what a comment may hold.

    Raises `Refused` before any parser sees the text: `too_long` (more than `characters`), `too_deep`,
    `too_much_markup`.
    """
    return _clean(html, COMMENT, characters)


def clean_post(html: str, *, characters: int = POST.limits.characters) -> Markup:
    """Return an author's HTML with only what a post may hold.

    Blogger's jump break, in both its spellings, comes out as `<a name="more"></a>`.
    Raises `Refused` before any parser sees the text: `too_long` (more than `characters`), `too_deep`,
    `too_much_markup`.
    """
    return _clean(_JUMP_BREAK.sub('<a name="more"></a>', html), POST, characters)


def check_post(html: str, *, characters: int = POST.limits.characters) -> None:
    """Raise what `clean_post` would raise, without cleaning anything."""
    respell(without_scripts(html), POST.kept, replace(POST.limits, characters=characters))


def recheck_post(html: str) -> Markup:
    """Return HTML that `clean_post` made and that was rearranged since, through the last gate again."""
    return _settle(POST.last.clean(html), POST)


def trusted(html: str) -> Markup:
    """Call HTML safe that this module cleaned before: what our columns of clean HTML hold, nothing else."""
    # As `Markup(html)`, which takes four times as long, looking for `__html__`.
    return str.__new__(Markup, html)


def escape(text: str) -> Markup:
    """Return plain text as HTML that shows it."""
    return Markup.escape(text)


_JUMP_BREAK = re.compile(r"<!--\s*+more\s*+-->", re.IGNORECASE)


def _clean(html: str, policy: Policy, characters: int) -> Markup:
    limits = replace(policy.limits, characters=characters)
    respelled = respell(without_scripts(bound_numbers(html)), policy.kept, limits)
    first = respelled if _PLAIN.fullmatch(respelled) else policy.first.clean(respelled)
    return _settle(policy.last.clean(first), policy)


# Most comments: paragraphs with line breaks, no other tag, no entity and no control character. Nobody reads them in two
# ways, so the first gate, which takes most of the time, is spared; the last one looks at them like at all others.
_PLAIN = re.compile(
    r"(?:<p>[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]++(?:<br>[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]*+)*+</p>)*+"
)

# `&#1;` is a character in HTML and none in XML: one in a comment would take the whole feed with it (XML 1.0 §2.2).
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _settle(clean: str, policy: Policy) -> Markup:
    clean = _NOT_IN_XML.sub("", clean)
    # What a second parsing reads differently would be a hole: the text has to mean the same to every parser.
    for _ in range(3):
        again = policy.last.clean(clean)
        if again == clean:
            return Markup(clean)  # noqa: S704
        clean = again
    return Markup.escape(clean)
