"""From page values to HTML: templates of theme and plugins, slots, gadgets, markers, style sheets."""

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask import Response
from flask import current_app
from markupsafe import Markup

from blogengine import themes
from blogengine.assets import Files
from blogengine.assets import collect
from blogengine.pages import Page
from blogengine.plugins.gadgets import boxes
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.web.rendering import assets as needed
from blogengine.web.rendering import templates
from blogengine.web.rendering.assets import asset
from blogengine.web.rendering.bodies import fill_bodies
from blogengine.web.rendering.bodies import label_url
from blogengine.web.rendering.gadgets import BOXES
from blogengine.web.rendering.slots import slot

__all__ = ["asset", "fill_bodies", "fragment", "label_url", "prepare", "render", "respond", "slot"]

log = logging.getLogger("blogengine.rendering")

SETTINGS_SHEET = "blogengine_theme_settings"


def prepare(app: Flask, running: Blog, line: list[themes.Theme]) -> Files:
    """Give `app` its Jinja environment, its static files and its gadgets; return the static files by name."""
    instance = running.config.instance
    folders = [("", folder) for folder in themes.static_folders(instance, line)]
    for plugin_id in running.plugins.statuses:
        if running.plugins.is_active(plugin_id):
            folders.append((f"@{plugin_id}/", running.plugins.folder_of(plugin_id) / "static"))
    files = collect(folders)
    chosen = themes.settings_sheet(line[0], running.setup.theme_settings) if line else None
    if chosen is not None:
        files[chosen.name] = chosen
        app.extensions[SETTINGS_SHEET] = chosen.url
    templates.prepare(app, running, line)
    needed.prepare(app, files, running.assets)
    app.extensions[BOXES] = boxes(running.setup.layout, running.gadgets)
    return files


def render(template: str, **values: Any) -> str:
    """Return `template` filled with `values`."""
    return current_app.jinja_env.get_template(template).render(values)


def fragment(template: str, assets: Sequence[str] = (), **values: Any) -> Markup:
    """Return a plugin's template (`@also_on/card.html`) filled with `values`, as clean HTML.

    `assets` names style sheets and scripts of the plugin's `static` folder that the page with this fragment needs: their
    links stand once in its head, and on no other page.
    """
    if assets:
        prefix = template.partition("/")[0]
        needed.need(assets, prefix[1:] if prefix.startswith("@") else "")
    return Markup(render(template, **values))  # noqa: S704  autoescaped throughout


def respond(template: str, page: Page, status: int = 200, **values: Any) -> Response:
    """Return `template` filled with `page` and `values` as a response, after plugins have changed the page's head."""
    blog().hook.prepare_meta(meta=page.meta, page=page)
    if SETTINGS_SHEET in current_app.extensions:
        page.meta.stylesheets.insert(0, current_app.extensions[SETTINGS_SHEET])
    try:
        text = render(template, page=page, **values)
    except Exception as error:
        running = blog()
        if running.site.theme == themes.FALLBACK:
            raise
        running.theme_problem = (
            f"The theme {running.site.theme} fails in {template}: {type(error).__name__}: {error}. "
            f"The templates of {themes.FALLBACK} stand in."
        )
        log.exception("the theme %s cannot show %s", running.site.theme, template)
        text = current_app.extensions[templates.FALLBACK].get_template(template).render(page=page, **values)
    return Response(text, status, mimetype="text/html")
