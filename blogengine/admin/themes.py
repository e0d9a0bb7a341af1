"""The themes, the one in use and its settings."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import settings as service
from blogengine import themes as theme_service
from blogengine.admin import forms
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.runtime import blog
from blogengine.web import themecheck


@admin.get("/themes", permission="design.change")
def themes() -> Response:
    """All themes, what is wrong with those that cannot be used, and the settings of the one in use."""
    return _page(blog().setup.theme_settings, {})


@admin.post("/themes", permission="design.change")
def use_theme() -> Any:
    """Let the blog wear another theme."""
    before = blog().site.theme
    theme = theme_service.choose(request.form.get("theme", ""))
    faults = themecheck.check(theme.id)
    if faults and request.form.get("force") != "on":
        return _ask(theme, faults)
    service.save_site(dataclasses.replace(blog().site, theme=theme.id))
    say(
        f"The blog now wears the theme {theme.name}.",
        url="/",
        url_text="View the blog",
        undo_url=url_for("admin.use_theme") if before != theme.id else "",
        undo_fields=[("theme", before)],
    )
    return redirect(url_for("admin.themes"), 303)


@admin.post("/themes/settings", endpoint="theme_settings", permission="design.change")
def save_theme_settings() -> Any:
    """Store the settings of the theme in use; an empty one goes back to the theme's own."""
    theme = theme_service.choose(blog().site.theme)
    typed = forms.last_values(request.form.items(multi=True))
    try:
        service.save_theme_settings(theme, {key: typed[key] for key in theme.settings if key in typed})
    except Invalid as invalid:
        return _page(typed, invalid.problems, "Nothing was saved yet. Please mend what is marked.", 422)
    except Busy as busy:
        return _page(typed, {}, str(busy), 503)
    say(f"The settings of the theme {theme.name} are saved.")
    return redirect(url_for("admin.themes"), 303)


def _ask(theme: theme_service.Theme, faults: list[str]) -> Response:
    """Show what is wrong with a theme before the blog wears it."""
    address = url_for("admin.themes")
    facts = {"theme": theme, "faults": faults, "action": url_for("admin.use_theme"), "cancel_url": address}
    return show("theme_faults.html", 409, **facts)


@shows_again("admin.theme_settings")
def _again(message: str) -> Response:
    return _page(forms.last_values(request.form.items(multi=True)), {}, message, 400)


def _page(
    values: Mapping[str, Any], problems: Mapping[str, str], message: str = "", status: int = 200
) -> Response:
    running = blog()
    found = theme_service.available()
    chosen = found.get(running.site.theme)
    return show(
        "themes.html",
        status,
        themes=list(found.values()),
        chosen=running.site.theme,
        chosen_name=chosen.name if chosen is not None else "",
        problem=running.theme_problem,
        message=message,
        fields=[
            _field(key, facts, values, problems) for key, facts in (chosen.settings if chosen else {}).items()
        ],
    )


def _field(key: str, facts: Any, values: Mapping[str, Any], problems: Mapping[str, str]) -> FieldView:
    facts = facts if isinstance(facts, Mapping) else {}
    default, label = str(facts.get("default", "")), str(facts.get("label", key))
    value, problem = str(values.get(key, "")), problems.get(key, "")
    if facts.get("type") == "choice":
        choices = {
            "": f"{default} (the theme's own)",
            **{str(choice): str(choice) for choice in facts.get("choices", [])},
        }
        return FieldView(key, "choice", label, value, problem, choices=forms.choices_of(choices, value))
    return FieldView(key, "text", label, value, problem, f"Empty: {default}")
