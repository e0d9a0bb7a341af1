"""Telling the owner by mail how many comments wait: one mail an hour at most, and none for what was decided meanwhile."""

from datetime import datetime
from datetime import timedelta
from typing import Any

from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import call_hook
from blogengine.plugin import comments
from blogengine.plugin import enqueue
from blogengine.plugin import hookspec
from blogengine.plugin import mail
from blogengine.plugin import now
from blogengine.plugin import read_meta
from blogengine.plugin import write
from blogengine.plugin import write_meta
from blogengine_moderation.rules import current

PAUSE = timedelta(hours=1)
SHOWN = 10
"""Comments that a mail names."""
_JOB = "moderation.tell"


class Hooks:
    """What moderation asks of plugins that write mails to the owner."""

    @hookspec
    def moderation_tells_owner(self) -> bool:  # type: ignore[empty-body]
        """Say whether the owner gets mails about comments that wait from this plugin: then moderation writes none."""


def is_wanted() -> bool:
    """Whether the owner wants these mails, and has no others about the same comments."""
    return current().tell_owner and True not in call_hook("moderation_tells_owner")


def ask_for(tx: Transaction) -> None:
    """Put off telling of a comment that waits until an hour after the last mail."""
    if is_wanted():
        enqueue(tx, _JOB, {}, run_at=max(now(), _last() + PAUSE), key=_JOB)


def tell(payload: dict[str, Any]) -> None:
    """Write the mail, unless nothing waits or one was written less than an hour ago."""
    to, total = mail.owner_address(), comments.counts().get("pending", 0)
    if not (to and total and is_wanted()):
        return
    moment = now()
    subject = f"{'1 comment waits' if total == 1 else f'{total} comments wait'} on {blog().site.title}"
    text = _text(total)

    def change(tx: Transaction) -> None:
        if _last() + PAUSE > moment:
            enqueue(tx, _JOB, {}, run_at=_last() + PAUSE, key=_JOB)
            return
        mail.send(tx, to=to, subject=subject, text=text, key=_JOB)
        write_meta(tx, "moderation", 1, "moderation", "told_at", moment.isoformat())

    write(change)


def _last() -> datetime:
    """Return when the last mail was written; long ago where there was none."""
    told = read_meta("moderation", [1], "moderation")[1].get("told_at")
    return datetime.fromisoformat(told) if told else now() - 2 * PAUSE


def _text(total: int) -> str:
    found, _ = comments.comments_for_owner(status="pending", limit=SHOWN)
    lines = [f"• {comment.author_name} under “{post.title}”" for comment, post in found]
    if total > len(lines):
        lines.append(f"and {total - len(lines)} more")
    where = f"{blog().url}/admin/comments?status=pending" if blog().url else "the page Comments"
    said = "You get this mail once an hour at most; the setting tell_owner of the plugin moderation ends it."
    return "\n".join(
        ["These comments wait for your decision:", "", *lines, "", f"Decide: {where}", "", said, ""]
    )
