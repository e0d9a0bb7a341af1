"""Following a post: asked for in the comment form, confirmed by mail, ended with one press."""

import hashlib
from datetime import timedelta

import sqlalchemy as sa

from blogengine.plugin import NotFound
from blogengine.plugin import PostView
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import mail
from blogengine.plugin import mail_key
from blogengine.plugin import mailbox_key
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import seal
from blogengine.plugin import session
from blogengine.plugin import write
from blogengine_notify.models import ASKED
from blogengine_notify.models import OFF
from blogengine_notify.models import ON
from blogengine_notify.models import Follow

CONFIRM = "notify.confirm"
STOP = "notify.stop"
LIFE = timedelta(days=7)
"""For how long a mail that asks can be answered."""
AGAIN = timedelta(days=1)
"""After which the same address is asked again about the same post."""
ASKED_A_DAY = 5
"""Mails that ask one mailbox in a day, about whatever posts: anybody can type anybody's address, in many spellings."""
FORGET_BATCH = 1000
KEPT = timedelta(days=30)
"""For how long an answer that never came, or an end, is kept."""


def digest_of(address: str) -> str:
    """Return the keyed digest of an address."""
    return hashlib.sha256(seal("notify.address", mail_key(address)).encode()).hexdigest()[:32]


def name_of(post: PostView) -> str:
    """Return what a post is called in a sentence."""
    return f"“{post.title}”" if post.title else "a post without a title"


def stop_url(follow: Follow) -> str:
    """Return where a follower ends the mails; it works as long as the blog has its key."""
    return f"{blog().url}/-/notify/stop/{seal(STOP, [follow.post_id, follow.digest])}"


def ask(tx: Transaction, post_id: int, address: str) -> None:
    """Write the mail that asks an address whether it wants to follow a post, unless it does or was asked just now."""
    moment = now()
    follow = _find(tx, post_id, digest_of(address))
    if follow is not None and (
        follow.state == ON or (follow.state == ASKED and follow.changed_at > moment - AGAIN)
    ):
        return
    mailbox = mailbox_key(address)
    recent = sa.select(Follow.email_key).where(
        Follow.state == ASKED,
        Follow.changed_at > moment - AGAIN,
        Follow.email_key.endswith(f"@{mailbox.rpartition('@')[2]}", autoescape=True),
    )
    if sum(mailbox_key(key) == mailbox for key in tx.session.scalars(recent)) >= ASKED_A_DAY:
        return
    post = posts.by_id(post_id)
    if post is None:
        return
    follow = _put(tx, follow, post_id, address, ASKED)
    url = f"{blog().url}/-/notify/confirm/{seal(CONFIRM, [follow.id, post_id], life=LIFE)}"
    lines = [
        f"Somebody, probably you, asked for mails about new comments on {name_of(post)} on {blog().site.title}:",
        f"{blog().url}{post.url}",
        "",
        "If you want them, open this page and press the button there, within seven days:",
        url,
        "",
        "If you did not ask, do nothing: no more mails will come.",
        "",
    ]
    mail.send(
        tx,
        to=address,
        subject=f"Please confirm: comments on {name_of(post)}",
        text="\n".join(lines),
        identity=f"notify:confirm:{follow.id}:{int(moment.timestamp())}",
    )


def begin(post_id: int, address: str) -> None:
    """Let an address follow a post; its owner has shown already that mail to it arrives."""

    def change(tx: Transaction) -> None:
        _put(tx, _find(tx, post_id, digest_of(address)), post_id, address, ON)

    write(change)


def by_id(follow_id: int, post_id: int) -> Follow:
    """Return what somebody was asked. Raises `NotFound` where it was erased."""
    follow = session().get(Follow, follow_id)
    if follow is None or follow.post_id != post_id:
        raise NotFound("There is nothing to confirm any more.")
    return follow


def find(post_id: int, digest: str) -> Follow | None:
    """Return the follower of a post with this digest, whatever the state."""
    return (
        session().scalars(sa.select(Follow).where(Follow.post_id == post_id, Follow.digest == digest)).first()
    )


def confirm(follow_id: int, post_id: int) -> None:
    """Begin to send mails to the one who was asked."""

    def change(tx: Transaction) -> None:
        by_id(follow_id, post_id)
        values = {"state": ON, "changed_at": now()}
        tx.session.execute(
            sa.update(Follow).where(Follow.id == follow_id, Follow.state != ON).values(**values)
        )

    write(change)


def stop(digest: str, post_id: int | None = None) -> int:
    """End the mails to an address about one post, or about all; return how many posts it followed."""

    def change(tx: Transaction) -> int:
        where = [Follow.digest == digest, Follow.state != OFF]
        where += [Follow.post_id == post_id] if post_id is not None else []
        ids = tx.session.scalars(sa.select(Follow.id).where(*where)).all()
        values = {"state": OFF, "changed_at": now()}
        tx.session.execute(sa.update(Follow).where(Follow.id.in_(ids)).values(**values))
        return len(ids)

    return write(change)


def followed(address: str, state: str = ON) -> list[int]:
    """Return the posts that an address follows, the last one first."""
    key = mail_key(address)
    mine = sa.select(Follow.post_id).where(Follow.email_key == key, Follow.state == state)
    return list(session().scalars(mine.order_by(Follow.id.desc())))


def forget_old() -> int:
    """Delete what was never confirmed, and what was ended, some time ago; return how many."""

    def change(tx: Transaction) -> int:
        old = sa.select(Follow.id).where(Follow.state.in_((ASKED, OFF)), Follow.changed_at < now() - KEPT)
        ids = tx.session.scalars(old.limit(FORGET_BATCH)).all()
        tx.session.execute(sa.delete(Follow).where(Follow.id.in_(ids)))
        return len(ids)

    return write(change)


def _find(tx: Transaction, post_id: int, digest: str) -> Follow | None:
    same = sa.select(Follow).where(Follow.post_id == post_id, Follow.digest == digest)
    return tx.session.scalars(same).first()


def _put(tx: Transaction, follow: Follow | None, post_id: int, address: str, state: str) -> Follow:
    if follow is None:
        follow = Follow(post_id=post_id, digest=digest_of(address), email_key=mail_key(address))
        tx.session.add(follow)
    follow.email, follow.state, follow.changed_at = address, state, now()
    tx.session.flush()
    return follow
