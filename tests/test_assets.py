"""Static files of theme, owner and plugins: which are served, by which names, and how their links come into the head."""

import re
from pathlib import Path

import pytest

from blogengine.assets import collect
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name.replace("_dot_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_only_files_that_cannot_be_pages_are_served_and_none_from_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("outside", encoding="utf-8")
    folder = write(
        tmp_path / "static", a_dot_css="a", page_dot_html="p", x_dot_xhtml="x", y_dot_php="y", none="n"
    )
    write(folder / ".hidden", b_dot_css="b")
    write(folder / "more", c_dot_JS="c")
    (folder / "link.css").symlink_to(secret)
    (folder / "inside.css").symlink_to(folder / "a.css")
    (folder / "out").symlink_to(tmp_path)
    found = collect([("@x/", folder), ("", tmp_path / "nowhere")])
    assert sorted(found) == ["@x/a.css", "@x/inside.css", "@x/more/c.JS"]
    assert found["@x/more/c.JS"].mime == "text/javascript"


def test_a_file_that_is_not_there_is_an_error_that_says_what_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "static", box_dot_css="a", big_dot_js="b")
    files = collect([("@x/", folder), ("", write(tmp_path / "core", plain_dot_css="p"))])
    for name, said in (
        ("@x/bax.css", "Did you mean @x/box.css? Files of @x: @x/big.js, @x/box.css."),
        ("plane.css", "Did you mean plain.css? Files of theme, owner and core: plain.css."),
        ("@y/z.css", "Files of @y: none."),
        ("@x/page.html", "is not served: static files end in"),
    ):
        with pytest.raises(LookupError) as error:
            files[name]
        assert said in str(error.value)


BOX = """
@hookimpl
def post_footer_html(post):
    return fragment("@dress/box.html", assets=[{asset!r}], title=post.title)
"""


@SQLITE
def test_the_owner_and_the_theme_put_other_files_in_the_place_of_a_plugins(
    blog: BlogKit, client: Visitor
) -> None:
    own = blog.site.config.drop_in_folder / "_dress"
    write(own / "static", box_dot_css="plugin")
    write(own / "templates", box_dot_html="<p>plugin {{ title }}</p>")
    run(blog, "dress", BOX.format(asset="box.css"))
    path = blog.path_of(blog.write_post("First"))

    def shown() -> tuple[str, str]:
        html = client.get(path).text
        sheet = re.findall(r'"(/-/assets/\w+/@dress/box.css)"', html)[0]
        words = re.findall(r"<p>(\w+) First</p>", html)[0]
        return words, client.get(sheet).text

    assert shown() == ("plugin", "plugin")
    theme = blog.site.config.instance / "themes" / "mine"
    write(theme, theme_dot_toml='name = "Mine"\nparent = "plain"\n')
    write(theme / "static" / "@dress", box_dot_css="theme")
    write(theme / "templates" / "@dress", box_dot_html="<p>theme {{ title }}</p>")
    blog.change_settings(theme="mine")
    assert shown() == ("theme", "theme")
    write(blog.site.config.instance / "static" / "@dress", box_dot_css="owner")
    write(blog.site.config.instance / "templates" / "@dress", box_dot_html="<p>owner {{ title }}</p>")
    blog.change_settings(title="Again")
    assert shown() == ("owner", "owner")


@SQLITE
def test_a_fragment_that_names_a_missing_file_is_a_failure_of_its_plugin_only(
    blog: BlogKit, client: Visitor
) -> None:
    own = blog.site.config.drop_in_folder / "_dress"
    write(own / "static", box_dot_css="plugin")
    write(own / "templates", box_dot_html="<p>plugin</p>")
    run(blog, "dress", BOX.format(asset="bax.css"))
    answer = client.get(blog.path_of(blog.write_post("First")))
    assert answer.status_code == 200
    failures = blog.site.current().blog.plugins.failures.take()
    assert "Did you mean @dress/box.css?" in failures[0].message


@SQLITE
def test_a_template_that_is_not_there_is_an_error_that_says_where_was_looked(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "dress", "@hookimpl\ndef post_footer_html(post): return fragment('@dress/bux.html')")
    run(blog, "other", "@hookimpl\ndef post_footer_html(post): return fragment('@gone/box.html')")
    client.get(blog.path_of(blog.write_post("First")))
    said = {
        failure.plugin_id: failure.message for failure in blog.site.current().blog.plugins.failures.take()
    }
    folder = blog.site.config.drop_in_folder / "_dress" / "templates"
    assert "There is no template @dress/bux.html in " in said["dress"]
    assert str(folder) in said["dress"]
    assert "no plugin gone runs" in said["other"]


@SQLITE
def test_an_address_with_another_digest_leads_to_the_file_of_now(blog: BlogKit, client: Visitor) -> None:
    answer = client.get("/-/assets/000000000000/plain.css")
    assert answer.status_code == 302
    assert re.fullmatch(r"/-/assets/\w{12}/plain\.css", answer.headers["Location"])
    assert client.get("/-/assets/000000000000/nothing.css").status_code == 404
    assert client.get("/-/assets/0/../../secret_key").status_code == 404


@SQLITE
def test_no_text_of_a_person_can_be_the_marker_of_the_head(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "spy",
        """
        from blogengine.web.rendering.assets import head_assets
        seen = []

        @hookimpl
        def post_footer_html(post):
            from flask import g
            seen.append(str(g.needed_assets.marker))
            return Markup("{}").format(seen[0])
        """,
    )
    posts = [blog.path_of(blog.write_post(f"Post {number}")) for number in range(3)]
    pages = [client.get(path).text for path in posts]
    plugin = blog.site.current().blog.plugins.pluggy_manager.get_plugin("spy")
    seen = getattr(plugin, "post_footer_html").__wrapped__.__globals__["seen"]  # noqa: B009
    assert len(set(seen)) == 3
    for page, marker in zip(pages, seen, strict=True):
        assert re.fullmatch(r"<!--[0-9a-f]{32}-->", marker)
        assert marker not in page
        assert page.count('rel="stylesheet"') == 2  # of the theme and of live_comments


@SQLITE
def test_a_page_of_a_plugin_that_flask_renders_has_its_links_too(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    own = blog.site.config.drop_in_folder / "_dress"
    write(own / "static", box_dot_css="plugin", run_dot_js="let x")
    write(own / "templates", box_dot_html="<p>box</p>")
    write(
        own / "templates",
        page_dot_html="{% extends 'admin/base.html' %}{% block main %}<h1>Mine</h1>{{ box }}{% endblock %}",
    )
    run(
        blog,
        "dress",
        """
        from flask import render_template
        pages = Blueprint("dress", __name__)

        @pages.get("/")
        def index():
            return render_template("@dress/page.html", box=fragment("@dress/box.html", assets=["box.css", "run.js"]))

        @hookimpl
        def register_admin_pages():
            return AdminPages(pages, "Dress")
        """,
    )
    answer = owner_client.get("/admin/-/dress/")
    head = answer.text.partition("</head>")[0]
    assert re.findall(r"/-/assets/\w+/(.*?)\"", head) == ["@dress/box.css", "@dress/run.js", "admin.css"]
    assert "script-src 'none'" not in answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in owner_client.get("/admin/").headers["Content-Security-Policy"]


@SQLITE
def test_assets_that_cannot_be_used_break_their_plugin_with_a_sentence(blog: BlogKit) -> None:
    for name, said in (
        ("engine.Asset('gone.css')", "Its asset gone.css is not in"),
        ("engine.Asset('page.html')", "takes style sheets and scripts"),
        ("engine.Asset('a.css', 'attic')", "public, admin or editor"),
        ("'a.css'", "must return a list of Asset"),
    ):
        with pytest.raises(Exception, match=re.escape(said)):
            run(blog, "dress", f"@hookimpl\ndef register_assets(): return [{name}]")
