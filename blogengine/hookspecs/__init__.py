"""The hooks: what a plugin may add, change, judge and hear of.

Families: `register_*` collect things when an app is built; `*_html` fill places in templates; `prepare_*` hand over
a document to change; `judge_*` collect verdicts; past participles are events; `living` is a plugin's own life.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from blogengine.hookspecs import building
from blogengine.hookspecs import documents
from blogengine.hookspecs import events
from blogengine.hookspecs import judging
from blogengine.hookspecs import living
from blogengine.hookspecs import places
from blogengine.hookspecs.marks import NAMESPACE
from blogengine.hookspecs.marks import hookimpl
from blogengine.hookspecs.marks import hookspec

FAMILIES = (building, places, documents, judging, events, living)

__all__ = ["FAMILIES", "NAMESPACE", "hookimpl", "hookspec", "known", "told_later"]


def known() -> dict[str, Callable[..., Any]]:
    """Return the engine's own hooks by name, in the order of their families."""
    mark = f"{NAMESPACE}_spec"
    return {
        name: value for family in FAMILIES for name, value in vars(family).items() if hasattr(value, mark)
    }


@functools.cache
def told_later() -> tuple[str, ...]:
    """Return the names of the events that plugins are told of after the commit: those that are given an `event`."""
    return tuple(
        name for name, function in known().items() if "event" in inspect.signature(function).parameters
    )
