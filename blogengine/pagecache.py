"""Whole pages kept in memory, each with the tags it was made from and the moment until which it is true.

A write bumps its tags with the next number of one commit-ordered sequence in the database (`db.write`). An entry
is stamped with the sequence *before* its first read, so it may be newer than its stamp but never older, and each
hit is checked against the database: no purge messages, right across threads, processes and nodes.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from blogengine import clock
from blogengine.sequence import SETUP_TAG as SETUP_TAG
from blogengine.sequence import Sequence

T = TypeVar("T")

EVERYTHING = "*"
"""Tag of every entry: bumped when data came in past the engine (restore, repair)."""

VALUES = 1000
"""How many values a process remembers: some of each post, so that a crawler cannot fill the memory with them."""

Key = tuple[str, bytes]
"""Path, decoded, and query as sent."""


class View:
    """What the page that is being made was made from."""

    __slots__ = ("cache", "cacheable", "personal", "stamp", "tags", "until")

    def __init__(self, cache: "PageCache | None" = None, stamp: int = 0) -> None:
        self.tags: set[str] = {EVERYTHING, SETUP_TAG}
        self.until: float | None = None
        self.cacheable = self.personal = False
        self.cache = cache
        self.stamp = stamp


_view: ContextVar[View | None] = ContextVar("view", default=None)


def current_view() -> View | None:
    """Return the view of the page that is being made, or None outside of one."""
    return _view.get()


def enter_view(view: View) -> Any:
    """Record into `view` from now on; give the result to `leave_view`."""
    return _view.set(view)


def leave_view(token: Any) -> None:
    """Stop recording."""
    _view.reset(token)


def depends(*tags: str) -> None:
    """Say that the page being made is no longer true once one of `tags` is bumped."""
    view = _view.get()
    if view is not None:
        view.tags.update(tags)


def expires(at: datetime | float | None) -> None:
    """Say that the page being made stops being true at `at` (aware datetime or Unix seconds)."""
    view = _view.get()
    if view is None or at is None:
        return
    moment = at.timestamp() if isinstance(at, datetime) else at
    if view.until is None or moment < view.until:
        view.until = moment


def remember(key: str, tags: tuple[str, ...], read: Callable[[], T]) -> T:
    """Return what `read` gives, remembered in this process until one of `tags` is bumped.

    For counts and lists that many pages need and few writes change; a plugin begins `key` with its id. Posts have the tag
    `posts`, comments `comments`. Do not change what you get: it is what is remembered. Like a page, it is stamped with
    the sequence as it was before the page's first read; outside of a page it is read afresh.
    """
    depends(*tags)
    view = _view.get()
    if view is None or view.cache is None:
        return read()
    kept = view.cache.value(key)
    known = view.cache.sequence.tags
    if kept is not None and not any(known.get(tag, 0) > kept[0] for tag in (EVERYTHING, *tags)):
        value: T = kept[1]
        return value
    value = read()
    view.cache.keep_value(key, view.stamp, value)
    return value


class Hit(NamedTuple):
    """An answer ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Entry:
    """A stored answer: whole, packed with gzip, or both once both were asked for; and that it is unchanged."""

    status: int
    headers: list[tuple[bytes, bytes]]
    """Those of the whole answer."""
    plain: bytes | None
    """The whole body. Browsers take all answers packed: it goes when the packed one is made, until somebody wants it."""
    unchanged: Hit
    is_packable: bool
    etag: str
    last_modified: str
    tags: frozenset[str]
    stamp: int
    checked: int
    until: float
    is_page: bool = False
    """Whether it is HTML that somebody reads, not a feed or a file."""
    size: int = 0
    """Bytes of both forms, at most."""
    packed: Hit | None = None

    def whole(self) -> Hit:
        """Return the answer as it was made."""
        body = self.plain
        if body is None:
            assert self.packed is not None
            body = self.plain = gzip.decompress(self.packed.body)
        return Hit(self.status, self.headers, body)

    def pack(self) -> Hit:
        """Return the answer packed with gzip (per request that would cost 30 times as much as sending it)."""
        body, packed = self.plain, self.packed  # in this order: another thread may be packing
        if packed is None:
            assert body is not None
            small = gzip.compress(body, 4, mtime=0)
            kept = [pair for pair in self.headers if pair[0] != b"Content-Length"]
            length = str(len(small)).encode()
            packed = self.packed = Hit(
                self.status, [*kept, (b"Content-Encoding", b"gzip"), (b"Content-Length", length)], small
            )
            self.plain = None
        return packed


class PageCache:
    """The pages of one process, least recently used dropped first, bounded in bytes."""

    def __init__(self, sequence: Sequence, *, limit: int = 8 * 1024 * 1024) -> None:
        self.sequence = sequence
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._values: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: Key) -> Entry | None:
        """Return the entry for `key` if every word of it is still true."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        seq = self.sequence.refresh()
        if entry.checked != seq:
            known = self.sequence.tags
            if any(known.get(tag, 0) > entry.stamp for tag in entry.tags):
                self._drop(key)
                self.misses += 1
                return None
            entry.checked = seq
        if entry.until <= clock.timestamp():
            self._drop(key)
            self.misses += 1
            return None
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
        self.hits += 1
        return entry

    def put(self, key: Key, entry: Entry) -> None:
        """Keep `entry`, which is whole as yet, for `key`."""
        bodies = len(entry.plain or b"") * (2 if entry.is_packable else 1)
        entry.size = bodies + len(key[0]) + len(key[1]) + 1000
        if entry.size > self._limit // 4:
            return
        with self._lock:
            before = self._entries.pop(key, None)
            if before is not None:
                self._size -= before.size
            self._entries[key] = entry
            self._size += entry.size
            while self._size > self._limit:
                _, oldest = self._entries.popitem(last=False)
                self._size -= oldest.size

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
            self._size = 0
            self._values.clear()

    def value(self, key: str) -> tuple[int, Any] | None:
        """Return what was remembered under `key`, with its stamp."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep_value(self, key: str, stamp: int, value: Any) -> None:
        """Remember a value, and forget the one that was not asked for longest."""
        with self._lock:
            self._values[key] = (stamp, value)
            self._values.move_to_end(key)
            if len(self._values) > VALUES:
                self._values.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, key: Key) -> None:
        with self._lock:
            entry = self._entries.pop(key, None)
            if entry is not None:
                self._size -= entry.size


def etag_of(body: bytes) -> str:
    """Return the entity tag for `body`, weak because the packed and the plain form share it (RFC 9110 §8.8.1)."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
