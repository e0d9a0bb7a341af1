"""Facts in the head of a page: OpenGraph, the cards of social media, structured data (schema.org)."""

from typing import Any
from urllib.parse import quote
from urllib.parse import urljoin

from markupsafe import escape

from blogengine.plugin import ListingPage
from blogengine.plugin import Meta
from blogengine.plugin import PostPage
from blogengine.plugin import PostView
from blogengine.plugin import settings_of
from blogengine.plugin import text
from blogengine.plugin import without_markers

DESCRIPTION_LENGTH = 160
"""Characters; search engines show no more."""
HEADLINE_LENGTH = 110
SCHEMA = "https://schema.org"
_SAFE = "/%:?#@!$&'()*+,;=~"


def describe_post(meta: Meta, page: PostPage) -> None:
    """Tell about a post or static page."""
    post = page.post
    if post.status != "published" or not post.url:
        return
    meta.description = meta.description or text.excerpt(without_markers(post.html), DESCRIPTION_LENGTH)
    picture = _absolute(text.first_picture(post.html), page.blog.url)
    _describe(meta, page, post.title or page.blog.title, picture)
    if post.kind == "post":
        meta.properties["og:type"] = "article"
        if post.published_at is not None:
            meta.properties["article:published_time"] = post.published_at.isoformat()
        if post.updated_at is not None:
            meta.properties["article:modified_time"] = post.updated_at.isoformat()
        if post.labels:
            meta.properties["article:tag"] = list(post.labels)
    if settings_of("seo").structured and meta.canonical:
        meta.json_ld.append(_posting(meta, page, picture))
        if post.kind == "post":
            meta.json_ld.append(_trail(page.blog.url, page.blog.title, post))


def describe_listing(meta: Meta, page: ListingPage) -> None:
    """Tell about a list of posts; one that goes on from another, or that a search found, is nobody's goal."""
    if page.kind == "search" or page.newer is not None:
        meta.robots, meta.canonical = "noindex, follow", ""
        return
    _describe(meta, page, page.heading or page.blog.title, "")
    if page.kind == "home" and meta.canonical and settings_of("seo").structured:
        site = {"@type": "WebSite", "name": page.blog.title, "url": meta.canonical}
        if page.blog.description:
            site["description"] = page.blog.description
        meta.json_ld.append({"@context": SCHEMA, **site})


def _describe(meta: Meta, page: PostPage | ListingPage, title: str, picture: str) -> None:
    settings = settings_of("seo")
    facts = {
        "og:site_name": page.blog.title,
        "og:title": title,
        "og:type": "website",
        "og:url": meta.canonical,
        "og:description": meta.description,
        "og:image": picture or _absolute(settings.picture, page.blog.url),
        "og:locale": page.blog.language.replace("-", "_"),
    }
    for name, value in facts.items():
        if value:
            meta.properties.setdefault(name, value)
    meta.names.setdefault("twitter:card", "summary_large_image" if picture else "summary")
    if settings.account:
        meta.names.setdefault("twitter:site", settings.account)


def _absolute(address: str, root: str) -> str:
    """Return an address with its host, or nothing where nobody knows it."""
    if address.startswith("/") and root:
        address = urljoin(f"{root}/", address)
    return quote(address, safe=_SAFE) if address.startswith(("http://", "https://")) else ""


def _posting(meta: Meta, page: PostPage, picture: str) -> dict[str, Any]:
    post = page.post
    found: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "BlogPosting" if post.kind == "post" else "WebPage",
        "headline": _headline(post),
        "url": meta.canonical,
        "mainEntityOfPage": meta.canonical,
        "inLanguage": page.blog.language,
    }
    if post.published_at is not None:
        found["datePublished"] = post.published_at.isoformat()
        found["dateModified"] = (post.updated_at or post.published_at).isoformat()
    if meta.description:
        found["description"] = meta.description
    if picture:
        found["image"] = picture
    if post.author_name:
        found["author"] = {"@type": "Person", "name": post.author_name}
        if post.author_url:
            found["author"]["url"] = post.author_url
    if post.labels:
        found["keywords"] = list(post.labels)
    return found


def _headline(post: PostView) -> str:
    """Return the title, or the first words where there is none."""
    return text.excerpt(escape(post.title) if post.title else without_markers(post.html), HEADLINE_LENGTH)


def _trail(root: str, home: str, post: PostView) -> dict[str, Any]:
    """Return the way to a post: home, the year in its address, the post."""
    steps = [(home, f"{root}/")]
    year = post.url[1:5]
    if year.isdigit():
        steps.append((year, f"{root}/{year}/"))
    items: list[dict[str, Any]] = [
        {"@type": "ListItem", "position": number, "name": name, "item": address}
        for number, (name, address) in enumerate(steps, 1)
    ]
    items.append({"@type": "ListItem", "position": len(items) + 1, "name": _headline(post)})
    return {"@context": SCHEMA, "@type": "BreadcrumbList", "itemListElement": items}
