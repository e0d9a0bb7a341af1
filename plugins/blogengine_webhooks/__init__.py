"""Tells other programs what happens on the blog: signed messages to addresses that the owner chooses.

Each message is written with the change that it tells of, sent after the commit, and sent again later and later until the
receiver takes it. Id, time and signature stand in the headers that Standard Webhooks names, so that receivers
check them with any library for it.
"""

import secrets
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blogengine.plugin import AdminPages
from blogengine.plugin import DataSubject
from blogengine.plugin import Event
from blogengine.plugin import NotFound
from blogengine.plugin import Permission
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import enqueue
from blogengine.plugin import hookimpl
from blogengine.plugin import media
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine_webhooks import endpoints
from blogengine_webhooks import people
from blogengine_webhooks import sending
from blogengine_webhooks.messages import absolute
from blogengine_webhooks.messages import announce
from blogengine_webhooks.messages import comment_facts
from blogengine_webhooks.messages import post_facts
from blogengine_webhooks.pages import pages
from blogengine_webhooks.settings import ID
from blogengine_webhooks.settings import Settings

__all__ = [
    "comment_published",
    "comment_removed",
    "comment_saved",
    "erase_personal_data",
    "export_personal_data",
    "installed",
    "media_saved",
    "post_deleted",
    "post_published",
    "post_saved",
    "post_unpublished",
    "register_admin_pages",
    "register_jobs",
    "register_permissions",
    "register_settings",
    "settings_changed",
]


@hookimpl
def installed(tx: Transaction) -> None:
    """Seal secrets that an older version stored as they are."""
    for endpoint in endpoints.every():
        endpoints.put(tx, endpoint)


@hookimpl
def register_settings() -> type:
    """Let the owner allow private receivers."""
    return Settings


@hookimpl
def register_admin_pages() -> AdminPages:
    """Let the owner say who is told what."""
    return AdminPages(pages, "Webhooks", permission="webhooks.manage")


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Let the owner leave the receivers to authors."""
    text = "Receivers hear of drafts and of comments that wait, too."
    return [Permission("webhooks.manage", "Manage webhooks", text, roles=())]


@hookimpl
def register_jobs() -> Mapping[str, Callable[[dict[str, Any]], None]]:
    """Send messages, and make those of which the transaction only noted that they are due."""
    return {"deliver": sending.deliver, "held": _held, "updated": _updated}


@hookimpl
def post_published(post_id: int, event: Event) -> None:
    """Tell of a post that became public, unless it is gone again."""
    _tell_of_post("post.published", post_id, event.id, event.at)


@hookimpl
def post_saved(post_id: int, tx: Transaction) -> None:
    """Tell of a public post that was changed; several saves in a row are told of once."""
    if posts.get(post_id).status == "published":
        facts = {"post_id": post_id, **_stamp()}
        enqueue(tx, "webhooks.updated", facts, key=f"webhooks.updated:{post_id}")


@hookimpl
def post_unpublished(post_id: int, status: str, event: Event) -> None:
    """Tell that a post is no longer public, and nothing of what it says now."""
    announce("post.unpublished", f"msg_{event.id}", event.at, {"id": post_id, "status": status})


@hookimpl
def post_deleted(post_id: int, kind: str, path: str, title: str, event: Event) -> None:
    """Tell of a post that was public once and is gone; others were nobody's business."""
    if path:
        data = {"id": post_id, "kind": kind, "url": absolute(path)}
        announce("post.deleted", f"msg_{event.id}", event.at, data)


@hookimpl
def comment_saved(comment_id: int, status: str, tx: Transaction) -> None:
    """Tell of a comment that waits, for programs that help to decide."""
    if status == "pending":
        enqueue(tx, "webhooks.held", {"comment_id": comment_id, **_stamp()})


@hookimpl
def comment_published(comment_id: int, event: Event) -> None:
    """Tell of a comment that readers see now."""
    comment = comments.by_id(comment_id)
    if comment is not None and comment.status == "published":
        texts = {"html": str(comment.body)}
        announce("comment.published", f"msg_{event.id}", event.at, comment_facts(comment), texts)


@hookimpl
def comment_removed(comment_id: int, post_id: int, status: str, was_public: bool, event: Event) -> None:
    """Tell that a comment was taken out, and nothing of what it said."""
    data = {"id": comment_id, "post_id": post_id, "status": status, "was_public": was_public}
    announce("comment.removed", f"msg_{event.id}", event.at, data)


@hookimpl
def media_saved(media_id: int, event: Event) -> None:
    """Tell of a new picture, unless it was deleted meanwhile."""
    try:
        picture = media.get(media_id)
    except NotFound:
        return
    data = {
        "id": picture.id,
        "url": absolute(media.url(picture)),
        "type": picture.mime,
        "size": picture.size,
        "width": picture.width,
        "height": picture.height,
    }
    announce("media.saved", f"msg_{event.id}", event.at, data)


@hookimpl
def settings_changed(plugin_id: str, old: Mapping[str, Any], new: Mapping[str, Any], event: Event) -> None:
    """Tell which settings changed, for programs that keep a copy of the blog, and nothing of what they say."""
    if plugin_id == ID:
        return
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    announce("settings.changed", f"msg_{event.id}", event.at, {"plugin": plugin_id or None, "names": names})


@hookimpl
def export_personal_data(person: DataSubject) -> list[dict[str, Any]]:
    """Show the messages about a person's comments that are kept."""
    return people.stored(person)


@hookimpl
def erase_personal_data(person: DataSubject, tx: Transaction) -> int:
    """Forget them."""
    return people.erase(tx, person)


def _tell_of_post(kind: str, post_id: int, number: str, at: datetime) -> None:
    post = posts.by_id(post_id)
    if post is not None:
        announce(kind, f"msg_{number}", at, post_facts(post), {"html": post.html})


def _updated(payload: dict[str, Any]) -> None:
    """Tell that a public post was changed."""
    at = datetime.fromisoformat(payload["at"])
    _tell_of_post("post.updated", payload["post_id"], payload["id"], at)


def _held(payload: dict[str, Any]) -> None:
    """Tell of a comment that waits, while it does."""
    found = comments.own_comment(payload["comment_id"])
    if found is None or found[0].status != "pending":
        return
    at, texts = datetime.fromisoformat(payload["at"]), {"html": str(found[0].body)}
    announce("comment.held", f"msg_{payload['id']}", at, comment_facts(found[0]), texts)


def _stamp() -> dict[str, str]:
    return {"id": secrets.token_hex(12), "at": now().isoformat()}
