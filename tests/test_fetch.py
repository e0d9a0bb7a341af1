"""Pages of others are fetched from public machines only, and never for long."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence

import pytest

from blogengine import fetch
from blogengine.errors import Refused

PUBLIC = "93.184.215.14"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=ISO-8859-1\r\nContent-Length: 2\r\n\r\nhi"


class Pages:
    """A server on this machine: answers each connection with what `answer` makes of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Callable[[socket.socket], None]] = {}
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(4096)
                if not part:
                    return
                request += part
            self.requests.append(request)
            answer = self.answers[request.split(b" ", 2)[1].decode()]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection)

    def close(self) -> None:
        self._closing = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in [self._thread, *self._threads]:
            thread.join()
        self._listener.close()


class Recorded:
    """A network in which every public address leads to `pages`; it notes what was asked of it."""

    def __init__(self, pages: Pages | None = None, names: dict[str, list[str]] | None = None) -> None:
        self.pages = pages
        self.names = names or {}
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.secured: list[str] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        if host in self.names:
            return self.names[host]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(item[4][0]) for item in found]

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        self.connected.append((address, port))
        if self.pages is None:
            raise ConnectionRefusedError("nothing is there")
        return socket.create_connection(("127.0.0.1", self.pages.port), timeout)

    def secure(self, connection: socket.socket, host: str) -> socket.socket:
        self.secured.append(host)
        return connection


@pytest.fixture
def pages() -> Iterator[Pages]:
    server = Pages()
    yield server
    server.close()


def get(
    url: str, network: fetch.Network, *, limit: int = 100_000, timeout: float = 5.0, redirects: int = 3
) -> fetch.Fetched:
    return fetch._exchange(url, network, fetch._Message(), limit=limit, timeout=timeout, redirects=redirects)


def moved(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


NOT_PUBLIC_V4 = (
    "127.0.0.1 127.1 127.0.1 0 0.0.0.0 0.1.2.3 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 "
    "017700000001 127.255.255.254 127.0.0.1. 10.0.0.1 10.255.255.255 012.1.2.3 0xa.0.0.1 167772161 "
    "172.16.0.1 172.31.255.255 0xac.16.1 192.168.0.1 192.168.1 3232235521 0xc0a80001 169.254.169.254 "
    "0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.0.1 100.64.0.1 100.100.100.200 100.127.255.255 "
    "192.0.0.1 192.0.0.170 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 "
    "203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 254.1.1.1 255.255.255.255 168.63.129.16 "
    "１２７.０.０.１ 127。0。0。1 ①②⑦.0.0.1 ⓪x7f.1"
)

NOT_PUBLIC_V6 = (
    ":: ::1 0:0:0:0:0:0:0:1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 "
    "::ffff:169.254.169.254 ::ffff:93.184.215.14 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 "
    "64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 "
    "2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 "
    "fdff::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 4000::1"
)

SPELLINGS = [f"http://{host}/" for host in NOT_PUBLIC_V4.split()] + [
    f"https://[{host}]/" for host in NOT_PUBLIC_V6.split()
]


def test_the_list_of_spellings_is_long_enough() -> None:
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_a_private_address_is_connected_to(url: str) -> None:
    network = Recorded()
    with pytest.raises(Refused) as refusal:
        get(url, network)
    assert network.connected == []
    assert refusal.value.code in ("address", "url", "unreachable")
    assert network.resolved, "the address was refused by its spelling, which proves nothing about its meaning"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org:80/",
        "javascript:alert(1)",
        "//example.org/",
        "/path",
        "example.org",
        "",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org:22/",
        "http://example.org:8080/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:http/",
        "http://exa mple.org/",
        "http://example.org/a b",
        "http://example.org\\@127.0.0.1/",
        "http://example.org/\r\nHost: x",
        "http://example.org/\x00",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://[not-an-address]/",
        "http://a..b/",
        f"http://{'a' * 64}.org/",
        "http://exa%6dple.org/",
    ],
)
def test_an_address_that_is_none_of_ours_to_ask_is_refused_before_its_name_is_looked_up(url: str) -> None:
    network = Recorded()
    with pytest.raises(Refused) as refusal:
        get(url, network)
    assert refusal.value.code == "url"
    assert network.resolved == []


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_public(address: str) -> None:
    assert fetch.is_public(address)


def test_what_is_no_address_is_not_public() -> None:
    assert not fetch.is_public("example.org")


def test_a_page_is_fetched_with_its_type_and_text(pages: Pages) -> None:
    pages.answers["/a?b=c"] = OK
    network = Recorded(pages, {"example.org": [PUBLIC]})
    assert get("http://Example.org/a?b=c#d", network) == fetch.Fetched(
        "http://Example.org/a?b=c#d", 200, "text/html", "iso-8859-1", b"hi"
    )
    assert network.connected == [(PUBLIC, 80)]


def test_a_request_says_who_asks_and_nothing_of_the_reader(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    pages.answers["/"] = OK
    get("http://example.org", Recorded(pages, {"example.org": [PUBLIC]}))
    head, *lines = pages.requests[0].decode().strip().split("\r\n")
    assert head == "GET / HTTP/1.1"
    assert {line.split(":")[0] for line in lines} == {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Connection",
    }
    assert "Host: example.org" in lines
    assert "Accept-Encoding: identity" in lines


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_answer(pages: Pages) -> None:
    class Rebinding(Recorded):
        def resolve(self, host: str, port: int) -> Sequence[str]:
            self.resolved.append(host)
            return [PUBLIC] if len(self.resolved) == 1 else ["127.0.0.1"]

    pages.answers["/"] = OK
    network = Rebinding(pages)
    assert get("http://rebinding.example/", network).status == 200
    assert network.resolved == ["rebinding.example"]
    assert network.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["::1", PUBLIC], ["fe80::1%eth0"], []])
def test_a_name_with_one_private_address_is_refused_whole(addresses: list[str]) -> None:
    network = Recorded(names={"example.org": addresses})
    with pytest.raises(Refused) as refusal:
        get("https://example.org/", network)
    assert refusal.value.code == "address"
    assert network.connected == []


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "//169.254.169.254/latest/meta-data/",
        "http://[::ffff:7f00:1]/",
        "http://0x7f.1:80/",
        "http://private.example/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(pages: Pages, target: str, status: int) -> None:
    pages.answers["/"] = moved(target, status)
    names = {"example.org": [PUBLIC], "localhost": ["127.0.0.1"], "private.example": ["10.1.2.3"]}
    network = Recorded(pages, names)
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", network)
    assert refusal.value.code == "address"
    assert network.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "http://example.org:6379/"])
def test_a_redirect_away_from_the_web_is_not_followed(pages: Pages, target: str) -> None:
    pages.answers["/"] = moved(target)
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}))
    assert refusal.value.code == "url"


def test_redirects_are_followed_to_the_page_and_its_address_is_told(pages: Pages) -> None:
    pages.answers.update({"/": moved("/b"), "/b": moved("http://other.example/%C3%BC", 301), "/%C3%BC": OK})
    network = Recorded(pages, {"example.org": [PUBLIC], "other.example": ["8.8.8.8"]})
    assert get("http://example.org/", network).url == "http://other.example/%C3%BC"
    assert network.connected == [(PUBLIC, 80), (PUBLIC, 80), ("8.8.8.8", 80)]


def test_a_ring_of_redirects_ends(pages: Pages) -> None:
    pages.answers["/"] = moved("/")
    network = Recorded(pages, {"example.org": [PUBLIC]})
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", network)
    assert refusal.value.code == "redirects"
    assert len(network.connected) == 4


def test_a_redirect_that_leads_nowhere_is_an_answer(pages: Pages) -> None:
    pages.answers["/"] = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"
    assert get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]})).status == 302


def test_a_page_that_is_not_there_is_an_answer(pages: Pages) -> None:
    pages.answers["/"] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    found = get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}))
    assert (found.status, found.mime, found.charset, found.body) == (404, "", "", b"")


def send_without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def test_of_a_body_without_end_only_the_beginning_is_read(pages: Pages) -> None:
    pages.answers["/"] = send_without_end
    found = get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}), limit=1000)
    assert found.body == b"x" * 1000
    assert found.is_cut


def test_a_body_of_exactly_the_limit_is_whole(pages: Pages) -> None:
    pages.answers["/"] = OK
    found = get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}), limit=2)
    assert (found.body, found.is_cut) == (b"hi", False)


def drip(beginning: bytes, byte: bytes) -> Callable[[socket.socket], None]:
    """Send a byte as often as the other side still listens, so that no single read ever times out."""

    def send(connection: socket.socket) -> None:
        pause = threading.Event()
        connection.sendall(beginning)
        while True:
            connection.sendall(byte)
            pause.wait(0.02)

    return send


@pytest.mark.parametrize(
    ("beginning", "byte"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_server_that_drips_is_left_at_the_deadline(pages: Pages, beginning: bytes, byte: bytes) -> None:
    pages.answers["/"] = drip(beginning, byte)
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}), timeout=0.3)
    assert refusal.value.code == "slow"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(200)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_no_http_is_no_failure_of_ours(pages: Pages, answer: bytes) -> None:
    pages.answers["/"] = answer
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}))
    assert refusal.value.code == "unreachable"


def test_a_packed_answer_is_refused(pages: Pages) -> None:
    pages.answers["/"] = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"
    with pytest.raises(Refused) as refusal:
        get("http://example.org/", Recorded(pages, {"example.org": [PUBLIC]}))
    assert refusal.value.code == "encoded"


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    class Lost(Recorded):
        def resolve(self, host: str, port: int) -> Sequence[str]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Refused) as refusal:
        get("http://example.invalid/", Lost())
    assert refusal.value.code == "unreachable"


def test_the_next_address_is_tried_when_one_does_not_answer(pages: Pages) -> None:
    class OneIsDown(Recorded):
        def connect(self, address: str, port: int, timeout: float) -> socket.socket:
            connection = super().connect(address, port, timeout)
            if address != PUBLIC:
                connection.close()
                raise OSError("no route")
            return connection

    pages.answers["/"] = OK
    network = OneIsDown(pages, {"example.org": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC]})
    assert get("http://example.org/", network).status == 200
    assert len(network.connected) == 2


def test_the_number_of_addresses_tried_is_bounded() -> None:
    network = Recorded(names={"example.org": [f"8.8.8.{number}" for number in range(100)]})
    with pytest.raises(Refused):
        get("http://example.org/", network)
    assert len(network.connected) == 4


def test_https_proves_the_name_that_was_typed(pages: Pages) -> None:
    pages.answers["/"] = OK
    network = Recorded(pages, {"xn--bcher-kva.example": [PUBLIC]})
    assert get("https://bücher.example/", network).status == 200
    assert network.secured == ["xn--bcher-kva.example"]
    assert network.connected == [(PUBLIC, 443)]
    assert b"Host: xn--bcher-kva.example\r\n" in pages.requests[0]


def test_a_machine_that_does_not_prove_its_name_is_unreachable(pages: Pages) -> None:
    class Impostor(Recorded):
        def secure(self, connection: socket.socket, host: str) -> socket.socket:
            raise ssl.SSLCertVerificationError("certificate verify failed")

    with pytest.raises(Refused) as refusal:
        get("https://example.org/", Impostor(pages, {"example.org": [PUBLIC]}))
    assert refusal.value.code == "unreachable"
    assert pages.requests == []


def test_a_machine_that_does_not_speak_tls_is_unreachable(pages: Pages) -> None:
    class Real(Recorded):
        def secure(self, connection: socket.socket, host: str) -> socket.socket:
            return fetch.Internet().secure(connection, host)

    pages.answers["/"] = OK
    with pytest.raises(Refused) as refusal:
        get("https://example.org/", Real(pages, {"example.org": [PUBLIC]}), timeout=0.5)
    assert refusal.value.code in ("unreachable", "slow")


def test_what_plugins_call_uses_the_guard() -> None:
    with pytest.raises(Refused) as refusal:
        fetch.get("http://127.0.0.1/")
    assert refusal.value.code == "address"


def test_what_is_posted_arrives_as_it_is_and_goes_to_private_machines_only_when_told(pages: Pages) -> None:
    url = f"http://127.0.0.1:{pages.port}/hook"
    pages.answers["/hook"] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"
    headers = {"Content-Type": "application/json", "X-Mine": "yes"}
    answer = fetch.post(url, b'{"a": 1}', headers=headers, anywhere=True)
    assert (answer.status, answer.body) == (202, b"ok")
    assert pages.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 8\r\n" in pages.requests[0]
    assert b"\r\nX-Mine: yes\r\n" in pages.requests[0]
    for address, code in ((url, "url"), ("http://127.0.0.1/hook", "address"), ("http://[::1]/", "address")):
        with pytest.raises(Refused) as refusal:
            fetch.post(address, b"{}", headers=headers)
        assert refusal.value.code == code
    assert len(pages.requests) == 1


def test_a_post_follows_no_redirect(pages: Pages) -> None:
    pages.answers["/hook"] = moved("/elsewhere", 307)
    answer = fetch.post(f"http://127.0.0.1:{pages.port}/hook", b"{}", headers={}, anywhere=True)
    assert answer.status == 307
    assert len(pages.requests) == 1


def test_a_header_cannot_smuggle_another(pages: Pages) -> None:
    with pytest.raises(Refused):
        fetch.post(f"http://127.0.0.1:{pages.port}/hook", b"", headers={"X": "a\r\nHost: b"}, anywhere=True)
