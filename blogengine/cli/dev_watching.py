"""Which files were saved: their dates are looked at again and again, which works everywhere and needs no library."""

import os
import sysconfig
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path

import blogengine
from blogengine.plugins import discovery

Facts = dict[str, tuple[int, int]]

NOT_WATCHED = frozenset(
    {"__pycache__", ".git", ".venv", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
)
SUFFIXES = (
    ".py",
    ".html",
    ".xml",
    ".css",
    ".js",
    ".mjs",
    ".toml",
    ".json",
    ".txt",
    ".svg",
    ".png",
    ".po",
    ".mo",
)


class Watcher:
    """Files below folders, which are asked for anew at each look: a plugin may have come."""

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        self._folders = folders
        self._known = self._look()

    def changes(self) -> list[Path]:
        """Return the files that came, went or were saved since the last call."""
        now = self._look()
        before, self._known = self._known, now
        names = [name for name in {*before, *now} if before.get(name) != now.get(name)]
        return sorted(map(Path, names))

    def _look(self) -> Facts:
        return {name: facts for folder in dict.fromkeys(self._folders()) for name, facts in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    if folder.is_file():
        facts = folder.stat()
        yield str(folder), (facts.st_mtime_ns, facts.st_size)
        return
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting += [] if entry.name in NOT_WATCHED else [entry.path]
                    elif entry.name.endswith(SUFFIXES):
                        facts = entry.stat()
                        yield entry.path, (facts.st_mtime_ns, facts.st_size)
        except OSError:
            continue  # it went while it was looked at


def is_editable(folder: Path) -> bool:
    """Whether code is where somebody edits it, not where pip put it."""
    installed = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    return not any(folder.is_relative_to(place) for place in installed)


def engine_folders() -> list[Path]:
    """Return where the engine's code is, when it is edited, and its bundled themes."""
    folder = Path(blogengine.__file__).parent
    return [folder, folder.parent / "themes"] if is_editable(folder) else []


def editable_plugins() -> list[Path]:
    """Return where the code of bundled and installed plugins is, when it is edited."""
    found = discovery.find(Path(os.devnull)).values()
    return [one.root for one in found if one.file and is_editable(one.root)]
