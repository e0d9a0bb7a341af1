"""Who a commenter is, as far as a picture needs to know."""

import hmac
from functools import lru_cache

from blogengine.plugin import CommentView
from blogengine.plugin import blog
from blogengine.plugin import text


def digest_of(comment: CommentView) -> str:
    """Return 16 hexadecimal digits: the same for the same mail address, else for the same name and website.

    Who gave none of these is nobody that could be known again: each such comment has a picture of its own, so that two
    strangers in a thread are not taken for one.
    """
    if comment.by_author:
        person = f"author:{comment.author_name}"
    elif comment.email_key:
        person = f"mail:{comment.email_key}"
    elif not comment.author_name and not comment.author_url:
        person = f"comment:{comment.id}"
    else:
        person = f"name:{_folded(comment.author_name)}\0{comment.author_url.rstrip('/').lower()}"
    return _digest(blog().config.secret_key, person)


@lru_cache(maxsize=1024)
def _digest(secret: str, person: str) -> str:
    return hmac.digest(f"avatars:{secret}".encode(), person.encode(), "sha256").hex()[:16]


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return text.fold(name)
