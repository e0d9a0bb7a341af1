"""Settings classes: described field by field, or refused with what their author must mend."""

import dataclasses
import types
import typing
from typing import Any
from typing import Literal

from blogengine.errors import Refused
from blogengine.schema.fields import Field
from blogengine.schema.fields import Option
from blogengine.schema.values import accept
from blogengine.secret import Secret

_KINDS: dict[Any, str] = {
    str: "text",
    int: "number",
    float: "decimal",
    bool: "switch",
    Secret: "secret",
    list[str]: "list",
    tuple[str, ...]: "list",
}


def describe(cls: Any) -> list[Field]:
    """Return the fields of settings class `cls`. Raises `TypeError` for a class or field that no form can show."""
    if cls is None:
        raise TypeError("register_settings must return a settings class, not None")
    if not isinstance(cls, type):
        name = type(cls).__name__
        raise TypeError(f"register_settings must return the class itself: return {name}, not {name}(…)")
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} must be a dataclass: write @dataclass(frozen=True) over it")
    try:
        hints = typing.get_type_hints(cls)
    except Exception as error:
        raise TypeError(f"{cls.__name__}: a type of its fields cannot be found: {error}") from error
    described = [_describe_field(cls, item, hints[item.name]) for item in dataclasses.fields(cls)]
    if not getattr(cls, "__dataclass_params__").frozen:  # noqa: B009  typeshed does not know it
        raise TypeError(f"{cls.__name__} must be frozen: @dataclass(frozen=True)")
    for field in described:
        try:
            fits = accept(field, field.default) == field.default or field.kind in ("text", "list")
            problem = "" if fits else f"it must be given as {accept(field, field.default)!r}"
        except Refused as refusal:
            problem = refusal.message
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            raise TypeError(f"{cls.__name__}.{field.name}: its default does not fit: {problem}")
    return described


def _describe_field(cls: type, item: "dataclasses.Field[Any]", hint: Any) -> Field:
    where = f"{cls.__name__}.{item.name}"
    shown = item.metadata.get("option") or Option(item.name.replace("_", " ").capitalize())
    if item.name.startswith("_"):
        raise TypeError(f"{where}: the name of a setting begins with a letter")
    default = item.default if item.default_factory is dataclasses.MISSING else item.default_factory()
    if default is dataclasses.MISSING:
        raise TypeError(f"{where} needs a default")
    if typing.get_origin(hint) is Literal:
        return Field(item.name, "choice", default, shown, tuple(typing.get_args(hint)))
    kind = _KINDS.get(hint) if isinstance(hint, type | types.GenericAlias) else None
    if kind is None:
        name = hint if isinstance(hint, types.GenericAlias) else getattr(hint, "__name__", hint)
        raise TypeError(
            f"{where}: settings are str, int, float, bool, Literal, Secret or list[str], not {name}"
        )
    if kind == "secret" and default != Secret():
        raise TypeError(
            f"{where}: the default of a secret is Secret(), without a text: the source is no secret"
        )
    if kind == "list" and not isinstance(default, typing.get_origin(hint)):
        raise TypeError(f"{where}: its default must be a {typing.get_origin(hint).__name__}")
    return Field(item.name, kind, default, shown)
