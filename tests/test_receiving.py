"""What plugins receive from elsewhere goes through the comments' own rules, judges, events, pages and queue."""

from typing import Any

import pytest

from blogengine import comments
from blogengine import posts
from blogengine.comments import Outcome
from blogengine.errors import Refused
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.admin.test_comments import listed

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
SOURCE = "https://tides.example/answer"
PLUGIN = """
from blogengine.plugin import HOLD, SPAM, Verdict, comments, hookimpl, posts
PLUGIN = {"name": "Postcards", "version": "1"}
heard = []

@hookimpl
def judge_comment(comment):
    if comment.kind == "comment":
        return None
    return Verdict(SPAM, "It smells.") if "pills" in comment.text else Verdict(HOLD, f"From {comment.source_url}.")

@hookimpl
def comment_saved(comment_id, status, facts):
    heard.append(("saved", status, facts.is_edit))

@hookimpl
def comment_decided(before, status, event):
    heard.append(("decided", before, status))

@hookimpl
def comment_removed(status, was_public, event):
    heard.append(("removed", status, was_public))

def arrive(post_id, source, text):
    return comments.receive(comments.received("postcard", source, text, name="Una"), posts.by_id(post_id))
"""


@pytest.fixture
def post_id(blog: BlogKit) -> int:
    blog.add_plugin("postcards", PLUGIN)
    return blog.write_post("Fog")


def of_plugin(blog: BlogKit) -> dict[str, Any]:
    plugins = blog.site.current().blog.plugins
    names: dict[str, Any] = plugins.implementation("postcards", "comment_removed").__globals__
    return names


def arrive(blog: BlogKit, post_id: int, text: str, source: str = SOURCE) -> Outcome:
    with blog.app():
        outcome: Outcome = of_plugin(blog)["arrive"](post_id, source, text)
    return outcome


def test_what_a_plugin_receives_waits_in_the_queue_and_is_decided_about_as_a_comment(
    blog: BlogKit, client: Visitor, owner_client: Visitor, post_id: int
) -> None:
    blog.write_comment(post_id, "Typed here.")
    assert arrive(blog, post_id, "An answer elsewhere.").status == "pending"
    assert arrive(blog, post_id, "Buy pills", "https://pills.example/").status == "spam"
    page = owner_client.get("/admin/comments")
    said = text_of(page)
    assert listed(owner_client) == ["An answer elsewhere."]
    assert f"Postcard {SOURCE}" in said
    assert f"From {SOURCE}. postcards" in said
    assert listed(owner_client, "?status=all&kind=postcard") == ["An answer elsewhere."]
    assert listed(owner_client, "?status=all&kind=comment") == ["Typed here."]
    assert listed(owner_client, "?status=all&q=tides") == ["An answer elsewhere."]
    narrowed = owner_client.get("/admin/comments?status=all&kind=postcard")
    assert "Kind: postcard." in text_of(narrowed)
    path = blog.path_of(post_id)
    assert "An answer elsewhere." not in client.get(path).text
    (found,) = comments_of(blog, "postcard", "pending")
    after = send(owner_client, narrowed, "comments", one=f"approve:{found}")
    assert "kind=postcard" in after.location
    assert "Published: 1 comment." in text_of(follow(owner_client, after))
    shown = client.get(path).text
    assert "An answer elsewhere." in shown
    assert f'<a href="{SOURCE}" rel="nofollow ugc noopener">tides.example</a>' in shown
    assert shown.count('<article class="comment') == 2
    blog.run_jobs()
    assert of_plugin(blog)["heard"][1:] == [
        ("saved", "pending", False),
        ("saved", "spam", False),
        ("decided", "pending", "published"),
    ]


def comments_of(blog: BlogKit, kind: str, status: str) -> list[int]:
    with blog.app():
        found, _ = comments.comments_for_owner(kind=kind, status=status)
        return [comment.id for comment, _ in found]


def test_a_source_is_stored_once_changed_when_it_changes_and_taken_back_when_it_is_gone(
    blog: BlogKit, post_id: int
) -> None:
    first = arrive(blog, post_id, "One.")
    assert arrive(blog, post_id, "One.") == Outcome(first.comment_id, "pending", is_repeat=True)
    assert arrive(blog, post_id, "Two.") == Outcome(first.comment_id, "pending", is_repeat=True)
    other = arrive(blog, blog.write_post("Other"), "One.")
    assert other.comment_id != first.comment_id
    assert not other.is_repeat
    with blog.app():
        stored = comments.get(first.comment_id)
        assert (stored.source, stored.source_url, stored.kind) == ("Two.", SOURCE, "postcard")
        comments.approve([first.comment_id])
        post = posts.by_id(post_id)
        assert post is not None
        assert post.comment_count == 1
        assert not comments.retract("webmention", SOURCE, post)
        assert comments.retract("postcard", SOURCE, post)
        assert not comments.retract("postcard", SOURCE, post)
        again = posts.by_id(post_id)
        assert again is not None
        assert again.comment_count == 0
        assert comments.stored(first.comment_id) is None, "it leaves no place: nobody wrote it here"
    assert not arrive(blog, post_id, "Back.").is_repeat
    blog.run_jobs()
    assert ("removed", "deleted", True) in of_plugin(blog)["heard"]


@SQLITE
def test_an_answered_one_keeps_its_place_and_what_an_author_removed_stays_removed(
    blog: BlogKit, post_id: int
) -> None:
    first = arrive(blog, post_id, "One.").comment_id
    with blog.app():
        comments.approve([first])
    blog.write_comment(post_id, "I answer.", parent_id=first)
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        assert comments.retract("postcard", SOURCE, post)
        kept = comments.get(first)
        assert (kept.status, kept.source, kept.source_url) == ("removed-by-author", "", "")
    second = arrive(blog, post_id, "Two.").comment_id
    with blog.app():
        comments.remove([second])
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        assert not comments.retract("postcard", SOURCE, post)
    with pytest.raises(Refused, match="removed"):
        arrive(blog, post_id, "Three.")


@SQLITE
def test_nonsense_is_refused_before_anything_is_stored(blog: BlogKit, post_id: int) -> None:
    with blog.app():
        for kind in ("comment", "Web mention", "", "x" * 40):
            with pytest.raises(ValueError, match="no kind"):
                comments.received(kind, SOURCE, "Words.")
        for source in ("", "javascript:alert(1)", "https://a b", f"https://a.example/{'x' * 2000}"):
            with pytest.raises(Refused, match="source must be an address"):
                comments.received("postcard", source, "Words.")
        post = posts.by_id(post_id)
        assert post is not None
        post.comment_mode = "hide"
        with pytest.raises(Refused, match="closed"):
            comments.receive(comments.received("postcard", SOURCE, "Words."), post)
        assert comments.counts() == {}
