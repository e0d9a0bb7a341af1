"""Forms made of settings classes: a field for each option, with what was typed and what is wrong with it."""

import zoneinfo
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from typing import Any

from blogengine import schema


@dataclass(slots=True)
class FieldView:
    """One field of a form. `kind` is `text`, `area`, `number`, `switch`, `choice`, `password` or `email`."""

    name: str
    kind: str
    label: str
    value: str = ""
    problem: str = ""
    help: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    suggestions: list[str] = field(default_factory=list)
    autocomplete: str = "off"
    required: bool = False


def fields_of(cls: type, values: Mapping[str, Any], problems: Mapping[str, str]) -> list[FieldView]:
    """Return the fields of settings class `cls` with `values`, typed or stored."""
    return [_field(item, values.get(item.name, item.default), problems) for item in schema.describe(cls)]


def _field(item: schema.Field, value: Any, problems: Mapping[str, str]) -> FieldView:
    shown = item.option
    kind = "area" if item.kind == "text" and shown.multiline else item.kind
    if item.kind == "switch":
        value = "on" if value is True or str(value).lower() in ("on", "true", "yes", "1") else ""
    choices = choices_of(
        {choice: (shown.choices or {}).get(choice, choice) for choice in item.choices}, value
    )
    return FieldView(
        item.name,
        kind,
        shown.label,
        str(value),
        problems.get(item.name, ""),
        shown.help,
        choices if item.kind == "choice" else [],
        shown.minimum,
        shown.maximum,
        time_zones() if item.name == "time_zone" else [],
    )


def choices_of(labels: Mapping[str, str], value: object) -> list[tuple[str, str]]:
    """Return the options of a list to choose from; a value that is none of them is shown, not replaced unseen."""
    strange = [] if str(value) in labels else [(str(value), f"{value} (cannot be used)")]
    return strange + list(labels.items())


def last_values(form: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the last value of each field: a switch sends `off` and, when it is on, `on` after it."""
    return dict(form)


@cache
def time_zones() -> list[str]:
    """Return the names of the IANA database that are places, and UTC."""
    return [
        "UTC",
        *sorted(name for name in zoneinfo.available_timezones() if "/" in name and name[:3] != "Etc"),
    ]
