"""Writing into the copy: what a plugin does when a post is saved and a comment comes in."""

import contextlib
import traceback
from collections.abc import Callable

from blogengine import comments
from blogengine import posts
from blogengine.door.crawling import problems_of
from blogengine.errors import BlogError
from blogengine.errors import Refused
from blogengine.feeds import PostQuery
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.plugins.door_report import Problem
from blogengine.site import Site

TITLE = "Tried at the door"
TEXT = "# A heading\n\nSome *text* with [a link](/) and a list:\n\n- one\n- two\n"


def write_all(site: Site, note: Callable[[str], None]) -> list[Problem]:
    """Save the newest post again, publish a new one, and send it a comment; return what is wrong.

    `note` is told what comes next. All that writes and all that hooks of the plugin add to it stays in the copy.
    """
    made: list[int] = []

    def save_again() -> None:
        for view in posts.query(PostQuery(max_results=1)).posts:
            posts.save(posts.draft_of(posts.get(view.id)), post_id=view.id)

    def save_new() -> None:
        made.append(posts.save(PostDraft(title=TITLE, source=TEXT, labels=["door"])))

    def publish() -> None:
        for post_id in made:
            posts.publish(post_id)

    def comment() -> None:
        post = posts.by_id(made[0]) if made else None
        if post is not None and post.takes_comments:
            draft = comments.check("A visitor", "", "A comment at the door.", None)
            with contextlib.suppress(Refused):  # a judge may say no
                comments.submit(draft, post, CommentFacts(True, "", False, False))

    steps = {
        "saving a post again": save_again,
        "saving a new post": save_new,
        "publishing a post": publish,
        "taking a comment": comment,
    }
    return [problem for where, step in steps.items() for problem in _take(site, note, where, step)]


def _take(site: Site, note: Callable[[str], None], where: str, step: Callable[[], None]) -> list[Problem]:
    note(where)
    site.failures.take()
    raised = []
    try:
        with site.in_app():
            step()
    except BlogError as error:
        raised.append(Problem(where, str(error)))
    except Exception as error:  # what a plugin's part of a document, or its rows, made of the engine
        trace = "".join(traceback.format_exception(error)[-6:])
        raised.append(Problem(where, f"{type(error).__name__}: {error}", trace))
    return [*problems_of(where, site.failures.take()), *raised]
