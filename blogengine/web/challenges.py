"""The step between a doubtful comment and its place: a page that shows it, and a signed text that says it was looked at.

The text stands in the form's token, so that it works in every theme, without cookie and without script. It is worth
something for one post, name, website, text and place in the thread: sent again, that is a repeat, which is stored once.
"""

import hashlib

from blogengine.pages import CommentDraft
from blogengine.web import security

EARLIEST = 2
"""Seconds that it takes to look at a comment and press a button."""
LIFE = 3600


def make(post_id: int, draft: CommentDraft) -> str:
    """Return a challenge for a page that shows `draft`."""
    return security.form_token(post_id, _digest(draft))


def is_one(token: str, post_id: int) -> bool:
    """Whether a form's token is a challenge under this post, for whatever text."""
    return token.count(".") == 3 and security.is_fresh_token(token, post_id)


def is_met(token: str, post_id: int, draft: CommentDraft) -> bool:
    """Whether the visitor was shown exactly this some seconds to an hour ago."""
    age = security.token_age(token, post_id, _digest(draft))
    return age is not None and EARLIEST <= age <= LIFE


def is_early(token: str, post_id: int, draft: CommentDraft) -> bool:
    """Whether the visitor was shown exactly this a moment ago: the same challenge will do, a little later."""
    age = security.token_age(token, post_id, _digest(draft))
    return age is not None and -security.CLOCK_SKEW <= age < EARLIEST


def _digest(draft: CommentDraft) -> str:
    facts = "\0".join([draft.name, draft.website, str(draft.parent_id or ""), draft.text])
    return hashlib.sha256(facts.encode()).hexdigest()[:32]
