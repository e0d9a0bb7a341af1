"""Cards: the title, site and address that readers see, for posts of this blog and for pages elsewhere."""

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from blogengine.plugin import PostView
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import call_hook
from blogengine.plugin import posts
from blogengine.plugin import read_meta
from blogengine.plugin import write_meta
from blogengine_also_on.addresses import Reference
from blogengine_also_on.addresses import host_of
from blogengine_also_on.addresses import words_of
from blogengine_also_on.settings import current

_KIND = "address"
"""What the stored titles belong to: not to a post, so that two posts with the same card ask once."""
_KEY = "card"


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says."""

    site: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about a page elsewhere; both are empty where it told nothing."""

    title: str
    site: str


def find(references: Iterable[Reference]) -> dict[Reference, Card | None]:
    """Return the card of each reference; None for a post of this blog that is not public."""
    wanted = set(references)
    moved = moved_here(reference.url for reference in wanted if reference.url)
    own = posts.public_by_paths({*(one.path for one in wanted if one.path), *moved.values()})
    known = remembered(reference.url for reference in wanted if reference.url)
    return {
        reference: _here(reference, own.get(reference.path))
        if reference.path
        else _here(reference, own[moved[reference.url]])
        if moved.get(reference.url) in own
        else _elsewhere(reference, known.get(reference.url))
        for reference in wanted
    }


def moved_here(urls: Iterable[str]) -> dict[str, str]:
    """Return paths on this blog by address, for the addresses elsewhere that another plugin knows to be posts of it."""
    asked = sorted(set(urls))
    answers = call_hook("also_on_paths", urls=asked) if asked else []
    return {
        url: path
        for answer in answers
        if isinstance(answer, Mapping)
        for url, path in answer.items()
        if url in asked and isinstance(path, str)
    }


def _here(reference: Reference, post: PostView | None) -> Card | None:
    if post is None:
        return None
    site = reference.site or current().site or blog().site.title
    return Card(site, post.title or words_of(post.url), post.url + reference.fragment)


def _elsewhere(reference: Reference, known: Known | None) -> Card:
    url = reference.url
    site = reference.site or (known.site if known else "") or host_of(url)
    return Card(site, (known.title if known else "") or words_of(url), url)


def remembered(urls: Iterable[str]) -> dict[str, Known]:
    """Return what is stored about these pages, in one query; pages made of it change with it."""
    numbers = {_number(url): url for url in urls}
    if not numbers:
        return {}
    stored = read_meta(_KIND, numbers, "also_on")
    return {
        url: Known(stored[number][_KEY]["title"], stored[number][_KEY]["site"])
        for number, url in numbers.items()
        if stored[number].get(_KEY, {}).get("url") == url
    }


def remember(tx: Transaction, url: str, known: Known) -> None:
    """Store what a page elsewhere says about itself."""
    value = {"url": url, "title": known.title, "site": known.site}
    write_meta(tx, _KIND, _number(url), "also_on", _KEY, value)


def _number(url: str) -> int:
    """Return a number for `url` that fits a signed column of 64 bits."""
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:8], "big") >> 1
