"""The bridge between ASGI and WSGI, and the front's queue, without sockets."""

import asyncio
import logging
from collections.abc import Iterable
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from blogengine.server.answers import Answer
from blogengine.server.front import Front
from blogengine.server.limits import Limits
from blogengine.server.wsgi import Environ
from blogengine.server.wsgi import StartResponse
from blogengine.server.wsgi import environ_of
from blogengine.server.wsgi import run

from .serving import FakeSite


def scope_of(method: str = "GET", path: str = "/made", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", "8000"),
        "client": ("192.0.2.1", "4711"),
        "headers": list(headers),
    }


class Chunks:
    """An iterable answer that notes whether it was closed."""

    def __init__(self, *chunks: bytes, error: bool = False) -> None:
        self.chunks = chunks
        self.error = error
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error:
            raise RuntimeError("in the middle")

    def close(self) -> None:
        self.closed = True


def answer_of(chunks: Iterable[bytes], method: str = "GET", status: str = "200 OK") -> Answer:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [("X-A", "ä")])
        return chunks

    return run(app, environ_of(scope_of(method), BytesIO(), None))


def test_an_answer_is_put_together_and_closed() -> None:
    chunks = Chunks(b"a", b"bc")
    answer = answer_of(chunks)
    assert (answer.status, answer.body) == (200, b"abc")
    assert answer.headers == [(b"X-A", b"\xe4"), (b"content-length", b"3")]
    assert chunks.closed


def test_an_answer_that_fails_in_the_middle_is_closed_and_raised() -> None:
    chunks = Chunks(b"a" * 2_000_000, error=True)
    with pytest.raises(RuntimeError):
        answer_of(chunks)
    assert chunks.closed


def test_an_answer_to_head_has_no_body_and_claims_no_length() -> None:
    answer = answer_of([b"abc"], method="HEAD")
    assert answer.body == b""
    assert answer.headers == [(b"X-A", b"\xe4")]


def test_304_has_no_body() -> None:
    assert answer_of([b"abc"], status="304 Not Modified").body == b""


def test_bytes_written_the_old_way_come_first() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])(b"written ")
        return [b"returned"]

    assert run(app, environ_of(scope_of(), BytesIO(), None)).body == b"written returned"


def test_a_late_error_replaces_the_started_answer() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("X", "first")])
        error = RuntimeError()
        start_response("500 Error", [("X", "second")], (RuntimeError, error, None))
        return []

    answer = run(app, environ_of(scope_of(), BytesIO(), None))
    assert (answer.status, answer.headers[0]) == (500, (b"X", b"second"))


def ask(front: Front, *scopes: dict[str, Any], starts: bool = True) -> list[int]:
    """Send requests without a body to the front at the same time; return the statuses."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def one(scope: dict[str, Any]) -> int:
        statuses: list[int] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                if statuses == [503] and isinstance(front.site, FakeSite):
                    front.site.release.set()

        await front(scope, receive, send)
        return statuses[0]

    async def main() -> list[int]:
        events: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        told: asyncio.Queue[str] = asyncio.Queue()

        async def tell(message: Any) -> None:
            await told.put(message["type"])

        events.put_nowait({"type": "lifespan.startup"})
        life = asyncio.create_task(front({"type": "lifespan"}, events.get, tell))
        assert await told.get() == ("lifespan.startup.complete" if starts else "lifespan.startup.failed")
        statuses = await asyncio.gather(*map(one, scopes))
        events.put_nowait({"type": "lifespan.shutdown"})
        await life
        return statuses

    return asyncio.run(main())


def test_who_would_wait_too_long_is_told_to_come_back() -> None:
    site = FakeSite()
    statuses = ask(Front(site, Limits(threads=1, waiting=2)), *[scope_of(path="/hold")] * 4)
    assert statuses == [200, 200, 200, 503]


def test_the_site_is_started_and_closed_with_the_worker() -> None:
    site = FakeSite()
    ask(Front(site))
    assert site.started
    assert site.closed


def test_a_site_that_cannot_start_is_said_and_stops_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeSite):
        def start(self) -> None:
            raise RuntimeError("no database")

    with caplog.at_level(logging.ERROR, "blogengine.server"):
        ask(Front(Broken()), starts=False)
    assert "no database" in caplog.text


def test_a_failing_page_is_logged_with_its_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "blogengine.server"):
        assert ask(Front(FakeSite()), scope_of(path="/boom")) == [500]
    assert "GET '/boom' failed." in caplog.text


@pytest.mark.parametrize(
    ("proxies", "given", "address"),
    [
        (0, b"1.1.1.1", "192.0.2.1"),
        (1, b"6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, b"6.6.6.6, 1.1.1.1, 10.0.0.1", "1.1.1.1"),
        (2, b"1.1.1.1", "192.0.2.1"),
        (1, b"", "192.0.2.1"),
    ],
)
def test_senders_behind_trusted_proxies_are_told_apart(proxies: int, given: bytes, address: str) -> None:
    front = Front(FakeSite(), Limits(proxies=proxies))
    assert front.address_of(scope_of("GET", "/", (b"x-forwarded-for", given))) == address
