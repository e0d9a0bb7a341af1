"""What the engine offers, as the code says it: hooks and who uses them, slots, what templates may use."""

import importlib
import inspect
import re
import tempfile
import types
from pathlib import Path

from flask import Flask

from blogengine import app as apps
from blogengine import hookspecs
from blogengine import themes
from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.plugins import discovery
from blogengine.setup import Setup
from blogengine.setup import SiteSettings


def hook_names() -> list[str]:
    """Return the names of all hooks, in the order of their families."""
    return list(hookspecs.known())


def bundled_plugins() -> dict[str, types.ModuleType]:
    """Return the bundled plugins by id."""
    found = discovery.find(Path("no drop-ins")).values()
    return {one.id: importlib.import_module(one.where) for one in found if one.origin == "bundled"}


def users_of(hook: str) -> list[str]:
    """Return the ids of the bundled plugins that implement `hook`."""
    mark = f"{hookspecs.NAMESPACE}_impl"
    plugins = bundled_plugins().items()
    return [plugin_id for plugin_id, module in plugins if hasattr(getattr(module, hook, None), mark)]


def slots() -> dict[str, list[str]]:
    """Return the templates of the core and of the bundled themes that hold each slot."""
    found: dict[str, list[str]] = {}
    folders = {"": themes.CORE, **{f"{path.name}: ": path for path in sorted(themes.BUNDLED.iterdir())}}
    for label, folder in folders.items():
        for inside in ("templates", "admin/templates"):
            for path in sorted((folder / inside).glob("*.html")):
                for name in re.findall(r"\b(?:batch_)?slot\(\s*'(\w+)'", path.read_text(encoding="utf-8")):
                    place = f"{label}{inside.removesuffix('templates')}{path.name}"
                    if place not in found.setdefault(name, []):
                        found[name].append(place)
    return dict(sorted(found.items()))


def template_words() -> tuple[dict[str, str], dict[str, str]]:
    """Return the filters and the globals that templates have from the engine, with a sentence for each."""
    plain = Flask("plain", static_folder=None).jinja_env
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder), f"sqlite:///{folder}/none.db", "the key of nobody")
        engine = make_engine(config.database_url)
        environment = apps.build(config, Setup(0, SiteSettings(), (), ""), engine, {}).jinja_env
        engine.dispose()
    named = []
    for ours, known in ((environment.filters, plain.filters), (environment.globals, plain.globals)):
        named.append(
            {
                name: (inspect.getdoc(value) or "").split("\n\n")[0]
                for name, value in sorted(ours.items())
                if name not in known and value.__module__.startswith("blogengine.")
            }
        )
    return named[0], named[1]


FOR_PLUGINS = {
    "csrf_token()": "Return the token of this browser: the value of the hidden field `csrf_token` that each form of a "
    "plugin's page needs. A page with it is one visitor's own and is not kept.",
    "url_for(endpoint, …)": "Return the address of a view (Flask's): `url_for('.index')` of the same blueprint, "
    "`url_for('<id>.index')` of a plugin's public page, `url_for('admin_<id>.index')` of one for authors.",
    "admin_forms.token()": "Return the hidden field with the token, in a template that extends `admin/base.html`.",
}
"""What templates of plugins' own pages have beside, by how it is called."""
FRAME = {
    "title": "What the page is: plain text, in the browser's tab. Fill it always.",
    "main": "The page. Begin it with an `h1`; menu, messages and who is signed in stand around it.",
    "head": "More for the `head`, after the engine's style sheet. `fragment(…, assets=[…])` and `asset()` need it not.",
    "body_class": "Classes of `body` for a style sheet of yours; begin them with your plugin's id.",
    "assets": "The engine's own: style sheets and scripts that the page turns out to need. Leave it alone.",
}
"""The blocks of `admin/base.html`, and what is for plugins in them."""
FRAME_CLASSES = {
    "panel": "a box around one matter",
    "rows": "a list whose entries are rows",
    "buttons": "a paragraph of buttons",
    "hint": "a quiet explanation",
    "badge": "a word about a state",
    "notice": "a message; with `problem` one about what went wrong",
    "empty": "what is said in place of a list without entries",
    "secondary": "a button beside the main one",
    "danger": "a button that destroys",
}
"""Classes of the owner's pages that plugins may count on."""


def frame_blocks() -> list[str]:
    """Return the blocks of the frame of the owner's pages, those for plugins first."""
    source = (Path(apps.__file__).parent / "admin" / "templates" / "base.html").read_text("utf-8")
    found = re.findall(r"{% block (\w+) %}", source)
    return sorted(found, key=list(FRAME).index)
