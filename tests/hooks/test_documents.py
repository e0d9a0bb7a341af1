"""Hooks that change a document, judge a comment, or hear what happened."""

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import posts
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.meta import read_meta
from blogengine.models import Comment
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from blogengine.verdicts import HOLD
from blogengine.verdicts import PUBLISH
from blogengine.verdicts import REJECT
from blogengine.verdicts import SPAM
from tests.admin.forms import send
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def test_hook_prepare_draft(blog: BlogKit, owner_client: Visitor) -> None:
    run(
        blog,
        "stamp",
        """
        @hookimpl
        def prepare_draft(draft, action, values):
            if action == "stamp:insert":
                draft.source += f"\\n\\nStamped for {values['title']}."

        @hookimpl
        def editor_html(draft):
            return Markup('<button name="action" value="stamp:insert">Stamp</button>')
        """,
    )
    post_id = blog.write_post("Mine", "As it was.")
    page = owner_client.get(f"/admin/posts/{post_id}")
    changed = send(owner_client, page, "editor", action="stamp:insert")
    assert "Stamped for Mine." in changed.text
    with blog.app():
        assert posts.get(post_id).source == "As it was."


def test_hook_prepare_meta(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "head",
        """
        @hookimpl
        def prepare_meta(meta, page):
            meta.title += " <changed>"
            meta.description = f"{type(page).__name__} & more"
            meta.links.append(HeadLink("me", "https://example.org/"))
        """,
    )
    path = blog.path_of(blog.write_post("A post"))
    head = client.get(path).text.split("</head>")[0]
    assert "A post &lt;changed&gt;</title>" in head
    assert "PostPage &amp; more" in head
    assert 'rel="me"' in head
    assert "ListingPage" in client.get("/").text
    assert "ErrorPage" in client.get("/nothing").text


JUDGE = """
@hookimpl
def judge_comment(comment, post, facts):
    if "facts" in comment.text:
        return Verdict(HOLD, f"{facts.has_origin_evidence} {facts.honeypot_filled} {facts.signed_in} {post.title}")
    for word, level in (("hold", HOLD), ("spam", SPAM), ("reject", REJECT)):
        if word in comment.text:
            return Verdict(level, f"because of {word}")
"""


def test_hook_judge_comment(blog: BlogKit, client: Visitor) -> None:
    run(blog, "judge", JUDGE)
    run(blog, "mild", "@hookimpl\ndef judge_comment(comment): return Verdict(PUBLISH)")
    path = blog.path_of(blog.write_post("A post"))
    for text in ("fine", "hold this", "spam this", "facts"):
        assert client.comment(path, text).status_code == 303
    with blog.app():
        rows = db.session.execute(sa.select(Comment.source, Comment.status, Comment.held_reason))
        found = {source: (status, reason) for source, status, reason in rows}
    assert found["fine"] == ("published", "")
    assert found["hold this"] == ("pending", "judge: because of hold")
    assert found["spam this"] == ("spam", "judge: because of spam")
    assert found["facts"] == ("pending", "judge: True False False A post")


def test_the_strictest_of_several_judges_wins(blog: BlogKit) -> None:
    for name, level in (("one", PUBLISH), ("two", REJECT), ("three", SPAM), ("four", HOLD)):
        run(blog, name, f"@hookimpl\ndef judge_comment(comment): return Verdict({level}, 'said {name}')")
    post_id = blog.write_post()
    with pytest.raises(Refused, match="said two"):
        blog.write_comment(post_id)
    blog.disable("two")
    assert blog.write_comment(post_id).status == "spam"
    blog.disable("three")
    assert blog.write_comment(post_id, "Another.").status == "pending"


def test_a_judge_asks_for_one_more_press_and_hears_of_it(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    run(
        blog,
        "asks",
        """
        @hookimpl
        def judge_comment(facts): return Verdict(ASK, f"challenge: {bool(facts.challenge)}", 1)

        @hookimpl
        def prepare_comment_form(form):
            if form.challenge: form.add(Field("asks.sign", kind="hidden", value="fresh"))
        """,
    )
    path = blog.path_of(blog.write_post())
    asked = client.comment(path, "Some words.")
    assert asked.status_code == 409
    again = hidden_fields(asked.text, "comment-form")
    assert again["asks.sign"] == "fresh"
    with blog.app():
        assert comments.counts() == {}
    clock.tick(seconds=5)
    assert (
        client.send(again["__action__"], {**again, "text": "Some words.", "action": "post"}).status_code
        == 303
    )
    assert blog.write_comment(1, "By a way where nobody can be asked.").status == "pending"
    with blog.app():
        stored = comments.get(1)
        assert (stored.status, stored.score) == ("published", 1.0)
        assert comments.get(2).held_reason == "asks: challenge: False"
    run(blog, "strict", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD, 'Held anyway.')")
    assert client.comment(path, "Other words.").status_code == 303


def test_scores_are_added_up_and_a_score_that_is_no_number_holds(blog: BlogKit) -> None:
    run(blog, "one", "@hookimpl\ndef judge_comment(comment): return Verdict(PUBLISH, 'Hm.', 1.5)")
    run(blog, "two", "@hookimpl\ndef judge_comment(comment): return Verdict(PUBLISH, 'Fine.', score=-1)")
    post_id = blog.write_post()
    first = blog.write_comment(post_id)
    run(blog, "three", "@hookimpl\ndef judge_comment(comment): return Verdict(SPAM, 'x', float('nan'))")
    second = blog.write_comment(post_id, "Another.")
    with blog.app():
        stored = comments.get(first.comment_id)
        assert (stored.status, stored.score, stored.held_reason) == ("published", 0.5, "")
        stored = comments.get(second.comment_id)
        assert (stored.status, stored.score) == ("pending", 0.5)
        assert comments.reasons_in(stored.held_reason) == [
            comments.Reason("Hm.", "one"),
            comments.Reason("The plugin three could not judge this comment.", "three"),
            comments.Reason("Fine.", "two"),
        ]


def test_a_refused_comment_is_shown_again_with_the_judges_words(blog: BlogKit, client: Visitor) -> None:
    run(blog, "judge", JUDGE)
    answer = client.comment(blog.path_of(blog.write_post()), "reject me")
    assert answer.status_code == 409
    assert "because of reject" in answer.text
    assert "reject me" in answer.text


def test_the_owners_own_comment_is_not_judged(blog: BlogKit, owner_client: Visitor) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return Verdict(REJECT)")
    assert owner_client.comment(blog.path_of(blog.write_post()), "Mine.").status_code == 303


def test_hook_post_saved(blog: BlogKit) -> None:
    run(
        blog,
        "notes",
        """
        @hookimpl
        def post_saved(post_id, draft, tx):
            write_meta(tx, "post", post_id, "notes", "title", draft.title)
        """,
    )
    post_id = blog.write_post("Before")
    with blog.app():
        assert read_meta("post", [post_id], "notes") == {post_id: {"title": "Before"}}
        posts.save(PostDraft(title="After"), post_id=post_id)
        assert read_meta("post", [post_id], "notes") == {post_id: {"title": "After"}}
        with pytest.raises(Refused):
            posts.save(PostDraft(title="x" * 501), post_id=post_id)
        assert read_meta("post", [post_id], "notes") == {post_id: {"title": "After"}}
