"""What every public page has: the blog, the head, the links to static pages."""

from typing import Any

from blogengine import posts
from blogengine.pages import BlogView
from blogengine.pages import Link
from blogengine.pages import Meta
from blogengine.runtime import blog
from blogengine.web import moments


def blog_view() -> BlogView:
    """Return the blog as templates see it."""
    running = blog()
    site = running.site
    return BlogView(
        site.title,
        site.description,
        site.language,
        moments.text_direction(site.language),
        url=running.url,
    )


def meta(title: str, path: str = "", **facts: Any) -> Meta:
    """Return the head of a page at `path`; without a path it has no canonical address and is not indexed."""
    site = blog().site
    full = f"{site.title}: {title}" if title else site.title
    if not path:
        facts.setdefault("robots", "noindex")
    return Meta(full, canonical=f"{blog().url}{path}" if path and blog().url else "", **facts)


def static_links() -> list[Link]:
    """Return links to the blog's static pages."""
    return [Link(path, title) for path, title in posts.static_pages()]
