"""The queue: filters, context of each comment, answers and edits from it, deleting all spam, and keys."""

from functools import partial

import pytest
import sqlalchemy as sa

from blogengine import comments as service
from blogengine import db as database
from blogengine import posts
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.verdicts import SILENT
from tests.admin.forms import follow
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.admin.test_comments import listed
from tests.pace import cost

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
JUDGE = """
from blogengine.plugin import HOLD, SPAM, Verdict, hookimpl
PLUGIN = {"name": "Judge", "version": "1"}

@hookimpl
def judge_comment(comment):
    words = comment.text.split()
    if "spam" in words:
        return Verdict(SPAM, "It smells.", 9)
    return Verdict(HOLD, "It is odd.\\nIt is long.", 4) if "odd" in words else None
"""


@pytest.fixture
def post_id(blog: BlogKit) -> int:
    blog.change_settings(comment_rate=0)
    blog.add_plugin("judge", JUDGE)
    return blog.write_post("Fog")


def sent(
    blog: BlogKit,
    post_id: int,
    text: str,
    name: str = "Rita",
    *,
    email: str = "",
    key: str = "",
    origin: bool = True,
) -> int:
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        draft = CommentDraft(text, name, email=email)
        return service.submit(draft, post, CommentFacts(origin, key, False, False)).comment_id


def stored(blog: BlogKit, comment_id: int) -> Comment:
    with blog.app():
        return service.get(comment_id)


def test_filters_narrow_the_queue_and_the_buttons_lead_back_to_it(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    sent(blog, post_id, "odd one", "Ann")
    sent(blog, post_id, "plain", "Bob", origin=False)
    sent(blog, post_id, "spam one", "Eve")
    sent(blog, post_id, "published", "Ann")
    assert listed(owner_client, "?plugin=judge") == ["odd one"]
    assert listed(owner_client, "?plugin=engine") == ["plain"]
    assert listed(owner_client, "?plugin=moderation") == []
    assert sorted(listed(owner_client, "?status=all&author=Ann")) == ["odd one", "published"]
    assert listed(owner_client, "?score=middle") == ["odd one"]
    assert listed(owner_client, "?score=low") == ["plain"]
    assert listed(owner_client, "?status=spam&score=high") == ["spam one"]
    assert listed(owner_client, "?score=nonsense&author=%09") == ["plain", "odd one"]
    page = owner_client.get("/admin/comments?status=all&author=Ann&plugin=judge&score=middle&q=odd")
    assert "By “Ann”. Held by judge. 3 to 8 points." in text_of(page)
    (comment_id,) = [row[0].id for row in owned(blog) if row[0].source == "odd one"]
    after = send(owner_client, page, "comments", one=f"spam:{comment_id}")
    assert after.location == "/admin/comments?status=all&q=odd&author=Ann&plugin=judge&score=middle"
    assert "No comment here has these words in it." in text_of(follow(owner_client, after))
    assert "No comment here is like that." in text_of(
        owner_client.get("/admin/comments?plugin=judge&score=high")
    )


def owned(blog: BlogKit) -> list[tuple[Comment, object]]:
    with blog.app():
        return list(service.comments_for_owner()[0])


def test_each_comment_says_why_it_waits_what_it_answers_and_what_is_known_of_its_sender(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    first = sent(blog, post_id, "The first words.", "Ann", email="ann@example.org")
    sent(blog, post_id, "More words.", "Ann", email="ANN@example.org")
    sent(blog, post_id, "spam words.", "Ann", email="ann@example.org")
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        draft = CommentDraft("odd answer", "Ann", parent_id=first, email="ann@example.org")
        service.submit(draft, post, CommentFacts(True, "", False, False))
    said = text_of(owner_client.get("/admin/comments"))
    assert "Why it is here, 4 points : It is odd. judge It is long. judge" in said.replace(
        "points:", "points :"
    )
    assert "Answers Ann : The first words." in said.replace("Ann:", "Ann :")
    assert "Same sender: 2 other comments published, 1 spam." in said


@SQLITE
def test_the_same_sender_is_an_address_or_a_name_from_a_network_and_nothing_less(
    blog: BlogKit, post_id: int
) -> None:
    sent(blog, post_id, "one", "Ann", email="ann@example.org")
    sent(blog, post_id, "two", "Bob", key="a" * 24)
    with blog.app():
        known = service.is_known_sender
        assert known(email="Ann@Example.org", name="", address_key="")
        assert known(email="", name="Bob", address_key="a" * 24)
        assert not known(email="", name="Bob", address_key="b" * 24)
        assert not known(email="", name="Ann", address_key="")
        assert not known(email="", name="", address_key="a" * 24)
        assert not known(email="eve@example.org", name="Ann", address_key="a" * 24)


def changed(blog: BlogKit, comment_id: int, text: str) -> None:
    """Give a comment another text, as its writer does."""
    with blog.app():
        service.edit(comment_id, CommentDraft(text, "Rita"), CommentFacts(True, "", False, False))


def test_what_is_approved_is_the_text_that_was_looked_at(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    comment_id, other = (sent(blog, post_id, f"odd {word}") for word in ("words", "others"))
    queue, one = owner_client.get("/admin/comments"), owner_client.get(f"/admin/comments/{comment_id}")
    changed(blog, comment_id, "odd pills")
    ids = [str(comment_id), str(other)]
    after = follow(owner_client, send(owner_client, queue, "comments", action="approve", id=ids))
    assert "the text was changed after you opened this list: 1 comment." in after.text
    assert [stored(blog, each).status for each in (comment_id, other)] == ["pending", "published"]
    assert send(owner_client, one, "comments", one=f"approve:{comment_id}").status_code == 303
    assert send(owner_client, one, "reply-sent", reply="Thanks.").status_code == 409
    assert stored(blog, comment_id).status == "pending"
    page = owner_client.get(f"/admin/comments/{comment_id}")
    assert send(owner_client, page, "comments", one=f"approve:{comment_id}").status_code == 303
    assert stored(blog, comment_id).status == "published"


def test_taking_a_decision_back_does_not_publish_a_text_that_was_put_in_after_it(
    blog: BlogKit, post_id: int
) -> None:
    comment_id = sent(blog, post_id, "plain words")
    with blog.app():
        service.mark_spam([comment_id])
    changed(blog, comment_id, "spam pills")
    with blog.app():
        assert service.undo([comment_id]) == 0
    assert stored(blog, comment_id).status == "spam"


def test_an_answer_from_the_queue_approves_what_it_answers_and_undo_takes_that_back(
    blog: BlogKit, owner_client: Visitor, client: Visitor, post_id: int
) -> None:
    comment_id = sent(blog, post_id, "odd question")
    page = owner_client.get(f"/admin/comments/{comment_id}")
    assert "Approve and reply" in text_of(page)
    empty = send(owner_client, page, "reply-sent", reply="  ")
    assert empty.status_code == 422
    assert "Write something first." in text_of(empty)
    assert stored(blog, comment_id).status == "pending"
    after = follow(owner_client, send(owner_client, page, "reply-sent", reply="My <b>answer</b>."))
    assert "and so is the comment" in text_of(after)
    html = client.get(blog.path_of(post_id)).text
    assert html.index("odd question") < html.index("<b>answer</b>")
    with blog.app():
        answer = db.session.scalars(sa.select(Comment).where(Comment.parent_id == comment_id)).one()
        assert (answer.status, answer.user_id is not None) == ("published", True)
    press(owner_client, after, "/admin/comments/undo")
    assert stored(blog, comment_id).status == "pending"


@SQLITE
def test_an_answer_where_nobody_can_answer_is_kept_and_approves_nothing(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    comment_id = sent(blog, post_id, "odd question")
    page = owner_client.get(f"/admin/comments/{comment_id}")
    blog.edit_post(post_id, comment_mode="existing")
    refused = send(owner_client, page, "reply-sent", reply="Too late?")
    assert refused.status_code == 409
    assert "Too late?" in refused.text
    assert stored(blog, comment_id).status == "pending"
    stale = owner_client.post(f"/admin/comments/{comment_id}/reply", data={"reply": "Kept words."})
    assert stale.status_code == 400
    assert "Kept words." in stale.text
    assert owner_client.get("/admin/comments/999").status_code == 404


def test_the_owner_edits_a_comment_without_being_judged(
    blog: BlogKit, owner_client: Visitor, client: Visitor, post_id: int
) -> None:
    comment_id = sent(blog, post_id, "Plain wrods.")
    page = owner_client.get(f"/admin/comments/{comment_id}")
    too_long = send(owner_client, page, "edit-sent", text="x" * 8001)
    assert too_long.status_code == 422
    assert "x" * 8001 in too_long.text
    after = follow(owner_client, send(owner_client, page, "edit-sent", text="An odd word."))
    assert "Changed." in text_of(after)
    assert "An odd word." in client.get(blog.path_of(post_id)).text
    assert stored(blog, comment_id).edited_at is not None
    waits = sent(blog, post_id, "odd and waiting")
    page = owner_client.get(f"/admin/comments/{waits}")
    send(owner_client, page, "edit-sent", text="Mended.")
    assert stored(blog, waits).status == "pending"


def test_all_spam_is_deleted_after_a_question(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    for number in range(3):
        sent(blog, post_id, f"spam {number}")
    kept = sent(blog, post_id, "odd and waiting")
    page = owner_client.get("/admin/comments?status=spam")
    assert "Delete all spam…" in text_of(page)
    assert "Delete all spam…" not in text_of(owner_client.get("/admin/comments"))
    asked = owner_client.get("/admin/comments/empty")
    assert "3 comments in the spam folder" in text_of(asked)
    after = follow(owner_client, send(owner_client, asked, "confirm"))
    assert "Deleted for good: 3 comments." in text_of(after)
    assert "The spam folder is empty." in text_of(after)
    assert stored(blog, kept).status == "pending"


@SQLITE
def test_ten_thousand_that_wait_are_shown_quickly(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    first = sent(blog, post_id, "odd one", "Ann", key="a" * 24)

    def fill(tx: Transaction) -> None:
        table = Comment.metadata.tables["comment"]
        row = dict(tx.session.execute(sa.select(table).where(table.c.id == first)).mappings().one())
        del row["id"]
        tx.session.execute(
            sa.insert(table),
            [
                {**row, "digest": f"d{number}", "atom_id": f"a{number}", "author_name": f"Ann {number % 50}"}
                for number in range(10_000)
            ],
        )

    with blog.app():
        database.write(fill)
    for query in ("", "?plugin=judge&score=middle", "?q=odd", "?author=Ann%207", "?status=all&before=5000"):
        address = f"/admin/comments{query}"
        assert owner_client.get(address).status_code == 200
        assert cost(partial(owner_client.get, address), 1.0) < 1.0, query


@SQLITE
def test_a_comment_in_a_black_hole_is_marked_as_such(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    blog.add_plugin("judge", JUDGE.replace('"It smells.", 9', f'"It smells.", {SILENT}'))
    sent(blog, post_id, "spam again")
    said = text_of(owner_client.get("/admin/comments?status=spam"))
    assert "black hole" in said
    assert "Spam 0" in said
