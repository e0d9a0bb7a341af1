"""Turns one entry of a Blogger feed, of either format, into a record and the notes about it."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from urllib.parse import unquote
from urllib.parse import urlsplit

from blogengine.plugin import CommentRecord
from blogengine.plugin import Note
from blogengine.plugin import PostRecord
from blogengine.plugin import now
from blogengine.plugin import text
from blogengine_import_blogger.feed import Entry

COMMENT_MODE = "blogengine.commentMode"
"""The extended property by which an export of ours says what Blogger's cannot: that comments are hidden."""
KIND_SCHEME = "http://schemas.google.com/g/2005#kind"
LABEL_SCHEMES = ("http://www.blogger.com/atom/ns#", "tag:blogger.com,1999:blog-")
PATH = re.compile(r"/(?:\d{4}/\d{2}|p)/[A-Za-z0-9_.-]+\.html\Z")
REMOVED = {
    "this comment has been removed by the author.": "removed-by-author",
    "this post has been removed by the author.": "removed-by-author",
    "this comment has been removed by a blog administrator.": "removed-by-admin",
    "this post has been removed by a blog administrator.": "removed-by-admin",
}
COMMENT_STATUS = {
    "": "published",
    "LIVE": "published",
    "PENDING": "pending",
    "SPAM": "spam",
    "SPAM_COMMENT": "spam",
    "GHOSTED": "spam",
    "GHOSTED_COMMENT": "spam",
    "EMPTIED": "removed-by-admin",
    "SOFT_TRASHED": "removed-by-admin",
}
POST_STATUS = {"LIVE": "published", "DRAFT": "draft", "SOFT_TRASHED": "trashed", "SCHEDULED": "scheduled"}

_NOT_KEPT = re.compile(
    r"<(script|iframe|object|embed|applet|form|style|svg|math|link|meta|base|frame|frameset)\b", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r"[\s\"'/](style|on[a-z]+)\s*=", re.IGNORECASE)
_PICTURE = re.compile(r"[\s\"'/](?:src|href)\s*+=\s*+[\"']?+\s*+((?:https?:)?//[^\s\"'<>]+)", re.IGNORECASE)
_GOOGLE = re.compile(
    r"(?:^|\.)(?:ggpht\.com|googleusercontent\.com|bp\d?\.blogger\.com|photos\d*\.blogger\.com|bp\.blogspot\.com)\Z"
)
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp)\Z", re.IGNORECASE)


def kind_of(entry: Entry) -> str:
    """Return `post`, `page`, `comment`, `settings`, `template`, or nothing where it cannot be told."""
    said = entry.text("blogger:type")
    if said:
        return said.lower()
    for category in entry.all("category"):
        if category.attributes.get("scheme") == KIND_SCHEME:
            return category.attributes.get("term", "").rpartition("#")[2].lower()
    if entry.all("thr:in-reply-to"):
        return "comment"
    match = re.search(r"\.(post|page)-\d+\Z", entry.text("id"))
    return match[1] if match else ""


def source_id(entry: Entry) -> str:
    """Return the entry's id; pretty-printed files have line breaks in it."""
    return "".join(entry.text("id").split())


def parent_post(entry: Entry) -> str:
    """Return the id of the post that a comment belongs to."""
    for element in entry.all("thr:in-reply-to"):
        return "".join(element.attributes.get("ref", "").split())
    return "".join(entry.text("blogger:parent").split())


def describe(entry: Entry) -> str:
    """Say which entry this is, for a note."""
    name = known_path(entry) or entry.text("title") or source_id(entry)
    return f"{name[:80]}, line {entry.line}"


def pictures(source: str) -> Iterator[str]:
    """Yield the addresses of pictures on Google's servers that `source` shows or links to."""
    if "//" not in source:
        return
    for tag in _TAG.findall(source):
        match = _PICTURE.search(tag)
        if match is None:
            continue
        url = text.unescape(match[1])
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            continue
        if _GOOGLE.search(host):
            yield url


def by_https(url: str) -> str:
    """Return an address of Google's servers as one that browsers load in a protected page; all of them answer by it."""
    return f"https://{url[7:]}" if url[:7].lower() == "http://" else url


def with_safe_pictures(source: str) -> str:
    """Return HTML that asks Google's servers for pictures by https."""
    for url in {url for url in pictures(source) if by_https(url) != url}:
        source = source.replace(html.escape(url, quote=False), html.escape(by_https(url), quote=False))
        source = source.replace(url, by_https(url))
    return source


def file_name(url: str) -> str:
    """Return the file name at the end of a picture's address, empty when it ends otherwise."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return name if _IMAGE_NAME.search(name) else ""


def read_post(
    entry: Entry, kind: str, *, replies_are_told: bool, local: frozenset[str]
) -> tuple[PostRecord, list[Note]]:
    """Return the post or page of an entry.

    `replies_are_told`: posts of this file that take comments have a link to them. `local`: addresses of
    pictures that come over with the file.
    """
    where = describe(entry)
    notes: list[Note] = []
    published, created, updated = _times(entry, where, notes)
    status = _post_status(entry, published, where, notes)
    path = known_path(entry)
    content = _content(entry)
    was_public = status in ("published", "scheduled") or bool(path)
    closed = replies_are_told and status == "published" and not has_replies_link(entry)
    notes += _post_notes(entry, content, where, local)
    record = PostRecord(
        source_id=source_id(entry),
        kind=kind,
        status=status,
        title=" ".join(entry.text("title").split()),
        html=with_safe_pictures(content),
        created_at=created,
        published_at=published if was_public else None,
        updated_at=updated,
        author_name=entry.text("author/name"),
        author_url=entry.text("author/uri"),
        labels=_labels(entry),
        path=path,
        comment_mode="hide"
        if _property(entry, COMMENT_MODE) == "hide"
        else "existing"
        if closed
        else "allow",
        description=entry.text("blogger:metaDescription"),
        title_link=entry.link("related") or entry.text("link"),
        trashed_at=_time(entry.text("blogger:trashed")) or (updated if status == "trashed" else None),
    )
    return record, notes


def read_comment(entry: Entry) -> tuple[CommentRecord, list[Note]]:
    """Return the comment of an entry."""
    where = describe(entry)
    notes: list[Note] = []
    published, _, updated = _times(entry, where, notes)
    content = _content(entry)
    said = entry.text("blogger:status").upper()
    status = COMMENT_STATUS.get(said, "")
    if not status:
        status = "pending"
        notes.append(Note("changed", f"comment with status {said}", where, "unknown; it waits for the owner"))
    plain = " ".join(text.unescape(_TAG.sub("", content)).split()).lower()
    if entry.text("blogger:trashed"):
        status = "removed-by-admin"
    elif plain in REMOVED:
        status = REMOVED[plain]
    elif _property(entry, "blogger.contentRemoved") == "true":
        status = "removed-by-author"
    name, uri = entry.text("author/name"), entry.text("author/uri")
    if entry.text("author/blogger:type") == "ANONYMOUS" or (name == "Anonymous" and not uri):
        name = ""
    lost = _not_kept(content)
    if lost:
        notes.append(Note("changed", lost, where, "not allowed in comments; their words are kept"))
    record = CommentRecord(
        source_id=source_id(entry),
        post_source_id=parent_post(entry),
        parent_source_id=_parent_comment(entry),
        status=status,
        author_name=name,
        author_url=uri,
        html=content,
        published_at=published,
        updated_at=updated,
    )
    return record, notes


def has_replies_link(entry: Entry) -> bool:
    """Say whether the entry announces comments: only files that do so tell which posts take none."""
    return entry.link("replies") is not None


def _post_notes(entry: Entry, content: str, where: str, local: frozenset[str]) -> Iterator[Note]:
    lost = _not_kept(content)
    if lost:
        why = "not allowed in clean posts; the text as it was is kept in the editor"
        yield Note("changed", lost, where, why)
    remote = {url for url in pictures(content) if url not in local and "<img" in content.lower()}
    if remote:
        why = "they stay at their old addresses on Google's servers: the export does not hold them"
        yield Note("left-out", f"{len(remote)} pictures", where, why)
    if entry.link("enclosure") or any(element.attributes for element in entry.all("enclosure")):
        yield Note("left-out", "enclosure", where, "files attached to posts are not supported")
    if entry.text("georss:featurename") or entry.text("blogger:location/blogger:name"):
        yield Note("left-out", "location", where, "posts have no place on the map here")


def _post_status(entry: Entry, published: datetime, where: str, notes: list[Note]) -> str:
    said = entry.text("blogger:status").upper()
    if said:
        status = POST_STATUS.get(said, "")
        if not status:
            notes.append(Note("changed", f"post with status {said}", where, "unknown; it became a draft"))
            status = "draft"
        if entry.text("blogger:trashed"):
            status = "trashed"
    else:
        status = "draft" if entry.text("app:control/app:draft").lower() == "yes" else "published"
    if status in ("published", "scheduled"):
        status = "scheduled" if published > now() else "published"
    return status


def _times(entry: Entry, where: str, notes: list[Note]) -> tuple[datetime, datetime, datetime]:
    published, created = _time(entry.text("published")), _time(entry.text("blogger:created"))
    updated = _time(entry.text("updated"))
    best = published or created or updated
    if best is None:
        best = now()
        notes.append(Note("changed", "time", where, "the entry has none; it got the time of this import"))
    elif published is None:
        why = f"the entry has no readable time; {best:%Y-%m-%d} was taken"
        notes.append(Note("changed", "published", where, why))
    published = published or best
    return published, created or published, updated or published


def _time(written: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(written.upper())
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return value if 1 < value.year < 9999 else None


def _content(entry: Entry) -> str:
    for element in entry.all("content") or entry.all("summary"):
        return html.escape(element.text) if element.attributes.get("type") == "text" else element.text
    return ""


def known_path(entry: Entry) -> str:
    """Return the path by which readers know a post or page, or nothing."""
    path = entry.text("blogger:filename")
    if not path:
        try:
            path = urlsplit(entry.link("alternate", "text/html") or "").path
        except ValueError:
            return ""
    path = unquote(path)
    return path if PATH.match(path) else ""


def _labels(entry: Entry) -> tuple[str, ...]:
    terms = [
        " ".join(category.attributes.get("term", "").split())
        for category in entry.all("category")
        if category.attributes.get("scheme", "").startswith(LABEL_SCHEMES)
    ]
    return tuple(dict.fromkeys(term for term in terms if term))


def _parent_comment(entry: Entry) -> str:
    parent = "".join(entry.text("blogger:inReplyTo").split())
    if not parent:
        number = (entry.link("related") or "").rstrip("/").rpartition("/")[2]
        if number.isdigit():
            parent = number
    if parent.isdigit():
        own = source_id(entry)
        parent = f"{own.rpartition('.post-')[0]}.post-{parent}" if ".post-" in own else ""
    return parent


def _property(entry: Entry, name: str) -> str:
    for element in entry.all("gd:extendedProperty"):
        if element.attributes.get("name") == name:
            return element.attributes.get("value", "")
    return ""


def _not_kept(source: str) -> str:
    lost = [match[1].lower() for match in _NOT_KEPT.finditer(source)]
    for tag in _TAG.findall(source):
        if "=" in tag:
            lost += [f"{match[1].lower()} attribute" for match in _ATTRIBUTE.finditer(tag)]
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(lost).items()))
