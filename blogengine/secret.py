"""Secrets: values that are shown nowhere, sealed where they are stored, and blotted out of what is written down."""

import base64
import copy
import hmac
import html
import importlib
import json
import logging
import re
import threading
import traceback
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import NoReturn
from urllib.parse import quote
from urllib.parse import quote_plus

from blogengine.errors import Refused

BLOT = "[secret]"
"""Stands where a secret stood."""
_SEALED = "sealed"
_SHORT = 6
"""Characters below which a secret is blotted out only where it stands as a word of its own."""

_known: "weakref.WeakValueDictionary[int, Secret]" = weakref.WeakValueDictionary()
_known_lock = threading.Lock()


class Secret:
    """A text that only `reveal()` shows: not `str`, `repr`, a template, JSON, pickle, a log or a stored traceback.

    A `Secret()` without a text counts as false.
    """

    __slots__ = ("__forms", "__value", "__weakref__")

    def __init__(self, value: str = "") -> None:
        self.__value = value
        self.__forms: tuple[str, ...] | None = None
        if value:
            with _known_lock:
                _known[id(self)] = self

    def reveal(self) -> str:
        """Return the text. Hand it to what needs it and keep it nowhere."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return "Secret(...)" if self.__value else "Secret()"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.__value.encode("utf-8", "replace"), other.reveal().encode("utf-8", "replace")
        )

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def _forms(self) -> tuple[str, ...]:
        """Return the spellings in which the text may turn up, longest first."""
        if self.__forms is None:
            value = self.__value
            parts = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORT)}
            found = set(parts)
            for part in parts:
                found |= {repr(part)[1:-1], json.dumps(part)[1:-1], ascii(part)[1:-1], html.escape(part)}
                found |= {quote(part, safe=""), quote(part), quote_plus(part)}
                data = part.encode("utf-8", "replace")
                found |= {
                    base64.b64encode(data).decode(),
                    base64.urlsafe_b64encode(data).decode(),
                    data.hex(),
                }
            self.__forms = tuple(sorted((form for form in found if form.strip()), key=len, reverse=True))
        return self.__forms


def redact(text: str) -> str:
    """Return `text` with every secret of this process blotted out, in the spellings in which it may have come there."""
    with _known_lock:
        secrets = [found for reference in _known.valuerefs() if (found := reference()) is not None]
    if not secrets:
        return text
    forms = {form for secret in secrets for form in secret._forms()}
    for form in sorted(forms, key=len, reverse=True):
        if form not in text:
            continue
        if len(form) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", BLOT, text)
        else:
            text = text.replace(form, BLOT)
    return text


def guard_logs() -> None:
    """Blot secrets out of whatever this process logs, by whomever, from now on; again is no harm."""
    before = logging.getLogRecordFactory()
    if getattr(before, "blots_secrets", False):
        return

    def make(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = before(*arguments, **options)
        if not _known:
            return record
        try:
            text = record.getMessage()
        except Exception:  # logging itself tells of arguments that do not fit, when it writes the line
            return record
        clean = redact(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return record

    make.blots_secrets = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make)


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a stored secret that could not be opened; `reason` is a sentence for the owner."""

    reason: str


def seal(secret_key: str, owner: str, value: Secret) -> dict[str, str]:
    """Return `value` as it is stored: encrypted with a key made of the blog's secret key, for `owner` alone.

    `owner` is a plugin's id, or empty for the blog itself. XSalsa20 and Poly1305 by libsodium, loaded when needed:
    most blogs have no secret.
    """
    sealed = _box(secret_key, owner).encrypt(value.reveal().encode("utf-8"))
    return {_SEALED: base64.b64encode(sealed).decode()}


def opened(secret_key: str, owner: str, stored: Any) -> Any:
    """Return what is `stored` for `owner` with each sealed value as a `Secret`, or as `Lost` where it cannot be opened."""
    if not isinstance(stored, Mapping):
        return stored
    return {
        name: _open(secret_key, owner, value[_SEALED])
        if isinstance(value, Mapping) and list(value) == [_SEALED]
        else copy.deepcopy(value)
        for name, value in stored.items()
    }


def _open(secret_key: str, owner: str, sealed: Any) -> Secret | Lost:
    try:
        data = base64.b64decode(sealed, validate=True)
        return Secret(_box(secret_key, owner).decrypt(data).decode("utf-8"))
    except Refused as refusal:
        return Lost(str(refusal))
    except Exception:  # the library's own errors, which say nothing to an owner
        return Lost(
            "It was stored with another secret key, or is damaged, and cannot be read any more: type it again, "
            "or put the right secret_key back."
        )


def _box(secret_key: str, owner: str) -> Any:
    try:
        library = importlib.import_module("nacl.secret")
    except ImportError as error:
        raise Refused(
            "Secrets cannot be stored or read: the library PyNaCl is not installed.",
            hint="Install what requirements.lock names.",
        ) from error
    return library.SecretBox(hmac.digest(secret_key.encode(), f"settings of {owner}".encode(), "sha256"))
