"""Finding plugins without running their code: bundled and installed ones by entry point, drop-ins by file."""

import importlib
import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint
from pathlib import Path

from blogengine.plugins import manifest as manifests
from blogengine.plugins.manifest import ID as ID
from blogengine.plugins.manifest import Manifest as Manifest

log = logging.getLogger("blogengine.plugins")

GROUP = "blogengine.plugins"
RESERVED = frozenset({"admin", "asset", "commenting", "core", "listings", "pages", "static"})
"""Names of the core's own rooms among views and jobs."""


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
    warnings: tuple[str, ...] = ()
    """Sentences about what in its manifest was not understood."""
    source: str = ""
    """What the owner's choice is remembered by: `bundled`, `installed <distribution>` or `drop-in <file>`."""
    file: str = ""
    """The file of its module; empty where it was not found."""
    others: tuple["Candidate", ...] = ()
    """Other plugins with the same id, the one that stands nearest first."""

    @property
    def shadows(self) -> tuple[str, ...]:
        """Origins and places of the others."""
        return tuple(f"{other.origin} {other.where}" for other in self.others)

    @property
    def everyone(self) -> tuple["Candidate", ...]:
        """This one and all others of its id."""
        return (self, *self.others)

    def code_files(self) -> list[Path]:
        """Return the Python files of the plugin, sorted."""
        if not self.file:
            return []
        return sorted(self.root.rglob("*.py")) if self.root.is_dir() else [self.root]

    @property
    def on_by_default(self) -> bool:
        """Whether one of this id runs while the owner has decided nothing: a bundled one, no other."""
        return any(one.origin == "bundled" and one.manifest.default == "on" for one in self.everyone)

    @property
    def on_for_new_blogs(self) -> bool:
        """Whether a blog that begins with this engine begins with it: a bundled one, which may need tables."""
        return self.origin == "bundled" and self.manifest.default == "new"

    @property
    def root(self) -> Path:
        """The folder of a package, the file of a single module."""
        file = Path(self.file)
        return file.parent if file.name == "__init__.py" else file


def find(drop_in_folder: Path) -> dict[str, Candidate]:
    """Return all plugins by id; a drop-in stands before an installed one, that before a bundled one.

    Standing in front does not mean running: see `resolve`.
    """
    importlib.invalidate_caches()
    found: dict[str, list[Candidate]] = {}
    for candidate in [*_entry_points(), *_drop_ins(drop_in_folder)]:
        found.setdefault(candidate.id, []).insert(0, candidate)
    return {plugin_id: _in_front(found[plugin_id], 0) for plugin_id in sorted(found)}


def resolve(found: Candidate | None, source: str) -> Candidate | None:
    """Return the one that the owner enabled, of all that have one id; None when it is not there any more.

    `source` is what was remembered, or its first word. Nothing remembered means the bundled one, then the installed one:
    a file that was dropped in later takes nobody's place by itself. A drop-in may turn from a file into a folder,
    and a bundled plugin, which is part of the engine, stands in for one that is gone.
    """
    if found is None:
        return None
    everyone = found.everyone
    if not source:
        return _in_front(everyone, len(everyone) - 1)
    rules: tuple[Callable[[Candidate], bool], ...] = (
        lambda one: one.source == source,
        lambda one: one.origin == source,
        lambda one: one.origin == "drop-in" and source.startswith("drop-in"),
        lambda one: one.origin == "bundled",
    )
    for fits in rules:
        for position, one in enumerate(everyone):
            if fits(one):
                return _in_front(everyone, position)
    return None


def _in_front(everyone: Iterable[Candidate], position: int) -> Candidate:
    bare = [replace(one, others=()) for one in everyone]
    return replace(bare[position], others=(*bare[:position], *bare[position + 1 :]))


def rivals(candidate: Candidate) -> list[str]:
    """Return a sentence for each other plugin of the same id."""
    return [
        f"Another plugin has the id {candidate.id}: {other.origin} {other.where}. It waits; to let it run instead of the "
        f"{candidate.origin} one, run: blogengine plugins enable {candidate.id} --from {_word(candidate, other)}. "
        "Rename or remove the one you do not want."
        for other in candidate.others
    ]


def _word(candidate: Candidate, other: Candidate) -> str:
    alone = sum(one.origin == other.origin for one in candidate.everyone) == 1
    return other.origin if alone else f'"{other.source}"'


def _entry_points() -> list[Candidate]:
    candidates = []
    seen = set()
    described: dict[int, tuple[str, Manifest]] = {}
    for point in _announced():
        distribution = point.dist
        try:
            if id(distribution) not in described:  # one distribution may announce many plugins
                owner = (distribution.name or "") if distribution is not None else ""
                described[id(distribution)] = owner, manifests.of_distribution(point.name, distribution)
            owner, fallback = described[id(distribution)]
            fallback = replace(fallback, name=point.name)
        except (OSError, ValueError, KeyError) as error:
            owner, fallback = "", Manifest(point.name)
            log.warning("The metadata of the plugin %s cannot be read: %s", point.name, error)
        if (owner, point.name, point.value) in seen:
            continue
        seen.add((owner, point.name, point.value))
        is_bundled = owner == "blogengine"
        if is_bundled:
            fallback = Manifest(point.name, version=fallback.version)
        reading, file = _of_module(point, fallback)
        candidates.append(
            Candidate(
                manifests.one_line(point.name, 60) or "nameless",
                "bundled" if is_bundled else "installed",
                point.value,
                reading.manifest,
                _named_wrongly(
                    point.name, f"The entry point {point.name!r} is no plugin id: use {ID.pattern}."
                )
                or reading.problem,
                reading.warnings,
                "bundled" if is_bundled else f"installed {owner}",
                file,
            )
        )
    return sorted(candidates, key=lambda one: (one.origin != "bundled", one.id, one.source))


def _announced() -> list[EntryPoint]:
    """Return all entry points of our group; a distribution whose files are damaged costs only its own."""
    try:
        return list(importlib.metadata.entry_points(group=GROUP))
    except (OSError, ValueError, AttributeError, KeyError):
        points: list[EntryPoint] = []
    for distribution in importlib.metadata.distributions():
        try:
            points += distribution.entry_points.select(group=GROUP)
        except (OSError, ValueError, AttributeError, KeyError) as error:
            log.warning("An installed distribution cannot be read and was passed over: %s", error)
    return points


def _named_wrongly(name: str, sentence: str) -> str:
    if name in RESERVED:
        return f"The name {name} belongs to the core; give the plugin another."
    return "" if ID.fullmatch(name) else sentence


def _of_module(point: EntryPoint, fallback: Manifest) -> tuple[manifests.Reading, str]:
    name = point.value.split(":")[0].strip()
    try:
        spec = _spec(name)
    except (ImportError, ValueError, AttributeError, OSError, TypeError) as error:
        return manifests.Reading(fallback, f"The module {name} cannot be found: {error}."), ""
    if spec is None or not spec.origin or not spec.has_location:
        return manifests.Reading(
            fallback, f"The module {name} cannot be found; install the plugin again."
        ), ""
    reading = manifests.read(Path(spec.origin), fallback, point.name)
    if ":" in point.value:
        ignored = f"Its entry point names {point.value}: only the module {name} is used."
        reading = reading._replace(warnings=(*reading.warnings, ignored))
    return reading, spec.origin


def _spec(name: str) -> ModuleSpec | None:
    """Find a module without importing the packages that it is in, as `importlib.util.find_spec` would."""
    spec: ModuleSpec | None = None
    so_far = ""
    for part in name.split("."):
        path = spec.submodule_search_locations if spec is not None else None
        if so_far and path is None:
            return None
        so_far = f"{so_far}.{part}".lstrip(".")
        spec = next(
            (found for finder in sys.meta_path if (found := finder.find_spec(so_far, path)) is not None),
            None,
        )
        if spec is None:
            return None
    return spec


def _drop_ins(folder: Path) -> list[Candidate]:
    candidates = []
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        try:
            found = _drop_in(path)
        except OSError as error:
            name = _showable(path.name)
            found = Candidate(
                _showable(path.stem),
                "drop-in",
                _showable(str(path)),
                Manifest(name),
                source=f"drop-in {name}",
            )
            found = replace(
                found, problem=f"{name} cannot be read: {error.strerror or error}. Let this user read it."
            )
        if found is not None:
            candidates.append(found)
    return candidates


def _drop_in(path: Path) -> Candidate | None:
    """Return the plugin at `path`; None for what is none and does not look like one."""
    name = _showable(path.name)
    is_folder = path.is_dir()
    file = path / "__init__.py" if is_folder else path
    plugin_id = _showable(path.stem)
    reading = manifests.Reading(Manifest(plugin_id))
    if is_folder and path.suffix == ".py":
        reading = reading._replace(problem=f"{name} is a folder: take the .py from its name.")
    elif is_folder and not file.is_file():
        if not (path / "plugin.toml").is_file():
            return None
        reading = reading._replace(problem=f"{name} has a plugin.toml and no __init__.py: write that.")
    elif file.suffix != ".py":
        return None
    elif path.is_symlink() and not path.exists():
        reading = reading._replace(problem=f"{name} is a link that leads nowhere: mend or remove it.")
    elif not file.is_file():
        reading = reading._replace(problem=f"{name} is neither a file nor a folder: remove it.")
    else:
        reading = manifests.read(file, Manifest(plugin_id), plugin_id)
    wrong = _named_wrongly(plugin_id, f"{name} is no plugin name: use {ID.pattern} and .py.")
    return Candidate(
        plugin_id,
        "drop-in",
        str(path) if name == path.name else _showable(str(path)),
        reading.manifest,
        reading.problem if is_folder and path.suffix == ".py" else wrong or reading.problem,
        reading.warnings,
        f"drop-in {name}",
        str(file),
    )


def _showable(name: str) -> str:
    """Return a file's name as text that can be stored and shown, whatever bytes it has."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
