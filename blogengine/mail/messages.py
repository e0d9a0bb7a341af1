"""Mails as they stand in the outbox and as they travel: nothing that is filled in can add a header or a recipient."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from blogengine.addresses import mailbox
from blogengine.errors import Refused

LONGEST = 500_000
"""Characters of a text."""
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_LONGEST_HEADER = 900
_OURS = frozenset(
    {
        *("from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "return-path", "received"),
        *("mime-version", "auto-submitted", "resent-to", "resent-cc", "resent-bcc", "dkim-signature"),
    }
)


class _Policy(EmailPolicy):
    """Leaves headers of ASCII on one line, of at most 998 letters (RFC 5322 §2.1.1): folding cuts addresses."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if name.lower() not in ("subject", "from", "to") and text.isascii() and len(text) <= _LONGEST_HEADER:
            return f"{name}: {text}\r\n".encode()
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length, cte_type="7bit")


def draft(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None,
    headers: Mapping[str, str] | None,
    host: str,
    at: datetime,
    identity: str = "",
) -> dict[str, Any]:
    """Return a mail as it stands in the outbox; raises `Refused` for what no mail can carry.

    Its Message-ID is made here, once, so that a mail that is handed over twice is the same mail: of `identity`, where there
    is one. `host` ends it.
    """
    recipient = mailbox(to)
    if len(text) > LONGEST or len(html or "") > LONGEST:
        raise Refused(f"A mail has at most {LONGEST:,} characters.")
    kept: dict[str, str] = {}
    for name, value in (headers or {}).items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
            raise Refused(f"The header {name!r:.80} cannot be set for a mail.")
        if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST_HEADER:
            raise Refused(f"The header {name} must be one line of at most {_LONGEST_HEADER} characters.")
        if name.lower() == "reply-to":
            value = str(mailbox(value))
        kept[name] = value
    return {
        "id": f"<{identity or secrets.token_hex(16)}@{host}>",
        "date": at.isoformat(),
        "to": str(recipient),
        "subject": _one_line(subject)[:_LONGEST_HEADER],
        "text": _text(text),
        "html": None if html is None else _text(html),
        "headers": kept,
    }


def message_of(payload: Mapping[str, Any], sender: Address) -> EmailMessage:
    """Return the mail of a row of the outbox, ready to travel."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = _address(payload["to"])
    message["Subject"] = payload["subject"]
    message["Date"] = format_datetime(datetime.fromisoformat(payload["date"]))
    message["Message-ID"] = payload["id"]
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no machine answers it
    for name, value in payload["headers"].items():
        message[name] = value
    message.set_content(payload["text"])
    if payload["html"] is not None:
        message.add_alternative(payload["html"], subtype="html")
    return message


def recipient_of(payload: Mapping[str, Any]) -> str:
    """Return the bare address that a mail goes to."""
    return _address(payload["to"]).addr_spec


def _address(text: str) -> Address:
    return mailbox(text)


def _one_line(text: str) -> str:
    return "".join(letter for letter in " ".join(_text(text).split()) if letter.isprintable())


def _text(text: str) -> str:
    """Return what can travel: without lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
