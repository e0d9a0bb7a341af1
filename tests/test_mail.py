"""Mail: written with its cause, handed over once there is a server, by real SMTP to a server in this process."""

import socket
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from blogengine import db as database
from blogengine import mail
from blogengine import schema
from blogengine.cli.doctor import check_blog
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.mail import delivery
from blogengine.secret import Secret
from blogengine.setup import SiteSettings
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import press
from tests.admin.forms import text_of
from tests.smtp import AnyPort
from tests.smtp import Sink
from tests.smtp import words

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
CERTIFICATE = Path(__file__).with_name("fixtures") / "mail" / "localhost.pem"
"""Made for these tests: localhost, by itself, until 2126."""
Answer = Callable[[str], str]


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Sink, int]]]:
    """Start mail servers: `serve(tls=True)`, `serve(starttls=True)`, `serve(login=True)`."""
    running: list[Controller] = []

    def start(*, tls: bool = False, starttls: bool = False, login: bool = False) -> tuple[Sink, int]:
        sink = Sink()
        options: dict[str, Any] = {}
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        if login:
            options = {
                "authenticator": sink.authenticate,
                "auth_required": starttls,
                "auth_require_tls": starttls,
            }
        controller = AnyPort(
            sink,
            hostname="127.0.0.1",
            port=0,
            ssl_context=context if tls else None,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            **options,
        )
        controller.start()
        running.append(controller)
        return sink, controller.port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the servers' certificate, as one that the machine knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def connect(blog: BlogKit, port: int, **more: Any) -> None:
    blog.change_settings(
        **{
            "mail_server": "localhost",
            "mail_port": port,
            "mail_security": "none",
            "mail_from": "blog@example.org",
            **more,
        }
    )


def write(blog: BlogKit, to: str = "ann@example.org", **more: Any) -> None:
    with blog.app():
        database.write(
            lambda tx: mail.send(tx, to=to, **{"subject": "News", "text": "There is news.\n", **more})
        )


def test_a_mail_waits_for_a_server_and_then_arrives_once(
    blog: BlogKit, jobs: JobKit, serve: Callable[..., tuple[Sink, int]], owner_client: Visitor
) -> None:
    write(blog)
    assert jobs.run_all() == 0
    with blog.app() as app:
        assert any(
            "1 mail waits to be sent. No mail server is set" in text and level == "warn"
            for level, text in check_blog(app.blog)
        )
    assert "1 mail waits to be sent." in text_of(owner_client.get("/admin/"))
    sink, port = serve()
    connect(blog, port)
    assert jobs.run_all() == 1
    assert jobs.run_all() == 0
    (sent,) = sink.mails()
    assert (sent["To"], sent["From"], sent["Subject"]) == (
        "ann@example.org",
        "My blog <blog@example.org>",
        "News",
    )
    assert sent["Auto-Submitted"] == "auto-generated"
    assert words(sent) == "There is news.\n"
    assert sent["Message-ID"].endswith("@example.org>") or sent["Message-ID"].endswith("@blogengine.invalid>")
    assert sent["Date"]
    with blog.app():
        assert mail.waiting() == mail.Waiting(0)
        assert mail.trouble() == ""


@SQLITE
def test_whatever_a_mail_says_arrives_as_it_is(
    blog: BlogKit, jobs: JobKit, serve: Callable[..., tuple[Sink, int]]
) -> None:
    sink, port = serve()
    connect(blog, port, mail_from="Größe 🙂 <blog@exämple.org>", url="https://blog.example")
    link = "<https://blog.example/-/news/stop?key=" + "k" * 200 + ">"
    write(
        blog,
        to="Åsa Öberg <asa@example.org>",
        subject="Grüße aus 東京 " + "ü" * 100,
        text="Erste Zeile\n.\n..zwei Punkte\n" + "lang " * 500 + "\nEnde — 🙂\n",
        html="<p>Grüße</p>",
        headers={"Reply-To": "Ines <ines@example.org>", "List-Unsubscribe": link, "X-Note": "ja, ähm"},
    )
    assert jobs.run_all() == 1
    (sent,) = sink.mails()
    assert sink.taken[0].mail_from == "blog@xn--exmple-cua.org"
    assert sink.taken[0].rcpt_tos == ["asa@example.org"]
    assert sent["To"] == "Åsa Öberg <asa@example.org>"
    assert sent["From"] == "Größe 🙂 <blog@xn--exmple-cua.org>"
    assert sent["Subject"] == "Grüße aus 東京 " + "ü" * 100
    assert (sent["Reply-To"], sent["X-Note"]) == ("Ines <ines@example.org>", "ja, ähm")
    raw = sink.taken[0].content
    assert isinstance(raw, bytes)
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert sent["Message-ID"].endswith("@blog.example>")
    plain, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert words(plain) == "Erste Zeile\n.\n..zwei Punkte\n" + "lang " * 500 + "\nEnde — 🙂\n"
    assert html.get_content().strip() == "<p>Grüße</p>"


BAD_ADDRESSES = [
    *("", "ann", "ann@", "@example.org", "ann@example", "a b@example.org", "ann@exa_mple.org", "ann@-x.org"),
    *(
        "ann@example.org\nBcc: eve@example.org",
        "ann@example.org, eve@example.org",
        "ann@example.org;eve@example.org",
    ),
    *(
        "Ann\r\nBcc: eve@example.org <ann@example.org>",
        "<ann@example.org> <eve@example.org>",
        "ann@[127.0.0.1]",
    ),
    *(
        '"x y"@example.org',
        "ann@example.org\0",
        "änn@example.org",
        "ann@1.2.3.4",
        "ann@" + "x" * 300 + ".org",
    ),
]
BAD_HEADERS = [
    *(("Bcc", "eve@example.org"), ("To", "eve@example.org"), ("subject", "x"), ("Content-Type", "text/html")),
    *(
        ("X-A", "a\nBcc: eve@example.org"),
        ("X-A", "a\rb"),
        ("X-A\nBcc", "eve@example.org"),
        ("X A", "b"),
        ("X:A", "b"),
    ),
    *(
        ("X-A", "x" * 901),
        ("Reply-To", "a@example.org\nBcc: b@example.org"),
        ("Reply-To", "nobody"),
        ("", "x"),
    ),
]


@SQLITE
def test_nothing_that_is_filled_in_adds_a_header_or_a_recipient(
    blog: BlogKit, jobs: JobKit, serve: Callable[..., tuple[Sink, int]]
) -> None:
    for address in BAD_ADDRESSES:
        with pytest.raises(Refused):
            write(blog, to=address)
    for name, value in BAD_HEADERS:
        with pytest.raises(Refused):
            write(blog, headers={name: value})
    with pytest.raises(Refused, match="500,000"):
        write(blog, text="x" * 500_001)
    assert jobs.waiting() == []
    sink, port = serve()
    connect(blog, port, title="A\tblog: x <eve@example.org>, y")
    write(blog, subject="a\r\nBcc: eve@example.org\r\n\r\nbody \ud800\0", text="x \ud800\0\n")
    jobs.run_all()
    (sent,) = sink.mails()
    assert sent["Subject"] == "a Bcc: eve@example.org body ?"
    assert sink.taken[0].rcpt_tos == ["ann@example.org"]
    assert sink.taken[0].mail_from == "blog@example.org"
    assert sent["Bcc"] is None


@SQLITE
def test_encryption_is_checked_and_the_password_arrives(
    blog: BlogKit, jobs: JobKit, serve: Callable[..., tuple[Sink, int]], trusted: None
) -> None:
    password = Secret("right zebra")
    sink, port = serve(starttls=True, login=True)
    connect(blog, port, mail_security="starttls", mail_user="ann", mail_password=password)
    write(blog)
    assert jobs.run_all() == 1
    assert (len(sink.taken), sink.encrypted, sink.users) == (1, [True], [("ann", "right zebra")])
    sink, port = serve(tls=True)
    connect(blog, port, mail_security="tls", mail_user="", mail_password=Secret())
    write(blog)
    assert jobs.run_all() == 1
    assert (len(sink.taken), sink.encrypted) == (1, [True])


WAITS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str], str]] = {
    "an unknown certificate": ({"tls": True}, {"mail_security": "tls"}, {}, "certificate"),
    "no encryption where it is asked for": ({}, {"mail_security": "starttls"}, {}, "STARTTLS"),
    "a wrong password": (
        {"login": True},
        {"mail_user": "ann", "mail_password": Secret("wrong zebra")},
        {},
        "refuses user or password: 535",
    ),
    "a recipient for later": (
        {},
        {},
        {"RCPT": "450 4.2.0 greylisted, come back"},
        "450 4.2.0 greylisted, come back",
    ),
    "a text for later": ({}, {}, {"DATA": "451 4.3.0 try again"}, "451 4.3.0 try again"),
    "a sender that is not ours": ({}, {}, {"MAIL": "550 5.7.1 not your address"}, "mail_from"),
}


@SQLITE
@pytest.mark.parametrize("case", WAITS)
def test_what_may_be_mended_is_tried_again_later_and_does_not_count_as_a_failure(
    blog: BlogKit,
    jobs: JobKit,
    clock: FrozenClock,
    serve: Callable[..., tuple[Sink, int]],
    case: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    how, chosen, answers, said = WAITS[case]
    sink, port = serve(**how)
    sink.answers.update(answers)
    connect(blog, port, **chosen)
    write(blog)
    for _ in range(12):
        assert jobs.run_all() == 1
        due = jobs.due()
        assert due is not None
        clock.tick(seconds=(due - clock.moment).total_seconds())
    (reason,) = jobs.failed()
    assert said in reason
    assert "zebra" not in reason + caplog.text
    assert jobs.dead() == []
    with blog.app():
        assert said in mail.trouble()
    assert sink.taken == []
    sink, port = serve()
    connect(blog, port, mail_user="", mail_password=Secret())
    jobs.run_all()
    assert len(sink.taken) == 1


@SQLITE
def test_a_final_refusal_puts_the_mail_aside_with_the_servers_words(
    blog: BlogKit, jobs: JobKit, serve: Callable[..., tuple[Sink, int]]
) -> None:
    sink, port = serve()
    connect(blog, port)
    for step, refusal in (("RCPT", "550 5.1.1 no such user"), ("DATA", "554 5.7.1 this is spam")):
        sink.answers = {step: refusal}
        write(blog)
        assert jobs.run_all() == 1
        assert refusal in jobs.dead()[-1]
    assert jobs.waiting() == []
    assert "550 5.1.1 no such user" in jobs.dead()[0]


@SQLITE
def test_a_mail_is_given_up_after_five_days(blog: BlogKit, jobs: JobKit, clock: FrozenClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connect(blog, unused.getsockname()[1])
        write(blog)
        tries = 0
        while (due := jobs.due()) is not None:
            clock.moment = max(due, clock.moment)
            tries += jobs.run_all()
    assert 20 < tries < 60
    assert "refused" in jobs.dead()[0]
    assert clock.moment.day == 8


@SQLITE
def test_a_connection_lost_after_the_last_dot_sends_the_same_mail_again(
    blog: BlogKit, jobs: JobKit, clock: FrozenClock, serve: Callable[..., tuple[Sink, int]]
) -> None:
    sink, port = serve()
    sink.drops = True
    connect(blog, port)
    write(blog)
    assert jobs.run_all() == 1
    sink.drops = False
    clock.tick(hours=5)
    assert jobs.run_all() == 1
    first, second = sink.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert sink.taken[0].content == sink.taken[1].content


@SQLITE
def test_a_server_that_says_a_letter_now_and_then_is_left(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut is real time, but the server never finishes: without it this test would not end."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.05):
                try:
                    connection.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    server = delivery.Server("127.0.0.1", listener.getsockname()[1], "none", "", Secret(), "localhost")
    with pytest.raises(delivery.Undelivered):
        delivery.hand_over(server, "a@example.org", "b@example.org", EmailMessage(), patience=0.5)
    over.set()
    thread.join()
    listener.close()


@SQLITE
def test_a_mail_with_a_key_waits_once_and_a_rolled_back_one_never_was(blog: BlogKit, jobs: JobKit) -> None:
    for number in range(3):
        write(blog, subject=f"Number {number}", key="news:1")
    assert [payload["subject"] for payload in jobs.waiting(mail.KIND)] == ["Number 0"]

    def change(tx: database.Transaction) -> None:
        mail.send(tx, to="ann@example.org", subject="Never", text="x")
        raise ValueError("no")

    with blog.app(), pytest.raises(ValueError, match="no"):
        database.write(change)
    assert len(jobs.waiting(mail.KIND)) == 1


@SQLITE
def test_the_owner_sends_a_test_mail_and_is_told_what_came_of_it(
    blog: BlogKit, owner_client: Visitor, serve: Callable[..., tuple[Sink, int]]
) -> None:
    page = owner_client.get("/admin/settings")
    assert "No mail server is set" in text_of(page)
    after = follow(owner_client, press(owner_client, page, "/admin/settings/test-mail"))
    assert "No mail server is set: set mail_server and mail_from." in text_of(after)
    sink, port = serve()
    connect(blog, port)
    page = owner_client.get("/admin/settings")
    after = follow(owner_client, press(owner_client, page, "/admin/settings/test-mail"))
    assert f"The mail server took a test mail to {OWNER['email']}." in text_of(after)
    assert sink.taken[0].rcpt_tos == [OWNER["email"]]
    sink.answers["RCPT"] = "550 5.1.1 <b>no</b>"
    after = follow(owner_client, press(owner_client, page, "/admin/settings/test-mail"))
    assert "550 5.1.1 <b>no</b>" in text_of(after)


@SQLITE
def test_a_password_is_not_sent_readable_to_another_machine(blog: BlogKit) -> None:
    from_here: dict[str, Any] = {"mail_security": "none", "mail_password": Secret("right zebra")}
    connect(blog, 25, mail_server="127.0.0.1", **from_here)
    with pytest.raises(Invalid) as error:
        schema.parse(SiteSettings, {"mail_server": "mail.example.org", **from_here})
    assert "travel readable" in str(error.value)


@SQLITE
def test_the_owners_address_can_be_written_to(blog: BlogKit, owner_client: Visitor) -> None:
    with blog.app():
        assert mail.owner_address() == f"{OWNER['name']} <{OWNER['email']}>"
