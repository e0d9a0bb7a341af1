"""The job: a page is fetched, its link is looked for, and it is received, changed or taken out (§3.2.2, §3.2.4)."""

import hashlib
from datetime import timedelta
from typing import Any

from blogengine.plugin import Invalid
from blogengine.plugin import PostView
from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import enqueue
from blogengine.plugin import fetch
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import write
from blogengine_webmention.pages import Mention
from blogengine_webmention.pages import read

KIND = "webmention"
BYTES = 1_000_000
"""Of a page that are looked at (§5.1 asks for a limit)."""
TRIES = 4
"""Further looks at a page that does not answer: the last one after nearly four days."""
FIRST_PAUSE = timedelta(minutes=15)
JOB = "webmention.check"
_LATER = ("unreachable", "slow")
_GONE = (404, 410)


def check(facts: dict[str, Any]) -> None:
    """Look at a page that was said to link to a post, and do what follows from it."""
    post = posts.by_id(facts["post_id"])
    if post is None:
        return
    source = facts["source"]
    try:
        page = fetch.get(source, limit=BYTES)
    except Refused as refused:
        if refused.code in _LATER:
            _later(facts)
        return  # else an address that is not public, or leads in circles: there is nothing to look at
    if page.status >= 500:
        _later(facts)
        return
    found = read(page, facts["target"]) if page.status == 200 else None
    if found is not None:
        _receive(found, post, facts)
    elif page.status == 200 or page.status in _GONE:
        comments.retract(KIND, source, post)


def _receive(found: Mention, post: PostView, facts: dict[str, Any]) -> None:
    try:
        draft = comments.received(
            KIND, facts["source"], found.text, name=found.author, website=found.author_url
        )
        comments.receive(draft, post, address_key=facts["network"])
    except Invalid:
        return  # letters that no text has
    except Refused as refused:
        if refused.code == "rate":
            _later(facts)


def _later(facts: dict[str, Any]) -> None:
    """Look once more, later each time, and at last no more: not as a failed job, since anybody may send any address."""
    tries = int(facts.get("tries", 0)) + 1
    if tries > TRIES:
        return
    again = {**facts, "tries": tries}
    key = hashlib.sha256(f"{facts['source']} {facts['post_id']}".encode()).hexdigest()[:32]
    at = now() + FIRST_PAUSE * 4**tries

    def change(tx: Transaction) -> None:
        enqueue(tx, JOB, again, run_at=at, key=f"webmention:{key}:{tries}")

    write(change)
