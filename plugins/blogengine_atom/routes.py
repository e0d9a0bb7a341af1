"""The addresses of feeds, Blogger's all of them."""

from collections.abc import Callable

from flask import Blueprint
from flask import Response
from flask import request

from blogengine.plugin import FeedView
from blogengine.plugin import Refused
from blogengine.plugin import blog
from blogengine.plugin import cacheable
from blogengine.plugin import finish_feed
from blogengine.plugin import settings_of
from blogengine_atom import building
from blogengine_atom.addresses import Addresses
from blogengine_atom.addresses import as_asked
from blogengine_atom.addresses import with_query
from blogengine_atom.as_json import json_text
from blogengine_atom.as_json import script_text
from blogengine_atom.atom import atom_tree
from blogengine_atom.elements import serialise
from blogengine_atom.parameters import ATOM
from blogengine_atom.parameters import KNOWN
from blogengine_atom.parameters import RSS
from blogengine_atom.parameters import Wanted
from blogengine_atom.parameters import read
from blogengine_atom.rss import rss_tree

feeds = Blueprint("atom", __name__)

Make = Callable[[building.Request], FeedView]

LENGTHS = "<any(default, full, summary):length>"


@feeds.get("/atom.xml")
def atom_xml() -> Response:
    """Posts as Atom."""
    return _answer(building.post_feed, "default")


@feeds.get("/rss.xml")
def rss_xml() -> Response:
    """Posts as RSS."""
    return _answer(building.post_feed, "default", alt="rss")


@feeds.get(f"/feeds/posts/{LENGTHS}")
def posts(length: str) -> Response:
    """Posts."""
    return _answer(building.post_feed, length)


@feeds.get(f"/feeds/posts/{LENGTHS}/-/<path:labels>")
def posts_with_labels(length: str, labels: str) -> Response:
    """Posts that have all of these labels."""
    return _answer(lambda asked: building.post_feed(asked, label_path=labels), length)


@feeds.get(f"/feeds/posts/{LENGTHS}/<int:post_id>")
def post(length: str, post_id: int) -> Response:
    """One post."""
    return _answer(lambda asked: building.post_entry(asked, post_id), length)


@feeds.get(f"/feeds/pages/{LENGTHS}")
def pages(length: str) -> Response:
    """Static pages."""
    return _answer(lambda asked: building.post_feed(asked, kind="page"), length)


@feeds.get(f"/feeds/pages/{LENGTHS}/<int:post_id>")
def page(length: str, post_id: int) -> Response:
    """One static page."""
    return _answer(lambda asked: building.post_entry(asked, post_id, kind="page"), length)


@feeds.get(f"/feeds/<feed_id>/{LENGTHS}")
def offered(feed_id: str, length: str) -> Response:
    """Posts that another plugin chooses."""
    return _answer(lambda asked: building.offered_feed(asked, feed_id), length)


@feeds.get(f"/feeds/comments/{LENGTHS}")
def comments(length: str) -> Response:
    """Comments on all posts."""
    return _answer(building.comment_feed, length)


@feeds.get(f"/feeds/<int:post_id>/comments/{LENGTHS}")
def comments_on_post(post_id: int, length: str) -> Response:
    """Comments on one post."""
    return _answer(lambda asked: building.comment_feed(asked, post_id), length)


@feeds.get(f"/feeds/<int:post_id>/comments/{LENGTHS}/<int:comment_id>")
def comment(post_id: int, length: str, comment_id: int) -> Response:
    """One comment."""
    return _answer(lambda asked: building.comment_entry(asked, post_id, comment_id), length)


def _answer(make: Make, length: str, *, alt: str = "atom") -> Response:
    # Without an address of its own the blog's links carry the visitor's Host: not to be kept for others.
    return (_kept if blog().url else _written)(make, length, alt)


def _written(make: Make, length: str, alt: str) -> Response:
    addresses = Addresses(blog().url or request.url_root.rstrip("/"))
    try:
        wanted = read(request.args, alt=alt, max_results=settings_of("atom").entries)
        feed = make(building.Request(wanted, length, addresses))
    except Refused as refusal:
        return Response(f"{refusal}\n", 400, mimetype="text/plain")
    finish_feed(feed)
    _place(feed, addresses)
    response = _in_format(feed, wanted)
    response.last_modified = feed.updated
    # Without an address of the blog the feed carries the visitor's, which is nobody else's.
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate" if blog().url else "no-store"
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


_kept = cacheable(*KNOWN)(_written)


def _place(feed: FeedView, addresses: Addresses) -> None:
    """Give `feed` its own address as it was asked for, and those of the pages beside it."""
    values = {name: request.args[name] for name in request.args}
    own = addresses.of(request.path) if request.path in ("/atom.xml", "/rss.xml") else feed.address
    feed.self_url = as_asked(own, request.query_string)
    if feed.is_single or not feed.max_results:
        return
    size = {"max-results": str(feed.max_results)}
    following = feed.start_index + feed.max_results
    if following <= feed.total:
        feed.next_url = with_query(own, {**values, "start-index": str(following), **size})
    if feed.start_index > 1:
        before = max(1, feed.start_index - feed.max_results)
        feed.previous_url = with_query(own, {**values, "start-index": str(before), **size})


def _in_format(feed: FeedView, wanted: Wanted) -> Response:
    if wanted.alt == "rss":
        return Response(serialise(rss_tree(feed)), mimetype=RSS)
    tree = atom_tree(feed)
    if wanted.alt == "json":
        return Response(json_text(tree), content_type="application/json; charset=utf-8")
    if wanted.alt == "json-in-script":
        response = Response(
            script_text(tree, wanted.callback), content_type="application/javascript; charset=utf-8"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    return Response(serialise(tree), mimetype=ATOM)
