"""The list of comments and the owner's decisions."""

import pytest

from blogengine import comments as service
from blogengine import posts
from blogengine.admin.comments import PAGE
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import parse
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.admin.forms import words


@pytest.fixture
def post_id(blog: BlogKit, clock: FrozenClock) -> int:
    return blog.write_post("Fog")


def hold(blog: BlogKit, post_id: int, text: str, name: str = "Rita Reader") -> int:
    """Store a comment that waits, because its browser did not say where it came from."""
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        outcome = service.submit(CommentDraft(text, name), post, CommentFacts(False, "", False, False))
    assert outcome.status == "pending"
    return outcome.comment_id


def statuses(blog: BlogKit) -> dict[str, int]:
    with blog.app():
        return service.counts()


def listed(visitor: Visitor, query: str = "") -> list[str]:
    tree = parse(visitor.get(f"/admin/comments{query}").text)
    return [words(body) for body in tree.findall(".//div[@class='body']")]


def test_what_waits_is_shown_first_with_the_reason(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    blog.write_comment(post_id, "Published at once.")
    hold(blog, post_id, "Waiting <b>here</b>.")
    page = owner_client.get("/admin/comments")
    assert listed(owner_client) == ["Waiting here."]
    assert "did not say which page the form was sent from" in text_of(page)
    assert "<b>here</b>" in page.text
    assert f'href="{blog.path_of(post_id)}"' in page.text
    assert "Comments 1 waiting" in words(parse(page.text))


def test_approving_shows_the_comment_and_undo_hides_it_again(
    blog: BlogKit, owner_client: Visitor, client: Visitor, post_id: int
) -> None:
    comment_id = hold(blog, post_id, "Waiting here.")
    path = blog.path_of(post_id)
    assert "Waiting here." not in client.get(path).text
    page = owner_client.get("/admin/comments")
    after = follow(owner_client, send(owner_client, page, "comments", one=f"approve:{comment_id}"))
    assert "Waiting here." in client.get(path).text
    assert "Published: 1 comment." in text_of(after)
    undone = follow(owner_client, press(owner_client, after, "/admin/comments/undo"))
    assert "Taken back" in text_of(undone)
    assert "Waiting here." not in client.get(path).text
    assert statuses(blog) == {"pending": 1}


@pytest.mark.parametrize(
    ("action", "status"), [("approve", "published"), ("spam", "spam"), ("remove", "removed-by-admin")]
)
def test_many_are_decided_at_once_and_undone_at_once(
    blog: BlogKit, owner_client: Visitor, post_id: int, action: str, status: str
) -> None:
    ids = [hold(blog, post_id, f"Number {number}.") for number in range(4)]
    page = owner_client.get("/admin/comments")
    after = follow(
        owner_client, send(owner_client, page, "comments", id=[str(ids[0]), str(ids[2])], action=action)
    )
    assert statuses(blog) == {"pending": 2, status: 2}
    press(owner_client, after, "/admin/comments/undo")
    assert statuses(blog) == {"pending": 4}


def test_undo_does_not_touch_what_the_decision_did_not_change(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    before, now = hold(blog, post_id, "Approved before."), hold(blog, post_id, "Approved now.")
    with blog.app():
        service.approve([before])
    page = owner_client.get("/admin/comments?status=all")
    after = follow(
        owner_client, send(owner_client, page, "comments", id=[str(before), str(now)], action="approve")
    )
    assert "Published: 1 comment." in text_of(after)
    press(owner_client, after, "/admin/comments/undo")
    assert statuses(blog) == {"pending": 1, "published": 1}


def test_choosing_all_on_a_page_needs_no_script(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    ids = {str(hold(blog, post_id, f"Number {number}.")) for number in range(3)}
    assert "id" not in form_in(owner_client.get("/admin/comments").text, "comments").fields
    page = owner_client.get("/admin/comments?status=pending&select=all")
    assert set(form_in(page.text, "comments").fields["id"]) == ids


def test_a_decision_on_nothing_says_what_to_do(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    hold(blog, post_id, "Waiting.")
    page = owner_client.get("/admin/comments")
    after = follow(owner_client, send(owner_client, page, "comments", action="approve"))
    assert "No comment was chosen" in text_of(after)
    assert statuses(blog) == {"pending": 1}


@pytest.mark.parametrize("id", ["x", "-1", "9" * 30, "\u0663", ""])
def test_damaged_ids_change_nothing(blog: BlogKit, owner_client: Visitor, post_id: int, id: str) -> None:
    hold(blog, post_id, "Waiting.")
    page = owner_client.get("/admin/comments")
    for form in ({"id": [id], "action": "approve"}, {"one": f"approve:{id}"}, {"one": id}):
        assert send(owner_client, page, "comments", **form).status_code == 303
    assert send(owner_client, page, "comments", id=["1"], action="explode").status_code == 409
    assert statuses(blog) == {"pending": 1}


def test_deleting_for_good_asks_first_and_spares_what_is_neither_spam_nor_removed(
    blog: BlogKit, owner_client: Visitor, post_id: int
) -> None:
    ids = [hold(blog, post_id, f"Number {number}.") for number in range(3)]
    with blog.app():
        service.mark_spam(ids[:2])
    page = owner_client.get("/admin/comments?status=spam")
    asked = send(owner_client, page, "comments", id=[str(number) for number in ids], action="delete")
    assert asked.status_code == 200
    assert statuses(blog) == {"pending": 1, "spam": 2}
    assert "Deleted for good: 2 comments." in text_of(
        follow(owner_client, send(owner_client, asked, "confirm"))
    )
    assert statuses(blog) == {"pending": 1}


def test_the_list_comes_back_as_it_was(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    blog.write_comment(post_id, "Six boats.")
    page = owner_client.get(f"/admin/comments?status=all&q=boats&post={post_id}")
    (comment_id,) = form_in(
        owner_client.get("/admin/comments?status=all&select=all").text, "comments"
    ).fields["id"]
    answer = send(owner_client, page, "comments", one=f"spam:{comment_id}")
    assert answer.headers["Location"] == f"/admin/comments?status=all&q=boats&post={post_id}"


def test_search_and_post_filter_narrow_the_list(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    other = blog.write_post("Bread")
    blog.write_comment(post_id, "Six boats.")
    blog.write_comment(other, "Six loaves.")
    blog.write_comment(other, "Hello.", name="Sixtus")
    assert sorted(listed(owner_client, "?status=all&q=SIX")) == ["Hello.", "Six boats.", "Six loaves."]
    assert listed(owner_client, f"?status=all&q=six&post={post_id}") == ["Six boats."]
    assert listed(owner_client, "?status=all&q=%25") == []
    assert owner_client.get("/admin/comments?post=999").status_code == 404


def test_every_comment_is_on_exactly_one_page(
    blog: BlogKit, owner_client: Visitor, post_id: int, clock: FrozenClock
) -> None:
    blog.change_settings(comment_rate=0)
    texts = []
    for number in range(PAGE + 3):
        texts.append(f"Number {number}.")
        blog.write_comment(post_id, texts[-1])
        clock.tick(seconds=number % 2)
    page = owner_client.get("/admin/comments?status=published")
    older = next(link.get("href") or "" for link in parse(page.text).iter("a") if words(link) == "Older")
    seen = listed(owner_client, "?status=published") + listed(
        owner_client, older.removeprefix("/admin/comments")
    )
    assert sorted(seen) == sorted(texts)


def test_an_empty_list_says_so(owner_client: Visitor) -> None:
    assert "No comment is waiting for you." in text_of(owner_client.get("/admin/comments"))
    assert "The spam folder is empty." in text_of(owner_client.get("/admin/comments?status=spam"))


def test_hostile_comments_are_clean_in_the_list(blog: BlogKit, owner_client: Visitor, post_id: int) -> None:
    hold(blog, post_id, "<script>x()</script><b onclick='x()'>y</b>", name="<img src=x onerror=x()>")
    html = owner_client.get("/admin/comments").text
    assert "<script>x" not in html
    assert "<img" not in html
    assert "onclick=" not in html.replace("onclick=&", "")
