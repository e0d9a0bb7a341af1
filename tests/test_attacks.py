"""What a hostile visitor tries, and does not get: other people's pages, private words, the owner's hand."""

import html
import itertools
import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote
from urllib.parse import unquote

import pytest

from blogengine import accounts
from blogengine import clock as clocks
from blogengine import comments
from blogengine import markup
from blogengine import posts
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from tests.full import every_plugin
from tests.full import is_full
from tests.raw import FORM
from tests.raw import ask

SECRET = re.compile(
    "zqx(?:spam|removed|hidden|trashed|taken|orphan|pending|draft|page|later)[a-z]*", re.IGNORECASE
)
"""The private words of `private_blog`: long enough to be in no token by chance."""

_NAMES = """
Accept Accept-Charset Accept-Datetime Accept-Language Access-Control-Request-Headers Access-Control-Request-Method
Authorization Cache-Control CDN-Loop CF-Connecting-IP Client-IP Content-Language Cookie2 Date DNT Early-Data Forwarded
From Front-End-Https If-Match If-Unmodified-Since Keep-Alive Max-Forwards Method Origin Pragma Prefer Priority Proxy
Purpose Referer Save-Data Sec-CH-UA Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Purpose Service-Worker Slug TE
True-Client-IP Upgrade-Insecure-Requests User-Agent Via Warning X-Accel-Redirect X-Cache-Key X-Client-IP X-CSRF-Token
X-Custom-IP-Authorization X-Debug X-Device X-Forwarded-By X-Forwarded-For X-Forwarded-Host X-Forwarded-Path
X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Proto X-Forwarded-Scheme X-Forwarded-Server X-Forwarded-Ssl
X-Ghost-Preview X-Host X-HTTP-Method X-HTTP-Method-Override X-Method-Override X-Original-Host X-Original-Url
X-Originating-IP X-Pjax X-Preview X-ProxyUser-Ip X-Real-IP X-Remote-Addr X-Remote-User X-Request-Id X-Requested-With
X-Rewrite-Url X-Script-Name X-Sendfile X-Theme X-Url-Scheme X-User X-Wap-Profile
"""
NAMED_HEADERS = _NAMES.split()
HEADERS = [*NAMED_HEADERS, *(f"X-Made-Up-{number}" for number in range(500 - len(NAMED_HEADERS)))]


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str]) -> str:
    return make_database(engine_name, prepare=every_plugin)


@pytest.fixture
def full(blog: BlogKit) -> BlogKit:
    """A blog with its address set, every bundled plugin on, two posts, a page and a comment."""
    assert is_full(blog)
    blog.change_settings(url="http://localhost")
    first = blog.write_post("First words", "One.\n\n[[also-on: /p/about.html]]", labels=["red"])
    blog.write_post("About", kind="page")
    blog.write_post("Second words", "Two.", labels=["red"])
    blog.write_comment(first)
    return blog


# Kept pages


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_header_changes_a_page_that_is_kept_for_others(full: BlogKit) -> None:
    paths = ("/", full.path_of(1), "/feeds/posts/default")
    for path in paths:
        plain = ask(full.site, path)
        assert plain.status == 200, path
        for name in HEADERS:
            full.site.cache.clear()
            key = f"HTTP_{name.upper().replace('-', '_')}"
            mine = ask(full.site, path, **{key: 'evil.example"><script>'})
            assert b"evil" not in mine.body, (path, name)
            if name in ("If-Match", "If-Unmodified-Since"):
                mine = ask(full.site, path)  # a condition concerns one's own answer, and that is not kept
            assert (mine.status, mine.body) == (plain.status, plain.body), (path, name)
            assert _lasting(mine.headers) == _lasting(plain.headers), (path, name)


def _lasting(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name != "Date"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_unknown_parameter_makes_no_second_copy_of_a_page(full: BlogKit) -> None:
    for path in ("/", full.path_of(1), "/search/label/red", "/feeds/posts/default"):
        ask(full.site, path)
        before = len(full.site.cache)
        for query in (
            "utm_source=evil",
            "x",
            "commentPage=1&x=1",
            "%00",
            "&&&",
            "=",
            "_method=DELETE",
            "next=//e",
        ):
            assert ask(full.site, f"{path}?{query}").status < 500, (path, query)
        assert len(full.site.cache) == before, path


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_page_made_for_the_owner_is_not_kept_for_others(full: BlogKit, owner_client: Visitor) -> None:
    for path in ("/", full.path_of(1), "/search/label/red"):
        full.site.cache.clear()
        assert owner_client.get(path).headers["Cache-Control"] == "no-store"
        assert len(full.site.cache) == 0, path
        assert "csrf_token" not in ask(full.site, path).text


# Private words


@pytest.fixture
def private_blog(full: BlogKit) -> BlogKit:
    """A blog in which every post and comment that nobody may read has a word that begins with `zqx`."""
    public, hidden = 1, full.write_post("Silent")
    spam, removed = (_private_comment(full, public, what).comment_id for what in ("spam", "removed"))
    _private_comment(full, hidden, "hidden")
    gone = [full.write_post(f"zqx{what}", f"zqx{what} text", labels=["red"]) for what in ("trashed", "taken")]
    paths = [full.path_of(post_id) for post_id in gone]
    for post_id in gone:
        _private_comment(full, post_id, "orphan")
    full.change_plugin("moderation", mode="always")
    assert _private_comment(full, public, "pending").status == "pending"
    full.write_post(
        "zqxdraft", "zqxdraft text", publish=False, labels=["zqxdraftlabel"], description="zqxdraft"
    )
    full.write_post("zqxpage", "zqxpage text", kind="page", publish=False)
    later = full.write_post("zqxlater", "zqxlater text", publish=False, labels=["zqxlaterlabel", "red"])
    full.write_post("Cards", "\n\n".join(f"[[also-on: {path}]]" for path in paths), labels=["red"])
    with full.app():
        posts.save(replace(posts.draft_of(posts.get(hidden)), comment_mode="hide"), post_id=hidden)
        posts.schedule(later, clocks.now() + timedelta(days=2))
        posts.trash(gone[0])
        posts.unpublish(gone[1])
        comments.mark_spam([spam])
        comments.remove([removed])
    return full


def _private_comment(blog: BlogKit, post_id: int, what: str) -> comments.Outcome:
    return blog.write_comment(
        post_id, f"zqx{what} text", name=f"zqx{what} name", website=f"https://zqx{what}.example"
    )


def _guesses(blog: BlogKit) -> Iterator[str]:
    yield from ("/", "/search", "/search?q=zqx", "/search?q=text", "/2020/", "/atom.xml", "/rss.xml")
    for kind, length in itertools.product(("posts", "pages", "comments"), ("default", "full", "summary")):
        for query in ("", "?alt=json", "?alt=rss", "?q=zqx", "?orderby=updated&max-results=150"):
            yield f"/feeds/{kind}/{length}{query}"
    for label in ("zqxdraftlabel", "zqxlaterlabel", "red"):
        yield from (f"/search/label/{label}", f"/feeds/posts/default/-/{label}")
    public = blog.path_of(1)
    for number in range(1, 14):
        yield from (
            f"/-/comments/{number}",
            f"/-/comments/answer/{number}.{'0' * 32}",
            f"/admin/posts/{number}",
        )
        yield from (f"/feeds/posts/default/{number}", f"/feeds/pages/default/{number}")
        yield from (f"/feeds/{number}/comments/default", f"{public}?replyTo={number}")
        yield from (f"/feeds/{post_id}/comments/default/{number}" for post_id in (1, 4, 8, 9))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_private_word_is_at_any_address(private_blog: BlogKit) -> None:
    client = Visitor(private_blog.site)
    left, seen = list(_guesses(private_blog)), set[str]()
    while left:
        address = left.pop().partition("#")[0]
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        asked = unquote(address).lower()
        told = {word.lower() for word in SECRET.findall(f"{answer.text} {answer.headers}")}
        assert not {word for word in told if word not in asked}, address
        left += [html.unescape(link) for link in re.findall(r'href="(/[^"]*)"', answer.text)]
    assert private_blog.path_of(1) in seen
    assert len(seen) > 150


def test_numbers_count_only_what_is_public(private_blog: BlogKit) -> None:
    client = Visitor(private_blog.site)
    assert "1 Comment:" in client.get(private_blog.path_of(1)).text
    # The removed one keeps its place, as on Blogger; the held one and the spam have none.
    assert "totalResults>2<" in client.get("/feeds/1/comments/default").text
    assert "totalResults>3<" in client.get("/feeds/posts/default/-/red").text
    assert "totalResults>0<" in client.get("/feeds/posts/default?q=zqx").text


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_answers_address_cannot_be_made_up(full: BlogKit) -> None:
    client = Visitor(full.site)
    full.change_plugin("moderation", mode="always")
    where = client.comment(full.path_of(1), "Held back.").headers["Location"]
    number, _, signature = where.rpartition("/")[2].partition(".")
    assert "Held back." in client.get(where).text
    for forged in (
        f"1.{signature}",
        f"0{number}.{signature}",
        f"+{number}.{signature}",
        f"{number}.{signature[:-1]}",
        f"{number}.{signature}0",
        f"{number}.",
        f"{number}",
        f"{number}.{'é' * 32}",
        hidden_fields(client.get(full.path_of(1)).text, "comment-form")["ft"],
    ):
        assert client.get(f"/-/comments/answer/{quote(forged)}").status_code == 404, forged


# The owner's hand

FOREIGN = (
    ("http://evil.example", None),
    ("null", None),
    ("", None),
    ("https://localhost", None),
    ("http://localhost:81", None),
    ("http://localhost.evil.example", None),
    ("http://evil.localhost", None),
    ("http://localhost/", None),
    ("http://localhost@evil.example", None),
    ("http://localhost, http://evil.example", None),
    (None, "cross-site"),
    (None, "same-site"),
    (None, ""),
    (None, "SAME-ORIGIN"),
    ("http://localhost", "cross-site"),
    ("http://evil.example", "same-origin"),
    ("null", "none"),
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_form_from_elsewhere_does_nothing_whatever_it_carries(full: BlogKit, owner_client: Visitor) -> None:
    fields = hidden_fields(owner_client.get(full.path_of(1)).text, "comment-form")
    fields |= {"text": "Forged.", "action": "post", "title": "Forged.", "email": "x@y.z"}
    fields["csrf_token"] = _token(owner_client)
    routes = [
        (method, re.sub(r"<[^>]*>", "1", rule.rule))
        for rule in full.site.current().url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert len(routes) > 15
    for (origin, site), (method, path) in itertools.product(FOREIGN, routes):
        said = {"Origin": origin, "Sec-Fetch-Site": site}
        headers = {name: value for name, value in said.items() if value is not None}
        answer = owner_client.open(path, method=method, data=fields, headers=headers)
        assert answer.status_code == 403, (method, path, said)
    assert "Forged." not in owner_client.get("/admin/").text
    assert "Forged." not in ask(full.site, full.path_of(1)).text
    assert owner_client.get("/admin/").status_code == 200, "still signed in"


SPELLINGS = (
    "{}",
    "{}/",
    "/{}",
    "//{}",
    "{}//",
    "{}/.",
    "{}%2f",
    "{}%20",
    "{};x=1",
    "{}?next=/",
    "{}/%2e%2e/posts",
    "/-/..{}",
    "/%2e{}",
    "/media/..{}",
    "/-/assets/..{}",
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_spelling_of_an_address_opens_the_owners_pages(full: BlogKit, owner_client: Visitor) -> None:
    opened = {"/admin/login", "/admin/setup", "/admin/forgotten"}
    paths = {
        re.sub(r"<[^>]*>", "1", rule.rule).rstrip("/")
        for rule in full.site.current().url_map.iter_rules()
        if rule.rule.startswith("/admin")
    } - opened
    assert len(paths) > 10
    for path, spelling in itertools.product(sorted(paths), SPELLINGS):
        for target in {spelling.format(path), spelling.format(path.replace("admin", "%61dmin"))}:
            for method in ("GET", "HEAD", "POST", "PUT", "PROPFIND"):
                answer = ask(full.site, target, method, b"" if method in ("GET", "HEAD") else b"action=trash")
                assert answer.status in (303, 308, 400, 403, 404, 405), (method, target)
                assert "Sign out" not in answer.text, (method, target)


AWAY = (
    "//evil.example",
    "//evil.example/2020",
    "///evil.example/2020",
    "/%2fevil.example/2020",
    "/%5cevil.example/2020",
    "/2020//evil.example",
    "//evil.example/admin",
    "//evil.example%2f..%2f2020",
    "/2020%0d%0aLocation:%20http://evil.example",
    "/@evil.example/2020",
    "/admin?next=//evil.example",
    "/-/comments/1?next=//evil.example",
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_address_leads_away_from_the_blog(full: BlogKit) -> None:
    for target, address in itertools.product(AWAY, ("", "https://blog.example")):
        full.change_settings(url=address)
        answer = ask(full.site, target, HTTP_HOST="evil.example")
        for name, value in answer.headers:
            if name.lower() == "location":
                assert re.fullmatch(r"/(?![/\\])[^\r\n]*", value), (target, value)
            assert name.lower() != "set-cookie" or "evil" not in value, target


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_signing_in_takes_over_nothing_that_was_planted(full: BlogKit, owner_client: Visitor) -> None:
    visitor = Visitor(full.site)
    visitor.set_cookie("blog_session", "planted")
    token = _token(visitor, "/admin/login")
    form_before = visitor.get_cookie("blog_form")
    answer = visitor.send(
        "/admin/login", {"csrf_token": token, "email": OWNER["email"], "password": OWNER["password"]}
    )
    assert answer.status_code == 303
    cookie = visitor.get_cookie("blog_session")
    assert cookie is not None
    assert cookie.value != "planted"
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert visitor.get_cookie("blog_form") != form_before
    with full.app():
        assert accounts.user_of("planted") is None
    # The token from before signing in is worth nothing after it.
    assert visitor.send("/admin/posts/new", {"csrf_token": token, "title": "x"}).status_code == 400


def _token(visitor: Visitor, path: str = "/admin/settings") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(path).text)
    assert found is not None, path
    return found[1]


# Words that are more than words


SIGNS = ("%", "_", "\\", "%%", "wor_s", "Fir%t", "' OR 1=1 --", '" OR "', "words' --", "*", "[a-z]")


def test_a_search_takes_signs_for_themselves(full: BlogKit) -> None:
    for path, sign in itertools.product(("/search?q=", "/feeds/posts/default?alt=rss&q="), SIGNS):
        answer = ask(full.site, path + quote(sign))
        assert answer.status == 200, (path, sign)
        assert "First words" not in answer.text, sign
        assert "Second words" not in answer.text, sign


NO_NAMES = ("alert(1)", "a;b", "a\n", "a[0]", "a//", "<script>", "a.b.", ".a", "ä", "a b", "a" * 101, "")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_feed_as_script_calls_a_name_and_nothing_else(full: BlogKit) -> None:
    for callback in NO_NAMES:
        answer = ask(full.site, f"/feeds/posts/default?alt=json-in-script&callback={quote(callback)}")
        assert answer.status == 400, callback
        assert dict(answer.headers)["Content-Type"].startswith("text/plain")


TRAPS = (
    '<img src="/x" alt="<p>[[also-on: https://a.example]]</p>">',
    "<img src=/x alt='&lt;p&gt;[[also-on: https://a.example]]&lt;/p&gt;'>",
    '<a href="http://a.example/<p>[[also-on: https://a.example]]</p>">x</a>',
    "<p title='<a name=\"more\"></a>'>x</p>",
    '<p>[[also-on: https://a.example/"><svg onload=alert(1)>|<img src=x onerror=alert(1)>]]</p>',
    "[[also-on: javascript:alert(1)]]",
    '[[also-on: https://a.example/x | "><img src=x onerror=alert(1)>]]',
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_marker_in_a_wrong_place_becomes_no_markup(full: BlogKit) -> None:
    for source, source_format in itertools.product(TRAPS, markup.FORMATS):
        path = full.path_of(full.write_post("Traps", source, source_format=source_format))
        for address in (path, "/"):
            body = Visitor(full.site).get(address).text
            for tag in re.findall(r"""<[a-z](?:[^"'>]|"[^"]*"|'[^']*')*>""", body):
                assert not re.search(r"""["'\s/]on(?:load|error)\s*=""", _without_values(tag)), (source, tag)
                is_data = tag == '<script type="application/ld+json">'  # which no browser runs
                is_ours = tag.startswith('<script type="module" src="/-/assets/')
                assert is_data or is_ours or not tag.startswith(("<svg", "<script")), (source, tag)
            assert not re.search(r'href="\s*javascript:', body), source


def _without_values(tag: str) -> str:
    return re.sub(r'"[^"]*"', '""', tag)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_chain_of_answers_stays_as_shallow_as_a_reader_can_follow(full: BlogKit) -> None:
    with full.app():
        post = posts.by_id(1)
        assert post is not None
        last: int | None = None
        for number in range(250):
            draft = CommentDraft(f"Answer {number}", "", "", last)
            last = comments.submit(draft, post, CommentFacts(True, "", False, False)).comment_id
    page = Visitor(full.site).get(f"{full.path_of(1)}?commentPage=2").text
    assert "Answer 249" in page
    assert {int(depth) for depth in re.findall(r'"comment depth-(\d+)', page)} <= set(range(7))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_body_of_countless_fields_is_answered(full: BlogKit) -> None:
    for path in ("/-/comments/1", "/admin/login", "/nowhere"):
        for body in (b"a=&" * 30_000, b"&" * 90_000, b"text=" + b"%" * 90_000, b"text=" + b"%FF" * 30_000):
            assert ask(full.site, path, "POST", body, FORM, HTTP_ORIGIN="http://localhost").status < 500
