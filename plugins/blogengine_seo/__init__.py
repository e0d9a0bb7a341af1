"""What search engines and social media read: sitemap.xml, robots.txt, and facts in the head of each page."""

from dataclasses import replace

from flask import Blueprint

from blogengine.plugin import Feed
from blogengine.plugin import ListingPage
from blogengine.plugin import Meta
from blogengine.plugin import Page
from blogengine.plugin import PostList
from blogengine.plugin import PostPage
from blogengine.plugin import PostQuery
from blogengine.plugin import hookimpl
from blogengine.plugin import posts
from blogengine_seo import head
from blogengine_seo.maps import files
from blogengine_seo.settings import Settings

__all__ = ["prepare_meta", "register_feeds", "register_routes", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings


@hookimpl
def register_routes() -> Blueprint:
    """Serve the sitemap and robots.txt."""
    return files


@hookimpl
def register_feeds() -> list[Feed]:
    """Offer what was changed last: search engines want that beside the sitemap, and look at it more often."""
    return [Feed("updated", "Last changed", last_changed, is_announced=False)]


def last_changed(asked: PostQuery) -> PostList:
    """Return posts, the last changed first."""
    return posts.query(replace(asked, orderby="updated"))


@hookimpl
def prepare_meta(meta: Meta, page: Page) -> None:
    """Tell what the page is about."""
    if isinstance(page, PostPage):
        head.describe_post(meta, page)
    elif isinstance(page, ListingPage):
        head.describe_listing(meta, page)
