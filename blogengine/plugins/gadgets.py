"""Gadgets that plugins offer, and the boxes that the owner has made of them."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blogengine import schema
from blogengine.places import Gadget
from blogengine.places import Placed


@dataclass(frozen=True, slots=True)
class Offered:
    """A gadget of a plugin that runs; `html` is its function, contained like a hook."""

    plugin_id: str
    gadget: Gadget
    html: Callable[[Any, Any], Any]

    @property
    def id(self) -> str:
        """How it is stored: `<plugin id>.<name>`."""
        return f"{self.plugin_id}.{self.gadget.name}"


@dataclass(frozen=True, slots=True)
class Box:
    """A gadget where the owner has put it, with its settings read."""

    placed: Placed
    offered: Offered
    settings: Any


def boxes(layout: Iterable[Placed], offered: Mapping[str, Offered]) -> dict[str, list[Box]]:
    """Return the boxes of each area whose gadget is offered, in the owner's order."""
    areas: dict[str, list[Box]] = {}
    for placed in layout:
        found = offered.get(placed.gadget)
        if found is not None:
            cls = found.gadget.settings
            settings = schema.read(cls, placed.settings)[0] if cls is not None else None
            areas.setdefault(placed.area, []).append(Box(placed, found, settings))
    return areas
