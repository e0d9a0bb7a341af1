"""Static files of theme, owner and plugins: which are served, at addresses that change with their content."""

import difflib
import hashlib
import logging
import mimetypes
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

log = logging.getLogger("blogengine.assets")

KINDS: Mapping[str, str] = {
    "avif": "image/avif",
    "css": "text/css",
    "gif": "image/gif",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
"""Media types by the endings that are served. No documents: a page belongs to a template, which escapes."""

SCRIPTS = ("js", "mjs")


class MissingFile(LookupError):
    """There is no such static file; the sentence says what is there."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A static file with its address, which changes with its content."""

    name: str
    content: Path | bytes
    url: str
    mime: str

    def read(self) -> bytes:
        """Return what is in it."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


class Files(dict[str, StaticFile]):
    """Static files by name; those of a plugin are called `@<id>/<name>`."""

    def __missing__(self, name: str) -> StaticFile:
        raise MissingFile(self._sentence(name))

    def _sentence(self, name: str) -> str:
        if ending(name) not in KINDS:
            return f"{name!r} is not served: static files end in {', '.join(KINDS)}."
        owner = name.partition("/")[0] if name.startswith("@") else ""
        there = sorted(
            one for one in self if one.startswith(f"{owner}/") or not (owner or one.startswith("@"))
        )
        close = difflib.get_close_matches(name, there, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        place = f"of {owner}" if owner else "of theme, owner and core"
        shown = ", ".join(there[:20]) + (" …" if len(there) > 20 else "") if there else "none"
        return f"There is no static file {name!r}.{meant} Files {place}: {shown}."


def ending(name: str) -> str:
    """Return what stands after the last dot of a file's name, in small letters."""
    return name.rpartition("/")[2].rpartition(".")[2].lower() if "." in name else ""


def collect(folders: Iterable[tuple[str, Path]]) -> Files:
    """Return the files of all `folders`, each with what is put before its files' names; first found, first taken."""
    found = Files()
    for prefix, folder in folders:
        for path in _files(folder):
            name = f"{prefix}{path.relative_to(folder).as_posix()}"
            kind = KINDS.get(ending(name))
            if name in found or kind is None:
                continue
            try:
                facts = path.stat()
                digest = _digest(path, facts.st_mtime_ns, facts.st_size)
            except OSError as error:
                log.warning("%s is not served: %s", path, error.strerror)
                continue
            found[name] = StaticFile(name, path, address(digest, name), kind)
    return found


def made(name: str, content: bytes) -> StaticFile:
    """Return a file that exists in memory only."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(name, content, address(digest, name), mimetypes.guess_type(name)[0] or "text/plain")


def address(digest: str, name: str) -> str:
    """Return the path of a file."""
    return f"/-/assets/{digest}/{name}"


@lru_cache(maxsize=2000)
def _digest(path: Path, changed: int, size: int) -> str:
    """Return the digest of a file, once for each state of it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in `folder` that are really in it: a link that leads out of it is no way to other files."""
    if not folder.is_dir():
        return
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and path.resolve().is_relative_to(root):
            yield path
