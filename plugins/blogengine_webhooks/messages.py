"""What endpoints are told: public facts, and texts only where the owner ticked it.

The shape is that of Standard Webhooks (https://www.standardwebhooks.com): `type`, `timestamp` and `data`, to which
`id` and `blog` are added. No e-mail address, no network address and no text of an unpublished post is ever in it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from blogengine.plugin import CommentView
from blogengine.plugin import PostView
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import enqueue
from blogengine.plugin import write
from blogengine_webhooks import endpoints

TEXT_LIMIT = 100_000
"""Characters of a text that a message carries at most."""


def announce(
    kind: str, message_id: str, at: datetime, data: Mapping[str, Any], texts: Mapping[str, str] | None = None
) -> None:
    """Put a message off for each endpoint that hears of `kind`; `texts` go to those that want them.

    The same message again changes nothing while the first still waits; later it is sent with the same id.
    """
    listening = endpoints.listening(kind)
    if not listening:
        return
    long = {name: value[:TEXT_LIMIT] for name, value in (texts or {}).items()}
    bodies = {
        with_text: body_of(kind, message_id, at, {**data, **(long if with_text else {})})
        for with_text in {endpoint.with_text for endpoint in listening}
    }

    def change(tx: Transaction) -> None:
        for endpoint in listening:
            put_off(tx, endpoint.id, kind, message_id, bodies[endpoint.with_text])

    write(change)


def body_of(kind: str, message_id: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Return a message as it is sent and signed."""
    running = blog()
    message = {
        "type": kind,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "id": message_id,
        "blog": {"title": running.site.title, "url": running.url},
        "data": dict(data),
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def put_off(
    tx: Transaction,
    endpoint_id: int,
    kind: str,
    message_id: str,
    body: str,
    *,
    attempt: int = 1,
    at: datetime | None = None,
) -> None:
    """Let a message be sent to an endpoint once `tx` is committed, or at `at`."""
    payload = {"endpoint": endpoint_id, "type": kind, "message": message_id, "body": body, "attempt": attempt}
    enqueue(tx, "webhooks.deliver", payload, run_at=at, key=f"webhooks:{endpoint_id}:{message_id}")


def post_facts(post: PostView) -> dict[str, Any]:
    """Return what readers see of a post, but for its text."""
    return {
        "id": post.id,
        "kind": post.kind,
        "url": absolute(post.url),
        "title": post.title,
        "description": post.description,
        "labels": list(post.labels),
        "author": post.author_name,
        "published_at": _time(post.published_at),
        "updated_at": _time(post.updated_at),
        "comment_count": post.comment_count,
    }


def comment_facts(comment: CommentView) -> dict[str, Any]:
    """Return what readers see of a comment, but for its text."""
    return {
        "id": comment.id,
        "post_id": comment.post_id,
        "parent_id": comment.parent_id,
        "url": absolute(comment.url),
        "kind": comment.kind,
        "source_url": comment.source_url,
        "author": comment.author_name,
        "author_url": comment.author_url,
        "by_author_of_blog": comment.by_author,
        "status": comment.status,
        "published_at": _time(comment.published_at),
    }


def absolute(path: str) -> str:
    """Return an address on this blog; only its path while the blog does not know its own address."""
    return f"{blog().url}{path}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None
