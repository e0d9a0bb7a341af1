"""The plugins: what is there, what runs, what failed; switching on and off, and their settings."""

import dataclasses
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from flask import Response
from flask import current_app
from flask import redirect
from flask import request
from flask import url_for

from blogengine import checkups
from blogengine import inventory
from blogengine import removing
from blogengine import schema
from blogengine import settings as service
from blogengine.admin import forms
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import PLUGIN_PAGES
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.admin.plugin_costs import CostSheet
from blogengine.admin.plugin_costs import cost_sheets
from blogengine.admin.plugin_order import turns
from blogengine.admin.plugin_refused import refused
from blogengine.admin.trying import try_plugin_settings
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.inventory import PluginFacts
from blogengine.models import PluginError
from blogengine.plugins.discovery import Manifest
from blogengine.plugins.door_report import NotLetIn
from blogengine.runtime import blog

ID = "string(maxlength=64)"
STATES = {
    "active": "on",
    "off": "off",
    "broken": "broken",
    "missing": "missing",
    "waiting": "waiting",
    "incompatible": "incompatible",
}


@dataclass(slots=True)
class PluginView:
    """A plugin as its owner sees it. `state` is one of `STATES`."""

    id: str
    manifest: Manifest
    origin: str
    where: str
    state: str
    reason: str
    traceback: str
    warnings: tuple[str, ...]
    """Sentences about what works and is probably not meant, other plugins of the same id among them."""
    needed_by: tuple[str, ...]
    """Ids of the plugins that run and cannot without it."""
    errors: list[PluginError] = field(default_factory=list)
    has_settings: bool = False
    page_endpoint: str = ""
    costs: CostSheet = field(default_factory=CostSheet)

    @property
    def error_count(self) -> int:
        """How often it failed in all."""
        return sum(error.count for error in self.errors)


@admin.get("/plugins", permission="plugins.manage")
def plugins() -> Response:
    """All plugins."""
    sheets, found = cost_sheets(), inventory.plugins()
    return show(
        "plugins.html",
        plugins=[_view(facts, sheets) for facts in found],
        turns=turns(found),
        has_order=bool(inventory.order().chosen),
        folder=blog().config.drop_in_folder,
        states=STATES,
    )


@admin.get(f"/plugins/<{ID}:plugin_id>", permission="plugins.manage")
def plugin(plugin_id: str) -> Response:
    """One plugin: its state, its settings, its errors."""
    return _page(_one(plugin_id))


@admin.post(f"/plugins/<{ID}:plugin_id>", permission="plugins.manage")
def save_plugin_settings(plugin_id: str) -> Any:
    """Store a plugin's settings."""
    view = _one(plugin_id)
    typed = forms.last_values(request.form.items(multi=True))
    try:
        cls = service.settings_class(plugin_id)
        locked = blog().plugins.locked.get(plugin_id, {})
        said = {name: value for name, value in forms.sent(cls, typed).items() if name not in locked}
        if "try" in request.form:
            return try_plugin_settings(plugin_id, said)
        service.save_plugin_settings(plugin_id, said)
    except Invalid as invalid:
        return _page(view, typed, invalid.problems, "Nothing was saved yet. Please mend what is marked.", 422)
    except Busy as busy:
        return _page(view, typed, {}, str(busy), 503)
    say("Saved.")
    return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)


@shows_again("admin.save_plugin_settings")
def _again(message: str) -> Response:
    plugin_id = str((request.view_args or {})["plugin_id"])
    return _page(_one(plugin_id), forms.last_values(request.form.items(multi=True)), {}, message, 400)


@admin.get(f"/plugins/<{ID}:plugin_id>/reset", permission="plugins.manage")
def ask_reset_plugin(plugin_id: str) -> Response:
    """Ask before a plugin's settings go back to the defaults."""
    cls = service.settings_class(plugin_id)
    now = blog().plugins.settings(plugin_id)
    lost = [
        item.option.label
        for item in schema.describe(cls)
        if item.name not in blog().plugins.locked[plugin_id] and getattr(now, item.name) != item.default
    ]
    return show(
        "confirm.html",
        heading="Back to the defaults?",
        message=f"These settings of {plugin_id} will be as they were at first, secrets deleted: {', '.join(lost)}."
        if lost
        else f"All settings of {plugin_id} have their defaults; what else is stored for it will be deleted.",
        action=url_for("admin.reset_plugin", plugin_id=plugin_id),
        fields=[],
        button="Reset to defaults",
        cancel_url=url_for("admin.plugin", plugin_id=plugin_id),
    )


@admin.post(f"/plugins/<{ID}:plugin_id>/reset", permission="plugins.manage")
def reset_plugin(plugin_id: str) -> Any:
    """Forget all that the owner chose for a plugin."""
    service.reset_plugin_settings(plugin_id)
    say(f"The settings of {plugin_id} have their defaults.")
    return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)


@admin.post(f"/plugins/<{ID}:plugin_id>/enable", permission="plugins.manage")
def enable_plugin(plugin_id: str) -> Any:
    """Switch a plugin on, or say why it cannot run."""
    try:
        service.enable(plugin_id)
    except NotLetIn as failure:
        return refused(failure)
    except Refused as refusal:
        complain(refusal)
        return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)
    say(
        f"The plugin {plugin_id} is on.",
        url=url_for("admin.plugin", plugin_id=plugin_id),
        url_text="Its settings",
        undo_url=url_for("admin.disable_plugin", plugin_id=plugin_id),
    )
    return redirect(url_for("admin.plugins"), 303)


@admin.post(f"/plugins/<{ID}:plugin_id>/disable", permission="plugins.manage")
def disable_plugin(plugin_id: str) -> Any:
    """Switch a plugin off, with those that need it where that was ticked; their data stays."""
    try:
        gone = service.disable(plugin_id, with_dependants="with_dependants" in request.form)
    except Refused as refusal:
        complain(refusal.message)
        return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)
    names = " and ".join(gone)
    say(
        f"The plugin {names} is off. Its data is kept."
        if len(gone) == 1
        else f"The plugins {names} are off. Their data is kept.",
        undo_url=url_for("admin.enable_plugin", plugin_id=plugin_id),
    )
    return redirect(url_for("admin.plugins"), 303)


@admin.post(f"/plugins/<{ID}:plugin_id>/forget", permission="plugins.manage")
def forget_errors(plugin_id: str) -> Any:
    """Delete the list of a plugin's errors."""
    service.forget_failures(plugin_id)
    say(f"The list of errors of {plugin_id} is empty now.")
    return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)


@admin.get(f"/plugins/<{ID}:plugin_id>/remove", permission="plugins.manage")
def ask_remove_plugin(plugin_id: str) -> Response:
    """Ask before a plugin is removed with all it keeps."""
    rows = removing.belongings(plugin_id)
    kept = ", ".join(f"{name} ({count})" for name, count in rows.items()) or "nothing"
    return show(
        "confirm.html",
        heading=f"Remove {plugin_id} with its data?",
        message=f"Its settings and the rows of its tables go: {kept}. A copy is written to the instance's folder "
        f"{removing.FOLDER} first. Its code stays; to stop it and keep its data, disable it instead.",
        action=url_for("admin.remove_plugin", plugin_id=plugin_id),
        fields=[],
        button="Remove with its data",
        cancel_url=url_for("admin.plugin", plugin_id=plugin_id),
    )


@admin.post(f"/plugins/<{ID}:plugin_id>/remove", permission="plugins.manage")
def remove_plugin(plugin_id: str) -> Any:
    """Remove a plugin with all it keeps."""
    try:
        copy = blog().remove_plugin(plugin_id, False)
    except Refused as refusal:
        complain(refusal)
        return redirect(url_for("admin.plugin", plugin_id=plugin_id), 303)
    say(f"{plugin_id} is removed. What it kept is in {removing.FOLDER}/{copy.name} in the instance's folder.")
    return redirect(url_for("admin.plugins"), 303)


def _page(
    view: PluginView,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    fields = _fields(view, typed, problems or {})
    return show(
        "plugin.html",
        status,
        plugin=view,
        health=[found for _, found in checkups.ask(view.id)],
        fields=fields,
        message=f"{message} {forms.elsewhere(fields, problems or {})}".strip(),
        states=STATES,
    )


def _fields(view: PluginView, typed: dict[str, str] | None, problems: dict[str, str]) -> list[FieldView]:
    if not view.has_settings:
        return []
    running = blog().plugins
    now, stored = running.settings(view.id), running.setting_problems.get(view.id, {})
    return forms.fields_of(
        running.settings_classes[view.id],
        typed if typed is not None else dataclasses.asdict(now),
        problems if typed is not None else stored,
        locked=running.locked.get(view.id),
        now=now,
    )


def _one(plugin_id: str) -> PluginView:
    return _view(inventory.plugin(plugin_id), cost_sheets())


def _view(facts: PluginFacts, sheets: dict[str, CostSheet]) -> PluginView:
    pages = current_app.extensions[PLUGIN_PAGES].get(f"admin_{facts.id}", ("", None))
    return PluginView(
        id=facts.id,
        manifest=facts.manifest,
        origin=facts.origin,
        where=facts.where,
        state=facts.state,
        reason=facts.reason,
        traceback=facts.traceback,
        warnings=facts.warnings,
        needed_by=facts.needed_by,
        errors=service.failures_of(facts.id),
        has_settings=facts.state == "active" and facts.id in blog().plugins.settings_classes,
        page_endpoint=pages[0],
        costs=sheets.get(facts.id, CostSheet()),
    )
