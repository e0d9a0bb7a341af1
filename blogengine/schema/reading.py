"""Settings as a whole: read from what is stored, checked together, and told apart from the defaults."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Generic
from typing import TypeVar

from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.schema.classes import describe
from blogengine.schema.fields import Field
from blogengine.schema.given import Given
from blogengine.schema.given import accept_given
from blogengine.schema.values import accept
from blogengine.secret import redact

S = TypeVar("S")

VERSION_KEY = "_version"
"""Where the version of the plugin that stored settings stands beside them."""
_WHOLE = "settings"
"""Stands for all fields where a problem is that of no single one."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[S]):
    """Settings as they hold, with `problems` (a sentence for each field) and what `locked` them (variables, by field)."""

    settings: S
    problems: dict[str, str] = field(default_factory=dict)
    locked: dict[str, str] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)
    """Values that are stored and fit, whatever the environment gives."""


def read(cls: type[S], stored: Any) -> tuple[S, dict[str, str]]:
    """Return settings from the `stored` differences, and a sentence for each value that could not be used.

    A value that does not fit is replaced by its default; unknown keys are left alone.
    """
    reading = read_all(cls, stored)
    return reading.settings, reading.problems


def read_all(cls: type[S], stored: Any, *, version: str = "", given: Given | None = None) -> Reading[S]:
    """Read settings from the `stored` differences and from what is `given` by the environment, which wins.

    `version` is the plugin's; settings that another one stored go through the class's own `upgrade` first.
    Raises `TypeError` for a class that cannot be used.
    """
    described = describe(cls)
    problems = _faults(cls, {})
    if problems:
        raise TypeError(
            f"{cls.__name__}: its defaults do not pass its own validate(): {'; '.join(problems.values())}"
        )
    if not isinstance(stored, Mapping):
        stored, problems[_WHOLE] = {}, "what is stored is not a table of settings; the defaults are used."
    stored = _upgraded(cls, stored, version, problems)
    values: dict[str, Any] = {}
    for item in described:
        if item.name in stored:
            try:
                values[item.name] = accept(item, stored[item.name])
            except Refused as refusal:
                problems[item.name] = f"{refusal.message} {_default_is_used(item)}"
            if item.kind == "secret" and isinstance(stored[item.name], str) and item.name in values:
                problems[item.name] = "It is stored readable, not sealed: save it once more."
    kept = dict(values)
    fixed, locked, more = accept_given(cls, given) if given is not None else ({}, {}, {})
    problems |= more
    values = {name: value for name, value in values.items() if name not in locked} | fixed
    faults = _faults(cls, values)
    if faults:
        by_name = {item.name: item for item in described}
        for name in [name for name in faults if name in values] or list(values):
            del values[name]
            faults.setdefault(name, "; ".join(faults.values()))
        problems |= {
            name: f"{text} {_default_is_used(by_name[name]) if name in by_name else ''}".rstrip()
            for name, text in faults.items()
        }
        if _faults(cls, values):
            values = {}
            problems.setdefault(_WHOLE, "What is stored does not fit together; the defaults are used.")
    return Reading(cls(**values), problems, locked, kept)


def parse(
    cls: type[S],
    form: Mapping[str, Any],
    base: S | Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> S:
    """Return settings from what was typed, on top of `base`; raises `Invalid` with all problems at once.

    `fixed` are values that hold whatever is typed; they count where fields are checked together, but are not returned.
    """
    described = describe(cls)
    if base is None or isinstance(base, Mapping):
        values = dict(base or {})
    else:
        values = {item.name: getattr(base, item.name) for item in described}
    problems: dict[str, str] = {}
    for item in described:
        if item.name not in form:
            continue
        try:
            values[item.name] = accept(item, form[item.name])
        except Refused as refusal:
            problems[item.name] = str(refusal)
    problems = problems or _faults(cls, {**values, **(fixed or {})})
    if problems:
        raise Invalid(problems)
    return cls(**values)


def differences(settings: Any) -> dict[str, Any]:
    """Return what differs from the defaults, as it is stored; secrets are still to be sealed."""
    return {
        item.name: getattr(settings, item.name)
        for item in describe(type(settings))
        if getattr(settings, item.name) != item.default
    }


def _default_is_used(item: Field) -> str:
    return "It counts as not set." if item.kind == "secret" else f"The default {item.default!r} is used."


def _faults(cls: type, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what the class itself says of `values` together, which is a plugin's code and may fail in any way."""
    try:
        check = getattr(cls(**values), "validate", None)
        if callable(check):
            check()
    except Invalid as invalid:
        return {str(name): redact(str(text)) for name, text in invalid.problems.items()} or {
            _WHOLE: str(invalid)
        }
    except Refused as refusal:
        return {_WHOLE: redact(str(refusal))}
    except Exception as error:
        return {_WHOLE: redact(f"They could not be checked together: {type(error).__name__}: {error}.")}
    return {}


def _upgraded(
    cls: type, stored: Mapping[str, Any], version: str, problems: dict[str, str]
) -> Mapping[str, Any]:
    upgrade = getattr(cls, "upgrade", None)
    before = stored.get(VERSION_KEY, "")
    own = {name: copy.deepcopy(value) for name, value in stored.items() if name != VERSION_KEY}
    if upgrade is None or not own or before == version:
        return own
    try:
        upgraded = upgrade(own, before if isinstance(before, str) else "")
    except Exception as error:
        reason = redact(f"{type(error).__name__}: {error}")
        problems[_WHOLE] = (
            f"What version {before or 'unknown'} stored could not be upgraded ({reason}); it is read as it is."
        )
        return stored
    if not isinstance(upgraded, Mapping):
        problems[_WHOLE] = "upgrade returned no table of settings; what is stored is read as it is."
        return stored
    return upgraded
