"""Try for me: a plugin, a theme or a setting in the owner's own browser first, then kept or dropped with one press."""

import dataclasses
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import schema
from blogengine import settings as service
from blogengine import themes
from blogengine import tryouts
from blogengine.admin.frame import SIGNED_IN
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import require
from blogengine.admin.frame import say
from blogengine.admin.frame import trial_here
from blogengine.admin.plugin_refused import refused
from blogengine.errors import BlogError
from blogengine.plugins import discovery
from blogengine.plugins.door_report import NotLetIn
from blogengine.runtime import blog
from blogengine.setup import SiteSettings
from blogengine.tryouts import Trial
from blogengine.web import security


@admin.post("/try/plugin", permission="plugins.manage")
def try_plugin() -> Any:
    """Let a plugin run for this browser only, or do without it."""
    plugin_id = request.form.get("plugin", "")[:64]
    running = blog()
    back = redirect(url_for("admin.plugin", plugin_id=plugin_id or "none"), 303)
    try:
        if running.plugins.is_active(plugin_id):
            return begin(Trial(off=(plugin_id,)))
        found = discovery.find(running.config.drop_in_folder).get(plugin_id)
        report = running.try_plugin(plugin_id, found.source if found is not None else "")
        if report.problems:
            return refused(NotLetIn(report, "tried"), "tried")
        running.install_plugin(plugin_id, found.source if found is not None else "", enable=False)
        return begin(Trial(on=(plugin_id,)))
    except BlogError as error:
        complain(error)
        return back


@admin.post("/try/theme", permission="design.change")
def try_theme() -> Any:
    """Let the blog wear another theme in this browser."""
    try:
        theme = themes.choose(request.form.get("theme", ""))
    except BlogError as error:
        complain(error)
        return redirect(url_for("admin.themes"), 303)
    return begin(Trial(site={"theme": theme.id}))


def try_site(wanted: SiteSettings) -> Any:
    """Show the blog with other settings in this browser."""
    return begin(Trial(site=_changes(wanted, blog().site)))


def try_plugin_settings(plugin_id: str, form: dict[str, Any]) -> Any:
    """Show the blog with other settings of a plugin in this browser. Raises `Invalid`."""
    now = blog().plugins.settings(plugin_id)
    changed = _changes(schema.parse(service.settings_class(plugin_id), form, now), now)
    return begin(Trial(plugins={plugin_id: changed} if changed else {}))


def _changes(wanted: Any, now: Any) -> dict[str, Any]:
    """Return the settings in which two instances of one class differ, but for secrets."""
    return {
        item.name: getattr(wanted, item.name)
        for item in schema.describe(type(now))
        if item.kind != "secret" and getattr(wanted, item.name) != getattr(now, item.name)
    }


def begin(more: Trial) -> Any:
    """Answer with the cookie of what is tried from now on, on top of what was tried already."""
    trial = (trial_here() or Trial()).join(more)
    if not trial:
        say("There is nothing to try: all is as it was.")
        return redirect(request.referrer or url_for("admin.posts"), 303)
    running = blog()
    sign_in = request.cookies.get(security.session_cookie(running), "")
    try:
        sealed = tryouts.seal(trial, running.config.secret_key, sign_in)
    except ValueError as error:
        complain(f"This cannot be tried: {error}. Keep or drop what is tried already, then try again.")
        return redirect(url_for("admin.plugins"), 303)
    response = redirect("/", 303)
    response.set_cookie(
        tryouts.COOKIE,
        sealed,
        max_age=tryouts.LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=running.url.startswith("https://"),
    )
    return response


@admin.post("/try/keep", permission=SIGNED_IN)
def keep_trial() -> Any:
    """Let all readers have what was tried."""
    trial = trial_here()
    if trial is None:
        return _over(
            redirect(url_for("admin.posts"), 303), "The trial was over already; nothing was changed."
        )
    if trial.on or trial.off or trial.plugins:
        require("plugins.manage")
    if trial.site:
        require("design.change" if set(trial.site) == {"theme"} else "settings.change")
    try:
        for plugin_id in trial.on:
            service.enable(plugin_id)
        for plugin_id in trial.off:
            service.disable(plugin_id)
        for plugin_id, values in trial.plugins.items():
            service.save_plugin_settings(plugin_id, dict(values))
        if trial.site:
            service.save_site(dataclasses.replace(blog().site, **trial.site))
    except NotLetIn as failure:
        return refused(failure)
    except BlogError as error:
        complain(f"{error} The trial goes on.")
        return redirect(url_for("admin.plugins"), 303)
    return _over(redirect("/", 303), f"All readers have it now: {', '.join(trial.words)}.")


@admin.post("/try/drop", permission=SIGNED_IN)
def drop_trial() -> Any:
    """End the trial; no reader has noticed anything."""
    return _over(
        redirect(url_for("admin.posts"), 303), "The trial is over. Nothing was changed for your readers."
    )


def _over(response: Any, message: str) -> Response:
    response.delete_cookie(tryouts.COOKIE)
    say(message)
    answer: Response = response
    return answer
