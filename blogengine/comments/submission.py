"""Taking a comment: shape, rules, verdicts, and one write."""

import hmac
import ipaddress
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from blogengine import clock
from blogengine import db as database
from blogengine import events
from blogengine import markup
from blogengine.addresses import check_mail_address
from blogengine.addresses import mail_key
from blogengine.comments import rates
from blogengine.comments import repeats
from blogengine.comments.judging import Judgement
from blogengine.comments.judging import judge
from blogengine.comments.repeats import Outcome
from blogengine.comments.threads import depth_of
from blogengine.comments.threads import next_thread_key
from blogengine.db import Transaction
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.models import User
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostView
from blogengine.posts.writing import new_atom_id
from blogengine.prepared import Prepared
from blogengine.runtime import blog
from blogengine.text import accept_text
from blogengine.verdicts import ASK
from blogengine.verdicts import HOLD
from blogengine.verdicts import PUBLISH
from blogengine.verdicts import REJECT
from blogengine.verdicts import SPAM

TEXT_LIMIT = 8000
NAME_LIMIT = 100
WEBSITE_LIMIT = 500
EMAIL_LIMIT = 254
"""RFC 5321 §4.5.3.1.3: a path has 256 characters with its brackets."""


_TABLE = Post.metadata.tables["comment"]
_POST = Post.metadata.tables["post"]
_INSERT = {
    name: dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["digest"]).returning(_TABLE.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_COUNT = (
    sa.update(_POST)
    .where(_POST.c.id == bindparam("id_of_post"))
    .values(comment_count=_POST.c.comment_count + 1)
)
_PARENT = Prepared(
    sa.select(Comment.id, Comment.thread_key).where(
        Comment.id == bindparam("id"), Comment.post_id == bindparam("post_id"), Comment.status == "published"
    )
)


def check(name: str, website: str, text: str, parent_id: int | None, *, email: str = "") -> CommentDraft:
    """Return what a visitor typed as a draft. Raises `Invalid` with a sentence for each field that does not fit."""
    problems: dict[str, str] = {}
    html = ""
    values = {"name": name, "website": website, "text": text, "email": email}
    limits = {
        "name": (NAME_LIMIT, False),
        "website": (WEBSITE_LIMIT, False),
        "text": (TEXT_LIMIT, True),
        "email": (EMAIL_LIMIT, False),
    }
    for key, (limit, multiline) in limits.items():
        try:
            values[key] = accept_text(values[key], limit=limit, multiline=multiline).strip()
        except Refused as refusal:
            problems[key] = str(refusal)
    if "text" not in problems and not values["text"]:
        problems["text"] = "Write something first."
    if "website" not in problems and values["website"]:
        try:
            values["website"] = _accept_website(values["website"])
        except ValueError:
            problems["website"] = (
                "The website must be an address like https://example.org; leave it empty if unsure."
            )
    if "email" not in problems:
        try:
            values["email"] = check_mail_address(values["email"])
        except Refused:
            problems["email"] = "The e-mail address must look like name@example.org; it may be left empty."
    if "text" not in problems:
        try:
            html = str(markup.render_comment(values["text"]))
        except Refused as refusal:
            problems["text"] = str(refusal)
    if problems:
        raise Invalid(problems)
    return CommentDraft(
        values["text"], values["name"], values["website"], parent_id, html, email=values["email"]
    )


def _accept_website(address: str) -> str:
    if "://" not in address:
        address = f"https://{address}"
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme.lower() not in ("http", "https") or "." not in host or "@" in parts.netloc:
        raise ValueError(address)
    if any(character.isspace() or character in "<>\"'`\\" for character in address):
        raise ValueError(address)
    _ = parts.port
    return address


def address_key(address: str) -> str:
    """Return the keyed digest of an address's network (/24 or /56): enough to count by, not enough to find a person."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    network = ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False)
    return hmac.digest(blog().config.secret_key.encode(), f"address:{network}".encode(), "sha256").hex()[:24]


def submit(
    draft: CommentDraft,
    post: PostView,
    facts: CommentFacts,
    user: User | None = None,
    *,
    may_ask: bool = False,
) -> Outcome:
    """Store a visitor's comment and return what became of it; it is on disk when this returns.

    Raises `Refused`: `closed`, `no_parent`, `rate`, `rejected`, and `ask` where the caller may ask for one more press and
    a judge wants that: then nothing was stored. The same name and text under the same post is stored once a day.
    """
    if not post.takes_comments:
        raise Refused(
            "Comments on this post are closed.",
            code="closed",
            hint="Your text is below, so that you can keep it.",
        )
    parent = _parent_of(draft, post)
    user_id = user.id if user is not None else None
    repeat = repeats.repeat_of(draft, post.id, user_id)
    if repeat is not None:
        return repeat
    rates.check(facts)
    judgement = Judgement() if user is not None else judge(draft, post, facts, may_ask=may_ask)
    if judgement.level >= REJECT:
        raise Refused(judgement.refusal or "This comment was refused.", code="rejected")
    if judgement.level == ASK:
        raise Refused("It is not sent yet: one more press is needed.", code="ask")
    status = {PUBLISH: "published", HOLD: "pending", SPAM: "spam"}[judgement.level]
    digest = repeats.digest_of(draft, post.id, user_id)
    values = _row(draft, post, facts, user, parent, judgement, status, digest)

    def change(tx: Transaction) -> Outcome:
        connection = tx.session.connection()
        comment_id = connection.execute(_INSERT[connection.dialect.name], values).scalar()
        if comment_id is None:
            found = repeats.repeat_of(draft, post.id, user_id)
            if found is not None:
                return found
            repeats.give_up(tx, digest)
            comment_id = connection.execute(_INSERT[connection.dialect.name], values).scalar_one()
        rates.take(tx, facts)
        if status == "published":
            connection.execute(_COUNT, {"id_of_post": post.id})
            tx.bump("comments", f"comments:{post.id}", f"post:{post.id}")
            events.tell(tx, "comment_published", comment_id=comment_id, post_id=post.id)
        tx.bump("moderation")
        blog().hook.comment_saved(comment_id=comment_id, status=status, facts=facts, tx=tx)
        return Outcome(comment_id, status)

    try:
        return database.write(change)
    except sa.exc.IntegrityError as error:
        raise Refused(
            "The post or the comment you answer was deleted while you wrote.",
            code="gone",
            hint="Your text is below, so that you can keep it.",
        ) from error


def _row(
    draft: CommentDraft,
    post: PostView,
    facts: CommentFacts,
    user: User | None,
    parent: tuple[int, str] | None,
    judgement: Judgement,
    status: str,
    digest: str,
) -> dict[str, Any]:
    """Return the columns of a comment that is sent now."""
    now = clock.now()
    key = next_thread_key(parent[1] if parent is not None else "", now)
    return {
        "post_id": post.id,
        "parent_id": draft.parent_id,
        "thread_key": key,
        "depth": depth_of(key),
        "status": status,
        "kind": draft.kind,
        "source_url": draft.source_url,
        "author_name": user.name if user is not None else draft.name,
        "author_url": draft.website,
        "author_email": draft.email if user is None else "",
        "email_key": mail_key(draft.email) if user is None else "",
        "user_id": user.id if user is not None else None,
        "source": draft.text,
        "html": draft.html or str(markup.render_comment(draft.text)),
        "pipeline": markup.PIPELINE,
        "created_at": now,
        "published_at": now,
        "modified_at": now,
        "held_reason": judgement.stored_reasons() if status != "published" else "",
        "score": judgement.score,
        "status_before": "",
        "digest": digest,
        "address_key": facts.address_key,
        "atom_id": new_atom_id("comment"),
    }


def _parent_of(draft: CommentDraft, post: PostView) -> tuple[int, str] | None:
    if draft.parent_id is None:
        return None
    row = _PARENT.row(id=draft.parent_id, post_id=post.id)
    if row is None:
        raise Refused(
            "The comment you answer is not there any more.",
            code="no_parent",
            hint="Your text is below; send it as an answer to the post.",
        )
    return row[0], row[1]
