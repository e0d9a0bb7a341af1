"""The layout: gadgets in the areas of the theme, added, moved, set and taken away without a script."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import layout as service
from blogengine import schema
from blogengine.admin import forms
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import BlogError
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.places import AREAS
from blogengine.places import Placed
from blogengine.plugins.gadgets import Offered
from blogengine.runtime import blog

ID = "int(max=999999999)"


@dataclass(frozen=True, slots=True)
class BoxView:
    """A gadget where it stands; `problem` is a sentence while it is not shown."""

    id: int
    title: str
    label: str
    summary: str
    has_settings: bool
    is_first: bool
    is_last: bool
    problem: str


@admin.get("/layout", permission="design.change")
def layout() -> Response:
    """All areas with what stands in them, and what may be added."""
    boxes = service.current()
    areas = [
        (
            area,
            hint,
            [
                _view(placed, [one for one in boxes if one.area == area])
                for placed in boxes
                if placed.area == area
            ],
        )
        for area, hint in AREAS.items()
    ]
    offered = sorted(blog().gadgets.values(), key=lambda one: one.gadget.label.lower())
    return show("layout.html", areas=areas, offered=offered, names=list(AREAS))


def _view(placed: Placed, others: list[Placed]) -> BoxView:
    offered = blog().gadgets.get(placed.gadget)
    problem = "" if offered is not None else _reason(placed)
    return BoxView(
        placed.id,
        placed.title,
        offered.gadget.label if offered is not None else placed.gadget,
        offered.gadget.summary if offered is not None else "",
        offered is not None,
        placed is others[0],
        placed is others[-1],
        problem,
    )


def _reason(placed: Placed) -> str:
    if blog().plugins.is_active(placed.plugin_id):
        return f"It is not shown: the plugin {placed.plugin_id} has no such gadget any more. Remove it."
    return f"It is not shown while the plugin {placed.plugin_id} does not run."


@admin.post("/layout/add", permission="design.change")
def add_gadget() -> Any:
    """Put a gadget at the end of an area and go to its settings."""
    try:
        placed = service.add(request.form.get("gadget", ""), request.form.get("area", ""))
    except BlogError as error:
        complain(error)
        return redirect(url_for("admin.layout"), 303)
    say(
        f"“{placed.title}” stands at the end of the {placed.area} now.",
        url="/",
        url_text="View the blog",
        undo_url=url_for("admin.remove_gadget", box_id=placed.id),
    )
    return redirect(url_for("admin.gadget", box_id=placed.id), 303)


@admin.post(f"/layout/<{ID}:box_id>/move", permission="design.change")
def move_gadget(box_id: int) -> Any:
    """Move a gadget up, down, or to another area."""
    to = request.form.get("to", "")
    try:
        if to in AREAS:
            service.move_to(box_id, to)
        else:
            service.move(box_id, up=to == "up")
    except NotFound as error:
        complain(error)
    return redirect(url_for("admin.layout", _anchor=f"box-{box_id}"), 303)


@admin.post(f"/layout/<{ID}:box_id>/remove", permission="design.change")
def remove_gadget(box_id: int) -> Any:
    """Take a gadget away, with the way back."""
    try:
        placed, index = service.remove(box_id)
    except NotFound as error:
        complain(error)
        return redirect(url_for("admin.layout"), 303)
    say(
        f"Removed “{placed.title or placed.gadget}”.",
        undo_url=url_for("admin.restore_gadget"),
        undo_fields=[("gadget", json.dumps(placed.stored())), ("index", str(index))],
    )
    return redirect(url_for("admin.layout"), 303)


@admin.post("/layout/restore", permission="design.change")
def restore_gadget() -> Any:
    """Put a gadget back that was taken away."""
    index = request.form.get("index", "")
    try:
        stored = json.loads(request.form.get("gadget", ""))
        placed = service.put_back(
            stored if isinstance(stored, dict) else {}, int(index) if index.isdecimal() else 0
        )
    except (ValueError, RecursionError):
        complain("This gadget cannot be put back. Add it anew.")
        return redirect(url_for("admin.layout"), 303)
    except BlogError as error:
        complain(error)
        return redirect(url_for("admin.layout"), 303)
    say(f"“{placed.title or placed.gadget}” is back.")
    return redirect(url_for("admin.layout", _anchor=f"box-{placed.id}"), 303)


@admin.get(f"/layout/<{ID}:box_id>", permission="design.change")
def gadget(box_id: int) -> Response:
    """Title and settings of one gadget."""
    placed, offered = _one(box_id)
    cls = offered.gadget.settings
    values = {"title": placed.title}
    if cls is not None:
        settings: Any = schema.read(cls, placed.settings)[0]
        values |= {f"set-{item.name}": getattr(settings, item.name) for item in schema.describe(cls)}
    return _form(placed, offered, values, {})


@admin.post(f"/layout/<{ID}:box_id>", permission="design.change")
def save_gadget(box_id: int) -> Any:
    """Store title and settings of one gadget."""
    placed, offered = _one(box_id)
    typed = forms.last_values(request.form.items(multi=True))
    try:
        service.save(box_id, typed)
    except Invalid as invalid:
        message = "Nothing was saved yet. Please mend what is marked."
        return _form(placed, offered, typed, invalid.problems, message, 422)
    except Busy as busy:
        return _form(placed, offered, typed, {}, str(busy), 503)
    say("Saved.", url="/", url_text="View the blog")
    return redirect(url_for("admin.layout", _anchor=f"box-{box_id}"), 303)


@shows_again("admin.save_gadget")
def _again(message: str) -> Response:
    placed, offered = _one(int((request.view_args or {})["box_id"]))
    return _form(placed, offered, forms.last_values(request.form.items(multi=True)), {}, message, 400)


def _one(box_id: int) -> tuple[Placed, Offered]:
    placed = service.get(box_id)
    offered = blog().gadgets.get(placed.gadget)
    if offered is None:
        raise NotFound(_reason(placed), hint="Its settings are kept.")
    return placed, offered


def _form(
    placed: Placed,
    offered: Offered,
    values: dict[str, Any],
    problems: dict[str, str],
    message: str = "",
    status: int = 200,
) -> Response:
    title = FieldView(
        "title",
        "text",
        "Title",
        str(values.get("title", "")),
        problems.get("title", ""),
        "Empty: no heading.",
    )
    fields = [title]
    if offered.gadget.settings is not None:
        own = {name.removeprefix("set-"): value for name, value in values.items() if name.startswith("set-")}
        wrong = {name.removeprefix("set-"): problem for name, problem in problems.items()}
        for item in forms.fields_of(offered.gadget.settings, own, wrong):
            item.name = f"set-{item.name}"
            fields.append(item)
    return show("gadget.html", status, box=_view(placed, [placed]), fields=fields, message=message)
