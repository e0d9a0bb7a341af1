"""From page values to HTML: templates of theme and plugins, slots, markers, dates."""

import logging
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import babel
import flask.templating
import jinja2
from babel import dates
from flask import Flask
from flask import Response
from flask import current_app
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.compiler import Frame
from markupsafe import Markup
from markupsafe import escape

from blogengine import clock
from blogengine import markup
from blogengine import themes
from blogengine.pagecache import expires
from blogengine.pages import Page
from blogengine.pages import PostView
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.sanitize import trusted
from blogengine.text import ago

try:
    from markupsafe._speedups import _escape_inner as escape_text
except ImportError:  # a machine for which MarkupSafe has no compiled part
    from html import escape as escape_text

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
    environment.loader = jinja2.ChoiceLoader(
        [
            jinja2.PrefixLoader({"admin": jinja2.FileSystemLoader(themes.CORE / "admin" / "templates")}),
            jinja2.PrefixLoader(
                {
                    f"@{plugin_id}": jinja2.FileSystemLoader(paths)
                    for plugin_id, paths in plugin_folders.items()
                }
            ),
            jinja2.FileSystemLoader(folders),
        ]
    )
    environment.auto_reload = False
    app.extensions[FALLBACK] = environment.overlay(loader=jinja2.FileSystemLoader(folders[-1]))
    environment.globals.update(
        slot=slot, asset=lambda name: files[name].url, _=gettext, gettext=gettext, ngettext=ngettext
    )
    environment.filters.update(
        dateline=dateline,
        dateheader=dateheader,
        commentdate=commentdate,
        isotime=isotime,
        ago=ago_filter,
        label_url=label_url,
    )
    return files


class Environment(flask.templating.Environment):
    """Flask's environment whose output nodes make plain text, not `Markup`: half the time of a page with 50 comments."""

    class code_generator_class(CodeGenerator):  # noqa: N801  Jinja's name
        """Writes `environment.output(...)` where Jinja writes `escape(...)`, and reads attributes without a call."""

        def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
                super()._output_child_pre(node, frame, finalize)
            else:
                self.write("environment.output(")
                if finalize.src is not None:
                    self.write(finalize.src)

        def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802  Jinja's name
            if self.environment.is_async:
                super().visit_Getattr(node, frame)
                return
            value, found = self.temporary_identifier(), self.temporary_identifier()
            self.write(f"({found} if ({found} := getattr(({value} := ")
            self.visit(node.node, frame)
            self.write(
                f"), {node.attr!r}, missing)) is not missing else environment.getattr({value}, {node.attr!r}))"
            )

    @staticmethod
    def output(value: Any) -> str:
        """Return `value` as it goes into a page: clean HTML as it is, everything else escaped."""
        kind = type(value)
        if kind is str:
            return escape_text(value)
        if kind is Markup or kind is int:
            return str(value)
        return str(escape(value))


@lru_cache(maxsize=4096)
def _words(message: str) -> Markup:
    """Return a text of the interface in the blog's language, once."""
    return Markup(message % {})  # noqa: S704  written by the template's author


def gettext(message: str, **values: Any) -> Markup:
    """Return a text of the interface with `%(name)s` filled in, escaped."""
    return Markup(message) % values if values else _words(message)  # noqa: S704


def ngettext(one: str, many: str, num: int, **values: Any) -> Markup:
    """Return the form of a text for `num` things."""
    return Markup(one if num == 1 else many) % {"num": num, **values}  # noqa: S704


def _plugin_templates(running: Blog, plugin_id: str) -> Path:
    candidate = running.plugins.candidates[plugin_id]
    if candidate.origin == "drop-in":
        path = Path(candidate.where)
        return (path if path.is_dir() else path.parent / f"_{plugin_id}") / "templates"
    module = sys.modules[candidate.where.split(":")[0]]
    return Path(module.__file__ or "").parent / "templates"


def render(template: str, **values: Any) -> str:
    """Return `template` filled with `values`."""
    return current_app.jinja_env.get_template(template).render(values)


def fragment(template: str, **values: Any) -> Markup:
    """Return a plugin's template (`@also_on/card.html`) filled with `values`, as clean HTML."""
    return Markup(render(template, **values))  # noqa: S704  autoescaped throughout


def respond(template: str, page: Page, status: int = 200) -> Response:
    """Return `template` filled with `page` as a response, after plugins have changed the page's head."""
    blog().hook.prepare_meta(meta=page.meta, page=page)
    if SETTINGS_SHEET in current_app.extensions:
        page.meta.stylesheets.insert(0, current_app.extensions[SETTINGS_SHEET])
    try:
        text = render(template, page=page)
    except Exception as error:
        running = blog()
        if running.site.theme == themes.FALLBACK:
            raise
        running.theme_problem = (
            f"The theme {running.site.theme} fails in {template}: {type(error).__name__}: {error}. "
            f"The templates of {themes.FALLBACK} stand in."
        )
        log.exception("the theme %s cannot show %s", running.site.theme, template)
        text = current_app.extensions[FALLBACK].get_template(template).render(page=page)
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


@lru_cache(maxsize=64)
def _locale(language: str) -> babel.Locale:
    try:
        return babel.Locale.parse(language.replace("-", "_"))
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale("en")


@lru_cache(maxsize=16384)
def _format(moment: datetime, pattern: str, language: str, zone: ZoneInfo) -> str:
    locale = _locale(language)
    if pattern == "full_date":
        return dates.format_date(moment.astimezone(zone), "full", locale=locale)
    if pattern == "long_date_time":
        day = dates.format_date(moment.astimezone(zone), "long", locale=locale)
        return f"{day} {dates.format_time(moment, 'short', tzinfo=zone, locale=locale)}"
    return dates.format_datetime(moment, pattern, tzinfo=zone, locale=locale)


def _shown(moment: datetime, pattern: str) -> str:
    running = blog()
    return _format(moment, pattern, running.setup.site.language, running.zone)


def text_direction(language: str) -> str:
    """Return `ltr` or `rtl`."""
    return _locale(language).text_direction


def dateline(moment: datetime) -> str:
    """Return `3 Jan, 2020 02:55` in the blog's time zone."""
    return _shown(moment, "d MMM, y HH:mm")


def dateheader(moment: datetime) -> str:
    """Return the long date in the blog's language: `Friday, January 3, 2020`."""
    return _shown(moment, "full_date")


def commentdate(moment: datetime) -> str:
    """Return date and time of a comment in the blog's language: `January 3, 2020 2:55 AM`."""
    return _shown(moment, "long_date_time")


def month_name(moment: datetime) -> str:
    """Return `January 2020` in the blog's language."""
    return dates.format_skeleton("yMMMM", moment, locale=_locale(blog().site.language))


@lru_cache(maxsize=16384)
def isotime(moment: datetime) -> str:
    """Return the moment for `<time datetime>`."""
    return f"{moment.isoformat()[:19]}Z"


def ago_filter(moment: datetime) -> str:
    """Return `32 minutes ago`; the page stops being true when these words change."""
    words, changes_at = ago(moment, clock.now())
    expires(changes_at)
    return words


def label_url(label: str) -> str:
    """Return the path of a label's page."""
    return f"/search/label/{quote(label, safe='')}"
