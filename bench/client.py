"""One client process that costs little: a few connections kept open, each with one request on its way."""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import urlencode

CONNECTIONS = 8
TIMEOUT = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Answer:
    """One whole answer."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else ""


@dataclass(slots=True)
class Load:
    """What a run of requests saw; times are seconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    last: Answer | None = None

    @property
    def count(self) -> int:
        """How many answers came."""
        return len(self.times)

    def percentile(self, part: float) -> float:
        """Return a percentile of the times in milliseconds."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str, form: Mapping[str, str]) -> bytes:
    """Return a form as a browser on the same site sends it."""
    body = urlencode(form).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Origin: http://127.0.0.1",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(port: int, request: bytes) -> Answer:
    """Send one request and return its answer."""
    load = run(port, iter([request]).__next__, connections=1)
    assert load.last is not None
    return load.last


def run(
    port: int, next_request: Callable[[], bytes], *, connections: int = CONNECTIONS, seconds: float = 1e9
) -> Load:
    """Send requests from `next_request`, until it raises `StopIteration` or `seconds` have passed.

    Raises `OSError` when the server hangs up or says nothing for `TIMEOUT` seconds.
    """
    load = Load()
    selector = selectors.DefaultSelector()
    begun = time.perf_counter()
    end = begun + seconds
    try:
        for _ in range(connections):
            line = _Line(socket.create_connection(("127.0.0.1", port), TIMEOUT))
            if not line.send(next_request):
                line.close()
                break
            selector.register(line.socket, selectors.EVENT_READ, line)
        while selector.get_map():
            ready = selector.select(TIMEOUT)
            if not ready:
                raise TimeoutError(f"no answer for {TIMEOUT} s")
            for key, _ in ready:
                line = key.data
                answer = line.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                load.times.append(now - line.sent)
                load.statuses[answer.status] += 1
                load.last = answer
                if now >= end or not line.send(next_request):
                    selector.unregister(line.socket)
                    line.close()
    finally:
        for key in list(selector.get_map().values()):
            key.data.close()
        selector.close()
    load.seconds = time.perf_counter() - begun
    return load


class _Line:
    """A connection with one request on its way."""

    __slots__ = ("_got", "_length", "sent", "socket")

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.sent = 0.0
        self._got = b""
        self._length = -1

    def send(self, next_request: Callable[[], bytes]) -> bool:
        """Send the next request; return False when there is none."""
        try:
            request = next_request()
        except StopIteration:
            return False
        self._got, self._length = b"", -1
        self.sent = time.perf_counter()
        self.socket.sendall(request)
        return True

    def receive(self) -> Answer | None:
        """Read what is there; return the answer once it is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server hung up")
        self._got = self._got + part if self._got else part
        got = self._got
        if self._length < 0:
            at = got.find(b"\r\n\r\n")
            if at < 0:
                return None
            found = _LENGTH.search(got, 0, at)
            if found is None and got[9:12] != b"304":
                raise ConnectionError("the answer has no Content-Length")
            self._length = at + 4 + (int(found[1]) if found and got[9:12] != b"304" else 0)
        if len(got) < self._length:
            return None
        head, _, body = got.partition(b"\r\n\r\n")
        return Answer(int(got[9:12]), head, body)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
