"""Writes the blog as Blogger's old export: one Atom feed of settings, posts, pages and comments.

The elements are those that Blogger wrote until 2025 (namespaces of the GData Atom format), with `blogger:` elements for what
that format leaves out: states, trash, answers to comments.
"""

import re
from datetime import UTC
from datetime import datetime
from typing import BinaryIO
from urllib.parse import quote
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr

from blogengine.plugin import CommentRecord
from blogengine.plugin import ExportSource
from blogengine.plugin import PostRecord
from blogengine.plugin import SettingRecord
from blogengine_import_blogger.entries import COMMENT_MODE
from blogengine_import_blogger.entries import KIND_SCHEME

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:app="http://purl.org/atom/app#"
 xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:gd="http://schemas.google.com/g/2005"
 xmlns:blogger="http://schemas.google.com/blogger/2018">
<generator>Blogger</generator>
"""
SETTINGS = {
    "title": "BLOG_NAME",
    "description": "BLOG_DESCRIPTION",
    "language": "BLOG_LOCALE",
    "time_zone": "BLOG_TIME_ZONE",
    "posts_per_page": "BLOG_MAX_NUM",
}
POST_STATUS = {"published": "LIVE", "draft": "DRAFT", "scheduled": "SCHEDULED", "trashed": "SOFT_TRASHED"}
COMMENT_STATUS = {"published": "LIVE", "pending": "PENDING", "spam": "SPAM"}
REMOVED = {
    "removed-by-author": "This comment has been removed by the author.",
    "removed-by-admin": "This comment has been removed by a blog administrator.",
}
LABELS = "http://www.blogger.com/atom/ns#"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BLOGGERS = re.compile(r".*\.post-(\d+)\Z")


def write_export(source: ExportSource, stream: BinaryIO) -> None:
    """Write all that `source` has."""
    settings = list(source.settings())
    title = next((str(one.value) for one in settings if one.key == "title"), "")
    address = f"{source.url}/"
    head = _element("id", f"tag:{address},archive") + _element("title", title)
    head += f'<link rel="alternate" type="text/html" href={_quoted(address)}/>\n' if source.url else ""
    stream.write((HEAD + head).encode())
    for one in settings:
        stream.write(_setting(one).encode())
    for post in source.posts():
        stream.write(_post(post, source.url).encode())
    for comment in source.comments():
        stream.write(_comment(comment).encode())
    stream.write(b"</feed>\n")


def _setting(record: SettingRecord) -> str:
    name = SETTINGS.get(record.key)
    if name is None:
        return ""
    return _entry(
        "settings",
        _element("id", f"tag:blogger.com,1999:blog-0.settings.{name}"),
        _element("content", str(record.value), ' type="text"'),
    )


def _post(post: PostRecord, url: str) -> str:
    parts = [
        _element("id", post.source_id),
        _times(post.published_at or post.created_at, post.updated_at),
        _element("blogger:created", _time(post.created_at)),
        _element("blogger:status", POST_STATUS[post.status]),
    ]
    if post.status != "published":
        parts.append("<app:control><app:draft>yes</app:draft></app:control>")
    if post.trashed_at is not None:
        parts.append(_element("blogger:trashed", _time(post.trashed_at)))
    parts += [f'<category scheme="{LABELS}" term={_quoted(label)}/>' for label in post.labels]
    parts += [_element("title", post.title, ' type="text"'), _element("content", post.html, ' type="html"')]
    if post.path:
        parts.append(f'<link rel="alternate" type="text/html" href={_quoted(url + quote(post.path))}/>')
        parts.append(_element("blogger:filename", post.path))
    if post.title_link:
        parts.append(f'<link rel="related" href={_quoted(post.title_link)}/>')
    if post.description:
        parts.append(_element("blogger:metaDescription", post.description))
    if post.comment_mode == "allow":
        parts.append(
            f'<link rel="replies" type="text/html" href={_quoted(f"{url}{quote(post.path)}#comments")}/>'
        )
    elif post.comment_mode == "hide":
        parts.append(f'<gd:extendedProperty name="{COMMENT_MODE}" value="hide"/>')
    return _entry(post.kind, *parts, _author(post.author_name, post.author_url))


def _comment(comment: CommentRecord) -> str:
    removed = REMOVED.get(comment.status)
    parts = [
        _element("id", comment.source_id),
        _times(comment.published_at, comment.updated_at),
        _element("title", ""),
        _element("content", removed or comment.html, ' type="html"'),
        f"<thr:in-reply-to ref={_quoted(comment.post_source_id)}/>",
    ]
    if removed is None:
        parts.append(_element("blogger:status", COMMENT_STATUS[comment.status]))
    if comment.parent_source_id:
        parts.append(_element("blogger:inReplyTo", comment.parent_source_id))
        own = _BLOGGERS.match(comment.parent_source_id)
        if own is not None:
            parts.append(
                f'<link rel="related" type="application/atom+xml" href="comments/default/{own[1]}"/>'
            )
    return _entry("comment", *parts, _author(comment.author_name or "Anonymous", comment.author_url))


def _entry(kind: str, *parts: str) -> str:
    return (
        f'<entry><category scheme="{KIND_SCHEME}" term="http://schemas.google.com/blogger/2008/kind#{kind}"/>'
        f"{''.join(parts)}</entry>\n"
    )


def _author(name: str, url: str) -> str:
    uri = _element("uri", url) if url else ""
    return f"<author>{_element('name', name)}{uri}</author>"


def _times(published: datetime, updated: datetime) -> str:
    return _element("published", _time(published)) + _element("updated", _time(updated))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _element(name: str, text: str, attributes: str = "") -> str:
    inner = escape(_NOT_XML.sub("", text), {"\r": "&#13;"})
    return f"<{name}{attributes}>{inner}</{name}>"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))
