"""`judge_*`: verdicts, of which the strictest counts."""

from collections.abc import Mapping
from collections.abc import Sequence

from blogengine.hookspecs.marks import hookspec
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostView
from blogengine.permissions import Actor
from blogengine.permissions import Judgement
from blogengine.permissions import Resource
from blogengine.verdicts import Verdict


@hookspec
def judge_comment(comment: CommentDraft, post: PostView, facts: CommentFacts) -> Verdict:  # type: ignore[empty-body]
    """Judge a comment before it is stored.

    :param comment: the checked draft.
    :param post: the post it answers.
    :param facts: what is known about the sender beside the text.

    Returns `Verdict(level, reason, score)` with PUBLISH, ASK, HOLD, SPAM or REJECT, or None. The highest level of all
    plugins wins; scores are added up and stored with all reasons, so that the queue can say why. Where a comment may be
    spam, let it wait: who refuses it loses what a person wrote. A plugin that fails counts as HOLD, also while it is muted.
    ASK shows the commenter the comment and asks for one more press; it is judged again then, with `facts.challenge`, and
    ASK publishes it. An edit, and a comment that comes by a way where nobody can be asked, is held instead.
    Called once for each comment by a visitor. Since 0.1.
    """


@hookspec
def judge_permission(  # type: ignore[empty-body]
    actor: Actor, permission: str, resources: Sequence[Resource]
) -> Judgement | Mapping[Resource, Judgement]:
    """Judge whether somebody who is signed in may do something.

    :param actor: who wants to.
    :param permission: its name, like `comment.moderate`.
    :param resources: what it is wanted for, all at once: `Resource()` for the blog as a whole, the posts of a list.

    Returns ALLOW or DENY for all of them, `{resource: ALLOW}` for some, or None to say nothing. Any DENY means no, whatever
    the others say; else any ALLOW means yes; else the owner's choice for authors holds. A plugin that fails says nothing.
    An owner always has `plugins.manage` and `people.manage`, and nobody is asked. Called once in a request for each
    permission and its resources, with people who are signed in only. Since 0.1.
    """
