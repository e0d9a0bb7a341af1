"""Boxes that are made of what the blog has: its archive, its labels, its comments."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from markupsafe import Markup

from blogengine.plugin import Page
from blogengine.plugin import comments as comment_service
from blogengine.plugin import fragment
from blogengine.plugin import option
from blogengine.plugin import posts
from blogengine.plugin import text

SHEET = ("gadgets.css",)
EXCERPT = 100
"""Characters of a comment that are shown."""
SIZES = 5
"""Sizes of labels in a cloud: classes `size-1` to `size-5`."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Settings of one archive."""

    by: Literal["month", "year"] = option(
        "year", "Show", choices={"month": "Months", "year": "Years, months folded away"}
    )
    counts: bool = option(True, "Say how many posts there are")
    most: int = option(120, "At most this many months", minimum=1, maximum=1200)


@dataclass(frozen=True, slots=True)
class Labels:
    """Settings of one list of labels."""

    shape: Literal["list", "cloud"] = option("list", "Shape", choices={"list": "List", "cloud": "Cloud"})
    order: Literal["name", "count"] = option(
        "name", "Order", choices={"name": "By name", "count": "Most used first"}
    )
    counts: bool = option(True, "Say how many posts there are")
    most: int = option(50, "At most this many labels, the most used ones", minimum=1, maximum=500)


@dataclass(frozen=True, slots=True)
class Comments:
    """Settings of one list of comments."""

    number: int = option(5, "How many", minimum=1, maximum=20)


@dataclass(frozen=True, slots=True)
class Label:
    """A label in the list; `size` is from 1 to `SIZES`."""

    name: str
    posts: int
    size: int


def archive(settings: Archive, page: Page) -> Markup | None:
    """Show the months, or the years with their months folded away."""
    months = posts.archive()[: settings.most]
    if not months:
        return None
    years = [(year, list(of_year)) for year, of_year in groupby(months, key=lambda month: month.year)]
    return fragment("@gadgets/archive.html", assets=SHEET, settings=settings, months=months, years=years)


def labels(settings: Labels, page: Page) -> Markup | None:
    """Show the labels."""
    found = posts.labels_in_use()[: settings.most]
    if settings.order == "name":
        found = sorted(found, key=lambda label: unicodedata.normalize("NFKD", text.fold(label[0])))
    if not found:
        return None
    return fragment("@gadgets/labels.html", assets=SHEET, settings=settings, labels=sized(found))


def sized(found: Sequence[tuple[str, int]]) -> list[Label]:
    """Return labels with a size by their number: the least used has 1, the most used `SIZES`."""
    least, most = min(count for _, count in found), max(count for _, count in found)
    span = max(1, most - least)
    return [Label(name, count, 1 + (count - least) * (SIZES - 1) // span) for name, count in found]


def comments(settings: Comments, page: Page) -> Markup | None:
    """Show the newest comments, the first words of each."""
    found = [
        one for one in comment_service.recent(max_results=settings.number).comments if not one.is_removed
    ]
    if not found:
        return None
    words = {one.id: text.excerpt(one.body, EXCERPT) for one in found}
    return fragment("@gadgets/comments.html", assets=SHEET, comments=found, words=words)
