"""The order in which plugins are called: shown, changed step by step, taken back."""

from dataclasses import dataclass
from typing import Any

from flask import redirect
from flask import request
from flask import url_for

from blogengine import inventory
from blogengine import settings as service
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import say
from blogengine.errors import Refused
from blogengine.inventory import PluginFacts


@dataclass(frozen=True, slots=True)
class Turn:
    """A plugin that runs, at its place in the order."""

    id: str
    name: str
    hints: tuple[str, ...]
    """Sentences about the places that it and others ask for."""
    is_first: bool
    is_last: bool


def turns(facts: list[PluginFacts]) -> list[Turn]:
    """Return the plugins that are enabled, in the order in which they are called."""
    by_id = {one.id: one for one in facts}
    ids = [plugin_id for plugin_id in inventory.order().ids if plugin_id in by_id]
    place = {plugin_id: number for number, plugin_id in enumerate(ids)}
    hints: dict[str, list[str]] = {plugin_id: [] for plugin_id in ids}
    for plugin_id in ids:
        manifest = by_id[plugin_id].manifest
        for word, others in (("before", manifest.before), ("after", manifest.after)):
            for other in others:
                if other not in place:
                    continue
                is_so = (place[plugin_id] < place[other]) == (word == "before")
                name = by_id[other].manifest.name
                said = "so it is" if is_so else "your order says otherwise, and counts"
                hints[plugin_id].append(f"It asks to be called {word} {name}: {said}.")
    return [
        Turn(
            plugin_id,
            by_id[plugin_id].manifest.name,
            tuple(hints[plugin_id]),
            not number,
            plugin_id == ids[-1],
        )
        for number, plugin_id in enumerate(ids)
    ]


@admin.post("/plugins/-/order/move", permission="plugins.manage")
def move_plugin() -> Any:
    """Call a plugin one place sooner or later."""
    plugin_id, step = request.form.get("plugin", ""), request.form.get("to", "")
    now = inventory.order()
    ids = list(now.ids)
    if plugin_id not in ids or step not in ("up", "down"):
        raise Refused("This plugin does not run any more, so it has no place in the order.")
    place = ids.index(plugin_id)
    other = place + (1 if step == "down" else -1)
    if not 0 <= other < len(ids):
        return redirect(url_for("admin.plugins", _anchor="order"), 303)
    ids[place], ids[other] = ids[other], ids[place]
    service.save_order(_with_absent(ids, now.chosen))
    side = "after" if step == "down" else "before"
    say(
        f"{plugin_id} is called {side} {ids[place]} now.",
        undo_url=url_for("admin.set_order"),
        undo_fields=[("ids", " ".join(now.chosen))],
    )
    return redirect(url_for("admin.plugins", _anchor=f"turn-{plugin_id}"), 303)


@admin.post("/plugins/-/order", permission="plugins.manage")
def set_order() -> Any:
    """Take back a change of the order; without ids, call plugins as the engine would."""
    before, ids = inventory.order().chosen, request.form.get("ids", "").split()
    try:
        service.save_order(ids)
    except Refused as refusal:
        complain(refusal)
    else:
        say(
            "The order is as it was." if ids else "Plugins are called in the order that the engine chooses.",
            undo_url=url_for("admin.set_order"),
            undo_fields=[("ids", " ".join(before))],
        )
    return redirect(url_for("admin.plugins", _anchor="order"), 303)


def _with_absent(ids: list[str], chosen: tuple[str, ...]) -> list[str]:
    """Return `ids` with those that were chosen and do not run, each after the one that it came after."""
    known, joined = {one.id for one in inventory.plugins()}, list(ids)
    before = ""
    for plugin_id in chosen:
        if plugin_id not in joined and plugin_id in known:
            joined.insert(joined.index(before) + 1 if before else 0, plugin_id)
        if plugin_id in joined:
            before = plugin_id
    return joined
