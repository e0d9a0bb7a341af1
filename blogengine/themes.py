"""Themes: data without Python, found in three places and looked up in a chain that ends in the core's fallback."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from blogengine.assets import StaticFile
from blogengine.assets import made
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.runtime import blog

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
    """`bundled`, `own`, or `plugin` and its id."""
    version: str = ""
    summary: str = ""
    parent: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


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


def find(instance: Path, of_plugins: Mapping[Path, str]) -> dict[str, Theme]:
    """Return all themes by id; one in the instance's `themes/` stands before that of a plugin or a bundled one."""
    found = {path.name: _read(path, "bundled") for path in bundled_folders()}
    found.update({path.name: _read(path, f"plugin {plugin_id}") for path, plugin_id in of_plugins.items()})
    found.update({path.name: _read(path, "own") for path in _folders(instance / "themes")})
    return dict(sorted(found.items()))


def bundled_folders() -> list[Path]:
    """Return the folders of the themes that come with the engine."""
    return _folders(BUNDLED)


def available() -> dict[str, Theme]:
    """Return all themes that the running blog can wear, by id."""
    return find(blog().config.instance, blog().themes)


def _folders(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.is_dir() and not path.name.startswith((".", "_"))]


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
            missing = f"There is no theme {wanted!r}; a plugin that brought it may be off."
            reason = theme.problem if theme is not None else missing
            rest = [themes[FALLBACK]] if FALLBACK in themes and not line else line
            return rest, f"{reason} The theme {FALLBACK} stands in; choose one under Themes."
        line.append(theme)
        wanted = theme.parent
    return line, ""


def choose(theme_id: str) -> Theme:
    """Return a theme that can be used. Raises `NotFound` with what is wrong."""
    theme = available().get(theme_id)
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


def static_folders(instance: Path, line: list[Theme]) -> list[Path]:
    """Return where static files are looked for, in order: the owner's own, the theme and its parents, the core."""
    return [instance / "static", *(theme.folder / "static" for theme in line), CORE / "static"]


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


def settings_sheet(theme: Theme, chosen: Mapping[str, Any]) -> StaticFile | None:
    """Return the style sheet that makes the owner's choices CSS custom properties; None where there are none."""
    lines = []
    for key, value in sorted(chosen.items()):
        try:
            lines.append(f"--{key}:{accept_setting(theme, key, str(value))}")
        except Refused:
            continue  # of another version of the theme; kept for when it comes back
    if not lines:
        return None
    return made(SETTINGS_SHEET, f":root{{{';'.join(lines)}}}".encode())
