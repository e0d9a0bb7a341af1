"""Handing one mail to the blog's mail server (RFC 5321), and telling faults that pass from those that stay."""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from blogengine.secret import Secret
from blogengine.secret import redact

TIMEOUT = 10.0
"""Seconds without a word from the server."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. `security` is `starttls`, `tls` or `none`; `hello` is the name under which we greet it."""

    host: str
    port: int
    security: str
    user: str
    password: Secret
    hello: str


class Undelivered(Exception):
    """The mail was not taken; the sentence has the server's words. With `is_final`, trying again is of no use."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(redact(sentence))
        self.is_final = is_final


class _Line:
    """A connection that is cut after `patience` seconds in all: a server that drips a letter now and then holds nobody."""

    patience = 45.0
    _opened: socket.socket | None = None
    _timer: threading.Timer | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._opened = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._timer = threading.Timer(self.patience, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self._opened

    def _cut(self) -> None:
        line = getattr(self, "sock", None) or self._opened
        with contextlib.suppress(OSError, AttributeError):
            line.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        """End the connection."""
        if self._timer is not None:
            self._timer.cancel()
        super().close()  # type: ignore[misc]


class _Plain(_Line, smtplib.SMTP):
    """A connection that begins readable."""


class _Wrapped(_Line, smtplib.SMTP_SSL):
    """A connection that is encrypted from its first byte."""


def hand_over(
    server: Server, sender: str, recipient: str, message: EmailMessage, *, patience: float = 45.0
) -> None:
    """Give `message` to `server`; when this returns, the server has taken it. Raises `Undelivered`.

    Final is only a refusal (5xx) of this recipient or this text. What is wrong with the server, the way to it, the
    password or the sender is for the owner to mend, and the mail waits for that.
    """
    where = f"the mail server {server.host}:{server.port}"
    with _faults(where):
        client = _connected(server, patience)
        try:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.user:
                client.login(server.user, server.password.reveal())
            client.sendmail(sender, [recipient], message.as_bytes())
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()  # the mail is taken: what is said after that changes nothing
        finally:
            client.close()


def _connected(server: Server, patience: float) -> Any:
    kind: Any = _Wrapped if server.security == "tls" else _Plain
    kind = type(kind.__name__, (kind,), {"patience": patience})
    options: dict[str, Any] = {"context": ssl.create_default_context()} if server.security == "tls" else {}
    return kind(
        server.host, server.port, local_hostname=server.hello, timeout=min(TIMEOUT, patience), **options
    )


@contextmanager
def _faults(where: str) -> Iterator[None]:
    """Raise `Undelivered` for whatever happens inside."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        raise Undelivered(
            f"{where} refuses the recipient: {_said(code, words)}.", is_final=code >= 500
        ) from None
    except smtplib.SMTPDataError as refused:
        final = refused.smtp_code >= 500
        raise Undelivered(
            f"{where} refuses the mail: {_said(refused.smtp_code, refused.smtp_error)}.", is_final=final
        ) from None
    except smtplib.SMTPSenderRefused as refused:
        raise Undelivered(
            f"{where} refuses the sender: {_said(refused.smtp_code, refused.smtp_error)}. Look at the setting mail_from."
        ) from None
    except smtplib.SMTPAuthenticationError as refused:
        raise Undelivered(
            f"{where} refuses user or password: {_said(refused.smtp_code, refused.smtp_error)}."
        ) from None
    except smtplib.SMTPResponseException as refused:
        raise Undelivered(f"{where} says: {_said(refused.smtp_code, refused.smtp_error)}.") from None
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(
            f"The certificate of {where} is not to be trusted: {error.verify_message}."
        ) from None
    except UnicodeError:
        raise Undelivered(
            f"User or password for {where} has letters that cannot be sent; use ASCII."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Undelivered(f"{where} could not be used: {said}.") from None


def _said(code: int, words: bytes | str) -> str:
    """Return a server's answer on one line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:300]
