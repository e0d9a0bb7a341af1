"""Whether a theme keeps its contract: every page kind is rendered with a probe in each place, and read strictly."""

import gzip
import re
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from flask import Flask
from jinja2 import nodes
from markupsafe import Markup

from blogengine import strict
from blogengine import themes
from blogengine.assets import Files
from blogengine.errors import Refused
from blogengine.pages import CommentAnswerPage
from blogengine.pages import Page
from blogengine.places import AREAS
from blogengine.places import SLOTS
from blogengine.places import Slot
from blogengine.runtime import blog
from blogengine.web import rendering
from blogengine.web import samples
from blogengine.web import templating
from blogengine.web.rendering.gadgets import GadgetView
from blogengine.web.rendering.slots import Fills

SIZE = 14_000
"""Bytes, packed, of a post page with its style sheets: the first round trip of a connection (RFC 6928)."""
_FORM = ("text", "name", "website", "email", "ft", "email_again", "reply_to", "csrf_token")
_HEAD = (
    'name="probe-name"',
    'property="probe:property" content="9"',
    "application/ld+json",
    'rel="alternate"',
)
_ELSEWHERE = re.compile(r"""@import|url\(\s*["']?\s*(?:https?:|data:|//)""", re.IGNORECASE)


class _Stage(Flask):
    jinja_environment = templating.Environment


def check(theme_id: str) -> list[str]:
    """Return what is wrong with a theme, a sentence each. Raises `NotFound` where there is none to look at."""
    theme = themes.choose(theme_id)
    line, broken = themes.chain(themes.available(), theme_id)
    found = [broken] if broken else []
    found += _settings(theme)
    stage = _Stage("stage", static_folder=None, template_folder=None)
    files = rendering.prepare(stage, blog(), line)
    probes = _Probes()
    environment = stage.jinja_env
    environment.globals.update(
        slot=probes.slot, batch_slot=probes.batch_slot, gadgets=probes.gadgets, head_assets=probes.head_assets
    )
    found += [f"{where}: {said}" for where, said in _templates(theme, environment, files)]
    found += list(_sheets(theme))
    with stage.test_request_context("/"):
        for template, page in samples.pages().items():
            try:
                html = environment.get_template(template).render(page=page)
            except Exception as error:
                found.append(f"{template} cannot be shown: {type(error).__name__}: {error}")
                continue
            found += [f"{template}: {said}" for said in _page(template, page, html, files)]
    return list(dict.fromkeys(found))


def refuse_faulty(theme_id: str) -> None:
    """Raise `Refused` with the first faults of a theme that does not keep its contract."""
    found = check(theme_id)
    if found:
        more = f" And {len(found) - 3} more." if len(found) > 3 else ""
        raise Refused(
            f"The theme {theme_id} was not taken: {' '.join(_ended(one) for one in found[:3])}{more}",
            code="faulty",
            hint=f"`blogengine themes check {theme_id}` says all; `themes use --force` takes it as it is.",
        )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


class _Probes:
    """Stand-ins for what fills places, which leave marks that can be counted."""

    def slot(self, name: str, **values: Any) -> Markup:
        return Markup('<span data-probe="slot:{}"></span>').format(name)

    def batch_slot(self, name: str, **values: Any) -> Fills:
        items = [item for value in values.values() if isinstance(value, list) for item in value]
        mark = Markup('<span data-probe="slot:{}:{}"></span>')
        return Fills({item.id: mark.format(name, item.id) for item in items})

    def gadgets(self, area: str, page: Page) -> list[GadgetView]:
        return [
            GadgetView(
                number, "gadget-probe", title, Markup('<p data-probe="area:{}:{}"></p>').format(area, title)
            )
            for number, title in ((len(area), "With a title"), (len(area) + 100, ""))
        ]

    def head_assets(self, *where: str) -> Markup:
        return Markup('<link rel="stylesheet" href="/-/probe.css">')


def _settings(theme: themes.Theme) -> Iterator[str]:
    """Yield what is wrong with the settings of `theme.toml`."""
    for key, facts in theme.settings.items():
        where = f"theme.toml: the setting {key}"
        if not isinstance(facts, Mapping):
            yield f"{where} must be a table: [settings.{key}]"
            continue
        if facts.get("type") not in ("color", "length", "font", "choice"):
            yield f"{where} has the type {facts.get('type')!r}; there are color, length, font and choice"
            continue
        if not isinstance(facts.get("label", ""), str):
            yield f"{where}: its label must be text"
        if facts["type"] == "choice" and not (isinstance(facts.get("choices"), list) and facts["choices"]):
            yield f'{where} needs choices = ["…", "…"]'
            continue
        try:
            themes.accept_setting(theme, key, str(facts.get("default", "")))
        except Refused as refusal:
            yield f"{where}: its default does not fit: {refusal.message}"


def _templates(
    theme: themes.Theme, environment: jinja2.Environment, files: Files
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each template of the theme as it is written."""
    folder = theme.folder / "templates"
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        try:
            source = path.read_text(encoding="utf-8")
            tree = environment.parse(source, name, str(path))
            environment.compile(source, name, str(path))
        except jinja2.TemplateSyntaxError as error:
            yield name, f"line {error.lineno}: {error.message}"
            continue
        except (OSError, UnicodeDecodeError) as error:
            yield name, f"it cannot be read: {error}"
            continue
        for node in tree.find_all(nodes.Filter):
            if node.name == "safe":
                yield name, f"line {node.lineno}: |safe shows what nobody cleaned; leave it out"
        for call in tree.find_all(nodes.Call):
            named = isinstance(call.node, nodes.Name) and call.node.name == "asset" and len(call.args) == 1
            file = call.args[0].value if named and isinstance(call.args[0], nodes.Const) else ""
            if file and not file.startswith("@"):
                try:
                    files[file]
                except LookupError as error:
                    yield name, f"line {call.lineno}: {error}"


def _sheets(theme: themes.Theme) -> Iterator[str]:
    """Yield what the style sheets of the theme ask for that browsers will refuse."""
    folder = theme.folder / "static"
    for path in sorted(folder.rglob("*.css")) if folder.is_dir() else []:
        found = _ELSEWHERE.search(_read(path))
        if found is not None:
            yield f"{path.name}: {found[0]!r} asks for something that browsers will refuse or wait for; put it into static/"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _page(template: str, page: Page, html: str, files: Files) -> Iterator[str]:
    """Yield what is wrong with one page as it was rendered."""
    for slot in SLOTS.values():
        if {"*", template} & set(slot.templates):
            yield from _slot(slot, page, html)
    for area in AREAS:
        for title in ("With a title", ""):
            if html.count(f'data-probe="area:{area}:{title}"') != 1:
                yield f"it does not show the gadgets of the area {area} once: gadgets('{area}', page)"
                break
    head = html.partition("</head>")[0]
    if "/-/probe.css" not in head:
        yield "its head lacks head_assets(): plugins have no style sheets and scripts"
    lacking = [words for words in _HEAD if words not in head]
    if lacking:
        yield f"its head lacks what plugins put into page.meta: {', '.join(lacking)}"
    read = strict.scan(html)
    yield from read.problems
    if "#main" not in html or "main" not in read.ids:
        yield "it lacks the skip link to #main"
    if getattr(page, "form", None) is not None:
        yield from _form(html)
    if template == "post.html":
        yield from (
            f"it lacks the place #c{number} that links point to"
            for number in (41, 44)
            if f"c{number}" not in read.ids
        )
        sheets = [
            file
            for file in files.values()
            if file.url in {href for rel, href in read.links if rel == "stylesheet"}
        ]
        size = sum(len(gzip.compress(data)) for data in (html.encode(), *(file.read() for file in sheets)))
        if size >= SIZE:
            yield f"with its style sheets it has {size:,} bytes when packed; at most {SIZE:,} arrive at once"


def _slot(slot: Slot, page: Page, html: str) -> Iterator[str]:
    if not slot.is_batch:
        count = html.count(f'data-probe="slot:{slot.name}"')
        if count != 1:
            times = "not at all" if count == 0 else f"{count} times"
            yield f"it shows the slot {slot.name} {times}; it belongs once {slot.where}"
        return
    items: list[Any] = (
        [page.comment] if isinstance(page, CommentAnswerPage) else getattr(page, slot.arguments[0])
    )
    missing = [item.id for item in items if html.count(f'data-probe="slot:{slot.name}:{item.id}"') != 1]
    if missing:
        yield f"it does not show the slot {slot.name} once for each item; it belongs {slot.where}"


def _form(html: str) -> Iterator[str]:
    found = re.search(r'<form\b[^>]*\bid="comment-form".*?</form>', html, re.DOTALL)
    if found is None:
        yield 'it lacks the form with id="comment-form"'
        return
    names = set(re.findall(r'\bname="([^"]*)"', found[0]))
    lacking = [
        name for name in _FORM if name not in names and not (name == "reply_to" and "replying" not in html)
    ]
    lacking += [f"action={value}" for value in ("post", "preview") if f'value="{value}"' not in found[0]]
    if lacking:
        yield f"the comment form lacks {', '.join(lacking)}"
    if not {item.name for item in samples.fields()} <= names:
        yield "the comment form does not show what plugins ask: form.fields"
