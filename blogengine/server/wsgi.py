"""The bridge to the blog: an ASGI scope becomes a WSGI environ, and what comes back becomes an answer."""

import os
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import MutableMapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO
from typing import Any
from typing import Protocol
from urllib.parse import unquote_to_bytes

from blogengine.server.answers import Answer
from blogengine.server.answers import Headers
from blogengine.server.answers import Hit
from blogengine.server.answers import bad_request

Scope = MutableMapping[str, Any]
Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
StartResponse = Callable[..., Callable[[bytes], object]]

IN_MEMORY = 1_000_000
"""Bytes of one answer kept in memory; the rest goes to a temporary file."""

BY_PATH = 64 * 1024
"""Files from this size on are sent by the server itself, without a thread and without memory."""


class Site(Protocol):
    """What the server serves: plain WSGI, with a look-up of ready answers beside it."""

    def lookup(
        self,
        path: str,
        query: bytes,
        cookie: bytes,
        if_none_match: str,
        accept_encoding: str,
        if_modified_since: str = "",
        viewer: tuple[bytes, bytes] | None = None,
    ) -> Hit | None:
        """Return the ready answer to a GET, or None; called in the event loop, so it never waits.

        `viewer` is Referer and User-Agent of somebody who reads; None for HEAD and for what is loaded ahead.
        """

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application; called in a thread."""

    def start(self) -> None:
        """Open connections and start threads; called in each worker, once, after it was forked."""

    def hanging(self) -> int:
        """Return how many threads will not come back; the process is replaced when no other is left."""

    def close(self) -> None:
        """Close what `start` opened; not called when a worker is killed."""


class FileWrapper:
    """`wsgi.file_wrapper` (PEP 3333): marks a file that the server may send by its path."""

    def __init__(self, file: IO[bytes], block_size: int = 65_536) -> None:
        self.file = file
        self.block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(self.block_size):
            yield block

    def close(self) -> None:
        """Close the file."""
        if hasattr(self.file, "close"):
            self.file.close()

    def path(self) -> Path | None:
        """Return the path of the whole file when it is large enough to be worth sending by it."""
        name = getattr(self.file, "name", None)
        if not isinstance(name, str) or not os.path.isabs(name):
            return None
        try:
            if self.file.tell() or os.fstat(self.file.fileno()).st_size < BY_PATH:
                return None
        except (AttributeError, OSError, ValueError):
            return None
        return Path(name)


def environ_of(scope: Scope, body: IO[bytes], length: int | None) -> Environ:
    """Return the WSGI environ of an HTTP scope (PEP 3333); raises a 400 refusal as `path_info` does."""
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path_info(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": {"1": "HTTP/1.0", "1.0": "HTTP/1.0"}.get(scope["http_version"], "HTTP/1.1"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    raw_uri = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        raw_uri += "?" + environ["QUERY_STRING"]
    environ["RAW_URI"] = environ["REQUEST_URI"] = raw_uri
    environ["SERVER_NAME"], environ["SERVER_PORT"] = (str(part) for part in scope["server"] or ("", "80"))
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = (str(part) for part in scope["client"] or ("", ""))
    for name, value in scope["headers"]:
        # `X_Forwarded_For` would become the same key as `X-Forwarded-For`; `Proxy` would become HTTP_PROXY.
        if b"_" in name or name in (b"content-length", b"transfer-encoding", b"proxy"):
            continue
        if name == b"content-type":
            environ["CONTENT_TYPE"] = value.decode("latin-1")
            continue
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def path_info(raw_path: bytes) -> str:
    """Return the decoded path as PEP 3333 wants it: its bytes as latin-1 text.

    Raises a 400 refusal for a path that is not UTF-8, holds NUL or has no slash at its start.
    """
    path = unquote_to_bytes(raw_path)
    try:
        path.decode()
    except UnicodeDecodeError:
        raise bad_request("The address holds bytes that are no text (UTF-8).") from None
    if not path.startswith(b"/") or b"\0" in path:
        raise bad_request("The address holds characters that no address of this site has.")
    return path.decode("latin-1")


def run(site: Callable[[Environ, StartResponse], Iterable[bytes]], environ: Environ) -> Answer:
    """Call the WSGI application and return its whole answer; whoever reads it slowly holds no thread."""
    started: list[tuple[int, Headers]] = []
    body = _Collector()

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        started[:] = [(int(status[:3]), encoded)]
        return body.add

    try:
        result = site(environ, start_response)
        try:
            path = result.path() if isinstance(result, FileWrapper) else None
            if path is None:
                for chunk in result:
                    body.add(chunk)
        finally:
            if hasattr(result, "close"):
                result.close()
        ((status, answer_headers),) = started
    except BaseException:
        body.discard()
        raise
    if environ["REQUEST_METHOD"] == "HEAD" or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        body.discard()
        return Answer(status, answer_headers, b"")
    if path is not None:
        return Answer(status, answer_headers, path)
    if not any(name.lower() == b"content-length" for name, _ in answer_headers):
        answer_headers.append((b"content-length", str(body.size).encode()))
    return Answer(status, answer_headers, body.finish())


class _Collector:
    def __init__(self) -> None:
        self.size = 0
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self._file is None and self.size > IN_MEMORY:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives until the answer is sent
            self._file.writelines(self._chunks)
            self._chunks.clear()
        if self._file is None:
            self._chunks.append(chunk)
        else:
            self._file.write(chunk)

    def finish(self) -> bytes | IO[bytes]:
        if self._file is None:
            return b"".join(self._chunks)
        self._file.seek(0)
        return self._file

    def discard(self) -> None:
        self._chunks.clear()
        if self._file is not None:
            self._file.close()
