"""Whatever is sent, the answer is a page that says what is wrong; no text is lost and nothing is a 500."""

import re
from collections.abc import Callable
from urllib.parse import quote
from urllib.parse import quote_from_bytes
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from blogengine.app import BODY_LIMIT
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from tests.full import every_plugin
from tests.full import is_full
from tests.raw import SAME_ORIGIN
from tests.raw import Answer
from tests.raw import ask

FUZZ = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get")
BAD_PARTS = (
    "%00",
    "a%00b",
    "%ff%fe",
    "%c0%af",
    "%ed%a0%80",
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%0d%0aSet-Cookie:%20x=1",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "'%20OR%201=1--",
    "%25%32%35",
    "99999999999999999999999999",
    "-1",
    "1e9",
    "NaN",
    "%D9%A1%D9%A2",
    "x" * 5000,
    "%F0%9F%98%80",
    "{{7*7}}",
    "%s%n%d",
)
PLACES = (
    "/{}",
    "/search/label/{}",
    "/2020/01/{}.html",
    "/2020/{}/",
    "/{}/",
    "/{}/01/",
    "/p/{}.html",
    "/media/{}",
    "/-/comments/{}",
    "/-/comments/answer/{}",
    "/-/assets/{}/site.css",
    "/-/assets/abc/{}",
    "/feeds/posts/default/-/{}",
    "/feeds/{}/comments/default",
    "/admin/{}",
    "/admin/posts/{}",
    "/-/{}/x",
)
PARAMETERS = (
    "commentPage",
    "updated-max",
    "updated-min",
    "max-results",
    "start-id",
    "start",
    "q",
    "by-date",
    "replyTo",
    "alt",
    "start-index",
    "published-min",
    "orderby",
    "m",
    "showComment",
)
BAD_VALUES = (
    "",
    "garbage",
    "-1",
    "0",
    "1e9",
    "NaN",
    "%00",
    "a%00b",
    "%ff",
    "9" * 4400,
    "1" * 25,
    "%C2%B2",
    "%D9%A1",
    "2020-01-01",
    "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-14:00",
    "2020-01-01T00:00:00%2B99:99",
    "2020-13-45T00:00:00Z",
    "%3Cscript%3E",
    "'%22--",
    "1&{name}=2",
    "x" * 3000,
)


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str], request: pytest.FixtureRequest) -> str:
    return make_database(engine_name, **{"prepare": every_plugin} if "full" in request.fixturenames else {})


@pytest.fixture
def full(blog: BlogKit) -> BlogKit:
    """A blog with a post, a page, a label and a comment, every bundled plugin on."""
    assert is_full(blog)
    post_id = blog.write_post("A post", "Text. " * 10, labels=["red"])
    blog.write_post("About", kind="page")
    blog.write_comment(post_id)
    return blog


def assert_fair(answer: Answer, what: object) -> None:
    """Fail unless `answer` is an answer that a person could read, below 500."""
    assert answer.status < 500, (answer.status, what)
    text = answer.text
    assert "Traceback" not in text, what
    assert "root:" not in text, what
    for name, value in answer.headers:
        assert "\r" not in value, what
        assert "\n" not in value, what
        assert name.lower() != "set-cookie" or "x=1" not in value, what
    if (
        answer.status >= 400
        and ("Content-Type", "text/html; charset=utf-8") in answer.headers
        and answer.body
    ):
        assert "<h1" in text, what


def test_a_path_of_rubbish_is_answered(full: BlogKit) -> None:
    for place in PLACES:
        for part in BAD_PARTS:
            assert_fair(ask(full.site, place.format(part)), place.format(part))


def test_a_query_of_rubbish_is_answered(full: BlogKit) -> None:
    for path in ("/search", full.path_of(1), "/feeds/posts/default"):
        for name in PARAMETERS:
            for value in BAD_VALUES:
                target = f"{path}?{name}={value.format(name=name)}"
                assert_fair(ask(full.site, target), target)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_every_address_answers_every_method(full: BlogKit) -> None:
    app = full.site.current()
    for rule in list(app.url_map.iter_rules()):
        target = re.sub(r"<[^>]*>", "1", rule.rule)
        for method in METHODS:
            for extra in (SAME_ORIGIN, {"HTTP_SEC_FETCH_SITE": "cross-site"}, {}):
                answer = ask(full.site, target, method, b"text=hello", **extra)
                assert_fair(answer, (method, target, extra))
                if extra.get("HTTP_SEC_FETCH_SITE") == "cross-site" and method in (
                    "POST",
                    "PUT",
                    "DELETE",
                    "PATCH",
                ):
                    assert answer.status in (403, 404, 405), (method, target)


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Los_Angeles"])
def test_an_archive_of_any_year_is_answered(blog: BlogKit, zone: str) -> None:
    blog.change_settings(time_zone=zone)
    for year in ("0000", "0001", "0002", "9998", "9999", "2020"):
        for target in (
            f"/{year}/",
            f"/{year}/01/",
            f"/{year}/12/",
            f"/{year}/00/",
            f"/{year}_01_01_archive.html",
        ):
            assert ask(blog.site, target).status in (200, 301, 404), target


HOSTS = (
    "",
    "evil.example",
    "a b",
    "[::1",
    "a:b:c",
    "localhost:99999",
    "\xff",
    "x" * 300,
    ".",
    "a\x00b",
    "<b>",
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("url", ["", "https://blog.example"])
def test_any_host_is_answered_and_none_is_believed(full: BlogKit, url: str) -> None:
    full.change_settings(url=url)
    for host in HOSTS:
        for target in ("/", "/2020", full.path_of(1), "/feeds/posts/default", "/admin/"):
            full.site.cache.clear()
            answer = ask(full.site, target, HTTP_HOST=host)
            assert answer.status < 500, (target, host)
            if url:
                assert "evil.example" not in answer.text + str(answer.headers), target
        sent = ask(
            full.site, "/-/comments/1", "POST", b"text=x", HTTP_HOST=host, HTTP_ORIGIN="http://evil.com"
        )
        assert sent.status in (400, 403), host


@given(
    path=st.binary(max_size=40),
    query=st.binary(max_size=40),
    headers=st.dictionaries(
        st.sampled_from(
            ["ACCEPT", "COOKIE", "RANGE", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "ACCEPT_ENCODING"]
        ),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30),
        max_size=3,
    ),
)
@FUZZ
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_any_request_line_and_header_is_answered(
    full: BlogKit, path: bytes, query: bytes, headers: dict[str, str]
) -> None:
    target = "/" + quote_from_bytes(path, safe="/.") + "?" + quote_from_bytes(query, safe="&=+;")
    assert_fair(ask(full.site, target, **{f"HTTP_{name}": value for name, value in headers.items()}), target)


# Forms

FIELDS = ("name", "website", "text", "reply_to", "ft", "email_again", "action", "csrf_token")


def form_of(blog: BlogKit, path: str) -> dict[str, str]:
    fields = hidden_fields(Visitor(blog.site).get(path).text, "comment-form")
    return {**fields, "name": "Rita", "website": "", "text": "Hello.", "action": "post"}


def send(
    blog: BlogKit, fields: dict[str, str] | bytes, kind: str = "application/x-www-form-urlencoded"
) -> Answer:
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return ask(blog.site, "/-/comments/1", "POST", body, kind, **SAME_ORIGIN)


@given(field=st.sampled_from(FIELDS), value=st.text(max_size=60))
@FUZZ
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_any_text_in_any_field_is_answered_with_the_text_kept(full: BlogKit, field: str, value: str) -> None:
    fields = form_of(full, full.path_of(1))
    fields[field] = value.encode("utf-8", "replace").decode()
    answer = send(full, fields)
    assert_fair(answer, (field, value))
    assert answer.status in (200, 303, 409, 422, 429), (field, value)


@given(body=st.binary(max_size=200))
@FUZZ
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_any_bytes_as_a_form_are_answered(full: BlogKit, body: bytes) -> None:
    assert_fair(send(full, body), body)
    assert_fair(send(full, b"text=" + quote_from_bytes(body).encode()), body)


MULTIPART = "multipart/form-data; boundary=x"


BROKEN_FORMS = [
    ("multipart/form-data", b"--x\r\n"),
    (MULTIPART, b""),
    (MULTIPART, b"--x"),
    (MULTIPART, b"--x\r\n\r\n\r\n--x--"),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\ncut off'),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="text"; filename="a.exe"\r\n\r\nfile\r\n--x--',
    ),
    (MULTIPART, b"--x\r\nContent-Disposition: \xff\xfe; name=\r\n\r\na\r\n--x--"),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="text"\r\nContent-Type: x; charset=utf-99\r\n\r\na\r\n--x--',
    ),
    (
        MULTIPART,
        b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\na\r\n' % n for n in range(2000))
        + b"--x--",
    ),
    (MULTIPART, b"--x\r\n" + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\na\r\n--x--"),
    ("application/x-www-form-urlencoded; charset=utf-99", b"text=a"),
    ("application/json", b'{"text": "a"}'),
    ("text/plain", b"text=a"),
    ("\xff/\xfe", b"text=a"),
    ("", b"text=a"),
]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_broken_form_is_answered(full: BlogKit) -> None:
    for kind, body in BROKEN_FORMS:
        answer = send(full, body, kind)
        assert_fair(answer, (kind, body[:100]))
        assert answer.status in (200, 303, 400, 409, 413, 415, 422), (kind, body[:100])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_body_over_the_limit_is_refused_and_never_cut(full: BlogKit) -> None:
    fields = form_of(full, full.path_of(1))
    for size in (BODY_LIMIT + 1, 2 * BODY_LIMIT):
        assert send(full, {**fields, "text": "x" * size}).status == 413
        part = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * size + b"\r\n--x--"
        assert send(full, part, MULTIPART).status == 413
    assert "x" * 1000 not in Visitor(full.site).get(full.path_of(1)).text


NOT_TAKEN = (
    "a\x00b",
    "a\x01b",
    "\x1b[31m",
    "a\u202eb",
    "\ufffe",
    "a" + "\u0301" * 50,
    "",
    "   ",
    "\n\n",
    "y" * 8100,
)


def test_a_text_that_cannot_be_taken_is_kept_with_the_reason(full: BlogKit) -> None:
    for text in NOT_TAKEN:
        answer = send(full, {**form_of(full, full.path_of(1)), "text": text})
        assert answer.status == 422, repr(text)
        assert 'aria-invalid="true"' in answer.text, repr(text)
        kept = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", answer.text, re.DOTALL)
        assert kept is not None
        assert len(kept[1].strip()) >= len(text.strip()), repr(text)
    assert "Shorten it by 100." in answer.text


def test_a_comment_on_a_post_that_is_not_there_keeps_its_text(full: BlogKit) -> None:
    for post_id in ("0", "999", "99999999999999999999", "18446744073709551616"):
        body = urlencode({"text": "Typed with care & love."}).encode()
        answer = ask(full.site, f"/-/comments/{post_id}", "POST", body, **SAME_ORIGIN)
        assert answer.status == 404
        assert "Typed with care &amp; love." in answer.text
        assert ask(full.site, f"/-/comments/{post_id}").status in (404, 405)


def test_an_answer_to_a_comment_that_is_not_there_keeps_its_text(full: BlogKit) -> None:
    form = form_of(full, full.path_of(1))
    for reply_to in ("999", "-1", "x", "9" * 15, "9" * 40, "٣", "²", "1.0", "1 2", "\0"):
        answer = send(full, {**form, "reply_to": reply_to, "text": "My answer."})
        assert answer.status == 409, repr(reply_to)
        assert "My answer." in answer.text


def test_a_wrong_sign_in_of_any_shape_is_answered(full: BlogKit, owner_client: Visitor) -> None:
    page = Visitor(full.site)
    form = page.get("/admin/login")
    assert form.status_code == 200
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', form.text)
    assert csrf is not None
    for value in ("", "\0", "a\0b", "x" * 5000, "\u202e", "\U0001f600", "' OR 1=1"):
        fields = {"csrf_token": csrf[1], "email": value, "password": value}
        answer = page.send("/admin/login", fields)
        assert answer.status_code < 500, repr(value)


def test_a_label_of_any_characters_has_its_page(blog: BlogKit, client: Visitor) -> None:
    labels = ["a/b", "größe", "日本 語", "a?b#c", "50%", "a+b", "<i>", "a//b", "/a", "a/", "."]
    blog.write_post("Labelled", labels=labels)
    for label in labels:
        if label == ".":
            continue  # browsers take it out of an address
        answer = ask(blog.site, f"/search/label/{quote(label, safe='')}")
        assert answer.status == 200, label
        assert "Labelled" in answer.text, label
