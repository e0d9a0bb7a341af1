"""Style sheets and scripts that a page needs: their links stand in its head although its body is rendered first.

The head gets a random marker that is replaced when the page is done. The marker is new for each answer, so no text of a
person can be one.
"""

import secrets
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from flask import Flask
from flask import Response
from flask import current_app
from flask import g
from markupsafe import Markup

from blogengine.assets import SCRIPTS
from blogengine.assets import Files
from blogengine.assets import ending

FILES = "blogengine_static_files"
REGISTERED = "blogengine_registered_assets"
"""Keys in `app.extensions`: `Files`, and the names of registered assets by where they belong."""


@dataclass(slots=True)
class Needed:
    """What the answer being made needs; `marker` is empty until a head asked for its links."""

    names: dict[str, None] = field(default_factory=dict)
    marker: Markup = field(default_factory=Markup)
    has_scripts: bool = False

    def links(self, files: Files) -> Markup:
        """Return the links, style sheets first, each once, in the order in which they were asked for."""
        sheets = [name for name in self.names if ending(name) == "css"]
        scripts = [name for name in self.names if ending(name) in SCRIPTS]
        self.has_scripts = bool(scripts)
        link, script = (
            Markup('<link rel="stylesheet" href="{}">'),
            Markup('<script type="module" src="{}"></script>'),
        )
        lines = [link.format(files[name].url) for name in sheets]
        lines += [script.format(files[name].url) for name in scripts]
        return Markup("\n").join(lines)


def prepare(app: Flask, files: Files, registered: Mapping[str, Sequence[str]]) -> None:
    """Let the answers of `app` have the links to what they need."""
    app.extensions[FILES] = files
    app.extensions[REGISTERED] = registered
    app.after_request(finish)


def asset(name: str) -> str:
    """Return the address of a static file, `plain.css` or a plugin's `@atom/feed.css`; it changes with the content.

    Raises `LookupError` with what is there.
    """
    files: Files = current_app.extensions[FILES]
    return files[name].url


def head_assets(*where: str) -> Markup:
    """Stand in the head for links to the style sheets and scripts that the page turns out to need."""
    needed = _needed()
    for place in where or ("public",):
        needed.names.update(dict.fromkeys(current_app.extensions[REGISTERED].get(place, ())))
    needed.marker = Markup("<!--{}-->").format(secrets.token_hex(16))
    return needed.marker


def need(names: Sequence[str], plugin_id: str = "") -> None:
    """Note that the answer being made needs these files; names without `@` are of `plugin_id`. Raises `LookupError`."""
    files: Files = current_app.extensions[FILES]
    for name in names:
        full = name if name.startswith("@") or not plugin_id else f"@{plugin_id}/{name}"
        if ending(files[full].name) not in ("css", *SCRIPTS):
            raise LookupError(
                f"{full} is neither a style sheet nor a script; ask for its address with asset('{full}')."
            )
        _needed().names[full] = None


def finish(response: Response) -> Response:
    """Put the links where the marker stands."""
    needed: Needed | None = g.get("needed_assets")
    if needed is None or not needed.marker or response.is_streamed or response.direct_passthrough:
        return response
    if response.mimetype == "text/html":
        links = needed.links(current_app.extensions[FILES])
        response.set_data(response.get_data().replace(needed.marker.encode(), links.encode(), 1))
        g.has_scripts = needed.has_scripts
    return response


def _needed() -> Needed:
    if "needed_assets" not in g:
        g.needed_assets = Needed()
    needed: Needed = g.needed_assets
    return needed
