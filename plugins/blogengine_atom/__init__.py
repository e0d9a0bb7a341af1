"""Feeds of posts and comments as Atom, RSS and JSON, at Blogger's addresses and in Blogger's shape."""

from collections.abc import Sequence
from urllib.parse import urljoin

from flask import Blueprint
from markupsafe import Markup

from blogengine.plugin import FeedElement
from blogengine.plugin import FeedEntry
from blogengine.plugin import Gadget
from blogengine.plugin import HeadLink
from blogengine.plugin import Link
from blogengine.plugin import ListingPage
from blogengine.plugin import Meta
from blogengine.plugin import Page
from blogengine.plugin import PostPage
from blogengine.plugin import PostView
from blogengine.plugin import blog
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine.plugin import settings_of
from blogengine.plugin import text
from blogengine_atom.addresses import label_feed
from blogengine_atom.addresses import tidy
from blogengine_atom.parameters import ATOM
from blogengine_atom.parameters import RSS
from blogengine_atom.routes import feeds
from blogengine_atom.settings import Settings

__all__ = [
    "comments_footer_html",
    "listing_footer_html",
    "prepare_feed_entries",
    "prepare_meta",
    "register_gadgets",
    "register_routes",
    "register_settings",
]

MEDIA_NS = "http://search.yahoo.com/mrss/"
POSTS = "/feeds/posts/default"
COMMENTS = "/feeds/comments/default"


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings


@hookimpl
def register_gadgets() -> Sequence[Gadget]:
    """Offer the feeds of the whole blog as a box."""
    return [Gadget("subscribe", "Subscribe", _box, summary="The feeds of posts and of comments.")]


def _box(settings: None, page: Page) -> Markup | None:
    feeds = [Link(POSTS, "Posts")] if _has_posts() else []
    feeds += [Link(COMMENTS, "Comments")] if settings_of("atom").comments != "none" else []
    return fragment("@atom/box.html", feeds=feeds) if feeds else None


@hookimpl
def register_routes() -> Blueprint:
    """Serve the feeds."""
    return feeds


@hookimpl
def prepare_meta(meta: Meta, page: Page) -> None:
    """Tell feed readers where the feeds are."""
    title = blog().site.title
    if _has_posts():
        meta.links.append(HeadLink("alternate", POSTS, ATOM, f"{title} - Atom"))
        meta.links.append(HeadLink("alternate", f"{POSTS}?alt=rss", RSS, f"{title} - RSS"))
        for feed in blog().feeds.values():
            if feed.is_announced:
                href = f"/feeds/{feed.id}/default"
                meta.links.append(HeadLink("alternate", href, ATOM, f"{title}: {feed.title} - Atom"))
        if isinstance(page, ListingPage) and page.kind == "label":
            name = f"{title}: {page.heading} - Atom"
            meta.links.append(HeadLink("alternate", label_feed((page.heading,)), ATOM, name))
    if isinstance(page, PostPage) and _has_comments(page.post):
        name = page.post.title or title
        meta.links.append(HeadLink("alternate", _comments(page.post), ATOM, f"Comments on {name} - Atom"))


@hookimpl
def prepare_feed_entries(entries: Sequence[FeedEntry]) -> None:
    """Show each post's first picture, as Blogger's feeds do (Media RSS 1.5.1)."""
    for entry in entries:
        if entry.post is None or entry.comment is not None:
            continue
        picture = text.first_picture(entry.post.html)
        address = tidy(urljoin(entry.url, picture)) if picture else ""
        if address:
            entry.elements.append(FeedElement("media:thumbnail", MEDIA_NS, {"url": address}))


@hookimpl
def comments_footer_html(post: PostView) -> Markup | None:
    """Offer the post's comment feed."""
    if not _has_comments(post):
        return None
    return fragment("@atom/subscribe.html", what="comments", href=_comments(post))


@hookimpl
def listing_footer_html(page: ListingPage) -> Markup | None:
    """Offer the feed of the posts in this list."""
    if not _has_posts():
        return None
    href = label_feed((page.heading,)) if page.kind == "label" else POSTS
    return fragment("@atom/subscribe.html", what="posts", href=href)


def _has_posts() -> bool:
    return bool(settings_of("atom").posts != "none")


def _has_comments(post: PostView) -> bool:
    return post.status == "published" and post.shows_comments and settings_of("atom").comments != "none"


def _comments(post: PostView) -> str:
    return f"/feeds/{post.id}/comments/default"
