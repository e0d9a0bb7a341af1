"""Addresses that people type, of the web and of mail: accepted in one spelling, or refused with a sentence."""

import re
from email.headerregistry import Address
from urllib.parse import urlsplit

from blogengine.errors import Refused
from blogengine.text import fold

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>\s*")


def check_web_address(address: str) -> str:
    """Accept an absolute address of the web such as `https://example.org/path`; empty is accepted.

    A check for settings: `option("", "Blog", check=check_web_address)`.
    """
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
        fits = fits and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or any(character.isspace() or character in '<>"\\' for character in address):
        raise Refused("The address must look like https://example.org/path.")
    return address


def check_mail_address(address: str) -> str:
    """Accept a bare mail address such as `ann@example.org`; empty is accepted.

    A host name of other scripts is written in ASCII (RFC 5891); what stands before the `@` must be ASCII,
    because not every mail server takes more (RFC 6531). A check for settings.
    """
    if not address:
        return ""
    local, _, host = address.strip().rpartition("@")
    try:
        host = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        host = ""
    labels = host.split(".")
    named = len(labels) > 1 or host == "localhost"
    if (
        not (_LOCAL.fullmatch(local) and len(local) <= 64 and named and len(host) <= 253)
        or not all(_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdigit()
    ):
        raise Refused("A mail address must look like ann@example.org.")
    return f"{local}@{host}"


def mail_key(address: str) -> str:
    """Return the text by which two mail addresses are the same: capitals make no difference, nor how a host is spelt."""
    try:
        return fold(check_mail_address(address.strip()))
    except Refused:
        return fold(address.strip())


def mailbox_key(address: str) -> str:
    """Return a text that spellings of one mailbox share: most providers leave out `+word`, and some all dots.

    To count mails by, so that nobody gets more of them than one address may; for who is the same use `mail_key`.
    """
    local, _, host = mail_key(address).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{host}"


def check_mailbox(text: str) -> str:
    """Accept a mail address with or without a name: `Ann Example <ann@example.org>`; empty is accepted."""
    if not text:
        return ""
    named = mailbox(text)
    name = named.display_name
    return f"{name} <{named.addr_spec}>" if name else named.addr_spec


def mailbox(text: str) -> Address:
    """Return a mail address with its name; raises `Refused` for anything that is not exactly one."""
    found = _NAMED.fullmatch(text)
    name = found["name"].strip().strip('"').strip() if found else ""
    if any(not character.isprintable() for character in name) or len(name) > 200:
        raise Refused("The name before a mail address must be one line of text.")
    local, _, host = check_mail_address(found["address"] if found else text).partition("@")
    if not local:
        raise Refused("A mail address must look like ann@example.org.")
    return Address(name, local, host)
