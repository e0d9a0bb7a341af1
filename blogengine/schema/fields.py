"""One field of a settings class: what it is called, and what it accepts."""

import dataclasses
import difflib
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[str], str]
"""Returns the accepted value, or raises `Refused` with the sentence to show."""


@dataclass(frozen=True, slots=True)
class Option:
    """How one setting is shown and what it accepts. `minimum` and `maximum` bound numbers."""

    label: str
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    multiline: bool = False
    max_length: int = 500
    """Characters of a text or secret, or of each line of a list."""
    max_items: int = 50
    """Lines of a list."""
    choices: Mapping[str, str] | None = None
    """Labels of a `Literal`'s values."""
    check: Check | None = None
    """Asked for each text, or for each line of a list: returns the accepted value or raises `Refused`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a settings class. `kind` is `text`, `number`, `decimal`, `switch`, `choice`, `secret` or `list`."""

    name: str
    kind: str
    default: Any
    option: Option
    choices: tuple[str, ...] = ()


_FACTS = sorted(item.name for item in dataclasses.fields(Option) if item.name != "label")


def option(default: Any, label: str, **facts: Any) -> Any:
    """Return a dataclass field with `default`, shown as `label`; `facts` are the fields of `Option`."""
    for name in facts:
        if name not in _FACTS:
            close = difflib.get_close_matches(name, _FACTS, n=1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise TypeError(f"option {label!r} has no {name!r}.{meant} It has: {', '.join(_FACTS)}.")
    metadata = {"option": Option(label, **facts)}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
