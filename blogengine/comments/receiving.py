"""What comes from elsewhere on the web and is no comment of the form: it goes through the same rules, judges and queue."""

import re
from dataclasses import replace

from blogengine.addresses import check_web_address
from blogengine.comments.editing import edit
from blogengine.comments.moderation import get
from blogengine.comments.repeats import Outcome
from blogengine.comments.repeats import repeat_of
from blogengine.comments.submission import check
from blogengine.comments.submission import submit
from blogengine.comments.withdrawing import TYPED
from blogengine.comments.withdrawing import withdraw
from blogengine.errors import Refused
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostView

SOURCE_LIMIT = 2000
_KIND = re.compile(r"[a-z][a-z0-9-]{1,30}")


def received(
    kind: str, source_url: str, text: str, *, name: str = "", website: str = "", parent_id: int | None = None
) -> CommentDraft:
    """Return what stands at `source_url` as a draft for `receive`.

    `kind` is a lower-case word that people read (`webmention`). Text and name have the limits of the form: cut them
    before. Raises `Invalid` for fields that do not fit, `Refused` (`source`) for an address that is none.
    """
    if not _KIND.fullmatch(kind) or kind == TYPED:
        raise ValueError(f"{kind!r} is no kind: one lower-case word, not {TYPED!r}")
    try:
        source = check_web_address(source_url)
    except Refused:
        source = ""
    if not source or len(source) > SOURCE_LIMIT:
        raise Refused("The source must be an address like https://example.org/page.", code="source")
    return replace(check(name, website, text, parent_id), kind=kind, source_url=source)


def receive(draft: CommentDraft, post: PostView, *, address_key: str = "") -> Outcome:
    """Store what came from elsewhere and return what became of it; it is on disk when this returns.

    The judges decide as about a comment. One source is stored once for each post and kind: received again, it is given
    its new text and judged again; its name stays. `address_key` is `visitor_key()` of whoever sent it, for
    the limit of each network. Raises `Refused` as the form does, and `removed` for a new text where an author took the old
    one out.
    """
    before = repeat_of(draft, post.id)
    facts = CommentFacts(True, address_key, False, False)
    if before is None:
        return submit(draft, post, facts)
    return replace(edit(before.comment_id, draft, facts), is_repeat=True)


def retract(kind: str, source_url: str, post: PostView) -> bool:
    """Take back what was received from an address that is gone, or does not name the post any more; whether it was there.

    What an author of the blog took out stays known as that: else its page could vanish and come back to be judged anew.
    """
    before = repeat_of(CommentDraft("", kind=kind, source_url=source_url), post.id)
    if before is None or get(before.comment_id).status not in ("published", "pending"):
        return False
    return bool(withdraw([before.comment_id]))
