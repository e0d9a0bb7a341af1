"""The life of a post, and the address it keeps."""

import re
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import posts
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Label
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def save(blog: BlogKit, post_id: int, **facts: object) -> None:
    """Change these facts of a post."""
    with blog.app():
        draft = posts.draft_of(posts.get(post_id))
        for name, value in facts.items():
            setattr(draft, name, value)
        posts.save(draft, post_id=post_id)


# Addresses


def test_titles_that_collide_get_the_day_and_then_numbers(blog: BlogKit, clock: FrozenClock) -> None:
    clock.moment = datetime(2020, 1, 8, 12, tzinfo=UTC)
    paths = [blog.path_of(blog.write_post("Same title")) for _ in range(12)]
    assert paths[0] == "/2020/01/same-title.html"
    assert paths[1] == "/2020/01/same-title_8.html"
    assert len(set(paths)) == 12
    for path in paths[2:]:
        assert re.fullmatch(r"/2020/01/same-title_\d{1,2}\.html", path)
    assert blog.path_of(blog.write_post("Same title", kind="page")) == "/p/same-title.html"
    clock.tick(days=31)
    assert blog.path_of(blog.write_post("Same title")) == "/2020/02/same-title.html"


@SQLITE
def test_more_collisions_than_numbers_still_find_an_address(blog: BlogKit, clock: FrozenClock) -> None:
    paths = {blog.path_of(blog.write_post("Same")) for _ in range(104)}
    assert len(paths) == 104


@SQLITE
def test_an_address_stays_whatever_happens_to_the_post(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("The first title")
    path = blog.path_of(post_id)
    save(blog, post_id, title="Another title", custom_slug="wish")
    assert blog.path_of(post_id) == path
    clock.tick(days=70)
    with blog.app():
        posts.unpublish(post_id)
        assert client.get(path).status_code == 404
        posts.publish(post_id)
    assert blog.path_of(post_id) == path
    with blog.app():
        posts.publish(post_id, at=datetime(2015, 5, 5, tzinfo=UTC))
    assert blog.path_of(post_id) == path
    with blog.app():
        posts.trash(post_id)
        posts.restore(post_id)
    assert client.get(path).status_code == 200


@SQLITE
@pytest.mark.parametrize(
    ("zone", "path"),
    [
        ("UTC", "/2019/12/late.html"),
        ("Asia/Kathmandu", "/2020/01/late.html"),
        ("America/Los_Angeles", "/2019/12/late.html"),
    ],
)
def test_year_and_month_are_those_of_the_blogs_zone(
    blog: BlogKit, client: Visitor, zone: str, path: str
) -> None:
    blog.change_settings(time_zone=zone)
    post_id = blog.write_post("Late", at=datetime(2019, 12, 31, 23, 30, tzinfo=UTC))
    assert blog.path_of(post_id) == path
    folder = path.rpartition("/")[0]
    assert "Late" in client.get(f"{folder}/").text
    assert "Late" in client.get(f"{folder[:5]}/").text
    other = "/2020/01/" if folder == "/2019/12" else "/2019/12/"
    assert client.get(other).status_code == 404


@SQLITE
@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("my-Wish_1.x", "/2020/01/my-Wish_1.x.html"),
        ("größe & maß", "/2020/01/gro-e-ma.html"),
        ("../../etc", "/2020/01/etc.html"),
        ("///", "/2020/01/the-title.html"),
        ("", "/2020/01/the-title.html"),
    ],
)
def test_a_wish_for_the_address_is_cleaned(blog: BlogKit, clock: FrozenClock, wish: str, path: str) -> None:
    assert blog.path_of(blog.write_post("The title", custom_slug=wish)) == path


@SQLITE
def test_a_post_without_a_title_is_named_by_its_words(blog: BlogKit, clock: FrozenClock) -> None:
    assert blog.path_of(blog.write_post("", "The fog came in.")) == "/2020/01/the-fog-came-in.html"
    assert blog.path_of(blog.write_post("日本語", "日本語")) == "/2020/01/blog-post.html"


# States


def test_a_draft_becomes_public_when_it_is_published(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("A draft", publish=False)
    assert "A draft" not in client.get("/").text
    with blog.app():
        assert posts.by_id(post_id) is None
        assert posts.publish(post_id) == "published"
    assert "A draft" in client.get("/").text
    with blog.app():
        post = posts.get(post_id)
        assert (post.published_at, post.updated_at) == (clock.moment, None)


@SQLITE
def test_only_a_change_of_the_words_after_publication_is_an_update(blog: BlogKit, clock: FrozenClock) -> None:
    post_id = blog.write_post("A post", publish=False)
    save(blog, post_id, source="Other words.")
    with blog.app():
        posts.publish(post_id)
    clock.tick(hours=1)
    for facts in ({"labels": ["red"]}, {"comment_mode": "hide"}, {"description": "About."}, {}):
        save(blog, post_id, **facts)
        with blog.app():
            assert posts.get(post_id).updated_at is None
    save(blog, post_id, source="Better words.")
    with blog.app():
        assert posts.get(post_id).updated_at == clock.moment


@SQLITE
def test_a_date_in_the_past_is_kept_and_one_to_come_schedules(blog: BlogKit, clock: FrozenClock) -> None:
    past = clock.moment - timedelta(days=400)
    post_id = blog.write_post("Old", at=past)
    assert blog.path_of(post_id).startswith("/2018/")
    with blog.app():
        assert posts.get(post_id).published_at == past
        later = posts.save(PostDraft(title="Later"))
        assert posts.publish(later, at=clock.moment + timedelta(minutes=1)) == "scheduled"
        with pytest.raises(Refused):
            posts.schedule(later, clock.moment)


@SQLITE
def test_an_empty_post_is_stored_and_not_published(blog: BlogKit) -> None:
    with blog.app():
        post_id = posts.save(PostDraft())
        for act in (posts.publish, lambda post_id: posts.schedule(post_id, datetime(2990, 1, 1, tzinfo=UTC))):
            with pytest.raises(Refused):
                act(post_id)


def test_the_trash_gives_back_what_was_thrown_in(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    with blog.app():
        states = {}
        for title in ("published", "draft", "scheduled"):
            post_id = blog.write_post(title, publish=title == "published")
            if title == "scheduled":
                posts.schedule(post_id, clock.moment + timedelta(hours=1))
            posts.trash(post_id)
            posts.trash(post_id)
            states[post_id] = title
        assert ">published<" not in client.get("/").text
        for post_id, state in states.items():
            with pytest.raises(Refused):
                posts.publish(post_id)
            assert posts.restore(post_id) == state
    clock.tick(hours=2)
    blog.run_jobs()
    assert ">scheduled<" in client.get("/").text


def test_deleting_for_good_takes_comments_along_and_needs_the_trash_first(blog: BlogKit) -> None:
    post_id = blog.write_post("Gone", labels=["red", "blue"])
    other = blog.write_post("Stays", labels=["red"])
    blog.write_comment(post_id)
    kept = blog.write_comment(other).comment_id
    with blog.app():
        with pytest.raises(Refused):
            posts.delete_forever(post_id)
        posts.trash(post_id)
        posts.delete_forever(post_id)
        with pytest.raises(NotFound):
            posts.get(post_id)
        assert db.session.scalars(sa.select(Comment.id)).all() == [kept]
        assert posts.labels_in_use() == [("red", 1)]


def test_labels_that_no_post_has_any_more_are_gone(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("A post", labels=["red", "Red", "blue/green", "red"])
    with blog.app():
        assert {name for name, _ in posts.labels_in_use()} == {"red", "Red", "blue/green"}
    save(blog, post_id, labels=["new"])
    with blog.app():
        assert db.session.scalars(sa.select(Label.name)).all() == ["new"]
    assert client.get("/search/label/red").status_code == 404
    assert "A post" in client.get("/search/label/new").text


@SQLITE
@pytest.mark.parametrize(
    "facts",
    [
        {"title": "x" * 501},
        {"title": "two\nlines"},
        {"title": "nul\0"},
        {"source": "x" * 500_001},
        {"labels": [f"label {number}" for number in range(51)]},
        {"labels": ["x" * 201]},
        {"source_format": "word"},
        {"kind": "story"},
        {"comment_mode": "sometimes"},
        {"title_link": "javascript:alert(1)"},
        {"description": "x" * 501},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_a_sentence(blog: BlogKit, facts: dict[str, object]) -> None:
    with blog.app():
        with pytest.raises(Exception) as refusal:  # noqa: PT011
            posts.save(PostDraft(**{"title": "A post", "source": "Text.", **facts}))  # type: ignore[arg-type]
        assert type(refusal.value).__name__ in ("Refused", "Invalid")
        assert str(refusal.value).rstrip().endswith((".", "!"))
        assert posts.all_posts()[0] == []


@SQLITE
def test_a_save_on_top_of_anothers_save_is_refused_and_changes_nothing(blog: BlogKit) -> None:
    post_id = blog.write_post("A post")
    with blog.app():
        version = posts.get(post_id).version
        posts.save(PostDraft(title="Mine"), post_id=post_id, version=version)
        with pytest.raises(Refused) as refusal:
            posts.save(PostDraft(title="Yours"), post_id=post_id, version=version)
        assert refusal.value.code == "conflict"
        assert posts.get(post_id).title == "Mine"


def test_the_list_of_posts_goes_on_where_it_stopped(blog: BlogKit, clock: FrozenClock) -> None:
    ids = [blog.write_post(f"Post {number}") for number in range(11)]
    with blog.app():
        found: list[int] = []
        last = None
        more = True
        while more:
            page, more = posts.all_posts(before_id=last, limit=4)
            found += [post.id for post in page]
            last = found[-1]
        assert found == ids[::-1]
        assert [post.title for post in posts.all_posts(q="post 7")[0]] == ["Post 7"]


# Comments' states


def test_a_decision_can_be_taken_back(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("A post")
    path = blog.path_of(post_id)
    number = blog.write_comment(post_id, "The comment's words.").comment_id
    with blog.app():
        for decide in (comments.mark_spam, comments.remove):
            assert decide([number]) == 1
            assert "The comment&#39;s words." not in client.get(path).text
            assert "0 Comments:" in client.get(path).text
            assert comments.undo([number]) == 1
            assert "words." in client.get(path).text
            assert "1 Comment:" in client.get(path).text
        assert comments.delete_forever([number]) == 0
        comments.remove([number])
        assert "removed" in client.get(path).text
        assert comments.delete_forever([number]) == 1
        assert "removed" not in client.get(path).text


def test_answers_stay_when_what_they_answer_is_deleted(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("A post")
    parent = blog.write_comment(post_id, "The parent.").comment_id
    blog.write_comment(post_id, "The answer.", parent_id=parent)
    with blog.app():
        comments.mark_spam([parent])
        comments.delete_forever([parent])
    assert "The answer." in client.get(blog.path_of(post_id)).text


@SQLITE
def test_a_thread_of_any_depth_is_shown_flat_enough(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("Deep")
    parent = None
    for number in range(70):
        parent = blog.write_comment(post_id, f"Level {number}.", parent_id=parent).comment_id
    page = client.get(blog.path_of(post_id)).text
    places = [page.index(f"Level {number}.") for number in range(70)]
    assert places == sorted(places)
    assert "depth-6" in page
    assert "depth-7" not in page
    with blog.app():
        assert max(db.session.scalars(sa.select(sa.func.length(Comment.thread_key)))) <= 51 * 16
