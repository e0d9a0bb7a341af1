"""A network that answers only what the test recorded: no test depends on other machines, or tells them anything."""

import ipaddress
import socket
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from urllib.parse import urlsplit

from blogengine import fetch

_HOME = ("", "localhost", "ip6-localhost")
_MADE_UP = "93.184.216."
"""Public addresses that recorded hosts have in a test, so that every check of `fetch` is done as ever."""


class Blocked(AssertionError):
    """A test asked the network for something that it had not recorded."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of a recorded address."""

    method: str
    url: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    failure: str


class Network:
    """The network of one test: this machine as it is, other machines only as recorded."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        """What was asked of recorded addresses, in order."""
        self.blocked: list[str] = []
        """What was tried and blocked; the test fails at its end when it is not empty."""
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._hosts: dict[str, str] = {}

    def answer(
        self,
        url: str,
        body: str | bytes = b"",
        *,
        status: int = 200,
        mime: str = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> None:
        """Record what `url` answers from now on: to `fetch`, with all its checks, redirects and limits."""
        data = body.encode() if isinstance(body, str) else body
        all_headers = {"Content-Type": mime, **(headers or {})}
        self._record(method, url, _Answer(status, all_headers, data, ""))

    def fail(self, url: str, reason: str = "Connection refused", *, method: str = "GET") -> None:
        """Record that nothing can be had from `url`: `fetch` raises `Refused` with the code `unreachable`."""
        self._record(method, url, _Answer(0, {}, b"", reason))

    def _record(self, method: str, url: str, answer: _Answer) -> None:
        self._answers[method, _plain(url)] = answer
        host = urlsplit(_plain(url)).hostname or ""
        self._hosts.setdefault(host, f"{_MADE_UP}{len(self._hosts) % 250 + 1}")

    def address_of(self, host: str) -> str | None:
        """Return the made-up address of a recorded host."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return self._hosts.get(host)
        return host if host in self._hosts else None

    def is_recorded(self, address: str) -> bool:
        """Whether `address` belongs to a recorded host."""
        return address in self._hosts or address in self._hosts.values()

    def respond(self, request: Request) -> bytes:
        """Return the bytes that answer `request`. Raises `Blocked` for an address that was not recorded."""
        self.asked.append(request)
        found = self._answers.get((request.method, _plain(request.url)))
        if found is None:
            raise self.block(f"{request.method} {request.url}")
        if found.failure:
            raise OSError(found.failure)
        lines = [f"HTTP/1.1 {found.status} Recorded"]
        named = {"Content-Length": str(len(found.body)), "Connection": "close", **found.headers}
        lines += [f"{name}: {value}" for name, value in named.items()]
        return "\r\n".join([*lines, "", ""]).encode() + found.body

    def block(self, what: str) -> Blocked:
        """Note that `what` was tried, and return the error that says how to mend it."""
        self.blocked.append(what)
        return Blocked(
            f"This test asked the network: {what}. Tests reach no other machine; ask with `fetch` and record the "
            'answer: network.answer("https://…", body=…).'
        )

    def may_reach(self, address: Any) -> bool:
        """Whether a socket may talk to `address`: this machine's own, or no internet at all."""
        if not isinstance(address, tuple):
            return True
        host = str(address[0]).partition("%")[0]
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return host in _HOME
        return ip.is_loopback or ip.is_unspecified


class RecordedInternet(fetch.Internet):
    """What `fetch` sees: recorded hosts answer, the rest is as blocked as everything else."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the address of a recorded host."""
        known = self._network.address_of(host)
        return [known] if known is not None else super().resolve(host, port)

    def connect(self, address: str, port: int, timeout: float) -> Any:
        """Return a connection that answers from the record."""
        if self._network.is_recorded(address):
            return _Connection(self._network, port)
        return super().connect(address, port, timeout)

    def secure(self, connection: Any, host: str) -> Any:
        """Take a recorded connection for private."""
        return connection if isinstance(connection, _Connection) else super().secure(connection, host)


class _Connection:
    """As much of a socket as `fetch` uses."""

    def __init__(self, network: Network, port: int) -> None:
        self._network = network
        self._scheme = "https" if port == fetch.PORTS["https"] else "http"
        self._sent = b""
        self._answer: bytes | None = None

    def settimeout(self, seconds: float | None) -> None:
        pass

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def recv_into(self, buffer: Any) -> int:
        if self._answer is None:
            self._answer = self._network.respond(_read_request(self._sent, self._scheme))
        size = min(len(buffer), len(self._answer))
        buffer[:size], self._answer = self._answer[:size], self._answer[size:]
        return size

    def close(self) -> None:
        pass


def _read_request(sent: bytes, scheme: str) -> Request:
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(method, f"{scheme}://{headers.get('host', '')}{path}", headers, body)


def _plain(url: str) -> str:
    """Return `url` as it is asked for: host in lower case as in DNS, path quoted, no fragment."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    path = quote(parts.path or "/", safe="/%:=&~+!$,;'@()*")
    query = "?" + quote(parts.query, safe="/%:=&~+!$,;'@()*?") if parts.query else ""
    return f"{parts.scheme}://{host}{path}{query}"


def guard(network: Network, replace: Callable[[Any, str, Any], None]) -> None:
    """Let nothing past `network`; `replace(object, name, value)` puts a value in another's place."""
    connect, connect_ex, ask = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    send = socket.socket.sendto

    def check(self: socket.socket, address: Any) -> None:
        if not network.may_reach(address):
            self.close()  # those who wait for an OSError leave it open
            raise network.block(f"a connection to {address[0]}, port {address[1]}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        check(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        check(self, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        check(self, rest[-1])
        return send(self, data, *rest)

    def guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or ""
        if not (name in _HOME or name == socket.gethostname() or _is_number(name)):
            raise network.block(f"the address of {name}")
        return ask(host, *rest, **named)

    replace(socket.socket, "connect", guarded_connect)
    replace(socket.socket, "connect_ex", guarded_connect_ex)
    replace(socket.socket, "sendto", guarded_sendto)
    replace(socket, "getaddrinfo", guarded_getaddrinfo)
    replace(fetch, "Internet", lambda: RecordedInternet(network))


def _is_number(host: str) -> bool:
    """Whether the system reads `host` as an address without asking anybody: `127.0.0.1`, `0x7f.1`, `::1`."""
    try:
        socket.inet_aton(host.rstrip("."))
    except OSError:
        return ":" in host
    return True
