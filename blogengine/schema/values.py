"""Values of settings: what was typed or stored, accepted for one field or refused with a sentence."""

import math
import re
from typing import Any

from blogengine.errors import Refused
from blogengine.schema.fields import Field
from blogengine.schema.fields import Option
from blogengine.secret import Lost
from blogengine.secret import Secret
from blogengine.secret import redact
from blogengine.text import accept_text

_ON = ("on", "true", "yes", "1")
_OFF = ("off", "false", "no", "0", "")
_NOT_SECRET = re.compile("[\x00\ud800-\udfff]")


def accept(item: Field, value: Any) -> Any:
    """Return `value`, typed or stored, as the value of `item`; raises `Refused` with a sentence."""
    shown = item.option
    if item.kind == "switch":
        return _switch(value)
    if item.kind == "number":
        return _within(shown, _whole(shown, value))
    if item.kind == "decimal":
        return _within(shown, _decimal(shown, value))
    if item.kind == "secret":
        return _secret(shown, value)
    if item.kind == "list":
        return type(item.default)(_lines(shown, value))
    if not isinstance(value, str):
        raise Refused(f"{shown.label} must be text.")
    if item.kind == "choice":
        if value not in item.choices:
            raise Refused(f"{shown.label} must be one of: {', '.join(item.choices)}.")
        return value
    return _text(shown, value, multiline=shown.multiline)


def _text(shown: Option, value: str, *, multiline: bool) -> str:
    value = accept_text(value, limit=shown.max_length, multiline=multiline).strip()
    return _checked(shown, value)


def _checked(shown: Option, value: str) -> str:
    """Ask the field's own check, which is a plugin's code and may fail in any way."""
    if shown.check is None:
        return value
    try:
        accepted = shown.check(value)
    except Refused as refusal:
        raise Refused(redact(str(refusal)), code=refusal.code) from refusal
    except Exception as error:
        raise Refused(
            f"{shown.label} could not be checked: {redact(f'{type(error).__name__}: {error}')}."
        ) from error
    if not isinstance(accepted, str):
        raise Refused(f"{shown.label} could not be checked: its check returned no text.")
    return accepted


def _lines(shown: Option, value: Any) -> list[str]:
    """Return the lines of a list without those that are empty or stand there already."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        raise Refused(f"{shown.label} must be a list of texts, one a line.")
    lines = [line for line in lines if line.strip()]
    if len(lines) > shown.max_items:
        raise Refused(f"{shown.label} has {len(lines)} lines; {shown.max_items} are allowed.")
    accepted = []
    for number, line in enumerate(lines, 1):
        try:
            accepted.append(_text(shown, line, multiline=False))
        except Refused as refusal:
            raise Refused(f"Line {number}: {refusal.message}", hint=refusal.hint) from refusal
    return list(dict.fromkeys(filter(None, accepted)))


def _secret(shown: Option, value: Any) -> Secret:
    if isinstance(value, Lost):
        raise Refused(value.reason)
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str):
        raise Refused(f"{shown.label} must be text.")
    text = text.strip("\r\n")
    if not shown.multiline and len(text.splitlines()) > 1:
        raise Refused(f"{shown.label} must be one line.")
    if _NOT_SECRET.search(text):
        raise Refused(f"{shown.label} is not text; copy it again from its source.")
    if len(text) > shown.max_length:
        raise Refused(f"{shown.label} is too long: {len(text)} characters, {shown.max_length} are allowed.")
    guarded = value if isinstance(value, Secret) and value.reveal() == text else Secret(text)
    if shown.check is not None and text:
        _checked(shown, text)
    return guarded


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _ON + _OFF:
        return value.strip().lower() in _ON
    raise Refused("Say on or off.")


def _whole(shown: Option, value: Any) -> int:
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value.strip()) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"{shown.label} must be a whole number.")
    return value


def _decimal(shown: Option, value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,15}(?:[.,]\d{0,15})?\s*", value, re.ASCII):
        value = float(value.replace(",", "."))
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or abs(value) > 1e15
        or not math.isfinite(value)
    ):
        raise Refused(f"{shown.label} must be a number such as 0.5.")
    return float(value)


def _within(shown: Option, value: float) -> Any:
    low, high = shown.minimum, shown.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        span = f"from {low} to {high}" if low is not None and high is not None else ""
        span = span or (f"at least {low}" if low is not None else f"at most {high}")
        raise Refused(f"{shown.label} must be {span}.")
    return value
