"""The list of posts and pages."""

from datetime import timedelta

from blogengine import posts
from blogengine.admin.posts import PAGE
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


def titles(visitor: Visitor, address: str) -> list[str]:
    tree = parse(visitor.get(address).text)
    return [words(heading) for heading in tree.findall(".//li[@class='row']//h2")]


def test_each_tab_lists_the_posts_of_its_status(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.write_post("Public")
    blog.write_post("Later", at=clock.moment + timedelta(days=9))
    blog.write_post("Unfinished", publish=False)
    gone = blog.write_post("Gone")
    blog.write_post("About", kind="page")
    with blog.app():
        posts.trash(gone)
    assert sorted(titles(owner_client, "/admin/")) == ["Later", "Public", "Unfinished"]
    assert titles(owner_client, "/admin/?status=published") == ["Public"]
    assert titles(owner_client, "/admin/?status=draft") == ["Unfinished"]
    assert titles(owner_client, "/admin/?status=scheduled") == ["Later"]
    assert titles(owner_client, "/admin/?status=trashed") == ["Gone"]
    assert titles(owner_client, "/admin/?kind=page") == ["About"]
    assert sorted(titles(owner_client, "/admin/?status=nonsense")) == ["Later", "Public", "Unfinished"]


def test_an_empty_list_says_so_and_leads_to_the_editor(owner_client: Visitor) -> None:
    assert "There are no posts yet." in text_of(owner_client.get("/admin/"))
    for status in ("draft", "scheduled", "published", "trashed"):
        assert titles(owner_client, f"/admin/?status={status}") == []
    assert "have these words" in text_of(owner_client.get("/admin/?q=nothing"))


def test_search_finds_words_in_title_and_text(blog: BlogKit, owner_client: Visitor) -> None:
    blog.write_post("Fog on the river", "Six boats.")
    blog.write_post("Bread", "Flour and water.")
    assert titles(owner_client, "/admin/?q=BOATS+fog") == ["Fog on the river"]
    assert titles(owner_client, "/admin/?q=%25") == []
    assert owner_client.get("/admin/?q=flour%00").status_code == 400


def test_every_post_is_on_exactly_one_page(blog: BlogKit, owner_client: Visitor, clock: FrozenClock) -> None:
    for number in range(PAGE + 5):
        blog.write_post(f"Post {number}", publish=False)
        clock.tick(seconds=number % 2)
    first = owner_client.get("/admin/?status=draft")
    more = next(
        link.get("href") or "" for link in parse(first.text).iter("a") if words(link) == "Changed earlier"
    )
    seen = titles(owner_client, "/admin/?status=draft") + titles(owner_client, more)
    assert sorted(seen) == sorted(f"Post {number}" for number in range(PAGE + 5))
    assert "First page" in text_of(owner_client.get(more))


def test_a_page_that_begins_at_a_deleted_post_leads_to_the_first(owner_client: Visitor) -> None:
    assert owner_client.get("/admin/?before=999&status=draft").headers["Location"] == "/admin/?status=draft"


def test_what_was_trashed_from_the_list_comes_back_by_undo(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    post_id = blog.write_post("Public")
    path = blog.path_of(post_id)
    page = owner_client.get("/admin/")
    after = follow(owner_client, press(owner_client, page, f"/admin/posts/{post_id}/trash"))
    assert "Moved “Public” to the trash." in text_of(after)
    assert client.get(path).status_code == 404
    follow(owner_client, press(owner_client, after, f"/admin/posts/{post_id}/restore"))
    assert client.get(path).status_code == 200
    assert "Undo" not in text_of(owner_client.get("/admin/"))


def test_deleting_for_good_asks_first_and_only_in_the_trash(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = blog.write_post("Public")
    address = f"/admin/posts/{post_id}/delete"
    assert owner_client.get(address).status_code == 409
    token = form_in(owner_client.get("/admin/posts/new").text, "editor").fields["csrf_token"]
    assert owner_client.send(address, {"csrf_token": token}).status_code == 409
    with blog.app():
        posts.trash(post_id)
    page = owner_client.get(address)
    assert "Nothing brings this back" in text_of(page)
    assert titles(owner_client, "/admin/?status=trashed") == ["Public"]
    send(owner_client, page, "confirm")
    assert titles(owner_client, "/admin/?status=trashed") == []


def test_the_list_says_what_is_wrong_with_the_blog(blog: BlogKit, owner_client: Visitor) -> None:
    assert "does not know its address" in text_of(owner_client.get("/admin/"))
    blog.change_settings(url="http://localhost", theme="gone")
    page = text_of(owner_client.get("/admin/"))
    assert "does not know its address" not in page
    assert "There is no theme 'gone'" in page
