"""From posts and comments to feeds: what Blogger's feeds carry, for each of its addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from markupsafe import escape

from blogengine.plugin import CommentView
from blogengine.plugin import FeedEntry
from blogengine.plugin import FeedLink
from blogengine.plugin import FeedView
from blogengine.plugin import InReplyTo
from blogengine.plugin import NotFound
from blogengine.plugin import Person
from blogengine.plugin import PostQuery
from blogengine.plugin import PostView
from blogengine.plugin import blog
from blogengine.plugin import comments
from blogengine.plugin import fill_bodies
from blogengine.plugin import posts
from blogengine.plugin import settings_of
from blogengine.plugin import text
from blogengine.plugin import without_markers
from blogengine_atom.addresses import Addresses
from blogengine_atom.addresses import label_feed
from blogengine_atom.addresses import make_absolute
from blogengine_atom.addresses import quote_id
from blogengine_atom.addresses import tidy
from blogengine_atom.elements import clean
from blogengine_atom.parameters import ATOM
from blogengine_atom.parameters import Wanted
from blogengine_atom.parameters import accept_labels

TITLE_LENGTH = 50
"""Characters of a comment that stand in for its title, as on Blogger."""
SUMMARY_LENGTH = 400
REMOVED = {
    "removed-by-author": "This comment has been removed by the author.",
    "removed-by-admin": "This comment has been removed by a blog administrator.",
}
_OFF = "This blog has no such feed: its owner has switched it off."

MOST_PARTS = 50
"""Parts of an address of labels: looking for the longest that is a label takes their number squared."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: parameters, how much of an entry (`default`, `full`, `summary`), where we are."""

    wanted: Wanted
    length: str
    addresses: Addresses


def post_feed(asked: Request, *, kind: str = "post", label_path: str = "") -> FeedView:
    """Return the feed of posts, of those with all labels of `label_path`, or of static pages."""
    length = _length(asked.length, settings_of("atom").posts)
    used = posts.labels_in_use() if kind == "post" else []
    labels = _labels_in(label_path, {name for name, _ in used})
    found = posts.query(_query(asked.wanted, kind, labels))
    feed = _feed(asked, [_of_post(post, asked, length) for post in _filled(found.posts, length)])
    feed.total = found.total
    feed.address = asked.addresses.of(f"/feeds/{kind}s/{asked.length}")
    feed.labels = [name for name, _ in used]
    if kind == "page":
        feed.id += ".pages"
    if labels:
        feed.id += ".label-" + "/".join(quote_id(label) for label in labels)
        feed.title += f": {', '.join(labels)}"
        feed.url = asked.addresses.label(labels[0])
        feed.address = asked.addresses.of(label_feed(labels, asked.length))
    return feed


def offered_feed(asked: Request, feed_id: str) -> FeedView:
    """Return a feed that a plugin offers. Raises `NotFound`."""
    length = _length(asked.length, settings_of("atom").posts)
    offer = blog().feeds.get(feed_id)
    if offer is None:
        raise NotFound("There is no such feed.")
    found = offer.posts(_query(asked.wanted, "post", ()))
    feed = _feed(asked, [_of_post(post, asked, length) for post in _filled(found.posts, length)])
    feed.total = found.total or len(found.posts)
    feed.id += f".feed-{feed_id}"
    feed.title += f": {offer.title}"
    feed.address = asked.addresses.of(f"/feeds/{feed_id}/{asked.length}")
    return feed


def _query(wanted: Wanted, kind: str, labels: tuple[str, ...]) -> PostQuery:
    return PostQuery(
        kind=kind,
        labels=(*labels, *wanted.labels),
        q=wanted.q,
        published_min=wanted.published[0],
        published_max=wanted.published[1],
        updated_min=wanted.updated[0],
        updated_max=wanted.updated[1],
        orderby=wanted.orderby,
        start_index=wanted.start_index,
        max_results=wanted.max_results,
    )


def post_entry(asked: Request, post_id: int, *, kind: str = "post") -> FeedView:
    """Return the document of one post or page. Raises `NotFound`."""
    length = _length(asked.length, settings_of("atom").posts)
    post = posts.by_id(post_id)
    if post is None or post.kind != kind:
        raise NotFound("There is no such post.")
    feed = _feed(asked, [_of_post(shown, asked, length) for shown in _filled([post], length)])
    feed.address = asked.addresses.of(f"/feeds/{kind}s/{asked.length}/{post_id}")
    feed.url, feed.is_single = feed.entries[0].url, True
    return feed


def comment_feed(asked: Request, post_id: int | None = None) -> FeedView:
    """Return the feed of all comments, or of those on one post. Raises `NotFound`."""
    length = _length(asked.length, settings_of("atom").comments)
    post = _with_comments(post_id) if post_id is not None else None
    wanted = asked.wanted
    found = comments.recent(
        post_id=post_id,
        start_index=wanted.start_index,
        max_results=wanted.max_results,
        published_min=_latest(wanted.published[0], wanted.updated[0]),
        published_max=_earliest(wanted.published[1], wanted.updated[1]),
    )
    shown = {view.post_id for view in found.comments}
    parents = {post.id: post} if post is not None else posts.public_by_ids(shown)
    entries = [_of_comment(view, parents[view.post_id], asked, length) for view in found.comments]
    feed = _feed(asked, entries)
    feed.total = found.total
    if found.modified_at is not None:
        feed.updated = found.modified_at
    if post is None:
        feed.id, feed.title = f"{feed.id}.comments", f"Comments on {feed.title}"
        feed.address = asked.addresses.of(f"/feeds/comments/{asked.length}")
    else:
        feed.id = f"{feed.id}.post-{post.id}..comments"
        feed.title = f"Comments on {feed.title}: {_title(post)}"
        feed.url = asked.addresses.of(post.url)
        feed.address = asked.addresses.of(f"/feeds/{post.id}/comments/{asked.length}")
    return feed


def comment_entry(asked: Request, post_id: int, comment_id: int) -> FeedView:
    """Return the document of one comment. Raises `NotFound`."""
    length = _length(asked.length, settings_of("atom").comments)
    post = _with_comments(post_id)
    view = comments.by_id(comment_id)
    if view is None or view.post_id != post_id:
        raise NotFound("There is no such comment.")
    feed = _feed(asked, [_of_comment(view, post, asked, length)])
    feed.address = asked.addresses.of(f"/feeds/{post_id}/comments/{asked.length}/{comment_id}")
    feed.url, feed.is_single = feed.entries[0].url, True
    return feed


def _length(asked: str, setting: str) -> str:
    """Return `full`, `jump` or `short`."""
    if setting == "none":
        raise NotFound(_OFF)
    return {"default": setting, "full": "full", "summary": "short"}[asked]


def _labels_in(path: str, known: set[str]) -> tuple[str, ...]:
    """Split an address into labels. A label may have slashes itself: the longest that is in use is taken."""
    parts = [part for part in path.split("/") if part.strip()]
    if len(parts) > MOST_PARTS:
        raise NotFound("No post has so many labels.")
    labels = []
    while parts:
        size = next((n for n in range(len(parts), 1, -1) if "/".join(parts[:n]) in known), 1)
        labels.append("/".join(parts[:size]))
        parts = parts[size:]
    return accept_labels(labels)


def _feed(asked: Request, entries: list[FeedEntry]) -> FeedView:
    running = blog()
    setup, site = running.setup, running.site
    home = asked.addresses.of("/")
    title = site.title.strip() or "Blog"
    created = datetime.fromisoformat(setup.blog_created).replace(tzinfo=UTC)
    return FeedView(
        id=f"tag:blogengine.invalid,{setup.blog_created}:blog-{setup.blog_id}",
        title=title,
        subtitle=site.description.strip(),
        updated=max((entry.updated for entry in entries), default=created),
        author=Person(title, home),
        url=home,
        address=home,
        language=site.language,
        zone=running.zone,
        entries=entries,
        total=len(entries),
        start_index=asked.wanted.start_index,
        max_results=asked.wanted.max_results,
    )


def _filled(views: Sequence[PostView], length: str) -> Sequence[PostView]:
    fill_bodies(views, until_jump=length == "jump")
    return views


def _of_post(post: PostView, asked: Request, length: str) -> FeedEntry:
    addresses = asked.addresses
    url = addresses.of(post.url)
    title = _title(post)
    links = []
    if post.shows_comments:
        place = "comment-form" if post.takes_comments else "comments"
        links.append(FeedLink("replies", addresses.comments(post.id), ATOM, "Post Comments"))
        links.append(FeedLink("replies", f"{url}#{place}", title=f"{post.comment_count} Comments"))
    links.append(FeedLink("self", addresses.entry(post.kind, post.id), ATOM))
    links.append(FeedLink("alternate", url, title=title))
    title_link = tidy(post.title_link)
    if title_link:
        links.append(FeedLink("related", title_link, title=title))
    entry = FeedEntry(
        id=post.atom_id,
        number=post.id,
        published=post.published_at or post.modified_at,
        updated=post.modified_at,
        title=title,
        author=Person(
            clean(post.author_name).strip() or blog().site.title.strip() or "Blog", tidy(post.author_url)
        ),
        url=url,
        links=links,
        labels=post.labels,
        total=post.comment_count if post.shows_comments else None,
        comments_url=f"{url}#comments" if post.shows_comments else "",
        post=post,
    )
    _fill(entry, without_markers(post.html) if length == "short" else str(post.body), length)
    return entry


def _of_comment(comment: CommentView, post: PostView, asked: Request, length: str) -> FeedEntry:
    addresses = asked.addresses
    url = addresses.of(comment.url)
    post_url = addresses.of(post.url)
    links = [
        FeedLink("self", addresses.comments(post.id, comment.id), ATOM),
        FeedLink("alternate", url),
    ]
    if comment.parent_id is not None:
        links.append(FeedLink("related", addresses.comments(post.id, comment.parent_id), ATOM))
    # The text of a removed comment is kept so that the removal can be undone: it must not be read here.
    body = REMOVED.get(comment.status) or str(comment.body)
    entry = FeedEntry(
        id=comment.atom_id,
        number=comment.id,
        published=comment.published_at,
        updated=comment.published_at,
        title=_first_words(body) or "Comment",
        author=Person(
            "Anonymous" if comment.is_removed else clean(comment.author_name).strip() or "Anonymous"
        ),
        url=url,
        links=links,
        in_reply_to=InReplyTo(post.atom_id, post_url, addresses.entry(post.kind, post.id)),
        is_removed=comment.is_removed,
        post=post,
        comment=comment,
    )
    if not comment.is_removed:
        entry.author = Person(entry.author.name, tidy(comment.author_url))
    _fill(entry, body, length)
    return entry


def _fill(entry: FeedEntry, body: str, length: str) -> None:
    if length == "short":
        entry.summary = _words(body, SUMMARY_LENGTH) or entry.title
    else:
        entry.html = make_absolute(body, entry.url) if clean(body).strip() else str(escape(entry.title))


def _title(post: PostView) -> str:
    """Return the title, or the first words where there is none: feed readers list entries by it."""
    return clean(post.title).strip() or _words(without_markers(post.html), TITLE_LENGTH) or "Untitled"


def _words(body: str, length: int) -> str:
    return text.excerpt(clean(body), length)


def _first_words(body: str) -> str:
    words = text.plain_text(clean(body))
    return words if len(words) <= TITLE_LENGTH else f"{words[:TITLE_LENGTH]}..."


def _with_comments(post_id: int) -> PostView:
    post = posts.by_id(post_id)
    if post is None or not post.shows_comments:
        raise NotFound("There is no such post, or it shows no comments.")
    return post


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one is not None and other is not None else one or other
