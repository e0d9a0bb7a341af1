"""Which comments are held."""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Literal

from blogengine.plugin import CommentDraft
from blogengine.plugin import CommentFacts
from blogengine.plugin import PostView
from blogengine.plugin import comments
from blogengine.plugin import now
from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of moderation; the days are Blogger's."""

    mode: Literal["always", "old", "first", "never"] = option(
        "old",
        "Hold comments",
        choices={
            "always": "Always",
            "old": "On older posts",
            "first": "The first of each sender",
            "never": "Never",
        },
        help="A sender is known who gave the same e-mail address before, or the same name from the same network while that "
        "is remembered, and had a comment published. Who knows them can pretend to be somebody. "
        "A held comment appears once you have approved it. What other plugins hold is held in any case.",
    )
    days: int = option(14, "Older means", help="Days since the post was published.", minimum=0, maximum=36500)
    own_posts: bool = option(
        False,
        "Authors decide under their own posts",
        help="For authors who may see all comments, but may not decide about them (People).",
    )
    waiting: bool = option(
        False,
        "Say how many comments wait",
        help="Above the comments of each post, so that a commenter who comes back knows that nothing was lost.",
    )
    question: str = option(
        "",
        "Question to commenters",
        help="Something that readers know and robots do not, like: Which river is this blog about? "
        "Who answers wrongly waits for you; nobody is turned away.",
        max_length=200,
    )
    answers: str = option(
        "",
        "Right answers",
        help="One a line. Capitals and full stops make no difference. Without one nothing is asked.",
        multiline=True,
        max_length=1000,
    )


def current() -> Settings:
    """Return the settings of the running blog."""
    found: Settings = settings_of("moderation")
    return found


def holds_from(post: PostView) -> datetime | None:
    """Return when comments on `post` begin to be held because of its age; None where age plays no part."""
    rule = current()
    if rule.mode != "old" or post.published_at is None:
        return None
    return post.published_at + timedelta(days=rule.days)


def reason_to_hold(post: PostView) -> str:
    """Return why a comment on `post` is held now, as a sentence for the owner, or an empty text."""
    rule = current()
    if rule.mode == "always":
        return "All comments are held until you approve them."
    begins = holds_from(post)
    if begins is not None and begins <= now():
        return (
            f"The post is older than {rule.days} days." if rule.days != 1 else "The post is older than 1 day."
        )
    return ""


def reason_for_sender(comment: CommentDraft, facts: CommentFacts) -> str:
    """Return why a comment is held because nobody knows its sender, or an empty text."""
    if current().mode != "first" or facts.signed_in:
        return ""
    known = comments.is_known_sender(email=comment.email, name=comment.name, address_key=facts.address_key)
    return "" if known else "Nothing by this sender was published before."
