"""Hooks that run while an app is built: what a plugin registers is there, and only while it is enabled."""

from pathlib import Path

import pytest

from blogengine import db as database
from blogengine import jobs
from blogengine import settings
from blogengine.errors import Invalid
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

SETTINGS = """
from typing import Literal

@dataclass(frozen=True)
class Settings:
    words: str = option("Hello", "Words", max_length=20)
    often: int = option(3, "How often", minimum=1, maximum=9)
    loud: bool = option(False, "Loud")
    place: Literal["top", "bottom"] = option("top", "Place", choices={"top": "Top", "bottom": "Bottom"})

@hookimpl
def register_settings():
    return Settings

@hookimpl
def listing_footer_html(page):
    mine = settings_of("greeter")
    return f"{mine.words} {mine.often} {mine.loud} {mine.place}"
"""


def test_hook_register_settings(blog: BlogKit, client: Visitor) -> None:
    run(blog, "greeter", SETTINGS)
    assert "Hello 3 False top" in client.get("/").text
    blog.change_plugin("greeter", words="Bye", often="5", loud="on", place="bottom")
    assert "Bye 5 True bottom" in client.get("/").text
    with pytest.raises(Invalid) as error:
        blog.change_plugin("greeter", words="x" * 21, often="10", loud="perhaps", place="left")
    assert set(error.value.problems) == {"words", "often", "loud", "place"}
    assert "Bye 5 True bottom" in client.get("/").text


def test_hook_register_routes(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "greeter",
        """
        PLUGIN = {"root_routes": ["/hello.txt"]}

        @hookimpl
        def register_routes():
            pages = Blueprint("greeter", __name__)

            @pages.get("/page/<name>")
            @cacheable()
            def page(name): return f"Hello {name} from {blog().site.title}"

            @pages.get("/hello.txt")
            def hello():
                from flask import url_for
                return url_for(".page", name="you")

            return pages
        """,
    )
    assert client.get("/-/greeter/page/Ann").text == "Hello Ann from My blog"
    assert client.get("/hello.txt").text == "/-/greeter/page/you"
    assert client.get("/-/greeter/hello.txt").status_code == 404
    assert client.get("/-/greeter/page/Ann").headers["X-Content-Type-Options"] == "nosniff"


def test_hook_register_admin_pages(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(
        blog,
        "greeter",
        """
        @hookimpl
        def register_admin_pages():
            pages = Blueprint("greeter", __name__)
            pages.add_url_rule("/", "index", lambda: "for the owner")
            pages.add_url_rule("/do", "do", lambda: "done", methods=["POST"])
            return engine.AdminPages(pages, "Greetings")
        """,
    )
    assert owner_client.get("/admin/-/greeter/").text == "for the owner"
    assert "Greetings" in owner_client.get("/admin/").text
    assert "for the owner" not in client.get("/admin/-/greeter/").text
    assert client.get("/admin/-/greeter/").status_code in (302, 303, 401, 403)
    assert owner_client.send("/admin/-/greeter/do", {}).status_code == 400
    assert "done" not in client.send("/admin/-/greeter/do", {}).text


def test_hook_register_importers(blog: BlogKit, tmp_path: Path) -> None:
    run(
        blog,
        "greeter",
        """
        from blogengine import interchange

        @hookimpl
        def register_importers():
            return [interchange.Importer("cards", "Card box", open=lambda path, choice: None)]
        """,
    )
    importers = blog.site.current().blog.importers
    assert importers["cards"].label == "Card box"
    blog.disable("greeter")
    assert "cards" not in blog.site.current().blog.importers


def test_hook_register_jobs(blog: BlogKit) -> None:
    run(
        blog,
        "greeter",
        """
        done = []

        @hookimpl
        def register_jobs():
            return {"greet": done.append}
        """,
    )
    with blog.app() as app:
        database.write(lambda tx: jobs.enqueue(tx, "greeter.greet", {"name": "Ann"}))
        done = getattr(app.blog.jobs["greeter.greet"].function, "__self__")  # noqa: B009
    assert done == []
    assert blog.run_jobs() == 1
    assert done == [{"name": "Ann"}]


def test_hook_register_hooks(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "asker",
        """
        class Own:
            @hookspec
            def asker_words(self, page, often):
                pass

        @hookimpl
        def register_hooks(): return Own

        @hookimpl
        def listing_footer_html(page):
            return " and ".join(call_hook("asker_words", page=page, often=2))
        """,
    )
    run(blog, "bad", "@hookimpl\ndef asker_words(): raise ValueError('how')")
    run(blog, "second", "@hookimpl\ndef asker_words(often): return 'second' * often")
    run(blog, "first", "@hookimpl\ndef asker_words(page): return 'first'")
    assert "first and secondsecond" in client.get("/").text
    with blog.app():
        settings.store_failures(blog.site.failures.take())
        assert [failure.hook for failure in settings.failures_of("bad")] == ["asker_words"]
