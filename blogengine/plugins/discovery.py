"""Finding plugins without running their code: bundled and installed ones by entry point, drop-ins by file."""

import ast
import importlib.metadata
import importlib.util
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

GROUP = "blogengine.plugins"
ID = re.compile(r"[a-z][a-z0-9_]{1,30}")
RESERVED = frozenset({"admin", "asset", "commenting", "core", "listings", "pages", "static"})
"""Names of the core's own rooms among views and jobs."""
_KNOWN: dict[str, type] = {
    "name": str,
    "version": str,
    "summary": str,
    "default": str,
    "root_routes": list,
    "documentation": str,
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says about itself; every part has a default."""

    name: str
    version: str = "0"
    summary: str = ""
    default: str = "off"
    """`on` only counts for bundled plugins: installed is not enabled."""
    root_routes: tuple[str, ...] = ()
    """Rules that are mounted outside `/-/<plugin id>/`."""
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found. `origin` is `bundled`, `installed` or `drop-in`."""

    id: str
    origin: str
    where: str
    """Module name, or the file or folder of a drop-in."""
    manifest: Manifest
    problem: str = ""
    """A sentence, when it cannot be loaded as it is."""
    shadows: tuple[str, ...] = field(default=())
    """Origins of other plugins with the same id that this one stands in front of."""

    def code_files(self) -> list[Path]:
        """Return the Python files of the plugin, sorted."""
        if self.origin == "drop-in":
            path = Path(self.where)
        else:
            spec = importlib.util.find_spec(self.where.split(":")[0])
            if spec is None or not spec.origin:
                return []
            path = Path(spec.origin)
            path = path.parent if path.name == "__init__.py" else path
        return sorted(path.rglob("*.py")) if path.is_dir() else [path]

    @property
    def on_by_default(self) -> bool:
        """Whether it runs while the owner has decided nothing."""
        return self.origin == "bundled" and self.manifest.default == "on"


def find(drop_in_folder: Path) -> dict[str, Candidate]:
    """Return all plugins by id; a drop-in stands before an installed one, that before a bundled one."""
    found: dict[str, Candidate] = {}
    for candidate in [*_entry_points(), *_drop_ins(drop_in_folder)]:
        before = found.get(candidate.id)
        if before is not None:
            shadows = (*before.shadows, f"{before.origin} {before.where}")
            candidate = Candidate(
                candidate.id,
                candidate.origin,
                candidate.where,
                candidate.manifest,
                candidate.problem,
                shadows,
            )
        found[candidate.id] = candidate
    return dict(sorted(found.items()))


def _entry_points() -> list[Candidate]:
    candidates = []
    seen = set()
    for point in importlib.metadata.entry_points(group=GROUP):
        if (point.name, point.value) in seen:
            continue
        seen.add((point.name, point.value))
        distribution = point.dist.name if point.dist is not None else ""
        origin = "bundled" if distribution == "blogengine" else "installed"
        fallback = Manifest(
            point.name,
            version=point.dist.version if point.dist is not None else "0",
            summary=(point.dist.metadata["Summary"] or "")
            if point.dist is not None and origin == "installed"
            else "",
        )
        manifest, problem = _of_module(point.value, fallback)
        if not ID.fullmatch(point.name):
            problem = f"The entry point {point.name!r} is no plugin id: use {ID.pattern}."
        elif point.name in RESERVED:
            problem = f"The name {point.name} belongs to the core; give the plugin another."
        candidates.append(Candidate(point.name, origin, point.value, manifest, problem))
    return sorted(candidates, key=lambda candidate: (candidate.origin != "bundled", candidate.id))


def _of_module(module: str, fallback: Manifest) -> tuple[Manifest, str]:
    try:
        spec = importlib.util.find_spec(module.split(":")[0])
    except (ImportError, ValueError, AttributeError) as error:
        return fallback, f"The module {module} cannot be found: {error}."
    if spec is None or not spec.origin:
        return fallback, f"The module {module} cannot be found; install the plugin again."
    return _read(Path(spec.origin), fallback)


def _drop_ins(folder: Path) -> list[Candidate]:
    candidates = []
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        file = path / "__init__.py" if path.is_dir() else path
        if file.suffix != ".py" or not file.is_file():
            continue
        manifest, problem = _read(file, Manifest(path.stem))
        if not ID.fullmatch(path.stem):
            problem = f"{path.name} is no plugin name: use {ID.pattern} and .py."
        elif path.stem in RESERVED:
            problem = f"The name {path.stem} belongs to the core; give the plugin another."
        candidates.append(Candidate(path.stem, "drop-in", str(path), manifest, problem))
    return candidates


def _read(file: Path, fallback: Manifest) -> tuple[Manifest, str]:
    """Read `plugin.toml` beside `file`, or the literal `PLUGIN = {...}` in it; nothing is executed."""
    table = file.parent / "plugin.toml"
    try:
        if file.name == "__init__.py" and table.is_file():
            return _manifest(tomllib.loads(table.read_text(encoding="utf-8")), fallback, table)
        if file.stat().st_size > 1_000_000:
            return fallback, ""
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "PLUGIN" for target in node.targets
            ):
                return _manifest(ast.literal_eval(node.value), fallback, file)
    except tomllib.TOMLDecodeError as error:
        return fallback, f"{table} is not TOML: {error}."
    except SyntaxError as error:
        return fallback, f"{file.name}, line {error.lineno}: {error.msg}."
    except ValueError:
        return fallback, f"PLUGIN in {file.name} must be a plain dictionary of texts and lists."
    except OSError as error:
        return fallback, f"{file} cannot be read: {error.strerror}."
    return fallback, ""


def _manifest(table: Any, fallback: Manifest, file: Path) -> tuple[Manifest, str]:
    if not isinstance(table, Mapping):
        return fallback, f"{file.name}: the manifest must be a table."
    values: dict[str, Any] = {}
    for key, kind in _KNOWN.items():
        if key not in table:
            continue
        value = table[key]
        fits = isinstance(value, kind)
        if isinstance(value, list):
            fits = fits and all(isinstance(item, str) for item in value)
        if not fits:
            wanted = "a list of texts" if kind is list else "text"
            return fallback, f"{file.name}: {key} must be {wanted}, not {value!r}."
        values[key] = tuple(table[key]) if kind is list else table[key]
    for rule in values.get("root_routes", ()):
        if not rule.startswith("/"):
            return fallback, f"{file.name}: the root route {rule!r} must begin with a slash."
    if values.get("default", "off") not in ("on", "off"):
        return fallback, f'{file.name}: default must be "on" or "off".'
    return Manifest(
        **{"name": fallback.name, "version": fallback.version, "summary": fallback.summary, **values}
    ), ""
