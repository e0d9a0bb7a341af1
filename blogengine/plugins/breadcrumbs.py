"""Breadcrumbs: a small file for each process that names what each of its threads is doing for which plugin.

The file is mapped into memory, so what was written is there after a segfault, `os._exit` or a kill, without a system
call for each hook (0.1 µs). Whoever started the process reads it and knows which plugin was at work when it died.
"""

import contextlib
import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SIZE = 96
"""Bytes of one thread's crumb."""
SLOTS = 64
"""Threads with a crumb of their own in one process."""
EMPTY = b"\0" * SIZE
AGAIN = "+"
"""Begin of the crumb of a place that the process has come back from before; no plugin's id begins with it."""
BEAT = struct.Struct("<d")
"""Seconds of the machine's monotonic clock, behind the crumbs: when the process was last seen to be well."""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A plugin and what it was asked for: a hook's name, or `import`.

    `came_back` says that the same process had been there before and had come back.
    """

    plugin_id: str
    place: str
    came_back: bool = False


def record(plugin_id: str, place: str, *, came_back: bool = False) -> bytes:
    """Return a crumb as it is written."""
    mark = AGAIN if came_back else ""
    return f"{mark}{plugin_id} {place}".encode(errors="replace")[:SIZE].ljust(SIZE, b"\0")


class Crumbs:
    """The crumbs of this process; nothing is written before `open`."""

    def __init__(self) -> None:
        self.memory: mmap.mmap | None = None
        self._given = 0
        self._lock = threading.Lock()
        self._path: Path | None = None

    def open(self, folder: Path) -> None:
        """Write into `folder` from now on, into a file of this process. A folder that cannot be written is left alone."""
        self.memory, self._path = None, None
        path = folder / f"crumbs-{os.getpid()}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.ftruncate(descriptor, SIZE * SLOTS + BEAT.size)
                self.memory = mmap.mmap(descriptor, SIZE * SLOTS + BEAT.size)
            finally:
                os.close(descriptor)
            self._path = path
        self.beat()

    def close(self) -> None:
        """Stop writing, and delete the file."""
        self.memory, path = None, self._path
        self._path = None
        if path is not None:
            path.unlink(missing_ok=True)

    def beat(self) -> None:
        """Say that this process is well."""
        memory = self.memory
        if memory is not None:
            memory[SIZE * SLOTS :] = BEAT.pack(time.monotonic())

    def slot(self) -> slice:
        """Return a place for the crumbs of one more thread."""
        with self._lock:
            at = self._given % SLOTS * SIZE
            self._given += 1
        return slice(at, at + SIZE)

    def put(self, slot: slice, crumb: bytes) -> None:
        """Say what a thread does now."""
        memory = self.memory
        if memory is not None:
            memory[slot] = crumb


def left_by(folder: Path, pid: int) -> list[Crumb]:
    """Return what the process `pid` was doing when it died, and delete its file."""
    path = folder / f"crumbs-{pid}"
    try:
        content = path.read_bytes()
    except OSError:
        return []
    path.unlink(missing_ok=True)
    return _read(content)


def silence_of(folder: Path, pid: int) -> tuple[float, list[Crumb]]:
    """Return for how many seconds the process `pid` has said nothing, and what it is doing."""
    try:
        content = (folder / f"crumbs-{pid}").read_bytes()
        (beat,) = BEAT.unpack(content[SIZE * SLOTS :])
    except (OSError, struct.error):
        return 0.0, []
    return time.monotonic() - beat, _read(content)


def _read(content: bytes) -> list[Crumb]:
    found = []
    for at in range(0, min(len(content), SIZE * SLOTS), SIZE):
        plugin_id, _, place = content[at : at + SIZE].rstrip(b"\0").decode(errors="replace").partition(" ")
        if plugin_id and place:
            found.append(Crumb(plugin_id.removeprefix(AGAIN), place, plugin_id.startswith(AGAIN)))
    return list(dict.fromkeys(found))


def left_by_the_dead(folder: Path) -> list[Crumb]:
    """Return what processes were doing that died without anybody to see it, and delete their files."""
    found: list[Crumb] = []
    for path in folder.glob("crumbs-*"):
        pid = path.name.removeprefix("crumbs-")
        if pid.isdigit() and not is_alive(int(pid)):
            found += left_by(folder, int(pid))
    return found


def is_alive(pid: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
