"""What the front answers over real sockets: hits, refusals, bad input."""

import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from .conftest import Server
from .conftest import read_all
from .conftest import status
from .serving import CACHED

pytestmark = pytest.mark.server

HEAD = b"Host: blog.example\r\n"


def test_a_cached_page_is_answered_whole(server: Server) -> None:
    head, body = server.get("/cached").split(b"\r\n\r\n", 1)
    assert status(head) == 200
    assert body == CACHED


def test_head_of_a_cached_page_has_the_length_and_no_body(server: Server) -> None:
    head, body = server.get("/cached", method="HEAD").split(b"\r\n\r\n", 1)
    assert f"content-length: {len(CACHED)}".encode() in head.lower()
    assert body == b""


def test_a_known_etag_gets_304(server: Server) -> None:
    assert status(server.get("/cached", 'If-None-Match: "1"')) == 304


def test_a_cookie_goes_past_the_cache_to_the_site(server: Server) -> None:
    assert server.facts("/cached", "Cookie: session=1")["environ"]["HTTP_COOKIE"] == "session=1"


def test_a_broken_cache_lets_the_site_answer(server: Server) -> None:
    assert server.facts("/broken-cache")["environ"]["PATH_INFO"] == "/broken-cache"


def test_head_of_a_made_page_has_no_body(server: Server) -> None:
    assert server.get("/made", method="HEAD").endswith(b"\r\n\r\n")


def test_a_form_arrives_whole(server: Server) -> None:
    body = b"text=" + b"a" * 900_000
    facts = server.facts("/comments", "Content-Type: text/plain", method="POST", body=body)
    assert facts["length"] == len(body)
    assert facts["digest"] == hashlib.sha256(body).hexdigest()
    assert facts["environ"]["CONTENT_LENGTH"] == str(len(body))


def test_an_owners_form_may_be_larger(server: Server) -> None:
    body = b"m" * 1_900_000
    assert server.facts("/admin/posts/new", method="POST", body=body)["length"] == len(body)


def test_one_connection_carries_several_requests(server: Server) -> None:
    with server.connect() as connection:
        for path in (b"/cached", b"/made", b"/cached"):
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_a_large_answer_arrives_whole(server: Server) -> None:
    head, body = server.get("/large").split(b"\r\n\r\n", 1)
    assert b"content-length: 3000000" in head.lower()
    assert body == b"x" * 3_000_000


def test_a_file_is_sent_by_its_path(server: Server) -> None:
    assert server.get("/file").split(b"\r\n\r\n", 1)[1] == b"f" * 300_000


def test_readers_of_large_answers_hold_no_thread(hasty: Server) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(hasty.connect())
            connection.sendall(b"GET /large HTTP/1.1\r\n" + HEAD + b"\r\n")
            connection.recv(1)
        assert status(hasty.get("/made")) == 200


def test_an_error_of_the_site_tells_no_details(server: Server) -> None:
    answer = server.get("/boom")
    assert status(answer) == 500
    assert b"secret" not in answer
    assert "a secret detail" in (server.folder / "log.txt").read_text()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_unsafe_method_without_length_gets_411(server: Server, method: str) -> None:
    assert status(server.get("/comments", method=method)) == 411


def test_a_chunked_body_gets_411(server: Server) -> None:
    answer = server.get("/comments", "Transfer-Encoding: chunked", method="POST")
    assert status(answer) == 411


def test_a_chunked_body_with_a_length_is_never_taken(server: Server) -> None:
    answer = server.send(
        b"POST /comments HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n"
    )
    assert status(answer) in (400, 411)


def flood(connection: socket.socket, block: bytes) -> int:
    """Send until the other side closes; returns how many bytes it took (at most 64 MB)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)  # what lies there was not taken
    sent = 0
    try:
        while sent < 64_000_000:
            connection.sendall(block)
            sent += len(block)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize(
    ("header", "expected"), [(b"Content-Length: 1000000000", 413), (b"Transfer-Encoding: chunked", 411)]
)
def test_a_gigabyte_is_refused_early_and_in_words(server: Server, header: bytes, expected: int) -> None:
    block = b"x" * 50_000
    if expected == 411:
        block = b"c350\r\n" + block + b"\r\n"
    with server.connect() as connection:
        connection.sendall(b"POST /comments HTTP/1.1\r\n" + HEAD + header + b"\r\n\r\n")
        answer = connection.recv(65_536)
        assert flood(connection, block) < 8_000_000
    assert status(answer) == expected
    assert b"Nothing was stored" in answer


def test_a_body_over_the_limit_that_was_sent_whole_gets_its_answer(server: Server) -> None:
    answer = server.get("/comments", method="POST", body=b"x" * 1_500_000)
    assert status(answer) == 413
    assert b"at most 1 MB" in answer


@pytest.mark.parametrize("length", ["+3", "-1", "3, 4", "x", "9" * 40])
def test_a_length_that_is_no_number_is_refused(server: Server, length: str) -> None:
    assert status(server.get("/comments", f"Content-Length: {length}", method="POST")) in (400, 413)


def test_a_slow_body_gets_408(hasty: Server) -> None:
    answer = hasty.send(b"POST /comments HTTP/1.1\r\n" + HEAD + b"Content-Length: 100\r\n\r\nabc")
    assert status(answer) == 408
    assert b"still in the form" in answer


def test_slow_headers_are_closed(hasty: Server) -> None:
    assert hasty.send(b"GET / HTTP/1.1\r\nHost:") == b""


def test_a_body_shorter_than_declared_never_reaches_the_site(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST /comments HTTP/1.1\r\n" + HEAD + b"Content-Length: 100\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert status(read_all(connection)) == 400


def test_slow_headers_and_slow_bodies_do_not_stop_others(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(server.connect()).sendall(b"GET / HTTP/1.1\r\nHost: blog")
            stack.enter_context(server.connect()).sendall(
                b"POST /comments HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000\r\n\r\ntext"
            )
        for _ in range(20):
            assert status(server.get("/cached")) == 200
            assert server.facts("/comments", method="POST", body=b"text=quick")["length"] == 10


def test_four_requests_run_at_once(hasty: Server) -> None:
    with ThreadPoolExecutor(4) as clients:
        assert [status(answer) for answer in clients.map(hasty.get, ["/meet"] * 4)] == [200] * 4


def test_two_hundred_requests_at_once_are_all_answered(server: Server) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(200)]
        for number, connection in enumerate(connections):
            path = b"/cached" if number % 2 else b"/made"
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
        assert {status(read_all(connection)) for connection in connections} == {200}


@pytest.mark.parametrize("path", ["/%00", "/a%00b", "/%ff", "/%c3%28", "/%ed%a0%80", "/\xff", "x", "*"])
def test_a_path_that_is_no_text_gets_400(server: Server, path: str) -> None:
    assert status(server.get(path)) == 400


def test_a_path_arrives_decoded_and_raw(server: Server) -> None:
    environ = server.facts("/%C3%A4%20b?q=%C3%A4&x=1")["environ"]
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/ä b"
    assert environ["QUERY_STRING"] == "q=%C3%A4&x=1"
    assert environ["RAW_URI"] == "/%C3%A4%20b?q=%C3%A4&x=1"


def test_headers_arrive_as_wsgi_wants_them(server: Server) -> None:
    environ = server.facts(
        "/made",
        "X-Two: 1",
        "X-Two: 2",
        "Cookie: a=1",
        "Cookie: b=2",
        "X-Name: \xe4",
        "X_Forwarded_For: 1.2.3.4",
        "Proxy: evil",
    )["environ"]
    assert environ["HTTP_X_TWO"] == "1,2"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_NAME"] == "\xe4"
    assert environ["HTTP_HOST"] == "blog.example"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(server.port)
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert "HTTP_PROXY" not in environ


@pytest.mark.parametrize("path", ["/cached", "/made"])
@pytest.mark.parametrize(
    "lines", [["X: 1"] * 150, ["X: " + "1" * 70_000], [f"X-{n}: " + "1" * 3_000 for n in range(30)]]
)
def test_too_many_or_too_large_headers_get_431(server: Server, path: str, lines: list[str]) -> None:
    assert status(server.get(path, *lines)) == 431


@pytest.mark.parametrize("length", [9_000, 60_000, 100_000])
def test_an_address_over_8_kb_gets_414(server: Server, length: int) -> None:
    assert status(server.get("/" + "a" * length)) == 414
    assert status(server.get("/?" + "a" * length)) in (414, 431)


def test_refusals_are_pages_for_people(server: Server) -> None:
    answer = server.get("/comments", method="POST")
    assert b"content-type: text/html" in answer.lower()
    assert b"content-security-policy: default-src 'none'" in answer.lower()
    assert b"<h1>The length of the request is missing</h1>" in answer
