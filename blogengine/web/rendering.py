"""From page values to HTML: templates of theme and plugins, slots, markers, dates."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from flask import Flask
from flask import Response
from flask import current_app
from markupsafe import Markup
from markupsafe import escape

from blogengine import markup
from blogengine import themes
from blogengine.pages import Page
from blogengine.pages import PostView
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.sanitize import trusted
from blogengine.web import moments
from blogengine.web import templating

log = logging.getLogger("blogengine.rendering")

FALLBACK = "blogengine_fallback_templates"
SETTINGS_SHEET = "blogengine_theme_settings"
JUMP_BREAK = '<a name="more"></a>'
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?>")
_VOID = frozenset({"area", "br", "col", "hr", "img", "source", "track", "wbr", "embed", "input"})


def prepare(app: Flask, running: Blog, line: list[themes.Theme]) -> dict[str, themes.Asset]:
    """Give `app` its Jinja environment and return the static files by name."""
    instance = running.config.instance
    files = themes.assets(instance, line)
    chosen = themes.settings_sheet(line[0], running.setup.theme_settings) if line else None
    if chosen is not None:
        files[chosen.name] = chosen
        app.extensions[SETTINGS_SHEET] = chosen.url
    folders = themes.template_folders(instance, line)
    plugin_folders = {
        plugin_id: [folder / f"@{plugin_id}" for folder in folders[:-1]]
        + [_plugin_templates(running, plugin_id)]
        for plugin_id, status in running.plugins.statuses.items()
        if status.state == "active"
    }
    environment = app.jinja_env
    environment.undefined = jinja2.StrictUndefined
    environment.autoescape = True
    environment.trim_blocks = environment.lstrip_blocks = True
    of_admin = jinja2.PrefixLoader({"admin": jinja2.FileSystemLoader(themes.CORE / "admin" / "templates")})
    of_plugins = jinja2.PrefixLoader(
        {f"@{plugin_id}": jinja2.FileSystemLoader(paths) for plugin_id, paths in plugin_folders.items()}
    )
    environment.loader = jinja2.ChoiceLoader([of_admin, of_plugins, jinja2.FileSystemLoader(folders)])
    environment.auto_reload = False
    environment.bytecode_cache = templating.COMPILED
    app.extensions[FALLBACK] = environment.overlay(
        loader=jinja2.ChoiceLoader([of_plugins, jinja2.FileSystemLoader(folders[-1])])
    )
    environment.globals.update(
        slot=slot,
        asset=lambda name: files[name].url,
        _=templating.gettext,
        gettext=templating.gettext,
        ngettext=templating.ngettext,
    )
    environment.filters.update(
        dateline=moments.dateline,
        dateheader=moments.dateheader,
        commentdate=moments.commentdate,
        commenttime=moments.commenttime,
        isotime=moments.isotime,
        ago=moments.ago_filter,
        label_url=label_url,
    )
    return files


def _plugin_templates(running: Blog, plugin_id: str) -> Path:
    return running.plugins.folder_of(plugin_id) / "templates"


def render(template: str, **values: Any) -> str:
    """Return `template` filled with `values`."""
    return current_app.jinja_env.get_template(template).render(values)


def fragment(template: str, **values: Any) -> Markup:
    """Return a plugin's template (`@also_on/card.html`) filled with `values`, as clean HTML."""
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
        text = current_app.extensions[FALLBACK].get_template(template).render(page=page, **values)
    return Response(text, status, mimetype="text/html")


def slot(name: str, **values: Any) -> Markup:
    """Return what all plugins put into the place `name`: clean HTML one after the other; other text is escaped.

    A place that this engine does not know is empty: a theme may be newer than the engine.
    """
    caller = getattr(blog().hook, f"{name}_html", None)
    if caller is None:
        return Markup("")
    pieces = [escape(piece) for piece in caller(**values) if piece is not None]
    return Markup("\n").join(pieces)


def fill_bodies(posts: Iterable[PostView], *, until_jump: bool = False) -> None:
    """Set `body` of all `posts`: markers are replaced in one call for all; `until_jump` cuts at the jump break."""
    split = [(post, markup.split_markers(_cut(post) if until_jump else post.html)) for post in posts]
    markers = [part for _, parts in split for part in parts if isinstance(part, markup.Marker)]
    answers: dict[int, Any] = {}
    if markers:
        for answer in reversed(blog().hook.markers_html(markers=markers)):
            answers.update(answer)
    position = 0
    for post, parts in split:
        pieces: list[Markup] = []
        for part in parts:
            if isinstance(part, markup.Marker):
                shown = answers.get(position)
                pieces.append(_as_typed(part) if shown is None else escape(shown))
                position += 1
            else:
                pieces.append(trusted(part))
        post.body = Markup("").join(pieces)


def _as_typed(marker: markup.Marker) -> Markup:
    return Markup("<p>[[{}:{}]]</p>").format(marker.name, f" {marker.arguments}" if marker.arguments else "")


def _cut(post: PostView) -> str:
    """Return the part before the jump break, closed properly, with a link to the whole; all of it without one."""
    head, found, _ = post.html.partition(JUMP_BREAK)
    if not found:
        return post.html
    opened: list[str] = []
    for match in _TAG.finditer(head):
        name = match[2]
        if name in _VOID:
            continue
        if match[1]:
            if opened and opened[-1] == name:
                opened.pop()
        else:
            opened.append(name)
    closing = "".join(f"</{name}>" for name in reversed(opened))
    return f'{head}{closing}<p class="jump-link"><a href="{escape(post.url)}#more">Read more »</a></p>'


def label_url(label: str) -> str:
    """Return the path of a label's page."""
    return f"/search/label/{quote(label, safe='')}"
