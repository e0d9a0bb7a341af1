"""What a plugin says about itself, read from its files or its distribution's metadata without running its code."""

import ast
import difflib
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from typing import NamedTuple

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion
from packaging.version import Version

ID = re.compile(r"[a-z][a-z0-9_]{1,30}")
_TEXTS = {
    "name": 100,
    "version": 50,
    "summary": 300,
    "author": 200,
    "default": 10,
    "engine": 100,
    "documentation": 500,
    "issues": 500,
}
"""Keys whose values are texts, and how many characters of them are kept."""
_LISTS = ("requires", "conflicts", "after", "before", "root_routes", "network")
_MOST = 200
"""Items of a list, and characters of an item."""
_TABLE_LIMIT = 100_000
_SOURCE_LIMIT = 1_000_000
"""Bytes of `plugin.toml`, and of a module that is searched for `PLUGIN`."""
_UNREADABLE = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)
"""What Python's own readers raise on input that is too deep, too large or no text."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says about itself; every part has a default."""

    name: str
    version: str = "0"
    summary: str = ""
    author: str = ""
    default: str = "off"
    """`on` only counts for bundled plugins: installed is not enabled."""
    engine: str = ""
    """Versions of the engine it runs with: `>=0.1,<1`."""
    requires: tuple[str, ...] = ()
    """Plugins it cannot run without: `search`, `search>=1.0`."""
    conflicts: tuple[str, ...] = ()
    """Plugins it does not run beside, written like `requires`."""
    after: tuple[str, ...] = ()
    """Ids of plugins whose hooks are called before its own."""
    before: tuple[str, ...] = ()
    """Ids of plugins whose hooks are called after its own."""
    root_routes: tuple[str, ...] = ()
    """Rules that are mounted outside `/-/<plugin id>/`."""
    network: tuple[str, ...] = ()
    """Machines it asks, as it tells the owner before they enable it: `api.example.org`. Nothing enforces it."""
    documentation: str = ""
    """Address of its manual."""
    issues: str = ""
    """Address where its faults are told."""


class Reading(NamedTuple):
    """A manifest, a sentence when the plugin cannot run with it, and sentences about what was not understood."""

    manifest: Manifest
    problem: str = ""
    warnings: tuple[str, ...] = ()


def read(file: Path, fallback: Manifest, plugin_id: str) -> Reading:
    """Read `plugin.toml` beside `file`, or the literal `PLUGIN = {...}` in it; nothing is executed or raised."""
    table = file.parent / "plugin.toml"
    place = file.name
    try:
        if file.name == "__init__.py" and table.is_file():
            place = "plugin.toml"
            if table.stat().st_size > _TABLE_LIMIT:
                return Reading(fallback, f"{table} has more than {_TABLE_LIMIT:,} bytes; write less into it.")
            return _checked(tomllib.loads(table.read_text(encoding="utf-8")), fallback, table, plugin_id)
        source = _parsed(file)
        if source.problem or source.node is None:
            return Reading(fallback, source.problem, source.warnings)
        return _checked(ast.literal_eval(source.node), fallback, file, plugin_id)
    except tomllib.TOMLDecodeError as error:
        return Reading(fallback, f"{table} is not TOML: {error}.")
    except _UNREADABLE as error:
        if place == "plugin.toml":
            return Reading(fallback, f"{table} cannot be read: {type(error).__name__}: {_cut(error)}.")
        return Reading(fallback, f"PLUGIN in {file.name} must be a plain dictionary of texts and lists.")
    except OSError as error:
        return Reading(fallback, f"{file} cannot be read: {error.strerror or error}.")


class _Source(NamedTuple):
    node: ast.expr | None = None
    problem: str = ""
    warnings: tuple[str, ...] = ()


def _parsed(file: Path) -> _Source:
    """Return what stands right of `PLUGIN =` in a module, and what is wrong with the module's grammar."""
    if file.suffix != ".py":
        return _Source()
    if file.stat().st_size > _SOURCE_LIMIT:
        return _Source(
            warnings=(f"{file.name} has more than {_SOURCE_LIMIT:,} bytes: PLUGIN was not looked for in it.",)
        )
    facts = file.stat()
    return _look_into(file, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=500)
def _look_into(file: Path, changed_at: int, size: int) -> _Source:
    """Read a module once for each of its versions: an app is built again with every change of the setup."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        return _Source(problem=f"{file.name}, line {error.lineno}: {_cut(error.msg)}.")
    except _UNREADABLE as error:
        return _Source(problem=f"{file.name} is no Python: {_cut(error) or type(error).__name__}.")
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        if any(isinstance(target, ast.Name) and target.id == "PLUGIN" for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            return _Source(node.value)
    return _Source()


def _checked(table: Any, fallback: Manifest, file: Path, plugin_id: str) -> Reading:
    """Turn a table into a manifest: a wrong value breaks the plugin, an unknown key is a warning."""
    if not isinstance(table, Mapping):
        return Reading(fallback, f"{file.name}: the manifest must be a table, not {shown(table)}.")
    values: dict[str, Any] = {}
    warnings = _unknown_keys(table, file)
    for key in (key for key in table if key in _TEXTS or key in _LISTS):
        value, problem = _value(key, table[key])
        if problem:
            return Reading(fallback, f"{file.name}: {problem}", tuple(warnings))
        values[key] = value
        if key in _TEXTS and value != table[key]:
            warnings.append(
                f"{file.name}: {key} is one line of at most {_TEXTS[key]} characters; the rest is left out."
            )
    manifest = replace(fallback, **values)
    problem = _nonsense(manifest, plugin_id)
    if problem:
        return Reading(fallback, f"{file.name}: {problem}", tuple(warnings))
    for key in ("documentation", "issues"):
        address = getattr(manifest, key)
        if address and not address.startswith(("http://", "https://")):
            warnings.append(f"{file.name}: {key} must be an address that begins with https://.")
            cleared: dict[str, Any] = {key: ""}
            manifest = replace(manifest, **cleared)
    if version_of(manifest.version) is None:
        warnings.append(
            f"{file.name}: no other plugin can require a version of this one, because {manifest.version!r} "
            "is no version number like 1.2.0."
        )
    return Reading(manifest, "", tuple(warnings))


def _unknown_keys(table: Mapping[Any, Any], file: Path) -> list[str]:
    known = {*_TEXTS, *_LISTS}
    unknown = [shown(key).strip("'\"") for key in table if key not in known]
    warnings = [
        f"{file.name}: there is no key {key}; it is left out.{did_you_mean(key, known)}"
        for key in unknown[:10]
    ]
    return [
        *warnings,
        *([f"{file.name}: {len(unknown) - 10} more unknown keys."] if len(unknown) > 10 else []),
    ]


def _value(key: str, value: Any) -> tuple[Any, str]:
    """Return an accepted value, or a sentence."""
    if key in _TEXTS:
        if not isinstance(value, str):
            return None, f"{key} must be text, not {shown(value)}."
        return one_line(value, _TEXTS[key]), ""
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        return None, f"{key} must be a list of texts, not {shown(value)}."
    if len(value) > _MOST or any(len(item) > _MOST for item in value):
        return None, f"{key} must have at most {_MOST} items of at most {_MOST} characters."
    for item in value:
        if item != one_line(item, _MOST):
            return None, f"{key} has an item that is not one line of text: {shown(item)}."
    return tuple(value), ""


def _nonsense(manifest: Manifest, plugin_id: str) -> str:
    """Return a sentence about values of the right type that mean nothing."""
    for rule in manifest.root_routes:
        if not rule.startswith("/"):
            return f"the root route {rule!r} must begin with a slash."
    if manifest.default not in ("on", "new", "off"):
        return f'default must be "on", "new" or "off", not {manifest.default!r}.'
    try:
        SpecifierSet(manifest.engine)
    except InvalidSpecifier:
        return f'engine must be a range of versions like ">=0.1,<1", not {manifest.engine!r}.'
    for key in ("requires", "conflicts"):
        for text in getattr(manifest, key):
            wanted = requirement(text)
            if wanted is None:
                return f'{key} names plugins like "search" or "search>=1.0", not {text!r}.'
            if wanted[0] == plugin_id:
                return f"{key} names the plugin itself; take {text!r} out."
    for key in ("after", "before"):
        for text in getattr(manifest, key):
            if not ID.fullmatch(text):
                return f"{key} must be ids of plugins, not {text!r}."
    both = {text_id(text) for text in manifest.requires} & {text_id(text) for text in manifest.conflicts}
    if both:
        return f"requires and conflicts both name {min(both)}; take one out."
    return ""


def requirement(text: str) -> tuple[str, SpecifierSet] | None:
    """Return the plugin's id and the versions that `search>=1.0` asks for; None where it is no such text."""
    try:
        read = Requirement(text)
    except InvalidRequirement:
        return None
    if read.extras or read.url or read.marker or not ID.fullmatch(read.name):
        return None
    return read.name, read.specifier


def text_id(text: str) -> str:
    """Return the id in a requirement."""
    wanted = requirement(text)
    return wanted[0] if wanted is not None else text


def version_of(text: str) -> Version | None:
    """Return a version that can be compared, or None."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def of_distribution(plugin_id: str, distribution: Distribution | None) -> Manifest:
    """Return what the metadata of an installed distribution says."""
    if distribution is None:
        return Manifest(plugin_id)
    metadata = distribution.metadata
    addresses: dict[str, str] = {}
    for line in metadata.get_all("Project-URL") or ():
        label, _, address = str(line).partition(",")
        addresses[re.sub("[^a-z]", "", label.lower())] = address.strip()
    engine = ""
    for line in metadata.get_all("Requires-Dist") or ():
        try:
            wanted = Requirement(str(line))
        except InvalidRequirement:
            continue
        if canonicalize_name(wanted.name) == "blogengine" and wanted.marker is None:
            engine = str(wanted.specifier)
    said = {
        "version": metadata["Version"] or "0",
        "summary": metadata["Summary"] or "",
        "author": metadata["Author"] or metadata["Author-email"] or "",
        "engine": engine,
        "documentation": addresses.get("documentation") or addresses.get("homepage") or "",
        "issues": addresses.get("issues") or addresses.get("bugtracker") or addresses.get("tracker") or "",
    }
    lines: dict[str, Any] = {key: one_line(str(value), _TEXTS[key]) for key, value in said.items()}
    return Manifest(plugin_id, **lines)


def one_line(text: str, limit: int) -> str:
    """Return `text` as one line of at most `limit` characters that a terminal and a page can show."""
    line = "".join(character if character.isprintable() else " " for character in text[: 4 * limit])
    return " ".join(line.split())[:limit]


def shown(value: Any) -> str:
    """Return a value as a sentence can show it, however large or deep it is."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} that is too large to show"
    return one_line(text, 80) + ("…" if len(text) > 80 else "")


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return ` Did you mean x?` with what is closest to `word`, or nothing."""
    close = difflib.get_close_matches(word[:60], sorted(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]}?" if close else ""


def _cut(value: object) -> str:
    return one_line(str(value), 200).rstrip(".")
