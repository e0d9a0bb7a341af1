"""Boxes for sidebar and footer as Blogger had them, an announcement on every page, and ways on where there is nothing.

The owner puts the boxes where they shall be under Layout, as often as they like and each with its own settings.
Until then a reader sees only the months on the page of a year, and the newest posts where an address leads nowhere.
"""

from collections.abc import Sequence

from markupsafe import Markup

from blogengine.plugin import ErrorPage
from blogengine.plugin import Gadget
from blogengine.plugin import Link
from blogengine.plugin import ListingPage
from blogengine.plugin import Page
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine.plugin import posts
from blogengine.plugin import settings_of
from blogengine_gadgets import boxes
from blogengine_gadgets import texts
from blogengine_gadgets.settings import Settings

__all__ = [
    "error_html",
    "footer_html",
    "header_html",
    "listing_header_html",
    "register_gadgets",
    "register_settings",
]

NEWEST = 5


@hookimpl
def register_settings() -> type:
    """Let the owner say something on every page."""
    return Settings


@hookimpl
def register_gadgets() -> Sequence[Gadget]:
    """Offer the boxes."""
    return [
        Gadget(
            "archive",
            "Archive",
            boxes.archive,
            boxes.Archive,
            "The months with posts, and how many there are.",
        ),
        Gadget(
            "labels", "Labels", boxes.labels, boxes.Labels, "The labels of all posts, as a list or a cloud."
        ),
        Gadget(
            "comments", "Recent comments", boxes.comments, boxes.Comments, "The newest comments of the blog."
        ),
        Gadget(
            "text", "Text", texts.text, texts.Text, "Whatever you write: about you, an address, a picture."
        ),
        Gadget("links", "Links", texts.links, texts.Links, "Pages that you like."),
    ]


@hookimpl
def header_html(page: Page) -> Markup | None:
    """Say on every page what all readers have to know now."""
    words = settings_of("gadgets").announcement
    return fragment("@gadgets/announcement.html", text=texts.short(words)) if words else None


@hookimpl
def footer_html(page: Page) -> Markup | None:
    """Say at the end of every page whose words these are."""
    words = settings_of("gadgets").attribution
    return fragment("@gadgets/attribution.html", text=texts.short(words)) if words else None


@hookimpl
def listing_header_html(page: ListingPage) -> Markup | None:
    """Lead from the page of a year, which may be long, to its months."""
    if page.kind != "year":
        return None
    months = [month for month in posts.archive() if str(month.year) == page.heading]
    if len(months) < 2:
        return None
    return fragment("@gadgets/months.html", assets=["gadgets.css"], months=months[::-1])


@hookimpl
def error_html(page: ErrorPage) -> Markup | None:
    """Show the newest posts to somebody whose address leads nowhere."""
    if page.status != 404:
        return None
    links = [Link(path, title or path) for path, title in posts.newest_titles(NEWEST)]
    return fragment("@gadgets/newest.html", links=links) if links else None
