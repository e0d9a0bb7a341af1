"""Breadcrumbs: a small file for each process that names what each of its threads is doing for which plugin.

The file is mapped into memory, so what was written is there after a segfault, `os._exit` or a kill, without a system
call for each hook (0.1 µs). Whoever started the process reads it and knows which plugin was at work when it died.
"""

import contextlib
import mmap
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = 96
"""Bytes of one thread's crumb."""
SLOTS = 64
"""Threads with a crumb of their own in one process."""
EMPTY = b"\0" * SIZE


@dataclass(frozen=True, slots=True)
class Crumb:
    """A plugin and what it was asked for: a hook's name, or `import`."""

    plugin_id: str
    place: str


def record(plugin_id: str, place: str) -> bytes:
    """Return a crumb as it is written."""
    return f"{plugin_id} {place}".encode(errors="replace")[:SIZE].ljust(SIZE, b"\0")


class Crumbs:
    """The crumbs of this process; nothing is written before `open`."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._slots: dict[int, int] = {}
        self._lock = threading.Lock()
        self._path: Path | None = None

    def open(self, folder: Path) -> None:
        """Write into `folder` from now on, into a file of this process. A folder that cannot be written is left alone."""
        self.close(keep=True)
        path = folder / f"crumbs-{os.getpid()}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.ftruncate(descriptor, SIZE * SLOTS)
                self._memory = mmap.mmap(descriptor, SIZE * SLOTS)
            finally:
                os.close(descriptor)
            self._path = path

    def close(self, *, keep: bool = False) -> None:
        """Stop writing, and delete the file unless `keep`, as a process does that inherited it by a fork."""
        self._memory, path = None, self._path
        self._slots, self._path = {}, None
        if path is not None and not keep:
            path.unlink(missing_ok=True)

    def put(self, thread: int, crumb: bytes) -> None:
        """Say what a thread does now."""
        memory = self._memory
        if memory is None:
            return
        at = self._slots.get(thread)
        if at is None:
            with self._lock:
                at = self._slots.setdefault(thread, len(self._slots) % SLOTS * SIZE)
        memory[at : at + SIZE] = crumb

    @contextlib.contextmanager
    def at(self, plugin_id: str, place: str) -> Iterator[None]:
        """Say that this thread is at `place` for a plugin."""
        thread = threading.get_ident()
        self.put(thread, record(plugin_id, place))
        try:
            yield
        finally:
            self.put(thread, EMPTY)


def left_by(folder: Path, pid: int) -> list[Crumb]:
    """Return what the process `pid` was doing when it died, and delete its file."""
    path = folder / f"crumbs-{pid}"
    try:
        content = path.read_bytes()
    except OSError:
        return []
    path.unlink(missing_ok=True)
    found = []
    for at in range(0, len(content), SIZE):
        plugin_id, _, place = content[at : at + SIZE].rstrip(b"\0").decode(errors="replace").partition(" ")
        if plugin_id and place:
            found.append(Crumb(plugin_id, place))
    return list(dict.fromkeys(found))


def left_by_the_dead(folder: Path) -> list[Crumb]:
    """Return what processes were importing that died without anybody to see it, and delete their files.

    Only imports count: the power goes off in the middle of any hook, but a server that was ended from outside in the
    moments of its start is rare.
    """
    found: list[Crumb] = []
    for path in folder.glob("crumbs-*"):
        pid = path.name.removeprefix("crumbs-")
        if pid.isdigit() and not _is_alive(int(pid)):
            found += [crumb for crumb in left_by(folder, int(pid)) if crumb.place == "import"]
    return found


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
