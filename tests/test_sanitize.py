"""Hostile HTML goes in; what comes out holds nothing but what the policy names, whoever parses it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import nh3
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from markupsafe import Markup

from bench.hostile import HTML
from blogengine import sanitize
from blogengine import text
from blogengine.errors import Refused
from blogengine.htmlscan import tags
from tests.pace import cost

CLEANERS = [(sanitize.clean_comment, sanitize.COMMENT), (sanitize.clean_post, sanitize.POST)]
IMPLIED = {"html", "head", "body"}
URLS = ("href", "src", "cite", "poster")

SCRIPTS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script/x>alert(1)</script/x>",
    "<script\x0c>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1);//<</script>",
    "<script>/*<b>*/alert(1)</script >",
    '<script src="data:text/javascript,alert(1)"></script>',
    "<script type=text/plain><!--</script><img src=x onerror=alert(1)>-->",
    "<style>@import 'javascript:alert(1)';</style>",
    "<style><img src='</style><img src=x onerror=alert(1)//'></style>",
    "<style><!--</style><img src=x onerror=alert(1)>--></style>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<noscript><style></noscript><img src=x onerror=alert(1)></style>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<noembed><img src='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<noframes><img src='</noframes><img src=x onerror=alert(1)>'></noframes>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<title><img title='</title><img src=x onerror=alert(1)>'></title>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe><img title='</iframe><img src=x onerror=alert(1)>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<object><param name=movie value=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x>",
    "<base href=javascript:/a/-alert(1)//>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<link rel=import href=//evil.example>",
    "<form action=javascript:alert(1)><input type=submit formaction=javascript:alert(1)></form>",
    "<button form=f formaction=javascript:alert(1)>x</button>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<input onfocus=alert(1) autofocus>",
    "<select onfocus=alert(1) autofocus><option></select>",
    "<keygen onfocus=alert(1) autofocus>",
    "<marquee onstart=alert(1)>",
    "<bgsound src=javascript:alert(1)>",
    "<layer src=//evil.example>",
    "<dialog open onclose=alert(1)>",
    "<slot onslotchange=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<template><img src=x onerror=alert(1)></template>",
    "<portal src=javascript:alert(1)>",
    "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "<body onload=alert(1)>",
    "<html onmouseover=alert(1)>",
    "<head><script>alert(1)</script>",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<a:b onclick=alert(1)>x",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<?php echo 1 ?>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]>&x;",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!---><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- foo=><script>alert(1)</script>",
    "</ foo='><img src=x onerror=alert(1)>'>",
    "<! foo='><script>alert(1)</script>'>",
    "<? foo='><script>alert(1)</script>'>",
]
EVENTS = [
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x:x onerror\x0b=alert(1)>",
    "<img src='x'onerror='alert(1)'>",
    '<img """><script>alert(1)</script>">',
    "<img src=`x`onerror=alert(1)>",
    "<img \x00src=x onerror=alert(1)>",
    '<img src=x alt="`><img src=x onerror=alert(1)>">',
    "<img alt='<p>[[m: x]]</p>' title='\"><script>alert(1)</script>' src=/x>",
    "<b onclick=alert(1)>x</b>",
    "<b ONCLICK=alert(1)>x</b>",
    "<b/onclick=alert(1)>x</b>",
    '<b "onclick="alert(1)">x</b>',
    "<b style='width:expression(alert(1))'>x</b>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<p style=behavior:url(#default#time2)>x",
    "<a onmouseover=alert(1)>x</a>",
    "<a href=x onclick=alert(1) target=_blank>x</a>",
    "<a href='/x' ping=//evil.example download srcdoc=x>x</a>",
    "<a href=/x id='a\" onclick=alert(1) x=\"'>x</a>",
    "<a name='x onclick=alert(1)' href=/x>x</a>",
    "<p id='constructor' class='x\" onclick=\"alert(1)'>x",
    "<p xml:base=javascript:alert(1) xmlns:xlink=x xlink:href=javascript:alert(1)>x",
    "<video onloadstart=alert(1) src=/x autoplay><source onerror=alert(1)></video>",
    "<video poster=javascript:alert(1) src=javascript:alert(1) controls></video>",
    "<audio src=data:audio/x,y onplay=alert(1) controls>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<table background=javascript:alert(1)><td background=javascript:alert(1)>x</table>",
    "<img srcset='javascript:alert(1) 1x' src=/x usemap=#m ismap lowsrc=javascript:alert(1) dynsrc=x>",
    "<img src=x width='1 onerror=alert(1)' height=\"1%\" loading=bad>",
    "<q cite=javascript:alert(1)>x</q><blockquote cite='vbscript:x'>y</blockquote>",
    "<ol start='1;alert(1)' type=javascript:><li value=x>x</ol>",
    "<time datetime='<script>'>x</time>",
]
FOREIGN = [
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=data:,alert(1) /></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<svg><a xlink:href=javascript:alert(1)><text y=1em>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:alert(1)></svg>",
    "<svg><use href='data:image/svg+xml,<svg onload=alert(1)>'/></svg>",
    "<svg><foreignObject><iframe srcdoc=x></foreignObject></svg>",
    "<svg><title><style><img title='</style><img src=x onerror=alert(1)>'></title></svg>",
    "<svg><desc><![CDATA[</desc><script>alert(1)</script>]]></desc></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror=alert(1)>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<math></p><style><!--</style><img src=x onerror=alert(1)>--></style></math>",
    "<svg><p><style><!--</style><img src=x onerror=alert(1)>-->",
    "<select><template><script>alert(1)</script></template></select>",
    "<select><iframe></select><img src=x onerror=alert(1)>",
    "<table><svg><style><a title='</style></svg></table><img src=x onerror=alert(1)>'>",
    "<a><table><a href=javascript:alert(1)>x</table>",
    "<table><tr><td><table><script>alert(1)</script><b>x<td>y",
    "<b><i><a href=/x><p></b></i>x</a><div></p>y",
    "<p><a href=/1><p><a href=/2><b><p></b>x",
    "<ul><li><ul></li><li></ul></li>x</ul>",
    "<dl><dt><p><dd></dl><b></dt>x",
    "<h1><h2>x</h1></h2><pre><h1>\n</pre>",
    "<details><summary><details><b></summary></details>x",
    "<figure><figcaption><p><figure></figcaption>x",
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript:123",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "javascript&#x3A;alert(1)",
    "java&#115;cript:alert(1)",
    "&#106&#97&#118&#97&#115&#99&#114&#105&#112&#116&#58alert(1)",
    "&#0000106avascript:alert(1)",
    "java\tscript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "java\nscript:alert(1)",
    "java\r\nscript:alert(1)",
    "java&#9;script:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "&#1;javascript:alert(1)",
    "&#14; javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "\u2028javascript:alert(1)",
    "\u200bjavascript:alert(1)",
    "\ufeffjavascript:alert(1)",
    "java\u00adscript:alert(1)",
    "java\u200dscript:alert(1)",
    "java\x00script:alert(1)",
    "javascript\u003aalert(1)",
    "javascript\uff1aalert(1)",
    "javascript://example.org/%0aalert(1)",
    "javascript:/*--></title></style></textarea></script>--><svg/onload=alert(1)>",
    "vbscript:msgbox(1)",
    "livescript:x",
    "mocha:x",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "DATA:text/html,x",
    "blob:https://example.org/x",
    "filesystem:https://example.org/x",
    "file:///etc/passwd",
    "about:blank",
    "view-source:javascript:alert(1)",
    "feed:javascript:alert(1)",
    "jar:http://example.org!/x",
    "ws://example.org",
    "ftp://example.org/x",
    "intent://x#Intent;scheme=javascript;end",
    "http:javascript:alert(1)",
    "http:/example.org",
    "https:example.org",
    "http://",
    "http:///x",
    "http:\\\\example.org",
    "/\\example.org",
    "\\\\example.org",
    "\\/example.org",
    "/\t/example.org",
    "/\n/example.org",
    "example.org/x",
    "x.html",
    "./javascript:alert(1)",
    "?x=1",
    ":javascript:alert(1)",
    "",
    " ",
]
MUTATIONS = [
    lambda payload: payload,
    lambda payload: f"<p>{payload}</p>",
    lambda payload: f"<blockquote><b>{payload}",
    lambda payload: f"<table><tr>{payload}</table>",
    lambda payload: f"<svg>{payload}",
    lambda payload: f"<math><mtext>{payload}",
    lambda payload: f'<a href="{payload}">x</a>',
    lambda payload: f"<b title='{payload}'>x</b>",
    lambda payload: f"<!-- {payload}",
    lambda payload: f"<textarea>{payload}",
    lambda payload: f"<style>{payload}",
    lambda payload: payload.replace("<", "<\x00"),
    lambda payload: payload.replace(" ", "/"),
    lambda payload: payload.replace("<", "&lt;"),
    lambda payload: payload.upper(),
    lambda payload: payload[:-1],
    lambda payload: payload * 2,
]
PAYLOADS = (
    SCRIPTS
    + EVENTS
    + FOREIGN
    + [f'<a href="{address}">x</a>' for address in ADDRESSES]
    + [f"<img src='{address}'>" for address in ADDRESSES]
    + [f"<a href={address}>x</a>" for address in ADDRESSES]
)


def _elements(tree: Element) -> Iterator[Element]:
    return (element for element in tree.iter() if isinstance(element.tag, str))


def assert_within(policy: sanitize.Policy, html: str) -> None:
    """Parse `html` with a parser that had no part in cleaning it, and hold each node against the policy."""
    for tree, implied in (
        (html5lib.parseFragment(html, namespaceHTMLElements=False), {"DOCUMENT_FRAGMENT"}),
        (html5lib.parse(f"<!doctype html><body>{html}", namespaceHTMLElements=False), IMPLIED),
    ):
        assert all(isinstance(element.tag, str) for element in tree.iter()), "a comment"
        for element in _elements(tree):
            if element.tag in implied:
                assert not element.attrib
                continue
            assert element.tag in policy.tags
            for name, value in element.attrib.items():
                if name == "rel" and policy is sanitize.COMMENT:
                    assert value == "nofollow ugc"
                    continue
                assert name in policy.kept[element.tag], (element.tag, name)
                assert not name.startswith("on")
                if name in URLS:
                    assert_harmless(value, policy)


def assert_harmless(url: str, policy: sanitize.Policy) -> None:
    assert not re.search(r"[\x00-\x20\\]", url)
    assert not url.startswith("//")
    if not url.startswith(("/", "#")):
        parts = urlsplit(url)
        assert parts.scheme in policy.schemes
        assert parts.netloc or parts.scheme in ("mailto", "tel")


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<b onclick=x>x</b>",
        "<a href='javascript:123'>x</a>",
        "<a href='//example.org'>x</a>",
        "<a href='/x' style='x'>x</a>",
        "<svg></svg>",
        "<!-- x -->",
        "<form>x</form>",
    ],
)
def test_the_judge_of_these_tests_sees_what_is_bad(html: str) -> None:
    for policy in (sanitize.COMMENT, sanitize.POST):
        with pytest.raises(AssertionError):
            assert_within(policy, html)


@pytest.mark.parametrize(("clean", "policy"), CLEANERS, ids=["comment", "post"])
@pytest.mark.parametrize("mutate", MUTATIONS)
def test_nothing_outside_the_policy_comes_out(clean, policy, mutate) -> None:  # type: ignore[no-untyped-def]
    for payload in PAYLOADS:
        html = clean(mutate(payload))
        assert isinstance(html, Markup)
        assert_within(policy, html)
        assert policy.last.clean(html) == html


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_of_ours_is_dropped(address: str) -> None:
    assert sanitize.clean_post(f'<a href="{address}">words</a>') == "<a>words</a>"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://example.org", "http://example.org"),
        ("HTTPS://Example.org/a?b=c#d", "HTTPS://Example.org/a?b=c#d"),
        (" https://example.org/\n", "https://example.org/"),
        ("https://example.org/a b.jpg", "https://example.org/a%20b.jpg"),
        ("//1.bp.blogspot.com/x.jpg", "https://1.bp.blogspot.com/x.jpg"),
        ("/2020/01/x.html", "/2020/01/x.html"),
        ("#more", "#more"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&amp;copy=2"),
        ("https://例え.jp/道", "https://例え.jp/道"),
    ],
)
def test_a_good_address_is_kept(address: str, kept: str) -> None:
    assert sanitize.clean_post(f'<a href="{address}">x</a>') == f'<a href="{kept}">x</a>'
    assert (
        sanitize.clean_comment(f'<a href="{address}">x</a>') == f'<a href="{kept}" rel="nofollow ugc">x</a>'
    )


def test_telephone_numbers_are_links_in_posts_only() -> None:
    assert 'href="tel:+4912345"' in sanitize.clean_post('<a href="tel:+4912345">x</a>')
    assert "href" not in sanitize.clean_comment('<a href="tel:+4912345">x</a>')


@pytest.mark.parametrize(
    "html",
    [
        '<h2 id="part-1">Part</h2><p class="lead" lang="de" dir="ltr">a <b>b</b> <em>c</em> &amp; &lt; e</p>',
        '<figure><img src="/m/1.png" alt="A &quot;b&quot;" title="t" width="400" height="300" loading="lazy">'
        "<figcaption>c</figcaption></figure>",
        '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td colspan="2" align="right">b</td>'
        "</tr></tbody></table>",
        "<dl><dt>a</dt><dd>b</dd></dl><p>H<sub>2</sub>O x<sup>2</sup></p><hr><kbd>Ctrl</kbd>",
        "<details><summary>s</summary><p>d</p></details>",
        '<abbr title="a b">ab</abbr><div class="separator"><a href="/x" name="y">z</a></div>',
        '<video src="/v.mp4" controls="" poster="/p.png"></video><audio src="https://example.org/a.mp3"></audio>',
        '<pre><code class="language-python">if a &lt; b:\n    pass\n</code></pre>',
        '<ol start="3"><li value="3">x</li></ol><blockquote cite="https://example.org/">y</blockquote>',
        'one<a name="more"></a>two',
    ],
)
def test_what_authors_write_comes_out_unchanged(html: str) -> None:
    assert sanitize.clean_post(html) == html
    assert sanitize.clean_post(sanitize.clean_post(html)) == html
    assert sanitize.recheck_post(html) == html


@pytest.mark.parametrize(
    "jump", ["<!--more-->", "<!-- more -->", "<a name='more'></a>", '<a name="more"/></a>']
)
def test_the_jump_break_survives(jump: str) -> None:
    assert sanitize.clean_post(f"one{jump}two") == 'one<a name="more"></a>two'


def test_a_comment_keeps_its_few_tags_and_loses_the_rest() -> None:
    html = (
        '<p class="x">a <b id="y">b</b> <h1>c</h1> <img src="/x"> <a href="/y" title="z" rel="me">d</a></p>'
    )
    clean = sanitize.clean_comment(html)
    assert "<b>b</b>" in clean
    assert '<a href="/y" rel="nofollow ugc">d</a>' in clean
    assert not re.search(r"class|id=|<h1|<img|title|me", clean)


def test_the_text_of_scripts_and_styles_does_not_show() -> None:
    assert sanitize.clean_post("a<script>var x;</script>b<style>p {}</style>c") == "abc"
    assert "var x" in sanitize.clean_post("a<script>var x; no end")


@pytest.mark.parametrize(("clean", "policy"), CLEANERS, ids=["comment", "post"])
def test_no_reference_brings_in_what_cannot_stand_in_a_feed(clean, policy) -> None:  # type: ignore[no-untyped-def]
    for number in (0, 1, 8, 11, 12, 14, 27, 31, 0xD800, 0xFFFE, 0xFFFF):
        for spelled in (f"&#{number};", f"&#x{number:x};", f"&#{number} "):
            html = clean(f"a{spelled}b<b>{spelled}</b>")
            ElementTree.fromstring(f"<x>{html}</x>".replace("&nbsp;", " "))
            assert html.startswith("a")


def test_text_is_escaped_as_text() -> None:
    assert sanitize.escape("<b>'\"&") == "&lt;b&gt;&#39;&#34;&amp;"
    assert sanitize.trusted("<b>x</b>") == Markup("<b>x</b>")


SOUP = st.lists(
    st.sampled_from(
        [
            *PAYLOADS,
            *(f"<{name}>" for name in sanitize.POST.tags),
            *(f"</{name}>" for name in sanitize.POST.tags),
        ]
    )
    | st.sampled_from("<>\"'=/&;! -\n\x00a")
    | st.sampled_from(["<a href=", "<b ", "<!--", "-->", "&lt;", "]]>", "text"]),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(soup=SOUP)
def test_tag_soup_comes_out_within_the_policy(soup: str) -> None:
    for clean, policy in CLEANERS:
        try:
            html = clean(soup)
        except Refused:
            continue
        assert_within(policy, html)
        assert policy.last.clean(html) == html


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_plain_words_are_never_lost(text: str) -> None:
    escaped = str(sanitize.escape(text))
    shown = html5lib.parseFragment(sanitize.clean_comment(escaped), namespaceHTMLElements=False)
    assert "".join(shown.itertext()) == text


PLAIN_PARTS = [
    "words ",
    "<br>",
    "\n",
    "é",
    "\xa0",
    "\u2028",
    "'",
    '"',
    "\u202e",
    "\ufeff",
    "😀",
    "=",
    "\t",
    "`",
    "</p><p>",
]


@pytest.mark.parametrize("policy", [sanitize.COMMENT, sanitize.POST])
@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.sampled_from(PLAIN_PARTS), max_size=12))
def test_the_first_gate_changes_nothing_of_what_is_spared_it(
    policy: sanitize.Policy, parts: list[str]
) -> None:
    html = f"<p>{''.join(parts)}</p>"
    if sanitize._PLAIN.fullmatch(html):
        assert policy.last.clean(policy.first.clean(html)) == policy.last.clean(html)


@pytest.mark.parametrize(
    "html", ["<p>a & b</p>", "<p>a<b>c</b></p>", "<p>a", "<p>\x0c</p>", "<P>a</P>", "<p id=a>b</p>", "a>b"]
)
def test_what_is_more_than_words_meets_both_gates(html: str) -> None:
    assert not sanitize._PLAIN.fullmatch(html)


@settings(max_examples=200, deadline=None)
@given(soup=SOUP)
def test_the_scanner_splits_clean_html_as_a_parser_does(soup: str) -> None:
    html = nh3.clean(soup, tags=set(sanitize.POST.tags))
    parsed = nh3.clean(html, tags=set(sanitize.POST.tags))
    opened = [tag.name for tag in tags(parsed) if not tag.closing]
    assert opened == [
        element.tag for element in _elements(_fragment(parsed)) if element.tag != "DOCUMENT_FRAGMENT"
    ]


def _fragment(html: str) -> Element:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    assert isinstance(tree, Element)
    return tree


def _fill(shape: str, length: int) -> str:
    return (shape * (length // len(shape) + 1))[:length]


SHAPES = {
    **HTML,
    "nested divs": "<div>",
    "foster parents": "<table>" + "x<br>" * 1600,
    "cdata": "<![CDATA[",
    "scripts": "<script></script ",
}
BIG = {
    **{name: _fill(shape, 500_000) for name, shape in SHAPES.items()},
    # As much as the limits let through.
    "all flat lists": "<ul>" + "<li><p>" * 3_990,
    "all bold in italics": "<b><i>x</i></b>" * 3_990,
    "all pictures": "<a><img></a>" * 5_300,
    "all entities": "&foo; " * 29_900,
    "all misnested": "<p>x" * 6_000 + "<b><i>x</b></i>" * 490,
    "all foster parents": "<p>x" * 6_000 + "<table>" + "x<br>" * 249,
    "all depth": ("<div>" * 99 + "</div>" * 99) * 40,
    "one attribute": f'<a href="{"/x" * 240_000}">x</a>',
    "all text": "words and words & " * 26_000,
}


def _cost(clean, html: str, limit: float) -> float:  # type: ignore[no-untyped-def]
    def work() -> None:
        try:
            clean(html)
        except Refused as refused:
            assert refused.code in ("too_deep", "too_much_markup")  # noqa: PT017

    return cost(work, limit)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_comment_takes_less_than_150_ms(shape: str) -> None:
    assert _cost(sanitize.clean_comment, _fill(SHAPES[shape], 8_000), 0.150) < 0.150


@pytest.mark.parametrize("shape", BIG)
def test_a_hostile_post_takes_less_than_two_seconds(shape: str) -> None:
    assert _cost(sanitize.clean_post, BIG[shape], 2.0) < 2.0


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("x" * 8_001, "too_long"),
        ("<b>" * 41, "too_deep"),
        ("<blockquote><p>" * 41, "too_deep"),
        ("<ul><li>" * 41, "too_deep"),
        ("<b title='</b>'>" * 41, "too_deep"),
        ("<b></i></b-></x><!--</b>-->" * 41, "too_deep"),
        ("<br>" * 1_999 + "<p>", "too_much_markup"),
        ("&" * 4_001, "too_much_markup"),
        ("<b><i></b></i>" * 101, "too_much_markup"),
    ],
)
def test_too_much_is_refused_with_a_reason(html: str, code: str) -> None:
    with pytest.raises(Refused, match="This comment") as refused:
        sanitize.clean_comment(html)
    assert refused.value.code == code
    assert refused.value.hint


@pytest.mark.parametrize(
    "html",
    [
        "x" * 8_000,
        "<b>" * 40,
        "<li>" * 300 + "<p>" * 300,
        "<b>x</b>" * 900,
        "<font><o:p>" * 300,
        "a < b " * 1_000,
    ],
)
def test_much_is_not_too_much(html: str) -> None:
    assert isinstance(sanitize.clean_comment(html), Markup)


def test_posts_may_be_longer_and_deeper_than_comments() -> None:
    assert sanitize.clean_post("x" * 500_000)
    assert sanitize.clean_post("<div>" * 100)
    with pytest.raises(Refused, match="nests its HTML more than 100 levels"):
        sanitize.clean_post("<div>" * 101)
    with pytest.raises(Refused, match="500,001 characters"):
        sanitize.clean_post("x" * 500_001)


@pytest.mark.parametrize("number", ["&#" + "9" * 5000 + ";", "&#x" + "f" * 5000, "&#" + "0" * 5000 + "65;"])
@pytest.mark.parametrize("html", ["{}", '<a href="https://example.org/{}">x</a>', '<p title="{}">x</p>'])
def test_a_number_of_a_character_may_be_as_long_as_anybody_likes(number: str, html: str) -> None:
    typed = html.format(number)
    assert "9" not in sanitize.clean_comment(typed)
    assert "9" not in sanitize.clean_post(typed)
    assert text.unescape(f"a {number} b &#65; &#x1F600;") == "a \ufffd b A \N{GRINNING FACE}"
