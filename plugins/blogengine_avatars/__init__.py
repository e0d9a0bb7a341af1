"""Draws a small picture for each commenter: no account elsewhere, nothing fetched, nobody told who reads.

The picture follows from a keyed digest of the name and website, or of the mail address where one was left; where
none of these was given, of the comment. The digest cannot be turned back, nor made by somebody who knows the name: it is
another one on every blog. Pictures are decoration; the name stands beside them.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache

from flask import Blueprint
from markupsafe import Markup

from blogengine.plugin import CommentView
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_avatars.people import digest_of
from blogengine_avatars.serving import pictures

__all__ = ["comment_authors_html", "register_routes"]

_PLACE = "0" * 16


@hookimpl
def register_routes() -> Blueprint:
    """Serve the pictures."""
    return pictures


@hookimpl
def comment_authors_html(comments: Sequence[CommentView]) -> Mapping[int, Markup]:
    """Show who wrote a comment; what was removed is nobody's."""
    shown = [comment for comment in comments if not comment.is_removed]
    if not shown:
        return {}
    picture = fragment("@avatars/avatar.html", assets=["avatars.css"], digest=_PLACE)
    return {comment.id: _of_person(picture, digest_of(comment)) for comment in shown}


@lru_cache(maxsize=1024)
def _of_person(picture: Markup, digest: str) -> Markup:
    return picture.replace(_PLACE, digest)
