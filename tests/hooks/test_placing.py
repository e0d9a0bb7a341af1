"""Places for plugins: slots of pages and lists, gadgets, style sheets, themes, fields of the comment form."""

import re
from pathlib import Path
from typing import Any

import pytest

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

FILLED = """
calls = []

@hookimpl
def header_html(page): return Markup("<p>header of {}</p>").format(type(page).__name__)

@hookimpl
def footer_html(page): return f"<footer of> {type(page).__name__}"

@hookimpl
def listing_header_html(page): return f"{len(page.posts)} listed"

@hookimpl
def listing_posts_html(posts):
    calls.append([post.title for post in posts])
    return {post.id: Markup("<p>under {}</p>").format(post.title) for post in posts if post.title != "Second"}

@hookimpl
def post_header_html(post): return f"over {post.title}"

@hookimpl
def comments_header_html(post): return f"before the comments of {post.title}"

@hookimpl
def comments_html(comments, signed_in):
    calls.append([comment.id for comment in comments])
    return {comment.id: f"under comment {comment.id}, {signed_in}" for comment in comments}

@hookimpl
def comment_authors_html(comments):
    return {comment.id: Markup("<i>beside {}</i>").format(comment.author_name) for comment in comments}

@hookimpl
def moderation_html(comment_ids):
    calls.append(list(comment_ids))
    return {number: Markup("<i>about {}</i>").format(number) for number in comment_ids}

@hookimpl
def dashboard_html(): return Markup("<p>at the start</p>")

@hookimpl
def error_html(page): return f"help for {page.status}"
"""


def calls_of(blog: BlogKit, plugin_id: str) -> list[list[object]]:
    """Return what a drop-in wrote down in its `calls`."""
    plugin: Any = blog.site.current().blog.plugins.pluggy_manager.get_plugin(plugin_id)
    calls: list[list[object]] = plugin.header_html.__wrapped__.__globals__["calls"]
    return calls


@pytest.fixture
def filled(blog: BlogKit) -> BlogKit:
    run(blog, "filler", FILLED)
    return blog


def test_hook_header_html_and_footer(filled: BlogKit, client: Visitor) -> None:
    path = filled.path_of(filled.write_post("First"))
    for address, kind in ((path, "PostPage"), ("/", "ListingPage"), ("/nothing", "ErrorPage")):
        html = client.get(address).text
        assert html.index(f"<p>header of {kind}</p>") < html.index("</header>") < html.index("<main")
        assert html.index("</main>") < html.index(f"&lt;footer of&gt; {kind}")


def test_hook_footer_html_is_not_asked_where_the_blog_itself_failed(filled: BlogKit, client: Visitor) -> None:
    run(
        filled,
        "broken",
        """
        @hookimpl
        def register_routes():
            pages = Blueprint("broken", __name__)
            pages.add_url_rule("/page", "page", lambda: 1 / 0)
            return pages
        """,
    )
    answer = client.get("/-/broken/page")
    assert answer.status_code == 500
    for words in ("header of", "footer of", "help for"):
        assert words not in answer.text


def test_hook_listing_header_html(filled: BlogKit, client: Visitor) -> None:
    filled.write_post("First", labels=["red"])
    html = client.get("/search/label/red").text
    assert html.index("listing-heading") < html.index("1 listed") < html.index("<article")


def test_hook_listing_posts_html(filled: BlogKit, client: Visitor) -> None:
    filled.write_post("First & foremost")
    filled.write_post("Second")
    html = client.get("/").text
    assert html.count("<p>under ") == 1
    assert "<p>under First &amp; foremost</p>" in html
    assert calls_of(filled, "filler") == [["Second", "First & foremost"]]


def test_hook_post_header_html(filled: BlogKit, client: Visitor) -> None:
    html = client.get(filled.path_of(filled.write_post("First"))).text
    assert html.index("</h1>") < html.index("over First") < html.index("<p>Some text.")


def test_hook_comments_header_html(filled: BlogKit, client: Visitor) -> None:
    post_id = filled.write_post("First")
    filled.write_comment(post_id)
    html = client.get(filled.path_of(post_id)).text
    assert html.index("1 Comment:") < html.index("before the comments of First") < html.index("A comment.")
    hidden = filled.path_of(filled.write_post("Hidden", comment_mode="hide"))
    assert "before the comments" not in client.get(hidden).text


def test_hook_comments_html(filled: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    post_id = filled.write_post("First")
    ids = [filled.write_comment(post_id, f"Comment {number}.").comment_id for number in range(3)]
    path = filled.path_of(post_id)
    html = client.get(path).text
    for comment_id in ids:
        assert f"under comment {comment_id}, False" in html
    assert calls_of(filled, "filler") == [ids]
    assert f"under comment {ids[0]}, True" in owner_client.get(path).text


def test_hook_comment_authors_html(filled: BlogKit, client: Visitor) -> None:
    post_id = filled.write_post("First")
    for number in range(2):
        filled.write_comment(post_id, f"Comment {number}.", name=f"Writer {number}")
    html = client.get(filled.path_of(post_id)).text
    for number in range(2):
        assert re.search(
            rf'<p class="comment-author"><img[^>]*>\s*<i>beside Writer {number}</i>\s*<span>Writer {number}<',
            html,
        )
    preview = client.comment(filled.path_of(post_id), "Mine.", name="Mine", action="preview")
    assert "<i>beside Mine</i>" in preview.text


def test_hook_moderation_html(filled: BlogKit, owner_client: Visitor) -> None:
    comment_id = filled.write_comment(filled.write_post("Mist")).comment_id
    html = owner_client.get("/admin/comments?status=all").text
    assert html.count("<i>about ") == html.count('class="row" id="comment-') > 0
    page = owner_client.get(f"/admin/comments/{comment_id}").text
    assert f"<i>about {comment_id}</i>" in page


def test_hook_dashboard_html(filled: BlogKit, owner_client: Visitor) -> None:
    assert "<p>at the start</p>" in owner_client.get("/admin/").text
    assert "at the start" not in owner_client.get("/admin/?status=draft").text


def test_hook_error_html(filled: BlogKit, client: Visitor) -> None:
    html = client.get("/nothing").text
    assert html.index("Page not found") < html.index("help for 404") < html.index("</main>")


def test_a_failing_filler_of_a_list_costs_only_its_own_part(blog: BlogKit, client: Visitor) -> None:
    run(blog, "bad", "@hookimpl\ndef listing_posts_html(posts): return 'no mapping'")
    run(blog, "good", "@hookimpl\ndef listing_posts_html(posts): return {post.id: 'fine' for post in posts}")
    blog.write_post("First")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "fine" in answer.text


GADGET = """
@dataclass(frozen=True)
class Greeting:
    words: str = option("Hello", "Words", max_length=20)

def greet(settings, page):
    if settings.words == "fail":
        raise RuntimeError("no greeting today")
    if settings.words == "nothing":
        return None
    return Markup("<p>{} on {}</p>").format(settings.words, type(page).__name__)

@hookimpl
def register_gadgets():
    return [engine.Gadget("greeting", "Greeting", greet, Greeting)]
"""


def place(blog: BlogKit, *boxes: dict[str, object]) -> None:
    """Store a layout."""
    stored = [
        {"id": number, "area": "sidebar", "title": "", "settings": {}, **box}
        for number, box in enumerate(boxes, 1)
    ]

    def change(tx: Transaction) -> None:
        tx.session.merge(Setting(key="_layout", value=stored))
        tx.bump(SETUP_TAG, "settings")

    with blog.app():
        database.write(change)


def test_hook_register_gadgets(blog: BlogKit, client: Visitor) -> None:
    run(blog, "greeter", GADGET)
    blog.write_post("First")
    assert "has-sidebar" not in client.get("/").text
    place(
        blog,
        {"gadget": "greeter.greeting", "title": "A & B"},
        {"gadget": "greeter.greeting", "settings": {"words": "fail"}},
        {"gadget": "greeter.greeting", "settings": {"words": "nothing"}},
        {"gadget": "greeter.greeting", "settings": {"words": "Bye <you>"}, "area": "footer"},
        {"gadget": "gone.gadget"},
    )
    html = client.get("/").text
    aside = html[html.index("<aside") : html.index("</aside>")]
    assert html.index("</main>") < html.index("<aside")
    assert "has-sidebar" in html
    assert "A &amp; B</h2>" in aside
    assert "Hello on ListingPage" in aside
    assert aside.count('<section class="gadget gadget-greeter-greeting"') == 1
    assert "<p>Bye &lt;you&gt; on ListingPage</p>" in html[html.index('class="site-footer"') :]
    assert "Hello on ErrorPage" in client.get("/nothing").text
    blog.disable("greeter")
    assert "<aside" not in client.get("/").text


def test_hook_register_assets(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    blog.disable("live_comments")  # which has a script and a style of its own
    folder = blog.site.config.drop_in_folder / "_dress" / "static"
    folder.mkdir(parents=True)
    for name in ("all.css", "edit.css", "mine.css", "box.css"):
        (folder / name).write_text(f".{name[:-4]} {{ color: red }}", encoding="utf-8")
    (folder / "box.js").write_text("export const box = 1;", encoding="utf-8")
    templates = folder.parent / "templates"
    templates.mkdir()
    (templates / "box.html").write_text("<p>{{ words }}</p>", encoding="utf-8")
    run(
        blog,
        "dress",
        """
        @hookimpl
        def register_assets():
            return [engine.Asset("all.css"), engine.Asset("mine.css", "admin"), engine.Asset("edit.css", "editor")]

        @hookimpl
        def post_footer_html(post):
            one = fragment("@dress/box.html", assets=["box.js", "box.css"], words="one")
            return one + fragment("@dress/box.html", assets=["box.css"], words=asset("@dress/box.css"))
        """,
    )
    path = blog.path_of(blog.write_post("<!--0123--></head>"))
    post, listing = client.get(path).text, client.get("/").text
    head = post[: post.index("</head>")]
    assert linked(head) == ["@dress/all.css", "@dress/box.css", "classic.css"]
    assert re.findall(r'<script type="module" src="/-/assets/\w+/(.*?)"></script>', head) == ["@dress/box.js"]
    assert "<script" not in post[post.index("</head>") :]
    assert linked(listing) == ["@dress/all.css", "classic.css"]
    assert "<script" not in listing
    assert linked(owner_client.get("/admin/").text) == ["@dress/mine.css", "admin.css"]
    editor = linked(owner_client.get("/admin/posts/new").text)
    assert editor == ["@dress/mine.css", "@also_on/editor.css", "@dress/edit.css", "admin.css"]
    sheet = re.findall(r"/-/assets/\w+/@dress/box.css", post)[0]
    assert f"<p>{sheet}</p>" in post
    answer = client.get(sheet)
    assert (answer.mimetype, answer.text) == ("text/css", ".box { color: red }")
    assert "immutable" in answer.headers["Cache-Control"]


def linked(html: str) -> list[str]:
    """Return the names of the style sheets that a page links to."""
    return re.findall(r'<link rel="stylesheet" href="/-/assets/\w+/(.*?)">', html)


def test_hook_register_themes(blog: BlogKit, client: Visitor, tmp_path: Path) -> None:
    folder = tmp_path / "seaside"
    (folder / "static").mkdir(parents=True)
    (folder / "theme.toml").write_text('name = "Seaside"\nparent = "plain"\n', encoding="utf-8")
    (folder / "static" / "plain.css").write_text("body { color: teal }", encoding="utf-8")
    run(
        blog,
        "sea",
        f"""
        from pathlib import Path

        @hookimpl
        def register_themes():
            return [Path({str(folder)!r})]
        """,
    )
    blog.change_settings(theme="seaside")
    sheet = re.findall(r'"(/-/assets/\w+/plain.css)"', client.get("/").text)[0]
    assert "teal" in client.get(sheet).text
    blog.disable("sea")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "teal" not in client.get(re.findall(r'"(/-/assets/\w+/plain.css)"', answer.text)[0]).text
    assert "a plugin that brought it may be off" in blog.site.current().blog.theme_problem


ASKING = """
@hookimpl
def prepare_comment_form(form, post):
    form.add(engine.Field("asker.town", "Which town?", help="Any will do.", required=True))
    form.add(engine.Field("asker.mail", "Mail", "email"))
    form.add(engine.Field("asker.news", "Send me news", "checkbox"))
    form.add(engine.Field("asker.sign", kind="hidden", value=f"signed {post.id}"))

@hookimpl
def judge_comment(facts):
    return Verdict(HOLD, str(sorted(facts.fields.items())))
"""


def test_hook_prepare_comment_form(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(blog, "asker", ASKING)
    run(blog, "wrong", "@hookimpl\ndef prepare_comment_form(form): form.add(engine.Field('no id', 'x'))")
    post_id = blog.write_post("First")
    path = blog.path_of(post_id)
    for _ in range(2):  # made, then kept
        html = client.get(path).text
        assert '<label for="comment-asker-town">Which town?</label>' in html
        assert hidden_fields(html, "comment-form")["asker.sign"] == f"signed {post_id}"
    typed = {"asker.town": "", "asker.mail": "no mail", "asker.news": "on"}
    refused = client.comment(path, "Hello.", **typed)
    assert refused.status_code == 422
    assert "“Which town?” is needed." in refused.text
    assert 'href="#comment-asker-town"' in refused.text
    assert "must look like name@example.org" in refused.text
    assert 'value="no mail"' in refused.text
    assert re.search(r'value="on" checked\s[^>]*name="asker.news"', refused.text)
    typed = {"asker.town": "<Delft>", "asker.mail": "a@example.org"}
    shown = client.comment(path, "Hello.", action="preview", **typed)
    assert 'value="&lt;Delft&gt;"' in shown.text
    assert client.comment(path, "Hello.", **typed).status_code == 303
    queue = owner_client.get("/admin/comments").text
    wanted = [
        ("asker.mail", "a@example.org"),
        ("asker.news", ""),
        ("asker.sign", f"signed {post_id}"),
        ("asker.town", "<Delft>"),
    ]
    reason = str(wanted).replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    assert reason in queue
