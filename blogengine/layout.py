"""The layout: which gadgets stand in which areas of the theme, in which order, with which settings."""

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from typing import TypeVar

from blogengine import db as database
from blogengine import schema
from blogengine.db import Transaction
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.places import AREAS
from blogengine.places import Placed
from blogengine.places import read_layout
from blogengine.plugins.gadgets import Offered
from blogengine.runtime import blog
from blogengine.settings.site import LAYOUT
from blogengine.text import accept_text

MOST = 60
"""Gadgets in all areas together: each is rendered for each page."""
TITLE_LIMIT = 200

Boxes = list[Placed]
T = TypeVar("T")


def current() -> Boxes:
    """Return all gadgets that are placed, in order, also those whose plugin does not run."""
    return list(blog().setup.layout)


def get(box_id: int) -> Placed:
    """Return a placed gadget. Raises `NotFound`."""
    for placed in blog().setup.layout:
        if placed.id == box_id:
            return placed
    raise NotFound("This gadget is not in the layout any more.", hint="Look at the page Layout.")


def add(gadget: str, area: str) -> Placed:
    """Put a gadget at the end of an area, with its own name as title and its defaults. Raises `Refused`, `NotFound`."""
    offered = _offered(gadget)
    _check_area(area)

    def change(boxes: Boxes) -> Placed:
        placed = Placed(_free_id(boxes), gadget, area, offered.gadget.label)
        boxes.append(placed)
        return placed

    return _write(change)


def put_back(stored: Mapping[str, Any], index: int) -> Placed:
    """Put a gadget back that was removed, at its place. Raises `Refused`."""
    read, problems = read_layout([dict(stored)])
    if problems or not read:
        raise Refused("This gadget cannot be put back.", hint="Add it anew.")

    def change(boxes: Boxes) -> Placed:
        taken = read[0].id in {placed.id for placed in boxes}
        placed = replace(read[0], id=_free_id(boxes)) if taken else read[0]
        boxes.insert(max(0, index), placed)
        return placed

    return _write(change)


def remove(box_id: int) -> tuple[Placed, int]:
    """Take a gadget away; return it and its place, for `put_back`. Raises `NotFound`."""

    def change(boxes: Boxes) -> tuple[Placed, int]:
        index = _index(boxes, box_id)
        return boxes.pop(index), index

    return _write(change)


def move(box_id: int, *, up: bool) -> None:
    """Move a gadget one place within its area; at the end nothing happens. Raises `NotFound`."""

    def change(boxes: Boxes) -> None:
        index = _index(boxes, box_id)
        others = [at for at, placed in enumerate(boxes) if placed.area == boxes[index].area]
        at = others.index(index) + (-1 if up else 1)
        if 0 <= at < len(others):
            boxes[index], boxes[others[at]] = boxes[others[at]], boxes[index]

    _write(change)


def move_to(box_id: int, area: str) -> None:
    """Move a gadget to the end of another area. Raises `NotFound`, `Refused`."""
    _check_area(area)

    def change(boxes: Boxes) -> None:
        placed = boxes.pop(_index(boxes, box_id))
        boxes.append(replace(placed, area=area))

    _write(change)


def save(box_id: int, typed: Mapping[str, Any]) -> None:
    """Store title and settings of a gadget from what was typed. Raises `Invalid` with a sentence for each field."""
    placed = get(box_id)
    offered = _offered(placed.gadget)
    problems: dict[str, str] = {}
    title = placed.title
    try:
        title = accept_text(str(typed.get("title", title)), limit=TITLE_LIMIT, multiline=False).strip()
    except Refused as refusal:
        problems["title"] = str(refusal)
    values: dict[str, Any] = {}
    cls = offered.gadget.settings
    if cls is not None:
        form = {name.removeprefix("set-"): value for name, value in typed.items() if name.startswith("set-")}
        try:
            values = schema.differences(schema.parse(cls, form, schema.read(cls, placed.settings)[0]))
        except Invalid as invalid:
            problems |= {f"set-{name}": problem for name, problem in invalid.problems.items()}
    if problems:
        raise Invalid(problems)

    def change(boxes: Boxes) -> None:
        index = _index(boxes, box_id)
        boxes[index] = replace(boxes[index], title=title, settings=values)

    _write(change)


def _write(change: Callable[[Boxes], T]) -> T:
    """Change the layout as it is stored now, not as this process read it when its app was built."""

    def write(tx: Transaction) -> T:
        row = tx.session.get(Setting, LAYOUT, populate_existing=True)
        boxes = list(read_layout(row.value)[0]) if row is not None else []
        result = change(boxes)
        if len(boxes) > MOST:
            raise Refused(f"There are {MOST} gadgets already; remove one first.")
        stored = [placed.stored() for placed in boxes]
        if row is None:
            tx.session.add(Setting(key=LAYOUT, value=stored))
        else:
            row.value = stored
        tx.bump(SETUP_TAG, "settings")
        return result

    return database.write(write)


def _index(boxes: Boxes, box_id: int) -> int:
    for index, placed in enumerate(boxes):
        if placed.id == box_id:
            return index
    raise NotFound("This gadget is not in the layout any more.", hint="Look at the page Layout.")


def _free_id(boxes: Boxes) -> int:
    return max((placed.id for placed in boxes), default=0) + 1


def _offered(gadget: str) -> Offered:
    found = blog().gadgets.get(gadget)
    if found is None:
        raise NotFound(
            f"There is no gadget {gadget!r}.", hint="Its plugin may be off; look at the page Plugins."
        )
    return found


def _check_area(area: str) -> None:
    if area not in AREAS:
        raise Refused(f"There is no area {area!r}.", hint=f"There are: {', '.join(AREAS)}.")
