"""The content pipeline: what plugins make of a text when it is saved, and what is made again when they change."""

import pytest
import sqlalchemy as sa

from blogengine import markup
from blogengine import posts
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.meta import read_meta
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.posts import renewing
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import send
from tests.plugin_files import drop_in
from tests.plugin_files import run

SHOUT = """
@hookimpl
def prepare_source(document):
    document.source = document.source.replace("word", "WORD")
    document.data["kind"] = document.kind
"""
STAMP = """
from xml.etree.ElementTree import SubElement

@dataclass(frozen=True)
class Settings:
    words: str = option("Stamped", "Words")

@hookimpl
def register_settings():
    return Settings

@hookimpl
def prepare_html(document):
    stamp = SubElement(document.tree, "p", {"class": "stamp"})
    stamp.text = f"{settings_of('stamp').words} <{document.post_id}>"
    document.data["paragraphs"] = len(document.tree.findall("p"))
"""


def stored(blog: BlogKit, post_id: int) -> tuple[str, int]:
    with blog.app():
        row = db.session.execute(sa.select(Post.html, Post.pipeline).where(Post.id == post_id)).one()
        return row[0], row[1]


def failures(blog: BlogKit) -> list[tuple[str, str]]:
    return [(failure.plugin_id, failure.hook) for failure in blog.site.ledger.failures.take()]


def test_hook_prepare_source(blog: BlogKit, client: Visitor) -> None:
    run(blog, "shout", SHOUT)
    post_id = blog.write_post("A post", "A word.")
    assert "A WORD." in client.get(blog.path_of(post_id)).text
    with blog.app():
        assert posts.get(post_id).source == "A word."
        assert read_meta("post", [post_id], "shout")[post_id] == {"document": {"kind": "post"}}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_hook_prepare_html(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(blog, "stamp", STAMP)
    path = blog.path_of(blog.write_post("A post", 'One.\n\n[[unknown: a_b]]\n\n<a name="more"></a>'))
    with blog.app():
        post_id = posts.by_path(path).id  # type: ignore[union-attr]
        posts.save(PostDraft("A post", "One & *two*.\n\n[[unknown: a_b]]"), post_id=post_id)
        assert read_meta("post", [post_id], "stamp")[post_id] == {"document": {"paragraphs": 3}}
    for shown in (client.get(path), client.get("/"), client.get("/feeds/posts/default?alt=rss")):
        assert f"Stamped &lt;{post_id}&gt;" in shown.text.replace("&amp;lt;", "&lt;").replace(
            "&amp;gt;", "&gt;"
        )
        assert "[[unknown: a_b]]" in shown.text
    page = owner_client.get(f"/admin/posts/{post_id}")
    assert "Stamped" in send(owner_client, page, "editor", action="preview").text


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    ("hook", "mischief"),
    [
        ("prepare_source", "document.source = 'lost'; raise ValueError"),
        ("prepare_source", "document.source = 5"),
        ("prepare_source", "document.format = 'textile'"),
        ("prepare_source", "document.source = 'x' * 600_000"),
        ("prepare_source", "document.source = 'x \\ud800'"),
        ("prepare_source", "document.source = '<div>' * 200"),
        ("prepare_source", "document.data[5] = 1"),
        ("prepare_source", "document.data['a'] = object()"),
        ("prepare_source", "document.data['a'] = chr(0)"),
        ("prepare_source", "document.data['a'] = 'x' * 30_000"),
        ("prepare_html", "document.tree.clear(); raise SystemExit"),
        ("prepare_html", "document.tree = None"),
        ("prepare_html", "document.tree.text = 5"),
        ("prepare_html", "document.tree[0].set('id', 5)"),
        ("prepare_html", "document.tree.append(document.tree)"),
        ("prepare_html", "document.tree.text = 'x' * 3_000_000"),
        ("prepare_html", "document.tree.extend([document.tree[0]] * 20_000)"),
    ],
)
def test_what_a_failing_plugin_did_is_not_stored_and_the_others_stay(
    blog: BlogKit, hook: str, mischief: str
) -> None:
    run(blog, "a_first", SHOUT)
    run(blog, "mischief", f"@hookimpl\ndef {hook}(document):\n    {mischief}")
    run(blog, "stamp", STAMP)
    html, pipeline = stored(blog, blog.write_post("A post", "A word."))
    assert html == '<p>A WORD.</p>\n<p class="stamp">Stamped &lt;None&gt;</p>'
    assert failures(blog) == [("mischief", hook)]
    assert pipeline < 0, "the text is marked as incomplete"


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_plugin_opens_no_hole_by_accident(blog: BlogKit) -> None:
    run(
        blog,
        "careless",
        """
        from xml.etree.ElementTree import SubElement

        @hookimpl
        def prepare_html(document):
            SubElement(document.tree, "script").text = "alert(1)"
            SubElement(document.tree, "a", {"href": "javascript:alert(1)", "onclick": "x()"}).text = "<b>go"
            SubElement(document.tree, "img", {"src": "/x.png", "x onerror=alert(1) y": ""})
            SubElement(document.tree, "p><script>alert(2)</script><p").text = "odd"
        """,
    )
    html, _ = stored(blog, blog.write_post("A post", "Mine."))
    assert html == '<p>Mine.</p>\n<a>&lt;b&gt;go</a><img src="/x.png"><p></p><p>odd</p><p></p>'


def test_posts_are_made_again_when_a_plugin_comes_changes_or_goes(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post("A post", "Mine.")
    path = blog.path_of(post_id)
    assert "Stamped" not in client.get(path).text
    run(blog, "stamp", STAMP)
    for words, change in (
        ("Stamped", lambda: None),
        ("Sealed", lambda: blog.change_plugin("stamp", words="Sealed")),
        ("Then", lambda: run(blog, "stamp", STAMP.replace("{settings_of('stamp').words}", "Then"))),
    ):
        change()
        for where in (path, "/"):
            assert f"{words} &lt;{post_id}&gt;" in client.get(where).text, (
                "what is read is made again at once"
            )
        before = stored(blog, post_id)
        assert words not in before[0], "and nothing is written for it"
        assert blog.run_jobs() == 1
        html, pipeline = stored(blog, post_id)
        assert words in html
        assert pipeline != before[1]
        assert f"{words} &lt;{post_id}&gt;" in client.get(path).text
        with blog.app():
            assert read_meta("post", [post_id], "stamp")[post_id] == {"document": {"paragraphs": 2}}
        assert blog.run_jobs() == 0
    blog.disable("stamp")
    assert "stamp" not in client.get(path).text
    blog.run_jobs()
    assert stored(blog, post_id) == ("<p>Mine.</p>\n", markup.PIPELINE)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_two_hundred_posts_are_made_again_in_batches_that_may_be_killed(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blog.app():
        for number in range(200):
            posts.save(PostDraft(f"Post {number}", "Mine."))
    run(blog, "stamp", STAMP)
    with blog.app():
        posts.put_off_rendering()
        pipeline = blog.site.current().blog.pipeline
    real, made = renewing._rendered, []

    def dies(row: sa.Row[tuple[object, ...]]) -> object:
        made.append(row.id)
        if len(made) == 70:
            raise MemoryError
        return real(row)

    monkeypatch.setattr(renewing, "_rendered", dies)
    while blog.run_jobs():
        with blog.app():
            waiting = db.session.execute(sa.text("SELECT run_at FROM outbox")).scalar()
            if waiting is not None:
                break
    with blog.app():
        done = db.session.scalar(sa.select(sa.func.count()).where(Post.pipeline == pipeline))
        assert done == 50, "a batch is stored whole or not at all"
        renewing.renew({"after": 50, "pipeline": pipeline - 1})
        assert db.session.scalar(sa.select(sa.func.count()).where(Post.pipeline == pipeline)) == 50
        for after in (50, 100, 150, 200):
            renewing.renew({"after": after, "pipeline": pipeline})
        assert db.session.scalar(sa.select(sa.func.count()).where(Post.pipeline == pipeline)) == 200
    assert len(made) == 220


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_post_saved_while_the_job_worked_keeps_what_was_saved(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_id = blog.write_post("A post", "Old.")
    run(blog, "stamp", STAMP)
    real = renewing._rendered

    def meanwhile(row: sa.Row[tuple[object, ...]]) -> object:
        rendered = real(row)
        posts.save(PostDraft("A post", "New."), post_id=post_id)
        return rendered

    monkeypatch.setattr(renewing, "_rendered", meanwhile)
    blog.run_jobs()
    assert "New." in stored(blog, post_id)[0]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_incomplete_post_gets_its_part_when_the_plugin_is_mended(blog: BlogKit, client: Visitor) -> None:
    run(blog, "stamp", STAMP.replace("document.data", "1 / 0; document.data"))
    post_id = blog.write_post("A post", "Mine.")
    path = blog.path_of(post_id)
    assert "Stamped" not in client.get(path).text
    run(blog, "stamp", STAMP)
    assert f"Stamped &lt;{post_id}&gt;" in client.get(path).text
    blog.run_jobs()
    assert stored(blog, post_id)[1] == blog.site.current().blog.pipeline


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_authors_own_text_is_refused_as_ever(blog: BlogKit) -> None:
    run(blog, "shout", SHOUT)
    with blog.app(), pytest.raises(Refused, match="nests its HTML"):
        posts.save(PostDraft("Deep", "<div>" * 200, "html"))
    assert failures(blog) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_plugin_that_is_off_or_takes_no_part_changes_no_pipeline(blog: BlogKit) -> None:
    drop_in(blog, "stamp", STAMP)
    run(blog, "other", "@hookimpl\ndef post_footer_html(post): return 'x'")
    assert blog.site.current().blog.pipeline == markup.PIPELINE


def test_a_tree_is_written_as_it_was_read() -> None:
    clean = str(
        markup.render_post(
            "A &amp; b &lt; c <i>d</i>\u00a0<img src='/a.png?x=1&amp;copy=2' alt='\"'><br>\n\n"
            "<pre>\n\n x</pre><a name='more'></a>\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n[[m: a | b]]",
            "markdown",
        )
    )
    again = markup.as_html(markup.as_tree(clean))
    assert markup.clean(again) == clean
