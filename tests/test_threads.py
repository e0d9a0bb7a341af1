"""Threads as readers see them: whose answer is whose, pages, addresses that last, and size."""

import re
from datetime import UTC
from datetime import datetime
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies

from blogengine import comments
from blogengine import db as database
from blogengine.comments.threads import nest
from blogengine.models import Comment
from blogengine.pages import CommentView
from blogengine.sanitize import escape
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.test_pagecache import Statements
from tests.threads import fill

REMOVED = {
    "removed-by-author": "This comment has been removed by the author.",
    "removed-by-admin": "This comment has been removed by a blog administrator.",
}


def tree_of(html: str) -> Element:
    """Return a page as an independent parser reads it."""
    tree: Element = html5lib.parse(html, namespaceHTMLElements=False)
    return tree


def nested(tree: Element) -> dict[str, str | None]:
    """Return for each comment on a page the one in whose list of answers it stands."""
    found: dict[str, str | None] = {}

    def walk(items: Element, above: str | None) -> None:
        assert items.tag == "ol"
        for item in items:
            assert item.tag == "li"
            article, *answers = item
            assert article.tag == "article"
            found[article.get("id", "")] = above
            assert len(answers) < 2
            for inner in answers:
                walk(inner, article.get("id"))

    for outer in tree.iter("section"):
        for child in outer:
            if child.get("class") == "thread":
                walk(child, None)
    return found


def permalinks(html: str) -> dict[str, str]:
    """Return the permalinks that comments on a page show, by their place."""
    return {href.partition("#")[2]: href for href in re.findall(r'class="comment-time" href="([^"]+)"', html)}


def test_answers_stand_in_lists_under_what_they_answer(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    path = blog.path_of(post_id)
    parents: dict[str, str | None] = {}
    last = None
    for number in range(9):
        found = blog.write_comment(post_id, f"Level {number}.", name=f"Writer {number}", parent_id=last)
        parents[f"c{found.comment_id}"] = f"c{last}" if last else None
        last = found.comment_id
    parents["c10"] = None
    blog.write_comment(post_id, "Another thread.")
    html = client.get(path).text
    shown = nested(tree_of(html))
    assert list(shown) == list(parents)
    # Deeper than six, answers stand beside each other and say whom they answer.
    assert {one: above for one, above in shown.items() if one not in ("c8", "c9")} == {
        one: above for one, above in parents.items() if one not in ("c8", "c9")
    }
    assert shown["c7"] == shown["c8"] == shown["c9"] == "c6"
    named = re.findall(r'class="in-answer-to">In answer to <a href="(#c\d+)">([^<]+)</a>', html)
    assert named == [("#c7", "Writer 6"), ("#c8", "Writer 7")]


DEPTHS = strategies.lists(strategies.integers(0, 6), max_size=30)


@given(DEPTHS)
def test_lists_of_answers_end_as_often_as_they_begin(depths: list[int]) -> None:
    views = [
        CommentView(number, 1, None, "", "", escape(""), datetime(2020, 1, 1, tzinfo=UTC), depth, "published")
        for number, depth in enumerate(depths)
    ]
    nest(views)
    level = 0
    for view in views:
        level += 1 if view.has_answers else -view.closes
        assert level >= 0
        assert not (view.has_answers and view.closes)
    assert level == 0
    for one, following in pairwise(views):
        assert one.has_answers == (following.depth > one.depth)


@pytest.fixture
def long(blog: BlogKit, clock: FrozenClock) -> tuple[BlogKit, int]:
    """A post with 450 comments, the fifth of which has 210 answers."""
    post_id = blog.write_post("Long")
    with blog.app():
        first = fill(post_id, 240, clock)
        fill(post_id, 210, clock, parent=first + 4)
    return blog, post_id


def test_a_thread_has_pages_of_two_hundred_with_numbers(long: tuple[BlogKit, int], client: Visitor) -> None:
    blog, post_id = long
    path = blog.path_of(post_id)
    pages = [client.get(path if number == 1 else f"{path}?commentPage={number}").text for number in (1, 2, 3)]
    assert [len(permalinks(page)) for page in pages] == [200, 200, 50]
    assert len({place for page in pages for place in permalinks(page)}) == 450
    assert client.get(f"{path}?commentPage=4").status_code == 404
    for odd in ("0", "-1", "01", "x", "٢", "1e1", "9999999", ""):
        assert client.get(f"{path}?commentPage={odd}").status_code == 404, odd
    assert f'href="{path}#comments" rel="prev"' in pages[1]
    assert f'href="{path}?commentPage=3#comments" rel="next"' in pages[1]
    for number, page in enumerate(pages, 1):
        numbers = re.search(r'<span class="numbers">(.*?)\n</span>', page, re.DOTALL)
        assert numbers is not None
        assert re.findall(r">(\d+|…)<", numbers[1]) == ["1", "2", "3"]
        assert f'aria-current="page">{number}<' in numbers[1]
    # The first comment of the second page answers one of the first, and says so.
    assert 'class="in-answer-to">In answer to <a href="' + path + "?showComment=" in pages[1]


def test_pages_of_comments_are_pages_of_their_own_for_search_engines(
    long: tuple[BlogKit, int], client: Visitor
) -> None:
    blog, post_id = long
    blog.change_settings(url="http://localhost")
    path = blog.path_of(post_id)
    first, second = client.get(path).text, client.get(f"{path}?commentPage=2").text
    assert f'rel="canonical" href="http://localhost{path}"' in first
    assert f'rel="canonical" href="http://localhost{path}?commentPage=2"' in second
    assert re.findall("<title>(.*?)</title>", first) != re.findall("<title>(.*?)</title>", second)
    assert 'content="noindex' not in first + second


def test_permalinks_find_their_comment_wherever_it_moves(
    long: tuple[BlogKit, int], client: Visitor, clock: FrozenClock
) -> None:
    blog, post_id = long
    path = blog.path_of(post_id)
    links = permalinks(client.get(path).text) | permalinks(client.get(f"{path}?commentPage=2").text)
    assert len(links) == 400

    def stands(place: str) -> str:
        answer = client.get(links[place].partition("#")[0])
        assert answer.status_code == 302
        address, _, fragment = answer.headers["Location"].partition("#")
        assert fragment == place
        assert f'id="{place}"' in client.get(address).text
        return address

    some = list(links)[::67]
    before = [stands(place) for place in some]
    with blog.app():
        fill(post_id, 300, clock, parent=1)
    after = [stands(place) for place in some]
    assert before != after
    with blog.app():
        comments.remove([int(some[-1][1:])])
    assert stands(some[-1]) == after[-1]
    with blog.app():
        comments.mark_spam([int(some[-2][1:])])
    assert client.get(links[some[-2]].partition("#")[0]).headers["Location"] == path


def test_two_comments_of_one_moment_keep_the_fragment_of_the_link(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post()
    blog.write_comment(post_id, "One.")
    clock.tick(milliseconds=1)
    for text in ("Two.", "Three."):
        blog.write_comment(post_id, text)
    links = permalinks(client.get(blog.path_of(post_id)).text)
    found = [client.get(links[place].partition("#")[0]).headers["Location"] for place in ("c1", "c2", "c3")]
    path = blog.path_of(post_id)
    assert found == [f"{path}#c1", path, path]


@pytest.mark.parametrize("status", REMOVED)
def test_a_removed_comment_keeps_its_place_and_its_answers(
    blog: BlogKit, client: Visitor, status: str
) -> None:
    post_id = blog.write_post()
    secret = "zqxvanished"
    blog.write_comment(post_id, secret, name=secret, website="https://zqxvanished.example")
    blog.write_comment(post_id, "An answer.", parent_id=1)
    with blog.app():
        comments.remove([1])

        def by(tx: database.Transaction) -> None:
            tx.session.execute(sa.update(Comment).where(Comment.id == 1).values(status=status))
            tx.bump(f"comments:{post_id}")

        database.write(by)
    html = client.get(blog.path_of(post_id)).text
    assert nested(tree_of(html)) == {"c1": None, "c2": "c1"}
    assert REMOVED[status] in html
    assert secret not in html


def test_what_answers_a_removed_comment_of_an_earlier_page_does_not_name_its_writer(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post()
    blog.write_comment(post_id, "First.", name="zqxvanished")
    with blog.app():
        fill(post_id, 201, clock, parent=1)
        comments.remove([1])
    page = client.get(f"{blog.path_of(post_id)}?commentPage=2").text
    assert "zqxvanished" not in page
    assert page.count(">a removed comment</a>") == 2
    with blog.app():
        comments.mark_spam([1])
    page = client.get(blog.path_of(post_id)).text
    assert len(permalinks(page)) == 200
    assert "in-answer-to" not in page
    assert "zqxvanished" not in page


def test_ten_thousand_comments_and_ten_thousand_levels_are_bounded_pages(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    wide, deep = blog.write_post("Wide"), blog.write_post("Deep")
    with blog.app():
        fill(wide, 10_000, clock)
        fill(deep, 10_000, clock, is_deep=True)
    sizes = []
    for post_id in (wide, deep):
        path = blog.path_of(post_id)
        for query in ("", "?commentPage=2", "?commentPage=25", "?commentPage=50"):
            answer = client.get(f"{path}{query}")
            assert answer.status_code == 200
            shown = nested(tree_of(answer.text))
            assert len(shown) == 200
            sizes.append(len(answer.text))
        assert client.get(f"{path}?commentPage=51").status_code == 404
        numbers = re.search(
            r'<span class="numbers">(.*?)\n</span>', client.get(f"{path}?commentPage=25").text, re.DOTALL
        )
        assert numbers is not None
        assert re.findall(r">(\d+|…)<", numbers[1]) == ["1", "…", "23", "24", "25", "26", "27", "…", "50"]
    assert max(sizes) < 250_000
    clock.tick(seconds=1)
    answer = client.comment(blog.path_of(deep), "Still an answer.", reply_to=str(20_000))
    assert answer.status_code == 303
    assert re.fullmatch(r".*\?commentPage=51#c20001", answer.headers["Location"])


def test_a_kept_page_of_comments_is_made_again_when_an_answer_comes(
    long: tuple[BlogKit, int], client: Visitor, clock: FrozenClock
) -> None:
    blog, post_id = long
    path = blog.path_of(post_id)
    before = client.get(f"{path}?commentPage=3").text
    assert client.get(f"{path}?commentPage=3").text == before
    clock.tick(minutes=1)
    blog.write_comment(post_id, "To the fifth.", parent_id=5)
    after = client.get(f"{path}?commentPage=3").text
    assert [len(permalinks(page)) for page in (before, after)] == [50, 51]


def test_many_comments_are_read_by_their_numbers_at_once(blog: BlogKit, clock: FrozenClock) -> None:
    post_id = blog.write_post()
    with blog.app():
        first = fill(post_id, 5, clock)
        comments.mark_spam([first + 1])
        comments.remove([first + 2])
    with blog.app(), Statements(blog) as statements:
        found = comments.public_by_ids([first + 4, 0, 2**70, first + 1, first + 2, first])
        assert {number: (view.author_name, view.is_removed) for number, view in found.items()} == {
            first: (f"Writer {first}", False),
            first + 2: (found[first + 2].author_name, True),
            first + 4: (f"Writer {first + 4}", False),
        }
        kept = comments.stored_by_ids([first + 1, first + 9])
        assert [(comment.status, post.id) for comment, post in kept.values()] == [("spam", 1)]
        assert not comments.public_by_ids([])
        assert not comments.stored_by_ids([-1])
    assert len([one for one in statements if one.startswith("SELECT")]) == 2
