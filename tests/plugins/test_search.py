"""The bundled plugin search: what is found, the same on both databases, in order, and nothing that is not public."""

import re

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from blogengine import posts
from blogengine import removing
from blogengine.db import db
from blogengine.pages import PostDraft
from blogengine.posts import PostQuery
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine_search.words import LONGEST
from blogengine_search.words import has_phrase
from blogengine_search.words import terms_of
from blogengine_search.words import words_of

TEXTS = {
    "Plugins for everyone": "How to write a plug-in, and why. It's small & quick.",
    "Crème brûlée": "Burnt cream; the **sugar** on it is burnt with a flame.",
    "The café at the corner": "They serve cream tea. Plugins are not on the menu.",
    "日本語の話": "東京に住んでいます。",
    "Über Straßen": "Die Straße ist lang. ΣΊΣΥΦΟΣ carried a stone.",
    "Numbers": "In 2026 there were 100 posts, v1.2.3 and C++.",
    "Operators": 'AND OR NOT NEAR title: body* "quoted" (brackets) -minus ^caret {braces} \' " \\ : & | ! <->',
    "Привет, мир": "Тест поиска по блогу.",
    "<script>alert(1)</script>": "[[also-on: /nowhere]]\n\nMarked & <b>bold</b> words: fish&amp;chips.",
}
QUESTIONS = [
    "plugins",
    "plug",
    "PLUGINS cream",
    "creme",
    "brulee flame",
    '"cream tea"',
    '"tea cream"',
    "burnt -flame",
    "burnt -tea",
    "日本語",
    "本語",
    "東京",
    "京東",
    "strasse",
    "strassen",
    "σίσυφος",
    "2026",
    "1.2.3",
    "C++",
    "AND",
    "OR NOT",
    "title:plugins",
    "bo*",
    "'",
    '"',
    "\\",
    "a' OR 1=1 --",
    "привет",
    "ПОИСКА",
    "fish&chips",
    "also-on nowhere",
    "alert(1)",
    "-plugins",
    "  ",
    "x" * 200,
    "\0",
]


def found_by(blog: BlogKit, question: str) -> list[str]:
    with blog.app():
        found = posts.query(PostQuery(q=question, orderby="relevance", max_results=100))
        assert found.total == len(found.posts)
        return [post.title for post in found.posts]


def expected(question: str) -> set[str]:
    """What the rule says must be found, without any database."""
    terms = terms_of(question)
    if not [term for term in terms if not term.is_excluded]:
        return set()
    hits = set()
    for title, source in TEXTS.items():
        shown = re.sub(r"\[\[.*?\]\]|\*\*|</?b>", " ", source).replace("&amp;", "&")
        parts = words_of(title), words_of(shown)
        if all(any(has_phrase(part, term) for part in parts) != term.is_excluded for term in terms):
            hits.add(title)
    return hits


def test_what_is_found_is_what_the_rule_says_on_either_database(blog: BlogKit, clock: FrozenClock) -> None:
    blog.enable("search")
    for title, source in TEXTS.items():
        clock.tick(minutes=1)
        blog.write_post(title, source)
    blog.run_jobs()
    for question in QUESTIONS:
        hits = found_by(blog, question)
        assert len(hits) == len(set(hits))
        assert set(hits) == expected(question), question
    assert found_by(blog, "plugins") == ["Plugins for everyone", "The café at the corner"]
    with blog.app() as app:
        assert app.blog.plugins.ledger.failures.take() == []


def test_a_title_stands_before_newer_texts_and_the_newest_before_older(
    blog: BlogKit, clock: FrozenClock
) -> None:
    blog.enable("search")
    for title, source in (("About owls", "x"), ("One", "An owl."), ("Two", "An owl."), ("Old Owl", "y")):
        clock.tick(days=1)
        blog.write_post(title, source)
    blog.run_jobs()
    assert found_by(blog, "owl") == ["Old Owl", "About owls", "Two", "One"]


def test_hook_register_search_answers_the_search_page_and_the_feed(blog: BlogKit, client: Visitor) -> None:
    blog.enable("search")
    blog.write_post("Crème brûlée", "Burnt cream.")
    blog.run_jobs()
    for address in ("/search?q=creme", "/feeds/posts/default?q=creme"):
        assert "Crème brûlée" in client.get(address).text
        assert "Crème brûlée" not in client.get(address.replace("creme", "crumb")).text
    assert client.get("/search?q=").status_code == 200


def test_only_what_is_public_is_found_and_at_once(blog: BlogKit, client: Visitor) -> None:
    blog.enable("search")
    post_id = blog.write_post("A heron", "Tall.")
    draft = blog.write_post("A hidden heron", "Grey.", publish=False)
    blog.run_jobs()
    assert found_by(blog, "heron") == ["A heron"]
    with blog.app():
        posts.publish(draft)
        posts.unpublish(post_id)
    assert found_by(blog, "heron") == ["A hidden heron"]
    with blog.app():
        posts.save(PostDraft(title="A stork", source="White."), post_id=draft)
    blog.run_jobs()
    assert found_by(blog, "heron") == []
    assert found_by(blog, "stork") == ["A stork"]
    with blog.app():
        posts.trash(draft)
        posts.delete_forever(draft)
    blog.run_jobs()
    assert found_by(blog, "stork") == []
    with blog.app():
        assert db.session.scalar(sa.text("SELECT count(*) FROM p_search_index")) == 1


def test_posts_that_were_there_before_are_found_before_and_after_they_are_indexed(
    blog: BlogKit, owner_client: Visitor
) -> None:
    for number in range(60):
        blog.write_post(f"Number {number}", "A common word.")
    blog.enable("search")
    assert len(found_by(blog, "common")) == 60
    assert "0 of 60 posts" in owner_client.get("/admin/-/search/").text
    blog.run_jobs()
    assert "60 of 60 posts" in owner_client.get("/admin/-/search/").text
    assert len(found_by(blog, "comm")) == 60
    page = owner_client.get("/admin/-/search/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    owner_client.post("/admin/-/search/again", data={"csrf_token": token[1]})
    assert "0 of 60 posts" in owner_client.get("/admin/-/search/").text
    assert len(found_by(blog, "common")) == 60
    blog.run_jobs()
    assert "60 of 60 posts" in owner_client.get("/admin/-/search/").text


def test_imported_posts_are_found_after_a_while(blog: BlogKit, clock: FrozenClock) -> None:
    blog.enable("search")
    blog.run_jobs()
    with blog.app():
        blog.write_post("Left out", "A gannet.")
        db.session.rollback()
    blog.run_jobs()
    with blog.app() as app, app.config["BLOGENGINE_ENGINE"].begin() as connection:
        connection.execute(sa.text("DELETE FROM p_search_entry"))
        connection.execute(sa.text("DELETE FROM p_search_index"))
    clock.tick(minutes=11)
    blog.run_jobs()
    with blog.app():
        assert db.session.scalar(sa.text("SELECT count(*) FROM p_search_entry")) == 1


def test_a_search_that_fails_is_noted_and_the_engine_searches_itself(blog: BlogKit, client: Visitor) -> None:
    blog.write_post("A puffin", "Small.")
    blog.add_plugin(
        "wrong",
        """
        import sqlalchemy as sa

        from blogengine.plugin import Search
        from blogengine.plugin import hookimpl


        @hookimpl
        def register_search():
            return Search(lambda q: sa.select(sa.column("a"), sa.column("b")).select_from(sa.table("nowhere")))
        """,
    )
    assert "A puffin" in client.get("/search?q=puffin").text
    with blog.app() as app:
        (failure,) = app.blog.plugins.ledger.failures.take()
    assert failure.plugin_id == "wrong"


def test_the_box_can_be_placed_and_searches(blog: BlogKit, client: Visitor) -> None:
    blog.enable("search")
    with blog.app() as app:
        assert "search.box" in app.blog.gadgets


@given(st.text(max_size=300))
def test_words_are_small_bare_and_short(plain: str) -> None:
    for word in words_of(plain):
        assert 0 < len(word) <= LONGEST
        assert not re.search(r"['\"\\:*&|!<>() ]", word)


def test_nothing_is_left_after_it_is_removed(blog: BlogKit) -> None:
    blog.enable("search")
    blog.write_post("An auk", "Gone.")
    blog.run_jobs()
    with blog.app():
        removing.remove("search")
    assert not [
        name for name in sa.inspect(blog.site.engine).get_table_names() if name.startswith("p_search")
    ]
    assert found_by(blog, "auk") == ["An auk"]
