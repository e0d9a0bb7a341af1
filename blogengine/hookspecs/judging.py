"""`judge_*`: verdicts, of which the strictest counts."""

from blogengine.hookspecs.marks import hookspec
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostView
from blogengine.pages import Verdict


@hookspec
def judge_comment(comment: CommentDraft, post: PostView, facts: CommentFacts) -> Verdict:  # type: ignore[empty-body]
    """Judge a comment before it is stored.

    :param comment: the checked draft.
    :param post: the post it answers.
    :param facts: what is known about the sender beside the text.

    Returns `Verdict(level, reason)` with PUBLISH, HOLD, SPAM or REJECT, or None. The highest level of all plugins wins. A
    plugin that fails counts as HOLD, also while it is muted. Called once for each comment by a visitor. Since 0.1.
    """
