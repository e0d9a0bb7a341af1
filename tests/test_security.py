"""What a visitor typed stays text, headers stand on every answer, and only the owner is the owner."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from blogengine import accounts
from blogengine import comments
from blogengine import posts
from blogengine import settings
from blogengine.errors import BlogError
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run
from tests.raw import ask

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

MARK = "xss7"
"""Stands in every payload, so that a page can be searched for what became of it."""


def payloads() -> list[str]:
    """Return hostile texts: known vectors, each in several contexts."""
    calls = ["alert(1)", "alert`1`", "location='//x'", "fetch('//x')"]
    tags = [
        "<script>{0}</script>",
        "<ScRiPt>{0}</sCrIpT>",
        "<script src=//x>{0}",
        "<img src=x onerror={0}>",
        "<img/src=x/onerror={0}>",
        "<svg onload={0}>",
        "<svg><script>{0}</script></svg>",
        "<svg><animate onbegin={0} attributeName=x>",
        "<math><mi//xlink:href='javascript:{0}'>",
        "<body onload={0}>",
        "<iframe src=javascript:{0}>",
        "<iframe srcdoc='<script>{0}</script>'>",
        "<object data=javascript:{0}>",
        "<embed src=javascript:{0}>",
        "<form action=javascript:{0}><button>x",
        "<button formaction=javascript:{0}>x",
        "<input autofocus onfocus={0}>",
        "<details open ontoggle={0}>",
        "<video><source onerror={0}>",
        "<audio src onloadstart={0}>",
        "<marquee onstart={0}>",
        "<a href=javascript:{0}>x</a>",
        "<a href='java\tscript:{0}'>x</a>",
        "<a href=' &#14; javascript:{0}'>x</a>",
        "<a href='javascript&colon;{0}'>x</a>",
        "<a href=JaVaScRiPt:{0}>x</a>",
        "<a href='data:text/html,<script>{0}</script>'>x</a>",
        "<a href='vbscript:{0}'>x</a>",
        "<a href=//x onmouseover={0}>x</a>",
        "<b style='background:url(javascript:{0})'>x</b>",
        "<style>*{{background:url('javascript:{0}')}}</style>",
        "<link rel=stylesheet href=javascript:{0}>",
        "<base href=//x/>{0}",
        "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
        "<noscript><p title='</noscript><img src=x onerror={0}>'>",
        "<template><script>{0}</script></template>",
        "<xmp><p title='</xmp><img src=x onerror={0}>'>",
        "<textarea><img title='</textarea><img src=x onerror={0}>'>",
        "<title></title><script>{0}</script>",
        "<table><td background=javascript:{0}>",
        "<!--><img src=x onerror={0}>-->",
        "<![CDATA[<script>{0}</script>]]>",
        "<?php <script>{0}</script> ?>",
        '"><script>{0}</script>',
        "'><img src=x onerror={0}>",
        "</textarea><script>{0}</script>",
        "</title><script>{0}</script>",
        "</a><svg/onload={0}>",
        '" onmouseover="{0}" x="',
        "' onfocus='{0}' autofocus='",
        "javascript:{0}",
        "[x](javascript:{0})",
        "![x](javascript:{0})",
        "[x]: javascript:{0}\n\n[x]",
        "<javascript:{0}>",
        '[[card: "><script>{0}</script>]]',
        "{{{{ {0} }}}}{{% raw %}}<script>{0}</script>",
    ]
    return [f"{tag.format(call)} {MARK}" for tag in tags for call in calls]


# What may stand in a page, besides what our own templates write
TAGS = """
    html head meta title link body header footer nav main article section aside div p h1 h2 h3 h4 h5 h6
    ul ol li dl dt dd a b i em strong code pre blockquote br hr img time span small form label input
    textarea button table thead tbody tr td th s del ins sup sub select option fieldset legend details
    summary figure figcaption mark u strike datalist video audio source picture track wbr caption
    colgroup col cite q abbr kbd var samp output font big tt
    """
PAGE_TAGS = frozenset(TAGS.split())
URL_ATTRIBUTES = ("href", "src", "action", "formaction", "data", "xlink:href", "background", "poster", "cite")


def elements(html: str) -> Iterator[Element]:
    """Return all elements as a browser's parser sees them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree: Any = html5lib.parse(html, namespaceHTMLElements=False)
    yield from (element for element in tree.iter() if isinstance(element.tag, str))


def assert_harmless(html: str, where: str) -> None:
    """Fail for an element, attribute or address that no page of ours has."""
    for element in elements(html):
        is_file = element.get("src", "").startswith("/-/assets/") and not element.text
        is_ours = element.tag == "script" and (is_file or element.get("type") == "application/ld+json")
        assert is_ours or element.tag in PAGE_TAGS, (where, element.tag)
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), (where, element.tag, name)
            assert name not in ("style", "srcdoc", "formaction", "http-equiv"), (where, element.tag, name)
            if name in URL_ATTRIBUTES:
                address = "".join(value.split()).lower()
                scheme = address.partition(":")[0] if ":" in address.split("/")[0] else ""
                assert scheme in ("", "http", "https", "mailto", "data" if element.tag == "img" else ""), (
                    where,
                    value,
                )


def test_no_text_field_becomes_markup_anywhere(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    blog.enable("atom")
    blog.change_settings(comment_rate=0, comment_message=payloads()[0], description=payloads()[3][:200])
    texts = payloads()
    assert len(texts) >= 200
    for start in range(0, len(texts), 24):
        group = texts[start : start + 24]
        post_id = blog.write_post(
            f"Group {start}", "\n\n".join(group), description=group[0][:400], labels=[group[1][:150]]
        )
        path = blog.path_of(post_id)
        for text in group:
            send(blog, post_id, text)
        for place in (path, "/", f"/admin/posts/{post_id}", "/admin/comments", "/admin/"):
            visitor = owner_client if place.startswith("/admin") else client
            page = visitor.get(place)
            assert page.status_code == 200, place
            assert MARK in page.text or place.startswith("/admin"), place
            assert_harmless(page.text, place)


def send(blog: BlogKit, post_id: int, text: str) -> None:
    """Leave `text` in every field of a comment that takes it."""
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        for draft in (
            {"text": text, "name": text[:100]},
            {"text": "fine", "name": text[:99], "website": text[:400]},
        ):
            try:
                checked = comments.check(draft["name"], draft.get("website", ""), draft["text"], None)
            except BlogError:
                checked = comments.check("Rita", "", draft["text"].replace("\t", " "), None)
            blog.write_comment(post_id, checked.text, name=checked.name, website=checked.website)


def test_hostile_titles_and_labels_stay_text(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    for number, text in enumerate(payloads()[::5]):
        title = text.replace("\t", " ").replace("\n", " ")
        label = f"{number}{title}"[:200]
        with blog.app():
            post_id = posts.save(
                PostDraft(title=title, source="fine", labels=[label], title_link="https://x.example")
            )
            posts.publish(post_id)
        path = blog.path_of(post_id)
        for place in (path, f"/search/label/{number}"):
            assert_harmless(client.get(place).text, place)
    blog.change_settings(posts_per_page=100)
    for place in ("/", "/admin/", "/2026/", f"/{path.split('/')[1]}/"):
        assert_harmless(owner_client.get(place).text, place)


def test_hostile_settings_stay_text(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    for text in payloads()[::9]:
        line = text.replace("\t", " ").replace("\n", " ")[:200]
        blog.change_settings(title=line, description=line, comment_message=line)
        path = blog.path_of(blog.write_post("A post"))
        for place in ("/", path, "/nothing"):
            assert_harmless(client.get(place).text, place)
        assert_harmless(owner_client.get("/admin/settings").text, "/admin/settings")


def test_what_is_shown_again_in_an_error_stays_text(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    for text in payloads()[::3]:
        for fields in (
            {"text": text, "name": text * 3, "website": text},
            {"text": text, "ft": "old"},
            {"action": "preview"},
        ):
            answer = client.comment(path, **{"text": text, **fields})
            assert_harmless(answer.text, str(fields))
        refused = client.post(
            "/-/comments/1", data={"text": text}, headers={"Origin": "https://evil.example"}
        )
        assert refused.status_code == 403
        assert_harmless(refused.text, "refused")
        assert_harmless(client.get("/search", query_string={"q": text}).text, "search")
        assert_harmless(client.get("/search", query_string={"updated-max": text}).text, "time")
        assert_harmless(client.get(f"/search/label/{text}").text, "label")
        assert_harmless(client.get("/search", query_string={"max-results": text}).text, "number")


# Headers

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def test_the_headers_stand_on_every_answer(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    answers = [
        client.get(place) for place in ("/", path, path, "/nothing", "/admin/", "/2020", "/-/comments/1")
    ]
    answers += [
        client.post("/", data={}),
        client.comment(path),
        owner_client.get("/admin/"),
        owner_client.get(path),
    ]
    answers += [client.open("/", method="OPTIONS"), client.head(path), client.comment(path, "")]
    for answer in answers:
        for name, value in EVERYWHERE.items():
            assert answer.headers[name] == value, answer.request.path
        policy = answer.headers["Content-Security-Policy"]
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert part in policy
        assert "unsafe" not in policy
        assert "Strict-Transport-Security" not in answer.headers


def test_https_is_insisted_on_where_the_blog_has_it(blog: BlogKit, client: Visitor) -> None:
    blog.change_settings(url="https://blog.example")
    assert "max-age=" in client.get("/").headers["Strict-Transport-Security"]


def test_pages_load_nothing_that_the_policy_forbids(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    path = blog.path_of(blog.write_post())
    for visitor, place in (
        (client, "/"),
        (client, path),
        (owner_client, "/admin/posts/new"),
        (owner_client, "/admin/settings"),
    ):
        for element in elements(visitor.get(place).text):
            assert element.tag != "style", place
            assert "style" not in element.attrib, place
            assert element.tag != "script" or element.get("src", "").startswith("/"), place


def test_private_answers_are_kept_by_nobody(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD)")
    path = blog.path_of(blog.write_post())
    private = client.comment(path).headers["Location"]
    for visitor, place in (
        (client, private),
        (owner_client, "/admin/"),
        (owner_client, path),
        (owner_client, "/"),
        (client, "/nothing"),
    ):
        assert visitor.get(place).headers["Cache-Control"] == "no-store", place
    assert client.comment(path, "").headers["Cache-Control"] == "no-store"


# Who may what


def test_nobody_but_the_owner_reaches_the_owners_pages(blog: BlogKit, client: Visitor) -> None:
    with blog.app():
        accounts.create_owner("Olive", "olive@example.org", "correct horse battery")
    blog.write_post("Secret draft", publish=False)
    app = blog.site.current()
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin")]
    assert len(rules) > 10
    for rule in rules:
        target = rule.rule.replace("<int:post_id>", "1").split("<")[0]
        for path in (target, target.rstrip("/") + "/", target.rstrip("/")):
            for method in ("GET", "POST", "HEAD", "PUT", "DELETE"):
                answer = ask(blog.site, path, method, b"", HTTP_SEC_FETCH_SITE="same-origin")
                assert "Secret draft" not in answer.text, (method, path)
                if answer.status == 200 and method != "HEAD":
                    assert "password" in answer.text, (method, path)


def test_every_unsafe_route_refuses_what_comes_from_elsewhere_and_what_has_no_token(
    blog: BlogKit, owner_client: Visitor
) -> None:
    blog.write_post("A post")
    app = blog.site.current()
    unsafe = [
        rule
        for rule in app.url_map.iter_rules()
        if set(rule.methods or ()) & {"POST", "PUT", "PATCH", "DELETE"}
    ]
    assert len(unsafe) > 8
    for rule in unsafe:
        target = rule.rule.replace("<int:post_id>", "1")
        for part in ("<plugin_id>", "<theme_id>", "<path:name>", "<name>"):
            target = target.replace(part, "atom")
        if "<" in target:
            target = target.split("<")[0] + "1"
        for method in set(rule.methods or ()) & {"POST", "PUT", "PATCH", "DELETE"}:
            for headers in (
                {"Origin": "https://evil.example"},
                {"Sec-Fetch-Site": "cross-site"},
                {"Origin": "null"},
            ):
                answer = owner_client.open(target, method=method, data={"text": "x"}, headers=headers)
                assert answer.status_code == 403, (target, headers)
            answer = owner_client.open(
                target, method=method, data={"text": "x"}, headers={"Origin": "http://localhost"}
            )
            assert answer.status_code >= 400, target


def test_files_outside_of_the_media_folder_are_not_served(
    blog: BlogKit, client: Visitor, tmp_path: Path
) -> None:
    config = blog.site.config
    config.media_folder.mkdir(parents=True, exist_ok=True)
    (config.media_folder / "ok.txt").write_text("fine")
    (config.media_folder / "page.svg").write_text("<svg onload='alert(1)'/>")
    secret = config.instance / "secret_key"
    secret.write_text("the secret")
    (config.media_folder / "link.txt").symlink_to(secret)
    assert client.get("/media/ok.txt").text == "fine"
    for name in (
        "../secret_key",
        "..%2fsecret_key",
        "%2e%2e/secret_key",
        "link.txt",
        "",
        ".",
        "/etc/passwd",
        "%2Fetc/passwd",
    ):
        answer = ask(blog.site, f"/media/{name}")
        assert answer.status in (404, 308), name
        assert "the secret" not in answer.text
    assert "sandbox" in client.get("/media/page.svg").headers["Content-Security-Policy"]


def test_a_draft_is_nowhere_before_it_is_published(blog: BlogKit, client: Visitor) -> None:
    blog.enable("atom")
    blog.enable("also_on")
    post_id = blog.write_post("Hidden words", "Nobody sees these.", labels=["unborn"], publish=False)
    blog.write_post("Public", "[[also-on: /2020/01/hidden-words.html]]")
    for place in (
        *("/", "/search", "/search?q=hidden", "/search/label/unborn", "/2020/", "/2020/01/hidden-words.html"),
        *("/feeds/posts/default", f"/feeds/posts/default/{post_id}", f"/feeds/{post_id}/comments/default"),
        *("/feeds/posts/default?q=hidden", "/feeds/posts/default/-/unborn", f"/-/comments/{post_id}"),
    ):
        text = client.get(place).text
        assert "Nobody sees" not in text, place
        assert "Hidden words" not in text, place


def test_settings_of_plugins_are_not_shown_to_visitors(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "keys",
        """
        @dataclass(frozen=True)
        class Settings:
            key: str = option("", "Key")

        @hookimpl
        def register_settings(): return Settings
        """,
    )
    blog.change_plugin("keys", key="very secret")
    path = blog.path_of(blog.write_post())
    for place in ("/", path, "/nothing", "/admin/", "/admin/plugins"):
        assert "very secret" not in client.get(place).text
    with blog.app():
        assert settings.states()["keys"].settings["key"] == "very secret"
