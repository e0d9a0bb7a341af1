"""Changing a comment that was sent: checked, cleaned and judged as a new one, and marked as edited."""

from dataclasses import replace

import sqlalchemy as sa

from blogengine import clock
from blogengine import db as database
from blogengine import markup
from blogengine import posts
from blogengine.comments.judging import Judgement
from blogengine.comments.judging import judge
from blogengine.comments.moderation import recount
from blogengine.comments.moderation import tell_removed
from blogengine.comments.repeats import Outcome
from blogengine.comments.repeats import digest_of
from blogengine.comments.repeats import give_up
from blogengine.comments.repeats import told
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.runtime import blog
from blogengine.verdicts import HOLD
from blogengine.verdicts import PUBLISH
from blogengine.verdicts import REJECT


def edit(comment_id: int, draft: CommentDraft, facts: CommentFacts, *, by_owner: bool = False) -> Outcome:
    """Give a comment the text of `draft`, which `check` made; it is on disk when this returns.

    Name, website, address and place stay. A visitor's text is judged again: what would be held is held, and what waits goes
    on waiting; where an author of the blog changes it (`by_owner`) nobody judges. Who may change it, and how long, is the
    caller's rule. Raises `Refused`: `gone`, `removed`, `repeat`, `rejected`.
    """
    facts = replace(facts, is_edit=True)
    before = db.session.get(Comment, comment_id)
    post = posts.by_id(before.post_id) if before is not None else None
    if before is None or post is None:
        raise _gone()
    if before.source == draft.text:
        return Outcome(comment_id, told(before.status), is_repeat=True)
    user_id = before.user_id
    whole = _as_new(before, draft)
    judgement = Judgement() if user_id is not None or by_owner else judge(whole, post, facts)
    if judgement.level >= REJECT:
        raise Refused(judgement.refusal or "This text was refused.", code="rejected")
    digest = digest_of(whole, post.id, user_id)

    def change(tx: Transaction) -> Outcome:
        comment = tx.session.get(Comment, comment_id)
        if comment is None:
            raise _gone()
        if comment.status.startswith("removed"):
            raise Refused("This comment was removed; it cannot be changed any more.", code="removed")
        if comment.digest != digest and not whole.source_url:
            give_up(tx, digest)
        same = sa.select(Comment.id).where(Comment.digest == digest, Comment.id != comment_id)
        if tx.session.scalar(same) is not None:
            raise Refused("The same words by the same name are there already.", code="repeat")
        was, comment.status = comment.status, _status(comment.status, judgement)
        comment.source, comment.html, comment.pipeline = whole.text, whole.html, markup.PIPELINE
        comment.digest = digest
        comment.edited_at = comment.modified_at = clock.now()
        if judgement.level != PUBLISH:
            comment.held_reason, comment.score = judgement.stored_reasons(), judgement.score
        if comment.status != "published":
            # Taking a decision back would publish a text that nobody decided about.
            comment.status_before = ""
        if comment.status != was:
            tell_removed(tx, comment, was, comment.status)
        tx.session.flush()
        recount(tx, comment.post_id)
        tx.bump("comments", "moderation")
        blog().hook.comment_saved(comment_id=comment_id, status=comment.status, facts=facts, tx=tx)
        return Outcome(comment_id, told(comment.status))

    return database.write(change)


def _as_new(before: Comment, draft: CommentDraft) -> CommentDraft:
    """Return the comment with its new text as if it were sent now."""
    return CommentDraft(
        draft.text,
        before.author_name,
        before.author_url,
        before.parent_id,
        draft.html or str(markup.render_comment(draft.text)),
        email=before.author_email,
        kind=before.kind,
        source_url=before.source_url,
    )


def _status(before: str, judgement: Judgement) -> str:
    """Return the status after an edit: it is never better than before, because only the owner lets out what waits."""
    if before == "spam" or judgement.level > HOLD:
        return "spam"
    return "pending" if before == "pending" or judgement.level == HOLD else "published"


def _gone() -> Refused:
    return Refused("The comment or its post is not here any more.", code="gone")
