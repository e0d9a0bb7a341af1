"""Settings as annotated dataclasses: read what is stored, check what is typed, describe it for forms and docs.

A settings class is a frozen dataclass whose fields are `str`, `int`, `bool` or `Literal[...]`, made with `option`.
"""

import dataclasses
import types
import typing
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeVar

from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.text import accept_text

S = TypeVar("S")

Check = Callable[[str], str]
"""Returns the accepted value, or raises `Refused` with the sentence to show."""


@dataclass(frozen=True, slots=True)
class Option:
    """How one setting is shown and what it accepts. `minimum` and `maximum` bound numbers."""

    label: str
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None
    multiline: bool = False
    max_length: int = 500
    choices: Mapping[str, str] | None = None
    """Labels of a `Literal`'s values."""
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a settings class. `kind` is `text`, `number`, `switch` or `choice`."""

    name: str
    kind: str
    default: Any
    option: Option
    choices: tuple[str, ...] = ()


def option(default: Any, label: str, **facts: Any) -> Any:
    """Return a dataclass field with `default`, shown as `label`; `facts` are the fields of `Option`."""
    return dataclasses.field(default=default, metadata={"option": Option(label, **facts)})


def describe(cls: type) -> list[Field]:
    """Return the fields of settings class `cls`. Raises `TypeError` for a field that no form can show."""
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} must be a dataclass")
    hints = typing.get_type_hints(cls)
    described = [_describe_field(cls, item, hints[item.name]) for item in dataclasses.fields(cls)]
    if not getattr(cls, "__dataclass_params__").frozen:  # noqa: B009  typeshed does not know it
        raise TypeError(f"{cls.__name__} must be frozen: @dataclass(frozen=True)")
    for field in described:
        try:
            _accept(field, field.default)
        except Refused as refusal:
            raise TypeError(
                f"{cls.__name__}.{field.name}: its default does not fit: {refusal.message}"
            ) from refusal
    return described


def _describe_field(cls: type, item: "dataclasses.Field[Any]", hint: Any) -> Field:
    shown = item.metadata.get("option") or Option(item.name.replace("_", " ").capitalize())
    if item.default is dataclasses.MISSING:
        raise TypeError(f"{cls.__name__}.{item.name} needs a default")
    if typing.get_origin(hint) is Literal:
        return Field(item.name, "choice", item.default, shown, tuple(typing.get_args(hint)))
    kind = {str: "text", int: "number", bool: "switch"}.get(hint)
    if kind is None:
        name = hint if isinstance(hint, types.GenericAlias) else getattr(hint, "__name__", hint)
        raise TypeError(f"{cls.__name__}.{item.name}: settings are str, int, bool or Literal, not {name}")
    return Field(item.name, kind, item.default, shown)


def read(cls: type[S], stored: Any) -> tuple[S, dict[str, str]]:
    """Return settings from the `stored` differences, and a sentence for each value that could not be used.

    A value that does not fit is replaced by its default; unknown keys are left alone.
    """
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    if not isinstance(stored, Mapping):
        stored, problems["settings"] = {}, "what is stored is not a table of settings; the defaults are used"
    for item in describe(cls):
        if item.name in stored:
            try:
                values[item.name] = _accept(item, stored[item.name])
            except Refused as refusal:
                problems[item.name] = f"{refusal.message} The default {item.default!r} is used."
    return cls(**values), problems


def parse(cls: type[S], form: Mapping[str, Any], base: S | None = None) -> S:
    """Return settings from what was typed, on top of `base`; raises `Invalid` with all problems at once."""
    values: dict[str, Any] = dataclasses.asdict(base) if base is not None else {}  # type: ignore[call-overload]
    problems: dict[str, str] = {}
    for item in describe(cls):
        if item.name not in form:
            continue
        try:
            values[item.name] = _accept(item, form[item.name])
        except Refused as refusal:
            problems[item.name] = refusal.message
    if problems:
        raise Invalid(problems)
    return cls(**values)


def differences(settings: Any) -> dict[str, Any]:
    """Return what differs from the defaults, as it is stored."""
    return {
        item.name: getattr(settings, item.name)
        for item in describe(type(settings))
        if getattr(settings, item.name) != item.default
    }


def _accept(item: Field, value: Any) -> Any:
    if item.kind == "switch":
        return _accept_switch(value)
    if item.kind == "number":
        return _accept_number(item.option, value)
    if not isinstance(value, str):
        raise Refused(f"{item.option.label} must be text.")
    if item.kind == "choice":
        if value not in item.choices:
            raise Refused(f"{item.option.label} must be one of: {', '.join(item.choices)}.")
        return value
    value = accept_text(value, limit=item.option.max_length, multiline=item.option.multiline).strip()
    return item.option.check(value) if item.option.check else value


def _accept_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("on", "true", "yes", "1", "off", "false", "no", "0", ""):
        return value.lower() in ("on", "true", "yes", "1")
    raise Refused("Say on or off.")


def _accept_number(shown: Option, value: Any) -> int:
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value.strip()) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"{shown.label} must be a whole number.")
    if (shown.minimum is not None and value < shown.minimum) or (
        shown.maximum is not None and value > shown.maximum
    ):
        raise Refused(f"{shown.label} must be from {shown.minimum} to {shown.maximum}.")
    return value
