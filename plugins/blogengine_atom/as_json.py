"""Feeds as JSON: Google's mechanical mapping of Atom, which Blogger's themes and gadgets read."""

import json
from typing import Any

from blogengine_atom.elements import Element

_LISTS = frozenset({"author", "category", "entry", "gd$extendedProperty", "link"})
"""Arrays also where there is only one."""


def json_text(root: Element) -> str:
    """Return the Atom document `root` as JSON: text in `$t`, attributes as keys, `ns:name` as `ns$name`."""
    mapped = {"version": "1.0", "encoding": "UTF-8", root.name: _map(root)}
    return json.dumps(mapped, separators=(",", ":"))


def script_text(root: Element, callback: str) -> str:
    """Return a script that calls `callback` with the document.

    The comment before it is Blogger's: it keeps a caller from choosing how the answer begins.
    """
    return f"// API callback\n{callback}({json_text(root)});"


def _map(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {key.replace(":", "$"): value for key, value in element.attributes.items()}
    if element.text:
        found["$t"] = element.text
    for child in element.children:
        name = child.name.replace(":", "$")
        if name in _LISTS:
            found.setdefault(name, []).append(_map(child))
        elif name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            found[name] = [*before, _map(child)]
        else:
            found[name] = _map(child)
    return found
