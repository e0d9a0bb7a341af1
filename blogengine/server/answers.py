"""What the front hands back: an answer, and the small pages it writes itself when a request is refused."""

import html
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

Headers = list[tuple[bytes, bytes]]
Hit = tuple[int, Headers, bytes]
"""A ready answer: status, headers, body."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{sentence}</p>
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. A `Path` is a file that the server sends by itself; an open file is sent and closed."""

    status: int
    headers: Headers
    body: bytes | IO[bytes] | Path


class Refusal(Exception):
    """The request is not taken; `answer` says why in words for its sender."""

    def __init__(self, status: int, title: str, sentence: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(f"{status} {title}")
        self.answer = page(status, title, sentence, *headers)


def page(status: int, title: str, sentence: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return a small HTML page that works without the blog's theme, and after which the connection closes."""
    text = _PAGE.format(title=html.escape(title), sentence=html.escape(sentence))
    body = text.encode()
    return Answer(
        status,
        [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            # The rest of a refused body is never read, so no second request can follow on this connection.
            (b"connection", b"close"),
            *headers,
        ],
        body,
    )


def bad_request(sentence: str) -> Refusal:
    """Return a 400 refusal."""
    return Refusal(HTTPStatus.BAD_REQUEST, "This request cannot be read", sentence)


def address_too_long() -> Refusal:
    """Return a 414 refusal."""
    return Refusal(
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "The address is too long",
        "Go back and follow a shorter link; nothing was changed.",
    )


def headers_too_large() -> Refusal:
    """Return a 431 refusal."""
    return Refusal(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's headers are too large",
        "Your browser sent more cookies or headers than this site takes. "
        "Delete this site's cookies and try again.",
    )


def length_required() -> Refusal:
    """Return a 411 refusal."""
    return Refusal(
        HTTPStatus.LENGTH_REQUIRED,
        "The length of the request is missing",
        "This site takes forms and files only with a Content-Length header. Nothing was stored.",
    )


def body_too_large(limit: int) -> Refusal:
    """Return a 413 refusal that names the limit (bytes)."""
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The text or file is too long",
        f"This site takes at most {_size(limit)} at once. Nothing was stored. "
        "Go back: your text is still in the form. Make it shorter, or the file smaller, and send it again.",
    )


def body_too_slow() -> Refusal:
    """Return a 408 refusal."""
    return Refusal(
        HTTPStatus.REQUEST_TIMEOUT,
        "The request did not arrive in time",
        "The connection was too slow and nothing was stored. Go back: your text is still in the form. "
        "Send it again.",
    )


def too_busy() -> Refusal:
    """Return a 503 refusal."""
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The site is busy",
        "Too much is being asked of it at this moment. Nothing was stored. "
        "Go back, wait a few seconds and try again.",
        (b"retry-after", b"2"),
    )


def failure() -> Answer:
    """Return the 500 page, which says nothing about the cause."""
    return page(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "The fault is the site's, and its log says more. "
        "If you sent a form, go back: your text is still there.",
    )


def no_answer() -> Answer:
    """Return the 504 page: the site took too long."""
    return page(
        HTTPStatus.GATEWAY_TIMEOUT,
        "The site did not answer in time",
        "The fault is the site's. If you sent a form, look first whether it arrived; if not, go back: your text is "
        "still there.",
        (b"retry-after", b"10"),
    )


def _size(count: int) -> str:
    if count >= 1_000_000:
        return f"{count / 1_000_000:.3g} MB"
    return f"{count / 1_000:.3g} kB"
