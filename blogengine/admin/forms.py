"""Forms made of settings classes: a field for each option, with what was typed and what is wrong with it."""

import zoneinfo
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from typing import Any

from blogengine import schema
from blogengine.secret import Secret

SECRET = "password:"  # noqa: S105  begins the name of a field
"""Begins the names of fields into which a secret is typed; what they hold is never shown again."""
DELETE = "delete:"
"""Begins the names of ticks that delete a secret."""


@dataclass(slots=True)
class FieldView:
    """One field of a form.

    `kind` is `text`, `area`, `number`, `decimal`, `switch`, `choice`, `secret`, `password` or `email`.
    """

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
    locked: str = ""
    """The variable of the environment that gives it, so that it cannot be changed here."""
    is_set: bool = False
    """Whether a secret is stored."""
    rows: int = 3


def fields_of(
    cls: type,
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    locked: Mapping[str, str] | None = None,
    now: Any = None,
) -> list[FieldView]:
    """Return the fields of settings class `cls` with `values`, typed or stored.

    `locked` are variables of the environment by the names of the fields they give; `now` are the settings that hold,
    which say whether there is a secret.
    """
    return [
        _field(item, values, problems.get(item.name, ""), (locked or {}).get(item.name, ""), now)
        for item in schema.describe(cls)
    ]


def sent(cls: type, form: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form with these fields says; a secret into which nothing was typed is left as it is."""
    said: dict[str, Any] = {}
    for item in schema.describe(cls):
        if item.kind != "secret":
            if item.name in form:
                said[item.name] = form[item.name]
        elif form.get(f"{SECRET}{item.name}"):
            said[item.name] = Secret(form[f"{SECRET}{item.name}"])
        elif form.get(f"{DELETE}{item.name}"):
            said[item.name] = Secret()
    return said


def elsewhere(fields: Iterable[FieldView], problems: Mapping[str, str]) -> str:
    """Return the problems that belong to none of `fields`, as sentences."""
    names = {item.name for item in fields}
    return " ".join(text for name, text in problems.items() if name not in names)


def _field(item: schema.Field, values: Mapping[str, Any], problem: str, locked: str, now: Any) -> FieldView:
    shown = item.option
    value = getattr(now, item.name) if locked and now is not None else values.get(item.name, item.default)
    view = FieldView(
        item.name,
        item.kind,
        shown.label,
        str(value),
        problem,
        shown.help,
        minimum=shown.minimum,
        maximum=shown.maximum,
        suggestions=time_zones() if item.name == "time_zone" else [],
        locked=locked,
    )
    if item.kind == "text" and shown.multiline:
        view.kind = "area"
    elif item.kind == "list":
        view.kind = "area"
        view.value = value if isinstance(value, str) else "\n".join(value)
        view.rows = max(3, min(10, view.value.count("\n") + 2))
        view.help = f"{shown.help} One a line, at most {shown.max_items}.".strip()
    elif item.kind == "switch":
        view.value = "on" if value is True or str(value).lower() in ("on", "true", "yes", "1") else ""
    elif item.kind == "choice":
        labels = {choice: (shown.choices or {}).get(choice, choice) for choice in item.choices}
        view.choices = choices_of(labels, value)
    elif item.kind == "secret":
        view.value, view.is_set = "", bool(getattr(now, item.name, ""))
        view.rows = 4 if shown.multiline else 1
        if values.get(f"{SECRET}{item.name}") and not problem:
            view.problem = "Please type it again: what was typed here is not shown, and nothing was saved."
    return view


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
