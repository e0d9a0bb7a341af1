"""What every public page has: the blog, the head, the links to static pages."""

from typing import Any

from flask import Response
from flask import request

from blogengine import posts
from blogengine.head import Meta
from blogengine.pages import BlogView
from blogengine.pages import Link
from blogengine.pages import Page
from blogengine.runtime import blog
from blogengine.web import moments
from blogengine.web import rendering
from blogengine.web import security


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


def public_page(
    template: str, title: str, *, status: int = 200, private: bool = False, **values: Any
) -> Response:
    """Answer with a plugin's template that extends `base.html`: the blog's frame, theme and head around it.

    The template gets `page` (a `Page`) and `values`. `private` is for a page at an address that only one person has: it is
    not kept, not indexed, not counted, and its address is told to no other page.
    """
    page = Page(
        blog=blog_view(),
        meta=meta(title, "" if private else request.path),
        signed_in=security.current_user() is not None,
        flashes=[],
    )
    response = rendering.respond(template, page, status, **values)
    return hidden(response) if private else response


def hidden(response: Response) -> Response:
    """Keep the address of an answer to the one who has it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    # Not `no-referrer`: with that browsers say `Origin: null` of the forms on the page, and they are refused.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def static_links() -> list[Link]:
    """Return links to the blog's static pages."""
    return [Link(path, title) for path, title in posts.static_pages()]
