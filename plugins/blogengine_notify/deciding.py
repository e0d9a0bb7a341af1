"""Links in mails to the owner: each opens a page with one comment and one button, and works without signing in."""

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from blogengine.plugin import NotFound
from blogengine.plugin import Refused
from blogengine.plugin import blog
from blogengine.plugin import comments
from blogengine.plugin import seal
from blogengine.plugin import unseal

DECIDE = "notify.decide"
LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a link does: the status it leads to, what stands on the button, and what is said of it when it is done."""

    do: Callable[[Iterable[int]], int]
    status: str
    button: str
    done: str


DECISIONS = {
    "approve": Decision(comments.approve, "published", "Approve this comment", "Readers see this comment."),
    "remove": Decision(
        comments.remove, "removed-by-admin", "Remove this comment", "This comment is removed."
    ),
    "spam": Decision(comments.mark_spam, "spam", "Mark it as spam", "This comment is marked as spam."),
}


def decision_url(comment_id: int, decision: str) -> str:
    """Return the address of the page on which this decision is made."""
    return f"{blog().url}/-/notify/decide/{seal(DECIDE, [comment_id, decision], life=LIFE)}"


def read(token: str) -> tuple[int, Decision]:
    """Return the comment and the decision that an address is for. Raises `Refused`: `forged`, `expired`."""
    comment_id, name = unseal(DECIDE, token)
    return comment_id, DECISIONS[name]


def stand(comment_id: int) -> tuple[str, str, str]:
    """Return the status of a comment, the one before the last decision, and a mark that changes with its text.

    Raises `NotFound` where it is gone.
    """
    found = comments.stored(comment_id)
    if found is None:
        raise NotFound("This comment is not here any more.")
    return found[0].status, found[0].status_before, found[0].modified_at.isoformat()


def decide(comment_id: int, decision: Decision, seen: str) -> None:
    """Do what the button says. Raises `Refused` where the comment is not what its reader saw."""
    status, _, mark = stand(comment_id)
    if status == decision.status:
        return
    if mark != seen:
        raise Refused("The comment was changed since you opened this page. Look at it once more.")
    decision.do([comment_id])


def undo(comment_id: int, decision: Decision) -> bool:
    """Take this decision back, unless another one was made since; return whether something was taken back."""
    status, before, _ = stand(comment_id)
    return status == decision.status and bool(before) and comments.undo([comment_id]) > 0
