"""Comments changed and taken back by their writers: judged again, said to be edited, and the thread stays whole."""

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import posts
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.pages import CommentFacts
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import HookRecorder
from blogengine.testing import Visitor

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
FACTS = CommentFacts(True, "", False, False)
JUDGE = """
from blogengine.plugin import HOLD
from blogengine.plugin import REJECT
from blogengine.plugin import SPAM
from blogengine.plugin import Verdict
from blogengine.plugin import hookimpl

@hookimpl
def comment_saved(status, facts):
    pass

@hookimpl
def judge_comment(comment, facts):
    level = {"held": HOLD, "spam": SPAM, "never": REJECT}.get(comment.text.split()[0])
    return Verdict(level, f"It says {comment.text}.") if level else None
"""


def change(blog: BlogKit, comment_id: int, text: str) -> str:
    """Change a comment and return what became of it."""
    with blog.app():
        return comments.edit(comment_id, comments.check("Mallory", "", text, None), FACTS).status


def refusal(blog: BlogKit, comment_id: int, text: str) -> str:
    with pytest.raises(Refused) as refused:
        change(blog, comment_id, text)
    return refused.value.code


def test_a_changed_comment_is_cleaned_said_to_be_edited_and_still_its_writers(
    blog: BlogKit, client: Visitor, clock: FrozenClock, hooks: HookRecorder
) -> None:
    blog.add_plugin("judge", JUDGE)
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    first = blog.write_comment(post_id, "Before", name="Rita")
    blog.write_comment(post_id, "An answer", name="Bob", parent_id=first.comment_id)
    assert "Edited" not in client.get(path).text
    clock.tick(minutes=5)
    assert change(blog, 1, "After <b>all</b><script>alert(1)</script>") == "published"
    page = client.get(path).text
    assert "After <b>all</b>" in page
    assert "alert(1)</script>" not in page
    assert "Before" not in page
    assert "Mallory" not in page
    assert page.count('class="comment-edited"') == 1
    with blog.app():
        comment = db.session.get_one(Comment, 1)
        assert comment.author_name == "Rita"
        assert comment.edited_at == comment.modified_at == clock.moment
        assert db.session.get_one(Post, post_id).comment_count == 2
    told = [call.arguments for call in hooks.calls("comment_saved") if call.plugin_id == "judge"]
    assert [one["facts"].is_edit for one in told] == [False, False, True]
    clock.tick(minutes=5)
    assert change(blog, 1, "After <b>all</b><script>alert(1)</script>") == "published"
    with blog.app():
        comment = db.session.get_one(Comment, 1)
        assert comment.edited_at is not None
        assert comment.edited_at < clock.moment, "nothing was changed, so nothing was edited"


def test_an_edit_is_judged_like_a_new_comment_and_never_lets_out_what_waits(
    blog: BlogKit, client: Visitor, hooks: HookRecorder
) -> None:
    blog.add_plugin("judge", JUDGE)
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    outcome = blog.write_comment(post_id, "fine words")
    assert change(blog, outcome.comment_id, "held words") == "pending"
    assert "words" not in client.get(path).text
    with blog.app():
        assert db.session.get_one(Post, post_id).comment_count == 0
        assert db.session.get_one(Comment, outcome.comment_id).held_reason == "judge: It says held words."
    assert change(blog, outcome.comment_id, "fine again") == "pending"
    assert "fine again" not in client.get(path).text
    assert refusal(blog, outcome.comment_id, "never words") == "rejected"
    assert change(blog, outcome.comment_id, "spam words") == "spam"
    assert change(blog, outcome.comment_id, "fine at last") == "spam"
    with blog.app():
        assert comments.approve([outcome.comment_id]) == 1
    assert "fine at last" in client.get(path).text


@SQLITE
def test_what_cannot_be_changed_says_why_and_changes_nothing(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("A post")
    for text in ("One", "Two", "Three"):
        blog.write_comment(post_id, text, name="Rita")
    assert refusal(blog, 2, "One") == "repeat"
    with blog.app():
        comments.remove([3])
    assert refusal(blog, 3, "Back again") == "removed"
    assert refusal(blog, 77, "Nothing") == "gone"
    with blog.app():
        posts.trash(post_id)
    assert refusal(blog, 1, "Other") == "gone"
    with blog.app():
        found = db.session.execute(sa.select(Comment.source, Comment.edited_at).order_by(Comment.id))
        assert [tuple(row) for row in found] == [("One", None), ("Two", None), ("Three", None)]


def test_a_comment_taken_back_keeps_its_place_with_bloggers_words_and_cannot_be_published_again(
    blog: BlogKit, client: Visitor
) -> None:
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    first = blog.write_comment(post_id, "Private words", name="Rita")
    blog.write_comment(post_id, "An answer", name="Bob", parent_id=first.comment_id)
    blog.change_plugin("moderation", mode="always")
    held = blog.write_comment(post_id, "Never seen", name="Rita")
    with blog.app():
        assert comments.withdraw([first.comment_id, held.comment_id, 99]) == 2
        assert db.session.get(Comment, held.comment_id) is None
        assert comments.approve([first.comment_id]) == 0
        assert comments.undo([first.comment_id]) == 0
        assert db.session.get_one(Post, post_id).comment_count == 1
    page = client.get(path).text
    assert "This comment has been removed by the author." in page
    assert "An answer" in page
    assert "Private words" not in page
    assert page.count("removed by the author") == 1
