"""Settings that the environment gives: they win over what is stored, and are locked in the forms."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from blogengine.errors import Refused
from blogengine.schema.classes import describe
from blogengine.schema.values import accept

LARGEST = 65_536
"""Bytes of a file that a variable `..._FILE` names."""


@dataclass(frozen=True, slots=True)
class Given:
    """The variables of the environment that begin with `prefix`, by their whole names; each may hold a secret."""

    prefix: str = ""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_complete: bool = False
    """Whether every variable with the prefix must name a setting."""


def find_given(prefix: str, environment: Mapping[str, str], *, is_complete: bool = True) -> Given:
    """Return what `environment` gives under `prefix`; an empty variable gives nothing."""
    found = {name: text for name, text in environment.items() if name.startswith(prefix) and text}
    return Given(prefix, found, is_complete)


def accept_given(cls: type, given: Given) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """Return the values that `given` has for the fields of `cls`, the variable that locks each field, and problems.

    `PREFIX` with the field's name in capitals gives the value, and with `_FILE` after it names a file that holds it.
    A value that does not fit locks its field too: the default holds until the environment is mended.
    """
    values: dict[str, Any] = {}
    locked: dict[str, str] = {}
    problems: dict[str, str] = {}
    described = describe(cls)
    names = {f"{given.prefix}{item.name.upper()}": item for item in described}
    for variable, raw in sorted(given.variables.items()):
        item = names.get(variable) or names.get(variable.removesuffix("_FILE"))
        if item is None:
            if given.is_complete:
                problems[variable] = _unknown(variable, list(names))
            continue
        if item.name in locked:
            problems[variable] = (
                f"{variable} and {locked[item.name]} give the same setting; the first is left out."
            )
        locked[item.name] = variable
        try:
            text = raw if variable in names else _content(raw)
            values[item.name] = accept(item, text)
        except Refused as refusal:
            shown = "none" if item.kind == "secret" else repr(item.default)
            values.pop(item.name, None)
            problems[item.name] = (
                f"The environment variable {variable} cannot be used: {refusal.message} The default {shown} is used."
            )
    return values, locked, problems


def _unknown(variable: str, names: list[str]) -> str:
    close = difflib.get_close_matches(variable, names, n=1)
    meant = f" Did you mean {close[0]}?" if close else f" There is: {', '.join(sorted(names))}."
    return f"The environment variable {variable} gives no setting.{meant}"


def _content(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise Refused(f"the file has more than {LARGEST} bytes.")
        return content.decode("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise Refused(f"the file it names cannot be read ({reason}).") from error
