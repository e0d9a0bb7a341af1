"""Following posts, for the plugin that sends such mails: asked by hooks, so that neither plugin needs the other."""

from collections.abc import Collection

from blogengine.plugin import call_hook
from blogengine.plugin import hookspec


class Hooks:
    """What commenter_pass asks of plugins that send mails to readers."""

    @hookspec
    def commenter_pass_followed(self, address: str) -> Collection[int]:  # type: ignore[empty-body]
        """Say which posts an address follows, the last one first. Called for the one who reads mail there."""

    @hookspec
    def commenter_pass_follow(self, address: str, post_id: int, follows: bool) -> bool:  # type: ignore[empty-body]
        """Let an address follow a post, or not any more; say whether that was done. No mail has to be confirmed."""


def followed(address: str) -> list[int] | None:
    """Return the posts that an address follows, or None where nobody sends such mails."""
    answers = call_hook("commenter_pass_followed", address=address)
    known = [answer for answer in answers if isinstance(answer, Collection)]
    return [post_id for answer in known for post_id in answer] if known else None


def follow(address: str, post_id: int, follows: bool) -> bool:
    """Begin or end; return whether somebody did it."""
    answers = call_hook("commenter_pass_follow", address=address, post_id=post_id, follows=follows)
    return any(answer is True for answer in answers)
