"""What a commenter reads about a comment that was taken: published, waiting or removed, and what plugins add to it."""

from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentView
from blogengine.pages import Link
from blogengine.pages import PostView
from blogengine.web import frame
from blogengine.web.rendering.slots import slot

_WORDS = {
    "published": ("Your comment is published", "Thank you. Everybody can read it under the post."),
    "refused": ("Your comment was removed", "The author of this blog took it away."),
    "waiting": (
        "Your comment is waiting",
        "Thank you. It appears under the post once the author of this blog has approved it. Only you can see this page; "
        "keep its address to see later what became of your comment.",
    ),
}


def page_about(comment: CommentView, post: PostView) -> CommentAnswerPage:
    """Return the page about a comment; who reads it wrote it."""
    outcome = "refused" if comment.is_removed else "published" if comment.status == "published" else "waiting"
    heading, message = _WORDS[outcome]
    return CommentAnswerPage(
        blog=frame.blog_view(),
        meta=frame.meta("Your comment"),
        signed_in=False,
        flashes=[],
        outcome=outcome,
        heading=heading,
        message=message,
        comment=comment,
        form=None,
        post=post,
        back=way_back(comment.url if outcome == "published" else post.url, post),
    )


def way_back(url: str, post: PostView) -> Link:
    """Return the link back to a post, which may have no title."""
    return Link(url, post.title or "Back to the post")


def is_needed(page: CommentAnswerPage) -> bool:
    """Whether the page says more than the thread does: where a comment is published and nobody adds a word, it does not."""
    return page.outcome != "published" or bool(slot("comment_answer", page=page))
