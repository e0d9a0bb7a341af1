"""Hooks that fill places in pages: what a plugin returns stands there, text is escaped, None leaves nothing."""

import pytest

from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def answer(hook: str, argument: str, code: str) -> str:
    return f"@hookimpl\ndef {hook}({argument}):\n    return {code}\n"


def test_hook_markers_html(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "cards",
        """
        calls = []

        @hookimpl
        def markers_html(markers):
            calls.append([(marker.name, marker.arguments) for marker in markers])
            answers = {}
            for number, marker in enumerate(markers):
                if marker.name == "card":
                    answers[number] = Markup("<aside>{}</aside>").format(marker.arguments)
                if marker.name == "gone":
                    answers[number] = Markup("")
            return answers
        """,
    )
    first = blog.write_post("First", "One.\n\n[[card: A & B]]\n\n[[gone: x]]\n\n[[other: as typed]]\n\nTwo.")
    blog.write_post("Second", "[[card: C]]")
    calls = _calls(blog, "cards", "markers_html")
    text = client.get(blog.path_of(first)).text
    assert "<aside>A &amp; B</aside>" in text
    assert "gone" not in text
    assert "<p>[[other: as typed]]</p>" in text
    body = text[text.index("<main") :]
    assert body.index("One.") < body.index("<aside>") < body.index("Two.")
    assert calls == [[("card", "A & B"), ("gone", "x"), ("other", "as typed")]]
    client.get("/")
    assert len(calls) == 2
    assert [arguments for _, arguments in calls[1]] == ["C", "A & B", "x", "as typed"]


def test_a_page_without_markers_asks_no_plugin_for_them(blog: BlogKit, client: Visitor) -> None:
    run(
        blog, "cards", "calls = []\n@hookimpl\ndef markers_html(markers):\n    calls.append(1)\n    return {}"
    )
    client.get(blog.path_of(blog.write_post("Plain", "No marker.")))
    assert _calls(blog, "cards", "markers_html") == []


def test_hook_post_footer_html(blog: BlogKit, client: Visitor) -> None:
    run(blog, "one", answer("post_footer_html", "post", 'Markup("<b>under {}</b>").format(post.title)'))
    run(blog, "two", answer("post_footer_html", "post", '"<i>escaped</i>"'))
    run(blog, "three", answer("post_footer_html", "post", "None"))
    text = client.get(blog.path_of(blog.write_post("Fish & chips"))).text
    assert "<b>under Fish &amp; chips</b>" in text
    assert "&lt;i&gt;escaped&lt;/i&gt;" in text
    assert (
        text.index("Some text.") < text.index("<b>under") < text.index("escaped") < text.index("0 Comments:")
    )
    assert "<b>under" not in client.get("/").text


def test_hook_comment_form_html(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(blog, "one", answer("comment_form_html", "post, signed_in", 'f"for {post.title}: {signed_in}"'))
    path = blog.path_of(blog.write_post("A post"))
    text = client.get(path).text
    form = text[text.index('<form id="comment-form"') : text.index("</form>")]
    assert "for A post: False" in form
    assert form.index("for A post") < form.index("<button")
    assert "for A post: True" in owner_client.get(path).text
    closed = blog.path_of(blog.write_post("Closed", comment_mode="existing"))
    assert "for Closed" not in client.get(closed).text


def test_hook_comments_footer_html(blog: BlogKit, client: Visitor) -> None:
    run(blog, "one", answer("comments_footer_html", "post", 'f"after the comments of {post.title}"'))
    text = client.get(blog.path_of(blog.write_post("A post"))).text
    assert text.index("Post a Comment") < text.index("after the comments of A post") < text.index("Home</a>")


def test_hook_comment_answer_html(blog: BlogKit, client: Visitor) -> None:
    code = 'f"about {page.outcome}" if "tell" in page.comment.body else None'
    run(blog, "one", answer("comment_answer_html", "page", code))
    path = blog.path_of(blog.write_post("A post"))
    plain = client.comment(path, "Words.")
    assert plain.headers["Location"].startswith(f"{path}#c"), "the thread is enough"
    assert client.comment(path, "Do tell.", action="preview").text.count("about preview") == 1
    told = client.comment(path, "Do tell.").headers["Location"]
    page = client.get(told).text
    assert page.index("Your comment is published") < page.index("about published") < page.index("Do tell.")
    assert page.index("showComment=") > 0


def test_hook_listing_footer_html(blog: BlogKit, client: Visitor) -> None:
    run(blog, "one", answer("listing_footer_html", "page", 'f"{len(page.posts)} on {page.kind}"'))
    blog.write_post("A post", labels=["red"])
    assert "1 on home" in client.get("/").text
    assert "1 on label" in client.get("/search/label/red").text


def test_hook_editor_html(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    run(blog, "one", answer("editor_html", "draft", 'f"beside {draft.title or draft.kind}"'))
    assert "beside post" in owner_client.get("/admin/posts/new").text
    post_id = blog.write_post("A post")
    assert "beside A post" in owner_client.get(f"/admin/posts/{post_id}").text
    assert "beside" not in client.get(blog.path_of(post_id)).text


def _calls(blog: BlogKit, plugin_id: str, hook: str) -> list[list[tuple[str, str]]]:
    """Return what a drop-in wrote down in its `calls`."""
    plugin = blog.site.current().blog.plugins.pluggy_manager.get_plugin(plugin_id)
    calls: list[list[tuple[str, str]]] = getattr(plugin, hook).__wrapped__.__globals__["calls"]
    return calls
