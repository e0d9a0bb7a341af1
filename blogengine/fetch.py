"""Outgoing HTTP to addresses that people typed: only to public machines, bounded in time and size.

A name is resolved once, every address it stands for is checked, and the connection goes to a checked one: a
name that answers differently the second time gains nothing. Each redirect is a new request with the same
checks. Proxy variables and cookies are never used.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from typing import NamedTuple
from typing import Protocol
from urllib.parse import quote
from urllib.parse import urljoin
from urllib.parse import urlsplit

from blogengine.errors import Refused
from blogengine.setup import VERSION

PORTS = {"http": 80, "https": 443}
_MOVED = (301, 302, 303, 307, 308)
_TRIED = 4
"""Addresses of one name that are tried before it counts as unreachable."""

# `ipaddress.is_global` of Python 3.11 calls 9 of 30 non-public addresses public (measured), and some public
# ones stand for a machine that is not: relays and translators, and the host's own agent in Azure.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_IPV6_IN_USE = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6; mapped, translated, local and multicast addresses lie outside."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its `status`. `url` is where the last redirect led."""

    url: str
    status: int
    mime: str
    """Type without parameters in lower case (`text/html`), or empty."""
    charset: str
    """As the answer's head names it, or empty."""
    body: bytes
    is_cut: bool = False
    """Whether more than `limit` bytes came: `body` is the beginning."""


class Network(Protocol):
    """How names become addresses, addresses connections, and connections private."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of `host`. Raises `OSError`."""

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        """Return a connection to `address`. Raises `OSError`."""

    def secure(self, connection: socket.socket, host: str) -> socket.socket:
        """Return `connection` with TLS to a machine that proves to be `host`. Raises `OSError`."""


class Internet:
    """The network as it is."""

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Ask the system's resolver, which keeps its own time."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return list(dict.fromkeys(str(item[4][0]) for item in found))

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        """Connect within `timeout` seconds."""
        return socket.create_connection((address, port), timeout)

    def secure(self, connection: socket.socket, host: str) -> socket.socket:
        """Shake hands, checking the certificate and its name."""
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def get(url: str, *, limit: int = 1_000_000, timeout: float = 10.0, redirects: int = 3) -> Fetched:
    """Return the answer to GET `url`, at most `limit` bytes of it, following up to `redirects` redirects.

    `timeout` is for everything together, in seconds. Raises `Refused` with code `url` (not http or https, with
    a password, on a port other than 80 and 443), `address` (not public), `redirects`, `encoded`; and, where
    a later try may work, `unreachable` or `slow`.
    """
    return _exchange(url, Internet(), _Message(), limit=limit, timeout=timeout, redirects=redirects)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    limit: int = 10_000,
    timeout: float = 10.0,
    anywhere: bool = False,
) -> Fetched:
    """Return the answer to POST `url`, at most `limit` bytes of it. A redirect is an answer and is not followed.

    `headers` name at least the `Content-Type` of `body`. `anywhere` allows machines that are not public and any port: only
    for addresses that the owner of the blog chose and said so. Raises `Refused` as `get` does.
    """
    message = _Message("POST", body, headers)
    return _exchange(url, Internet(), message, limit=limit, timeout=timeout, redirects=0, anywhere=anywhere)


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to one machine that anybody on the internet may talk to."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and ip not in _IPV6_IN_USE:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _Message(NamedTuple):
    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = {}


class _Target(NamedTuple):
    secure: bool
    host: str
    port: int
    path: str


def _exchange(
    url: str,
    network: Network,
    message: _Message,
    *,
    limit: int,
    timeout: float,
    redirects: int,
    anywhere: bool = False,
) -> Fetched:
    deadline = _Deadline(timeout)
    for _ in range(redirects + 1):
        target = _target(url, anywhere=anywhere)
        try:
            with closing(_connect(target, network, deadline, anywhere=anywhere)) as connection:
                answer = _ask(target, message, connection, deadline)
                location = answer.headers.get("Location") if answer.status in _MOVED else None
                if location is None or message.body is not None:
                    return _read(url, answer, limit)
        except TimeoutError as error:
            raise Refused(f"{target.host} took longer than {timeout:g} seconds.", code="slow") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = f"{target.host} gave no answer that can be used: {error}."
            raise Refused(reason, code="unreachable") from error
        url = urljoin(url, location.encode("latin-1", "replace").decode("utf-8", "replace"))
    raise Refused(f"The address leads on more than {redirects} times.", code="redirects")


def _target(url: str, *, anywhere: bool = False) -> _Target:
    """Return where `url` points, with its host as it stands in DNS."""
    refusal = Refused(
        "Only http and https addresses on their usual ports, without a password, are looked up.", code="url"
    )
    if re.search(r"[\x00-\x20\x7f\\]|\s", url):
        raise refusal
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if ":" in host:
            host = str(ipaddress.IPv6Address(host))
        else:
            host = host.encode("idna").decode("ascii").lower()
    except ValueError as error:
        raise refusal from error
    if parts.scheme not in PORTS or "@" in parts.netloc:
        raise refusal
    if not anywhere and port not in (None, *PORTS.values()):
        raise refusal
    if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        raise refusal
    path = quote(parts.path or "/", safe="/%:=&~+!$,;'@()*")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:=&~+!$,;'@()*?")
    return _Target(parts.scheme == "https", host, port or PORTS[parts.scheme], path)


def _connect(
    target: _Target, network: Network, deadline: _Deadline, *, anywhere: bool = False
) -> socket.socket:
    addresses = network.resolve(target.host, target.port)
    if not addresses or not (anywhere or all(is_public(address) for address in addresses)):
        raise Refused(f"{target.host} is not a public address.", code="address")
    problem: OSError = OSError("it has no address")
    tried = addresses[:_TRIED]
    for position, address in enumerate(tried):
        try:
            share = deadline.left() / (len(tried) - position)
            connection = network.connect(address, target.port, share)
            break
        except OSError as error:
            problem = error
    else:
        raise problem
    if not target.secure:
        return connection
    try:
        connection.settimeout(deadline.left())
        return network.secure(connection, target.host)
    except BaseException:
        connection.close()
        raise


class _Timed(io.RawIOBase):
    """Reads until the deadline: a timeout for each read would let a slow server go on for ever."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)


class _Wire:
    """What `http.client` uses of a socket."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._connection, self._deadline))

    def close(self) -> None:
        """Leave it to the one who opened the connection: the answer is still to be read."""


def _ask(
    target: _Target, message: _Message, connection: socket.socket, deadline: _Deadline
) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection(target.host, target.port)
    client.sock = _Wire(connection, deadline)
    host = f"[{target.host}]" if ":" in target.host else target.host
    is_usual = target.port == PORTS["https" if target.secure else "http"]
    client.putrequest(message.method, target.path, skip_host=True, skip_accept_encoding=True)
    client.putheader("Host", host if is_usual else f"{host}:{target.port}")
    client.putheader("User-Agent", f"blogengine/{VERSION}")
    client.putheader("Accept", "*/*")
    client.putheader("Accept-Encoding", "identity")
    client.putheader("Connection", "close")
    for name, value in message.headers.items():
        client.putheader(name, value)
    if message.body is not None:
        client.putheader("Content-Length", str(len(message.body)))
    client.endheaders(message.body)
    return client.getresponse()


def _read(url: str, answer: http.client.HTTPResponse, limit: int) -> Fetched:
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused("The answer is packed, which was not asked for.", code="encoded")
    body = answer.read(limit + 1)
    mime = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    charset = answer.headers.get_content_charset("")
    return Fetched(url, answer.status, mime, charset, body[:limit], is_cut=len(body) > limit)
