"""The scanner splits text into tags as browsers do, and respells it so that every parser does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blogengine.errors import Refused
from blogengine.htmlscan import Limits
from blogengine.htmlscan import respell
from blogengine.htmlscan import tags
from blogengine.htmlscan import without_scripts

LIMITS = Limits("text", characters=1_000, depth=3, work=20, entities=10, misnested=1)
KEPT = {"a": frozenset({"href"}), "b": frozenset[str](), "p": frozenset[str](), "i": frozenset[str]()}


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<b>x</b>", ["<b>", "</b>"]),
        ("<a href='>'>x", ["<a href='>'>"]),
        ('<a href = "a>b" title=x/y>', ['<a href = "a>b" title=x/y>']),
        ("<a b'c>d'>", ["<a b'c>"]),
        ("<a =x>y", ["<a =x>"]),
        ("a < b <3 <b>", ["<b>"]),
        ("<!-- <b> --> <i>", ["<!-- <b> -->", "<i>"]),
        ("<!--><b>--><!---><i>--!>", ["<!-->", "<b>", "<!--->", "<i>"]),
        ("<!-- --!><b>", ["<!-- --!>", "<b>"]),
        ("<?x <b>?><i>", ["<?x <b>", "<i>"]),
        ("<b <i>x", ["<b <i>"]),
        ("<b><a href='x> <i>", ["<b>"]),
        ("<b><!-- <i>", ["<b>"]),
    ],
)
def test_tags_are_found_as_the_standard_says(html: str, found: list[str]) -> None:
    assert [html[tag.start : tag.end] for tag in tags(html)] == found


def test_a_tag_has_a_name_and_attributes() -> None:
    tag, end = tags("<A HREF=/x Title='a &amp; b' x y=\"\"></A>")
    assert (tag.name, tag.closing) == ("a", False)
    assert tag.attributes == [("href", "/x"), ("title", "a &amp; b"), ("x", ""), ("y", "")]
    assert (end.name, end.closing) == ("a", True)


@given(st.text(alphabet="<>/!-ab ='\"", max_size=60))
def test_tags_stand_in_order_and_do_not_overlap(html: str) -> None:
    position = 0
    for tag in tags(html):
        assert position <= tag.start < tag.end <= len(html)
        assert html[tag.start] == "<"
        position = tag.end


@pytest.mark.parametrize(
    ("html", "rest"),
    [
        ("a<script>b</script>c<STYLE x>d</style >e", "ace"),
        ("a<script>'<b x=\"'</script>c", "ac"),
        ("a<script>b", "a<script>b"),
        ("a<scripts>b</scripts>", "a<scripts>b</scripts>"),
        ("<script></script x", "<script></script x"),
    ],
)
def test_scripts_and_styles_go_with_their_contents(html: str, rest: str) -> None:
    assert without_scripts(html) == rest


@pytest.mark.parametrize(
    ("html", "respelled"),
    [
        ("<a HREF=x onclick=y href=z>w</A>", '<a href="x">w</a>'),
        ("<b/x='<i>'>w", "<b>w"),
        ("a < b <!-- c --> <font size=1>d", "a &lt; b  <font>d"),
        ("<o:p>x</o:p>", "x"),
        ("<a href='\"<'>", '<a href="&quot;&lt;">'),
        ("<a href='x", "&lt;a href='x"),
    ],
)
def test_html_is_respelled_so_that_parsers_agree(html: str, respelled: str) -> None:
    assert respell(html, KEPT, LIMITS) == respelled


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("x" * 1_001, "too_long"),
        ("<b>" * 4, "too_deep"),
        ("<b></b>" * 11, "too_much_markup"),
        ("<p>" * 11, "too_much_markup"),
        ("<b><i>" + "<p>" * 6, "too_much_markup"),
        ("<b><i></b></i>" * 2, "too_much_markup"),
        ("&" * 11, "too_much_markup"),
        ("<" * 11, "too_much_markup"),
    ],
)
def test_work_is_refused_before_it_is_done(html: str, code: str) -> None:
    with pytest.raises(Refused, match="This text") as refused:
        respell(html, KEPT, LIMITS)
    assert refused.value.code == code
