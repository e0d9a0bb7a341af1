"""What a reader may ask of a feed in its address: Blogger's parameters, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime

from blogengine.plugin import Refused
from blogengine.plugin import text

MOST = 150
"""Entries in one feed at most, as Blogger since 2016."""
ATOM = "application/atom+xml"
RSS = "application/rss+xml"

FORMATS = ("atom", "rss", "json", "json-in-script")
KNOWN = (
    "alt",
    "callback",
    "max-results",
    "orderby",
    "published-max",
    "published-min",
    "q",
    "redirect",
    "start-index",
    "updated-max",
    "updated-min",
    "v",
)
"""`redirect` and `v` mean nothing here, but Blogger's readers send them."""

_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_PIECE = re.compile(r'(label:)?(?:"([^"]*)"|([^\s"]+))')


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. Minimums are inclusive, maximums exclusive; `start_index` counts from 1."""

    alt: str = "atom"
    callback: str = ""
    start_index: int = 1
    max_results: int = 25
    orderby: str = "published"
    published: tuple[datetime | None, datetime | None] = (None, None)
    updated: tuple[datetime | None, datetime | None] = (None, None)
    q: str = ""
    """Words and quoted phrases, all of which must occur."""
    labels: tuple[str, ...] = field(default=())
    """From `label:x` in `q`."""


def read(values: Mapping[str, str], *, alt: str, max_results: int) -> Wanted:
    """Return what `values` ask for; `alt` and `max_results` stand in where they are silent.

    Raises `Refused` with a sentence that names the parameter and what it takes.
    """
    form = values.get("alt", alt)
    if form not in FORMATS:
        raise Refused(f"alt must be one of {', '.join(FORMATS)}; it is {_shown(form)}.")
    callback = values.get("callback", "")
    if form == "json-in-script" and not (_CALLBACK.fullmatch(callback) and len(callback) <= 100):
        raise Refused("callback must be the name of a JavaScript function, such as show or my.feed.show.")
    orderby = values.get("orderby", "published")
    if orderby not in ("published", "updated"):
        raise Refused(f"orderby must be published or updated; it is {_shown(orderby)}.")
    words, labels = _search(values.get("q", ""))
    return Wanted(
        form,
        callback,
        _number(values, "start-index", 1, least=1),
        min(_number(values, "max-results", max_results, least=0), MOST),
        orderby,
        (_time(values, "published-min"), _time(values, "published-max")),
        (_time(values, "updated-min"), _time(values, "updated-max")),
        words,
        labels,
    )


def accept_labels(names: list[str]) -> tuple[str, ...]:
    """Return labels from an address as they are stored. Raises `Refused` for what can be no label."""
    return tuple(text.accept_text(name, limit=200, multiline=False).strip() for name in names)


def _search(q: str) -> tuple[str, tuple[str, ...]]:
    """Take `label:x` and `label:"x y"` out of a search; what remains keeps its quotation marks."""
    try:
        q = text.accept_text(q, limit=200, multiline=False)
    except Refused as refusal:
        raise Refused(f"q cannot be searched for: {refusal.message}") from refusal
    if "|" in q:
        raise Refused("q cannot have | here: alternatives are not searched; ask for each by itself.")
    words, labels = [], []
    for is_label, phrase, word in _PIECE.findall(q):
        if is_label:
            labels.append(phrase or word)
        elif phrase or word:
            words.append(f'"{phrase}"' if phrase else word)
    return " ".join(words), tuple(labels)


def _number(values: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    value = values.get(name)
    if value is None:
        return default
    if not _NUMBER.fullmatch(value) or int(value) < least:
        raise Refused(f"{name} must be a whole number from {least} on; it is {_shown(value)}.")
    return int(value)


def _time(values: Mapping[str, str], name: str) -> datetime | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        # In an address a plus sign that nobody encoded arrives as a space.
        moment = datetime.fromisoformat(value.replace(" ", "+"))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"{name} must be a time such as 2020-01-31T10:00:00Z; it is {_shown(value)}."
        ) from error


def _shown(value: str) -> str:
    return repr(value[:60])
