"""Mails to those who follow a post: one for each comment that readers see, and never two."""

from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa

from blogengine.plugin import CommentView
from blogengine.plugin import PostView
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import comments
from blogengine.plugin import mail
from blogengine.plugin import mail_key
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import text
from blogengine.plugin import write
from blogengine_notify.following import name_of
from blogengine_notify.following import stop_url
from blogengine_notify.models import ON
from blogengine_notify.models import Follow
from blogengine_notify.models import Sent
from blogengine_notify.settings import current

BATCH = 50
"""Mails that are written in one transaction."""
DAY = timedelta(days=1)
MOST = 50
"""Mails to one address in a day: one visitor could fill the mailbox of everybody who follows."""
LAST = f"This is mail {MOST} within a day; about more comments none comes until the day is over.\n\n"
SHOWN = 1500
"""Letters of a comment that a mail holds."""


def tell(comment_id: int) -> None:
    """Write the mails about a comment that became public; what was written already is not written again."""
    comment = comments.by_id(comment_id)
    kept = comments.stored(comment_id)
    if comment is None or kept is None or comment.status != "published" or not current().follow:
        return
    post = posts.by_id(comment.post_id)
    if post is None:
        return
    own = mail_key(kept[0].author_email)
    subject, words = f"New comment on {name_of(post)}", _words(comment, post)
    waiting = (
        sa.select(Follow)
        .where(
            Follow.post_id == post.id,
            Follow.state == ON,
            Follow.email_key != own,
            ~sa.exists().where(Sent.follow_id == Follow.id, Sent.comment_id == comment_id),
        )
        .order_by(Follow.id)
        .limit(BATCH)
    )

    def change(tx: Transaction) -> int:
        found, moment = tx.session.scalars(waiting).all(), now()
        written = _written_today(tx, [follow.email_key for follow in found], moment)
        for follow in found:
            count = written.get(follow.email_key, 0) + 1
            is_over = count > MOST
            tx.session.add(Sent(follow_id=follow.id, comment_id=comment_id, at=None if is_over else moment))
            if is_over:
                continue
            stop = stop_url(follow)
            last = LAST if count == MOST else ""
            mail.send(
                tx,
                to=follow.email,
                subject=subject,
                text=f"{words}{last}Stop these mails: {stop}\n",
                headers=_headers(stop),
                identity=f"notify:reply:{follow.id}:{comment_id}",
            )
        return len(found)

    while write(change) == BATCH:
        pass


def _written_today(tx: Transaction, keys: list[str], moment: datetime) -> dict[str, int]:
    """Return how many mails were written to each of these addresses within a day, about whatever posts."""
    rows = tx.session.execute(
        sa.select(Follow.email_key, sa.func.count())
        .join(Sent, Sent.follow_id == Follow.id)
        .where(Follow.email_key.in_(keys), Sent.at > moment - DAY)
        .group_by(Follow.email_key)
    )
    return {row[0]: row[1] for row in rows}


def _headers(stop: str) -> dict[str, str]:
    """Return what lets mail programs show a button (RFC 2369 §3.2, RFC 8058 §3.1, which wants HTTPS)."""
    headers = {"List-Unsubscribe": f"<{stop}>"}
    if stop.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _words(comment: CommentView, post: PostView) -> str:
    said = text.plain_text(str(comment.body)).strip()
    said = said if len(said) <= SHOWN else f"{said[:SHOWN].rstrip()} …"
    quoted = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
    return "\n".join(
        [
            f"{comment.author_name or 'Anonymous'} wrote on {blog().site.title}, under {name_of(post)}:",
            "",
            quoted,
            "",
            f"Read it and answer: {blog().url}{comment.url}",
            "",
            "You get this mail because you asked for mails about new comments on this post.",
            "",
        ]
    )
