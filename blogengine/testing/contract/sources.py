"""A plugin's files, read: what they import, and which texts of its templates nobody could translate."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2

from blogengine import htmlscan
from blogengine.testing.contract.trial import Trial

DOORS = ("blogengine.plugin", "blogengine.testing")
SHOWN = frozenset({"alt", "aria-label", "label", "placeholder", "title"})
"""Attributes whose values people read."""
_EXPRESSION = "\x01"
_NO_WORDS = re.compile(r"""https?://\S+|[\w-]+="[^"]*\"|&#?\w+;""")
"""Addresses, attributes that a macro makes, and entities."""
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def files_of(trial: Trial) -> tuple[list[Path], Path | None]:
    """Return the plugin's Python files and its folder, which a plugin of one file does not have."""
    candidate = trial.candidate()
    if candidate.origin == "drop-in":
        path = Path(candidate.where)
    else:
        path = Path(sys.modules[candidate.where.split(":")[0]].__file__ or "")
        path = path.parent if path.name == "__init__.py" else path
    if path.is_file():
        return [path], None
    return sorted(path.rglob("*.py")), path


def private_imports(trial: Trial) -> list[str]:
    """Return a sentence for each import of the engine that is not public."""
    files, _ = files_of(trial)
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            for name in _imports(node):
                inside = name == "blogengine" or name.startswith("blogengine.")
                if inside and not name.startswith(DOORS):
                    found.append(
                        f"{file.name}, line {getattr(node, 'lineno', 0)}: {name} is not public; import from "
                        "blogengine.plugin, and ask for what is missing there"
                    )
    return found


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        base = node.module or ""
        yield from (f"{base}.{alias.name}" for alias in node.names)


def plain_texts(trial: Trial, untranslated: frozenset[str]) -> list[str]:
    """Return a sentence for each text of a template that stands outside of `_(…)`."""
    _, folder = files_of(trial)
    if folder is None:
        return []
    found = []
    for file in sorted((folder / "templates").rglob("*.html")):
        for line, text in texts(file.read_text(encoding="utf-8")):
            words = [word for word in _LETTERS.findall(_NO_WORDS.sub("", text)) if word not in untranslated]
            if words:
                found.append(
                    f"{file.name}, line {line}: {' '.join(text.split())!r} cannot be translated; write "
                    "{{ _('…') }}, or name its words in `untranslated`"
                )
    return found


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of what people would read of a template, without what its expressions make."""
    pieces: list[str] = []
    line = 1
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701  nothing is rendered
    for at, kind, value in environment.lex(source):
        if kind == "data":
            pieces.append("\n" * (at - line) + value)
            line = at + value.count("\n")
        elif kind == "variable_begin":
            pieces.append(_EXPRESSION)
    html = htmlscan.without_scripts("".join(pieces))
    position = 0
    for tag in htmlscan.tags(html):
        yield html.count("\n", 0, position) + 1, html[position : tag.start]
        for name, value in tag.attributes:
            if name in SHOWN:
                yield html.count("\n", 0, tag.start) + 1, value
        position = tag.end
    yield html.count("\n", 0, position) + 1, html[position:]
