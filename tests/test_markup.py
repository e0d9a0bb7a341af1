"""Sources become clean HTML; markers stand apart; a visitor's words are never lost."""

import re
from collections.abc import Callable
from functools import partial

import html5lib
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from markupsafe import Markup

from blogengine import markup
from blogengine import sanitize
from blogengine.errors import Refused
from blogengine.markup import Marker
from blogengine.markup import comments
from blogengine.markup import posts
from blogengine.markup import render_comment
from blogengine.markup import render_post
from blogengine.markup import split_markers
from tests.pace import cost


def words_of(html: str) -> str:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return " ".join("".join(tree.itertext()).split())


def markers_of(html: str) -> list[Marker]:
    return [piece for piece in split_markers(html) if isinstance(piece, Marker)]


def test_markdown_becomes_html() -> None:
    html = render_post(
        "# Title\n\nA *b* `c` ~~d~~ [e](/x 'f')\n\n- g\n\n| h | i |\n|:--|--:|\n| j | k |\n", "markdown"
    )
    assert isinstance(html, Markup)
    assert html.startswith("<h1>Title</h1>\n<p>A <em>b</em> <code>c</code> <s>d</s> ")
    assert '<a href="/x" title="f">e</a>' in html
    assert '<td align="left">j</td>\n<td align="right">k</td>' in html


def test_html_in_markdown_is_cleaned() -> None:
    html = render_post(
        "a <b onclick=x>b</b> <script>c</script>\n\n[d](javascript:alert(1))\n\n<!--more-->", "markdown"
    )
    assert "onclick" not in html
    assert "script" not in html.replace("[d](javascript:alert(1))", "")
    assert '<a name="more"></a>' in html


def test_line_breaks_in_html_sources_stay_as_they_are() -> None:
    assert render_post("one\n\ntwo<br>\nthree", "html") == "one\n\ntwo<br>\nthree"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        render_post("x", "textile")
    assert refused.value.code == "unknown_format"


ARGUMENTS = "https://example.org/a_b_c*d*?x=1&y=[2] | My *Site* <x> `y` | \\*"
ESCAPED = "https://example.org/a_b_c*d*?x=1&amp;y=[2] | My *Site* &lt;x&gt; `y` | \\*"


@pytest.mark.parametrize(
    "source",
    [
        "[[also-on: {}]]",
        "before\n\n[[also-on: {}]]\n\nafter",
        "before\n[[also-on: {}]]\nafter",
        "   [[also-on:{}]]  \nafter",
        "> before\n> [[also-on:  {}  ]]",
        "- before\n  [[also-on: {}]]\n- after",
        "<div>\n\n[[also-on: {}]]\n\n</div>",
        "before\r\n[[also-on: {}]]\r\nafter",
    ],
)
def test_a_marker_in_markdown_is_a_block_with_its_arguments_as_typed(source: str) -> None:
    html = render_post(source.replace("{}", ARGUMENTS), "markdown")
    assert f"<p>[[also-on: {ESCAPED}]]</p>" in html
    assert markers_of(html) == [Marker("also-on", ARGUMENTS)]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[[m: a & b]]", "<p>[[m: a &amp; b]]</p>"),
        ("[[m: a &amp; b]]", "<p>[[m: a &amp; b]]</p>"),
        ("  [[m:a]]  ", "<p>[[m: a]]</p>"),
        ("<p>[[m: a]]</p>", "<p>[[m: a]]</p>"),
        ("<p class=x>\n[[m: a]]\n</p>", "<p>[[m: a]]</p>"),
        ("<div>[[m: a]]</div>", "<div><p>[[m: a]]</p></div>"),
        ("one\n[[m: a]]\ntwo", "one<p>[[m: a]]</p>two"),
        ("one<br>[[m: a]]<br/>two", "one<p>[[m: a]]</p>two"),
        ("one<br>\n<br>\n[[m: a]]<br><br>two", "one<p>[[m: a]]</p>two"),
        ("<b>one</b><br>[[m: a]]<i>two</i>", "<b>one</b><br>[[m: a]]<i>two</i>"),
        ("<p>one<br>[[m: a]]<br>two</p>", "<p>one</p><p>[[m: a]]</p><p>two</p>"),
        (
            '<p id="i" dir="rtl">one\n[[m: a]]\n<b>two</b></p>',
            '<p id="i" dir="rtl">one</p><p>[[m: a]]</p><p dir="rtl"><b>two</b></p>',
        ),
        ("<p>[[m: a]]<br>[[n: b]]\n\n[[o:]]</p>", "<p>[[m: a]]</p><p>[[n: b]]</p><p>[[o:]]</p>"),
        ("<p>[[m: a]]</p>\n<p>one</p>", "<p>[[m: a]]</p>\n<p>one</p>"),
        ("<ul><li>[[m: a]]</li></ul>", "<ul><li><p>[[m: a]]</p></li></ul>"),
        (
            "<table><tr><td>[[m: a]]</table>",
            "<table><tbody><tr><td><p>[[m: a]]</p></td></tr></tbody></table>",
        ),
        ("<h2>x</h2>[[m: a]]<h2>y</h2>", "<h2>x</h2><p>[[m: a]]</p><h2>y</h2>"),
        ("[[m: a]]<a name='more'></a>", '[[m: a]]<a name="more"></a>'),
    ],
)
def test_a_marker_in_html_is_a_block_where_it_has_a_line_of_its_own(source: str, html: str) -> None:
    assert render_post(source, "html") == html
    assert render_post(html, "html") == html


@pytest.mark.parametrize(
    "source",
    [
        "<pre>[[m: a]]</pre>",
        "<pre>one\n[[m: a]]\ntwo</pre>",
        "<pre><p>[[m: a]]</p></pre>",
        "<code>\n[[m: a]]\n</code>",
        "<p><code>[[m: a]]</code></p>",
        "<p><b>[[m: a]]</b></p>",
        "<h2>[[m: a]]</h2>",
        "words [[m: a]] words",
        "[[M: a]]",
        "[[1: a]]",
        "[[m]]",
        "[[m: a]",
        "[[m: a]] b]]",
        "[[m: a\nb]]",
        '<p title="<p>[[m: a]]</p>">x</p>',
        '<p title="\n[[m: a]]\n">x</p>',
    ],
)
def test_what_only_looks_like_a_marker_is_text(source: str) -> None:
    html = render_post(source, "html")
    assert markers_of(html) == []
    assert markup.without_markers(html) == html


@pytest.mark.parametrize(
    "source", ["    [[m: a]]", "```\n[[m: a]]\n```", "`[[m: a]]`", "a [[m: a]]", "[[m: a]] b", "# [[m: a]]"]
)
def test_what_only_looks_like_a_marker_in_markdown_is_text(source: str) -> None:
    html = render_post(source, "markdown")
    assert "[[m: a]]" in html
    assert markers_of(html) == []


def test_pages_are_split_at_their_markers() -> None:
    html = render_post("one\n\n[[m: a | b]]\n\n[[n: c]]\n\n    [[x: y]]\n\ntwo", "markdown")
    assert split_markers(html) == [
        "<p>one</p>\n",
        Marker("m", "a | b"),
        "\n",
        Marker("n", "c"),
        "\n<pre><code>[[x: y]]\n</code></pre>\n<p>two</p>\n",
    ]
    assert markup.without_markers(html) == "<p>one</p>\n\n\n<pre><code>[[x: y]]\n</code></pre>\n<p>two</p>\n"


def test_a_page_without_markers_is_one_piece() -> None:
    assert split_markers("<p>x</p>") == ["<p>x</p>"]
    assert split_markers("<p>[[x]]</p>") == ["<p>[[x]]</p>"]
    assert split_markers("") == [""]


PIECES = st.sampled_from(
    re.split(
        r"~",
        "[[m: a]]~[[n:b & c]]~\n~\n\n~<br>~<p>~</p>~<div>~</div>~<pre>~</pre>~<b>~</b>~words~ ~<ul><li>~</ul>"
        "~<code>~</code>~&lt;~<p id=x>~> ~- ~`",
    )
)


@settings(max_examples=400, deadline=None)
@given(parts=st.lists(PIECES, max_size=25), source_format=st.sampled_from(markup.FORMATS))
def test_setting_markers_apart_breaks_no_page(parts: list[str], source_format: str) -> None:
    source = "".join(parts)
    html = render_post(source, source_format)
    assert sanitize.recheck_post(html) == html
    assert render_post(html, "html") == html
    assert all(marker in (Marker("m", "a"), Marker("n", "b & c")) for marker in markers_of(html))
    if source_format == "html":
        whole = re.sub(r"\s", "", words_of(sanitize.clean_post(source)))
        assert re.sub(r"\s", "", words_of(html)) == whole


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo\n\n\n  three  ", "<p>one<br>\ntwo</p><p>three</p>"),
        ("one\r\ntwo\r\rthree", "<p>one<br>\ntwo</p><p>three</p>"),
        ("one<br>\ntwo<BR/>three", "<p>one<br>\ntwo<br>\nthree</p>"),
        ("a < b && c > d", "<p>a &lt; b &amp;&amp; c &gt; d</p>"),
        ("I <3 <foo> & <div class=x>", "<p>I &lt;3 &lt;foo&gt; &amp; &lt;div class=x&gt;</p>"),
        ("<!-- x --> <?y?> </z>", "<p>&lt;!-- x --&gt; &lt;?y?&gt; &lt;/z&gt;</p>"),
        ("<b>bold", "<p><b>bold</b></p>"),
        ("<i onclick='x'>i</i>", "<p><i>i</i></p>"),
        (
            '<a href="https://example.org/?a>b">x</a>',
            '<p><a href="https://example.org/?a&gt;b" rel="nofollow ugc">x</a></p>',
        ),
        (
            "<blockquote>one\ntwo\n\nthree</blockquote>four",
            "<blockquote><p>one<br>\ntwo</p><p>three</p></blockquote><p>four</p>",
        ),
        ("<pre>  a\n\n  b < c</pre>\nd", "<pre>  a\n\n  b &lt; c</pre><p>d</p>"),
        ("<ul>\n<li>one\n<li>two\nthree</ul>", "<ul><li>one</li><li>two<br>\nthree</li></ul>"),
        ("<p>one\n\ntwo</p>", "<p>one<br>\n<br>\ntwo</p>"),
        ("", ""),
        (" \n ", ""),
        (
            "**bold _and_ more** *it* a*b*c 2 * 3 * 4 snake_case_name",
            "<p><strong>bold <em>and</em> more</strong> <em>it</em> a*b*c 2 * 3 * 4 snake_case_name</p>",
        ),
        ("`a*b* <b>` \\*no\\*", "<p><code>a*b* &lt;b&gt;</code> *no*</p>"),
        ("`a*b* & c`", "<p><code>a*b* &amp; c</code></p>"),
        (
            "[*my* site](https://example.org/?a=1&copy=2_b_)",
            '<p><a href="https://example.org/?a=1&amp;copy=2_b_" rel="nofollow ugc"><em>my</em> site</a></p>',
        ),
        ("[x](javascript:alert(1)) [y](/z)", "<p>[x](javascript:alert(1)) [y](/z)</p>"),
        (
            "> He said\n> *so*\n>\n> twice.\nNo, he did not.",
            "<blockquote><p>He said<br>\n<em>so</em><br>\n<br>\ntwice.</p></blockquote><p>No, he did not.</p>",
        ),
        (">>>", "<p>&gt;&gt;&gt;</p>"),
        ("a<li>b</li><ul><li>c</ul><li>d", "<p>a</p><p>b</p><ul><li>c</li></ul><p>d</p>"),
        ("\\> no quote", "<p>&gt; no quote</p>"),
        (
            "Run\n```py\nif a < b:\n\n  *c* & d\n```\nnow",
            "<p>Run</p><pre><code>if a &lt; b:\n\n  *c* &amp; d</code></pre><p>now</p>",
        ),
        ("```\nnever closed", "<p>```<br>\nnever closed</p>"),
        (
            "<code>*a*</code> <pre>_b_ [x](https://a.example)</pre>",
            "<p><code>*a*</code></p><pre>_b_ [x](https://a.example)</pre>",
        ),
        (
            "See https://a.example/x_y_z/?a=1&copy=2, (https://b.example/A_(b)) or **http://c.example**.",
            '<p>See <a href="https://a.example/x_y_z/?a=1&amp;copy=2" rel="nofollow ugc">'
            "https://a.example/x_y_z/?a=1&amp;copy=2</a>, "
            '(<a href="https://b.example/A_(b)" rel="nofollow ugc">https://b.example/A_(b)</a>) or '
            '<strong><a href="http://c.example" rel="nofollow ugc">http://c.example</a></strong>.</p>',
        ),
        (
            '<a href="https://a.example">https://b.example</a> [https://c.example](https://d.example)',
            '<p><a href="https://a.example" rel="nofollow ugc">https://b.example</a> '
            '<a href="https://d.example" rel="nofollow ugc">https://c.example</a></p>',
        ),
        (
            "`https://a.example` http:// https://. x@https://b.example ftp://c.example <b>https://d.example</b>",
            "<p><code>https://a.example</code> http:// https://. x@https://b.example ftp://c.example "
            '<b><a href="https://d.example" rel="nofollow ugc">https://d.example</a></b></p>',
        ),
    ],
)
def test_a_visitors_text_is_shown_as_it_was_meant(source: str, html: str) -> None:
    clean = render_comment(source)
    assert isinstance(clean, Markup)
    assert clean == html


def test_a_comment_of_hundreds_of_addresses_has_no_links() -> None:
    assert render_comment("http://a.example " * comments.LINKS).count("<a ") == comments.LINKS
    assert "<a " not in render_comment("http://a.example " * (comments.LINKS + 1))


def test_a_script_in_a_comment_is_shown_and_not_run() -> None:
    html = render_comment("<script>alert(1)</script><img src=x onerror=alert(1)>")
    assert html == "<p>&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;</p>"


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab <>/!&\n'\"=-?"), max_size=80))
def test_no_word_of_a_comment_is_lost(source: str) -> None:
    allowed = comments._COMMENT_TAG
    signs = r"[\s>]"  # a line that begins with > is a quotation
    typed = re.sub(signs, "", allowed.sub("", source))
    assert re.sub(signs, "", words_of(render_comment(source))) == typed


def test_a_comment_may_be_8000_characters_long() -> None:
    assert "<p>" in render_comment("word < word\n" * 660)
    with pytest.raises(Refused) as refused:
        render_comment("x" * 8_001)
    assert refused.value.code == "too_long"


SIGNS = [
    "*",
    "**",
    "_a ",
    "*a* ",
    "`",
    "`a\n",
    "[",
    "[a](http://",
    "[a](http://b) ",
    "http://a ",
    "http://a(",
    "http://",
    "**a*",
    "```x\n",
    "> ",
    ">\n",
    "\\*",
]


@pytest.mark.parametrize(
    "shape", ["<", "<a ", '<a "', "\n", "\n \n", "x\n\n", "<b>", "<p>", "<br>", "&", "<li>", "a\n", *SIGNS]
)
def test_a_hostile_comment_is_rendered_in_less_than_150_ms(shape: str) -> None:
    source = (shape * 8_000)[:8_000]
    assert cost(partial(unless_refused, render_comment, source), 0.150) < 0.150


@pytest.mark.parametrize(
    "shape",
    [
        "[",
        "![",
        "[a](",
        "*a",
        "`a",
        "<a ",
        "> ",
        "- ",
        "-\n",
        "a|b\n",
        "#\n",
        "[[m: ",
        "[[m: a]]\n",
        "\\",
        "word & *word* [x](/y)\n\n",
    ],
)
def test_a_hostile_post_is_rendered_in_less_than_two_seconds(shape: str) -> None:
    source = (shape * 500_000)[:500_000]
    for source_format in markup.FORMATS:
        assert cost(partial(unless_refused, render_post, source, source_format), 2.0) < 2.0


@pytest.mark.parametrize(
    "shape", ["[", "![", "-\n", "*a*", "<b>", "[[m: a]]\n\n", "a\n\n", "[[m: " + " " * 40]
)
def test_as_much_markdown_as_the_limits_allow_takes_less_than_two_seconds(shape: str) -> None:
    marks = len(re.findall(posts._MARKS, shape))
    source = (shape * (posts._MARKDOWN_WORK // marks))[:500_000]
    assert cost(partial(unless_refused, render_post, source, "markdown"), 2.0) < 2.0


def unless_refused(work: Callable[..., object], *arguments: str) -> None:
    """Do it; that it is too much for the limits is an answer, too."""
    try:
        work(*arguments)
    except Refused as refused:
        assert refused.code in ("too_deep", "too_much_markup")  # noqa: PT017


def test_the_pipeline_has_a_new_number_when_the_policy_has() -> None:
    assert markup.PIPELINE // 1000 == sanitize.VERSION
