"""Plugin outline: ids of headings, tables of contents, pictures."""

import io
import re

import pytest
from PIL import Image

from blogengine import media
from blogengine import posts
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.web import rendering

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

TEXT = """\
Begin.

## Über *Größe*

One.

### 1984

Two.

## Über Größe

## <span id="mine">Own</span>

## ![](/media/none.png)
"""


def body(blog: BlogKit, source: str, source_format: str = "markdown", title: str = "A post") -> str:
    """Return what readers are shown of a post."""
    post_id = blog.write_post(title, source, source_format=source_format)
    with blog.app() as app, app.test_request_context():
        post = posts.by_id(post_id)
        assert post is not None
        rendering.fill_bodies([post])
        return str(post.body)


def test_headings_get_ids_that_are_their_own_on_every_page(blog: BlogKit) -> None:
    blog.enable("outline")
    first, second = body(blog, TEXT), body(blog, TEXT)
    ids = [re.findall(r'<h\d id="([^"]+)"', html) for html in (first, second)]
    assert [re.sub("-[a-p]{4}$", "", one) for one in ids[0]] == ["uber-groe", "s-1984", "uber-groe-2", "own"]
    assert not set(ids[0]) & set(ids[1]), "a listing shows both"
    with blog.app():
        post = posts.get(1)
        posts.save(PostDraft("Renamed", TEXT), post_id=1)
        assert re.findall(r'<h\d id="([^"]+)"', posts.get(post.id).html) == ids[0], "links to them stay true"


def test_a_table_of_contents_stands_where_the_author_wants_it(blog: BlogKit) -> None:
    blog.enable("outline")
    for source, source_format in (
        (f"[[toc]]\n\n{TEXT}", "markdown"),
        (f"[[toc:]]\n\n{TEXT}", "markdown"),
        ("[[toc:]]<br>Begin.<h2>A</h2><h3>B</h3>", "html"),
        ("<p>[[toc]]</p>Begin.<h2>A</h2><h3>B</h3>", "html"),
    ):
        html = body(blog, source, source_format)
        assert html.startswith('<section class="table-of-contents">\n<p><strong>Contents</strong></p>\n<ul>')
        assert "[[toc" not in html
        links = re.findall(r'<a href="#([^"]+)">', html)
        assert links
        assert all(f' id="{link}"' in html for link in links)
        assert "Begin." in html
    assert "<ul>" in html.partition("</a>")[2].partition("</li>")[0], "deeper headings stand inside"
    assert "[[toc]]" in body(blog, "`[[toc]]`\n\n## A"), "what is shown as code stays"
    assert body(blog, "[[toc]]\n\nNo heading.") == "\n<p>No heading.</p>\n"
    assert "[[toc: of mine]]" in body(blog, "[[toc: of mine]]\n\n## A"), "what the engine did not write stays"
    hostile = body(blog, "[[toc]]\n\n## ]] <b>x</b> &lt;i&gt; \\[[x: y\\]]")
    assert "&lt;i&gt;" in hostile
    assert "<i>" not in hostile


def test_a_table_of_contents_comes_by_itself_where_the_owner_wants_it(blog: BlogKit) -> None:
    blog.enable("outline")
    assert "table-of-contents" not in body(blog, TEXT)
    blog.change_plugin("outline", headings=4, title="Inhalt")
    html = body(blog, TEXT)
    assert html.startswith("<p>Begin.</p>\n<section")
    assert "Inhalt" in html
    assert "table-of-contents" not in body(blog, "## A\n\n## B\n\n## C")
    nested = body(blog, "<div><section><h2>A</h2></section></div><h2>B</h2><h2>C</h2><h2>D</h2>", "html")
    assert nested.startswith("<section class=")


def test_pictures_say_their_size_and_all_but_the_first_wait(blog: BlogKit, client: Visitor) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    file.seek(0)
    with blog.app() as app:
        name = media.store(file, "a.png", folder=app.blog.config.media_folder).name
    blog.enable("outline")
    html = body(
        blog,
        f"![a](/media/{name}) ![b](/media/{name}) ![c](/media/none.png)"
        f' <img src="https://example.org/x.png" loading="eager"> <img src="/media/{name}" width="4">',
    )
    tags = re.findall("<img[^>]*>", html)
    assert [("40" in tag, "lazy" in tag) for tag in tags] == [
        (True, False),
        (True, True),
        (False, True),
        (False, False),
        (False, True),
    ]
    blog.change_plugin("outline", lazy=False)
    assert "lazy" not in body(blog, f"![a](/media/{name}) ![b](/media/{name})")


def test_a_table_of_contents_is_no_part_of_the_text(blog: BlogKit, client: Visitor) -> None:
    blog.enable("outline")
    post_id = blog.write_post("", "[[toc]]\n\nGood morning.\n\n## One\n\n## Two")
    path = blog.path_of(post_id)
    assert path.endswith("/good-morning-one-two.html")
    assert '<meta name="description" content="Good morning. One Two">' in client.get(path).text
    summary = client.get("/feeds/posts/summary").text
    assert "Good morning. One Two" in summary
    assert "Contents" not in summary
    assert "Contents" in client.get("/feeds/posts/default").text
