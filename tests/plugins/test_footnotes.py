"""Plugin footnotes: `[^1]` in Markdown."""

import re

import pytest

from blogengine import posts
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import Visitor

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

TEXT = """\
One[^a] and two[^b], again[^a]. `code[^a]` ``a ` [^a]`` \\[^a] [^none]

    indented[^a]

```
[^a]: fenced
```

[^b]: Second,
    *going on* with [a link](https://example.org/) and[^c].
[^a]: word
[^c]: Third.
[^unused]: Nobody asks for it.
"""


def body(blog: BlogKit, source: str, source_format: str = "markdown") -> str:
    with blog.app():
        return posts.get(posts.save(PostDraft("A post", source, source_format))).html


def test_footnotes_are_numbered_as_they_come_and_lead_there_and_back(blog: BlogKit, client: Visitor) -> None:
    blog.enable("footnotes")
    html = body(blog, TEXT)
    text, _, notes = html.partition('<section class="footnotes">')
    assert re.findall(r'<sup[^>]*><a href="#fn-\d-[a-p]{4}">(\d)</a></sup>', text) == ["1", "2", "1"]
    assert re.findall(r"</span>(\w+)", notes) == ["word", "Second", "Third"]
    assert "<em>going on</em>" in notes
    assert "Nobody" not in html
    for target in re.findall(r'href="#([^"]+)"', html):
        assert html.count(f' id="{target}"') == 1
    for kept in (
        "<code>code[^a]</code>",
        "<code>a ` [^a]</code>",
        " [^a] [^none]",
        "indented[^a]",
        "[^a]: fenced",
    ):
        assert kept in text


def test_two_posts_on_one_page_have_each_their_own_footnotes(blog: BlogKit, client: Visitor) -> None:
    blog.enable("footnotes")
    for title in ("First", "Second"):
        blog.write_post(title, "Text[^1].\n\n[^1]: Note.")
    ids = re.findall(r' id="(fn[^"]+)"', client.get("/").text)
    assert len(ids) == len(set(ids)) == 4


def test_html_and_texts_without_footnotes_stay_as_they_are(blog: BlogKit) -> None:
    sources = [
        ("Text[^1].\n\n[^1]: Note.", "html"),
        ("Text[^1] and [^1] x.", "markdown"),
        ("`[^1]: x`", "markdown"),
    ]
    before = [body(blog, *source) for source in sources]
    blog.enable("footnotes")
    assert [body(blog, *source) for source in sources] == before


@pytest.mark.parametrize(
    "shape", ["`[^1] ", "``[^1]` ", "[^", "[^1]", "\\", "[^1]: x\n", "[^1]\n\n[^1]: [^1]", "~~~\n[^1]\n"]
)
def test_no_text_makes_it_slow_or_loses_its_words(blog: BlogKit, shape: str) -> None:
    blog.enable("footnotes")
    source = "[^1]: note\n\nBegin " + shape * 2_000 + "\n\nend"
    html = body(blog, source)
    assert "Begin" in html
    assert "end" in html
    assert not blog.site.ledger.failures.take()
