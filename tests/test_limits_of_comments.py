"""What is one comment and what are two, and how many a network may send: by the database, for all processes alike."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from tests.plugin_files import run

HERE = CommentFacts(True, "a network", False, False)
ELSEWHERE = CommentFacts(True, "another one", False, False)
WRITERS = 8


@pytest.fixture
def post_id(blog: BlogKit, clock: FrozenClock) -> int:
    """A post of today; no judge holds anything."""
    blog.change_settings(comment_rate=3)
    blog.change_plugin("moderation", mode="never")
    return blog.write_post("Fog")


def send(blog: BlogKit, post_id: int, text: str, facts: CommentFacts = HERE) -> comments.Outcome:
    with blog.app():
        return comments.submit(CommentDraft(text, "Rita"), blog.post(post_id), facts)


def count(blog: BlogKit) -> int:
    with blog.app():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0


def test_the_same_thanks_are_one_comment_across_midnight_and_two_on_another_day(
    blog: BlogKit, post_id: int, clock: FrozenClock
) -> None:
    clock.tick(hours=21, minutes=4, seconds=59)  # 23:59:59
    first = send(blog, post_id, "Thanks!")
    clock.tick(seconds=2)
    assert send(blog, post_id, "Thanks!").is_repeat
    clock.tick(hours=23, minutes=59, seconds=57)
    assert send(blog, post_id, "Thanks!").comment_id == first.comment_id
    clock.tick(seconds=2)
    with ThreadPoolExecutor(WRITERS) as pool:
        made = list(pool.map(lambda _: send(blog, post_id, "Thanks!"), range(WRITERS)))
    assert {one.comment_id for one in made} == {made[0].comment_id}
    assert made[0].comment_id != first.comment_id
    assert sum(not one.is_repeat for one in made) == 1
    with blog.app():
        comments.edit(made[0].comment_id, CommentDraft("Thanks again!", "Rita"), HERE)
        with pytest.raises(Refused, match="there already"):
            comments.edit(first.comment_id, CommentDraft("Thanks again!", "Rita"), HERE)
    assert count(blog) == 2


def test_what_came_from_elsewhere_is_one_for_ever(blog: BlogKit, post_id: int, clock: FrozenClock) -> None:
    with blog.app():
        draft = comments.received("webmention", "https://una.example/1", "Una wrote about it.", name="Una")
        first = comments.receive(draft, blog.post(post_id))
        clock.tick(days=40)
        again = comments.receive(draft, blog.post(post_id))
    assert again.comment_id == first.comment_id
    assert count(blog) == 1


def test_a_comment_that_is_taken_back_or_deleted_gives_no_place_back(
    blog: BlogKit, post_id: int, clock: FrozenClock
) -> None:
    run(blog, "holds", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD, 'So it is.')")
    for number in range(3):
        made = send(blog, post_id, f"Number {number}.")
        with blog.app():
            comments.withdraw([made.comment_id])
    assert count(blog) == 0
    with pytest.raises(Refused) as refused:
        send(blog, post_id, "One more.")
    assert refused.value.code == "rate"
    assert send(blog, post_id, "From elsewhere.", ELSEWHERE).status == "pending"
    clock.tick(minutes=10)
    assert send(blog, post_id, "One more.").status == "pending"


def test_writers_at_once_get_no_more_places_than_there_are(blog: BlogKit, post_id: int) -> None:
    def one(number: int) -> bool:
        try:
            return bool(send(blog, post_id, f"Number {number}."))
        except Refused as refusal:
            return refusal.code != "rate"

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sum(pool.map(one, range(2 * WRITERS))) == 3
    assert count(blog) == 3
    with pytest.raises(Refused):
        send(blog, post_id, "Number 99.")
