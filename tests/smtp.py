"""A mail server in the tests' own process that keeps what it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email import policy
from email.message import EmailMessage
from typing import Any
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from aiosmtpd.smtp import Envelope
from aiosmtpd.smtp import LoginPassword

from blogengine.testing import BlogKit
from blogengine.testing import JobKit


class Sink:
    """A mail server that keeps what it takes; `answers` say something else than yes to a step."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.drops = False
        self.users: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.taken.append(envelope)
        if self.drops:
            server.transport.close()
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right zebra", handled=False)

    def mails(self) -> list[EmailMessage]:
        """Return what was taken, read by the standard library."""
        found = []
        for envelope in self.taken:
            assert isinstance(envelope.content, bytes)
            read = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(read, EmailMessage)
            assert not read.defects
            found.append(read)
        return found


def words(part: Any) -> str:
    """Return a text as it was before it travelled: lines end with CRLF on the way."""
    return str(part.get_content()).replace("\r\n", "\n")


class AnyPort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = cast(Any, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(blog: BlogKit, url: str = "https://blog.example") -> Iterator[Sink]:
    """Give `blog` an address and a mail server for a while."""
    sink = Sink()
    controller = AnyPort(sink, hostname="127.0.0.1", port=0)
    controller.start()
    blog.change_settings(
        mail_server="localhost",
        mail_port=controller.port,
        mail_security="none",
        mail_from="blog@example.org",
        url=url,
    )
    try:
        yield sink
    finally:
        controller.stop()


def sent(sink: Sink, jobs: JobKit) -> list[EmailMessage]:
    """Do all jobs and return the mails that arrived since the last call."""
    jobs.run_all()
    found = sink.mails()
    sink.taken.clear()
    return found
