"""Themes: data without Python, found in three places and looked up in a chain that ends in the core's fallback."""

import hashlib
import mimetypes
import re
import tomllib
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from blogengine.errors import NotFound
from blogengine.errors import Refused

CORE = Path(__file__).parent
FALLBACK = "plain"
_PACKAGED = CORE / "_bundled" / "themes"
BUNDLED = _PACKAGED if _PACKAGED.is_dir() else CORE.parent / "themes"


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme that was found; `problem` is a sentence when its `theme.toml` cannot be used."""

    id: str
    name: str
    folder: Path
    origin: str
    """`bundled` or `own`."""
    version: str = ""
    summary: str = ""
    parent: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file with its address, which changes with its content."""

    name: str
    content: Path | bytes
    url: str
    mime: str


SETTINGS_SHEET = "theme-settings.css"
_ACCEPTED = {
    "color": (
        re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|[a-z]{3,30}"),
        "a colour like #b4500f",
    ),
    "length": (re.compile(r"\d{1,4}(?:\.\d{1,3})?(?:rem|em|px|ch|vw|%)"), "a length like 41rem"),
    "font": (re.compile(r"[A-Za-z0-9 ,'_-]{1,300}"), "names of typefaces with commas between"),
}
_CHOICE = re.compile(r"[A-Za-z0-9#%., '_-]{1,80}")
_PROPERTY = re.compile(r"[a-z][a-z0-9-]{0,40}")


def find(instance: Path) -> dict[str, Theme]:
    """Return all themes by id; one in the instance's `themes/` stands before a bundled one."""
    found: dict[str, Theme] = {}
    for folder, origin in ((BUNDLED, "bundled"), (instance / "themes", "own")):
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith((".", "_")):
                found[path.name] = _read(path, origin)
    return dict(sorted(found.items()))


def _read(folder: Path, origin: str) -> Theme:
    file = folder / "theme.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        texts = {key: table.get(key, "") for key in ("name", "version", "summary", "parent")}
        for key, value in texts.items():
            if not isinstance(value, str):
                raise ValueError(f"{key} must be text")
        settings = table.get("settings", {})
        if not isinstance(settings, dict):
            raise ValueError("settings must be a table")
    except FileNotFoundError:
        return Theme(folder.name, folder.name, folder, origin, problem=f"{folder} has no theme.toml.")
    except (OSError, ValueError) as error:
        return Theme(folder.name, folder.name, folder, origin, problem=f"{file}: {error}.")
    texts["name"] = texts["name"] or folder.name
    return Theme(folder.name, folder=folder, origin=origin, settings=settings, **texts)


def chain(themes: Mapping[str, Theme], theme_id: str) -> tuple[list[Theme], str]:
    """Return the theme and its parents, and a sentence when the wished one cannot be used and the fallback stands in."""
    line: list[Theme] = []
    wanted = theme_id
    while wanted and wanted not in {theme.id for theme in line}:
        theme = themes.get(wanted)
        if theme is None or theme.problem:
            reason = theme.problem if theme is not None else f"There is no theme {wanted!r}."
            rest = [themes[FALLBACK]] if FALLBACK in themes and not line else line
            return rest, f"{reason} The theme {FALLBACK} stands in; choose one under Themes."
        line.append(theme)
        wanted = theme.parent
    return line, ""


def choose(instance: Path, theme_id: str) -> Theme:
    """Return a theme that can be used. Raises `NotFound` with what is wrong."""
    theme = find(instance).get(theme_id)
    if theme is None:
        raise NotFound(
            f"There is no theme {theme_id!r}.", hint="`blogengine themes list` shows what is there."
        )
    if theme.problem:
        raise NotFound(theme.problem, hint="Mend it, or choose another theme.")
    return theme


def template_folders(instance: Path, line: list[Theme]) -> list[Path]:
    """Return where templates are looked for, in order: the owner's own, the theme and its parents, the core."""
    return [instance / "templates", *(theme.folder / "templates" for theme in line), CORE / "templates"]


def assets(instance: Path, line: list[Theme]) -> dict[str, Asset]:
    """Return all static files by name, first found first: the owner's own, the theme and its parents, the core."""
    found: dict[str, Asset] = {}
    for folder in [instance / "static", *(theme.folder / "static" for theme in line), CORE / "static"]:
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            if name not in found:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
                mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
                found[name] = Asset(name, path, f"/-/assets/{digest}/{name}", mime)
    return found


def accept_setting(theme: Theme, key: str, value: str) -> str:
    """Return `value` as the theme's setting `key` takes it. Raises `Refused`."""
    facts = theme.settings.get(key)
    if not isinstance(facts, Mapping) or not _PROPERTY.fullmatch(key):
        known = ", ".join(theme.settings) or "none"
        raise Refused(f"The theme {theme.id} has no setting {key!r}.", hint=f"It has: {known}.")
    value = value.strip()
    label = facts.get("label", key)
    if facts.get("type") == "choice":
        choices = [str(choice) for choice in facts.get("choices", [])]
        if value not in choices or not _CHOICE.fullmatch(value):
            raise Refused(f"{label} must be one of: {', '.join(choices)}.")
        return value
    pattern, wanted = _ACCEPTED.get(str(facts.get("type")), _ACCEPTED["color"])
    if not pattern.fullmatch(value):
        raise Refused(f"{label} must be {wanted}, not {value!r}.")
    return value


def settings_sheet(theme: Theme, chosen: Mapping[str, Any]) -> Asset | None:
    """Return the style sheet that makes the owner's choices CSS custom properties; None where there are none."""
    lines = []
    for key, value in sorted(chosen.items()):
        try:
            lines.append(f"--{key}:{accept_setting(theme, key, str(value))}")
        except Refused:
            continue  # of another version of the theme; kept for when it comes back
    if not lines:
        return None
    content = f":root{{{';'.join(lines)}}}".encode()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(SETTINGS_SHEET, content, f"/-/assets/{digest}/{SETTINGS_SHEET}", "text/css")


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path
