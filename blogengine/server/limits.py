"""How much one request may send and how long it may take, and who gives way when too many send at once."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from typing import Any

from blogengine.server.answers import bad_request
from blogengine.server.answers import body_too_slow
from blogengine.server.answers import too_busy

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MEGABYTE = 1_000_000

SPOOL = 64 * 1024
"""Bytes of one body kept in memory; 1,000 bodies at once must not fill a small server."""

PATIENCE = 1.0
"""Seconds for which a body is never cut off in favour of another one."""


def body_limit(path: str) -> int:
    """Return how many bytes a body sent to `path` may have: 22 MB with a picture, 2 MB for the owner's pages, else 1 MB."""
    if path.startswith(("/admin/posts/", "/admin/pictures")):
        return 22 * MEGABYTE
    return 2 * MEGABYTE if path.startswith("/admin/") else MEGABYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """What the front takes. Sizes are bytes, times are seconds.

    `limit_for` gives the largest body for a path. A body up to 1 MB has `body_seconds` to arrive; a longer
    one has one second more for each `body_rate` bytes. `proxies` is how many trusted proxies stand in front:
    with one or more, senders are told apart by `X-Forwarded-For`.
    """

    limit_for: Callable[[str], int] = body_limit
    url: int = 8 * 1024
    header_count: int = 100
    header_bytes: int = 64 * 1024
    body_seconds: float = 20.0
    body_rate: int = 50_000
    readers: int = 1000
    readers_per_address: int = 50
    large: int = 2 * MEGABYTE
    large_readers: int = 8
    """Bodies of more than `large` bytes that may arrive at once: they lie on disk, and anybody may send one."""
    threads: int = 4
    waiting: int = 256
    """Requests that may wait for a thread before others are told to come back."""
    answer_seconds: float = 60.0
    """How long a visitor waits for the site before the answer is that it did not answer."""
    drain_bytes: int = MEGABYTE // 2
    """What is still read of a refused body, so that its sender gets to see the answer."""
    drain_seconds: float = 2.0
    header_seconds: float = 15.0
    """Time for the headers to arrive, and for an idle connection to stay open."""
    proxies: int = 0

    def deadline(self, length: int) -> float:
        """Return how many seconds a body of `length` bytes may take."""
        return self.body_seconds + max(0, length - MEGABYTE) / self.body_rate


class Readers:
    """The bodies that are arriving now: over the limit the longest-standing one is cut off with 408.

    Whoever sends slowly gives way to whoever sends now, so slow bodies cannot use up the places, not even
    those of the same address.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: dict[asyncio.Timeout, tuple[float, str]] = {}
        self._of_address: dict[str, dict[asyncio.Timeout, None]] = {}
        self._large: dict[asyncio.Timeout, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def admit(self, address: str, deadline: asyncio.Timeout, length: int) -> Iterator[None]:
        """Count a body from `address` that `deadline` can end; raises a 503 refusal when there is no room."""
        is_large = length > self._limits.large
        if is_large and len(self._large) >= self._limits.large_readers and not self._make_room(address):
            raise too_busy()
        if len(self._of_address.get(address, ())) >= self._limits.readers_per_address:
            self._cut_oldest(self._of_address[address])
        if len(self._all) >= self._limits.readers and not self._cut_oldest(self._all):
            raise too_busy()
        self._all[deadline] = (time.monotonic(), address)
        self._of_address.setdefault(address, {})[deadline] = None
        if is_large:
            self._large[deadline] = None
        try:
            yield
        finally:
            self._forget(deadline)

    def _make_room(self, address: str) -> bool:
        """Cut a large body off for one more from `address`: of whoever has more than it would have then, else of its own.

        So nobody takes a place away who has more of them, however often they send.
        """
        held: dict[str, list[asyncio.Timeout]] = {}
        for deadline in self._large:
            held.setdefault(self._all[deadline][1], []).append(deadline)
        most, mine = max(held.values(), key=len), held.get(address, [])
        if len(most) > len(mine) + 1:
            return self._cut_oldest(most, patience=0)
        return self._cut_oldest(mine or self._large)

    def _cut_oldest(self, readers: Iterable[asyncio.Timeout], patience: float | None = None) -> bool:
        oldest = next(iter(readers), None)
        patience = PATIENCE if patience is None else patience
        if oldest is None or time.monotonic() - self._all[oldest][0] < patience:
            return False
        self._forget(oldest)
        if not oldest.expired():
            oldest.reschedule(0)
        return True

    def _forget(self, deadline: asyncio.Timeout) -> None:
        _, address = self._all.pop(deadline, (0.0, ""))
        self._large.pop(deadline, None)
        mine = self._of_address.get(address, {})
        mine.pop(deadline, None)
        if not mine:
            self._of_address.pop(address, None)


async def read_body(
    receive: Receive, length: int, address: str, limits: Limits, readers: Readers
) -> IO[bytes]:
    """Return the whole body as a file at its start; what is longer than `SPOOL` lies on disk.

    Raises a refusal when the body is too slow (408), shorter or longer than declared (400), or when too many
    bodies are arriving (503).
    """
    body = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 - the caller closes it
    try:
        async with asyncio.timeout(limits.deadline(length)) as deadline:
            with readers.admit(address, deadline, length):
                await _copy(receive, length, body)
    except BaseException as error:
        body.close()
        if isinstance(error, TimeoutError):
            raise body_too_slow() from None
        if isinstance(error, OSError):
            raise too_busy() from error
        raise
    body.seek(0)
    return body


async def drain(receive: Receive, limits: Limits) -> None:
    """Read and forget the start of a refused body: closing at once would reset the answer's connection."""
    count = 0
    try:
        async with asyncio.timeout(limits.drain_seconds):
            while count < limits.drain_bytes:
                message = await receive()
                count += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


async def _copy(receive: Receive, length: int, body: IO[bytes]) -> None:
    count = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        count += len(chunk)
        if message["type"] != "http.request" or count > length:
            break
        body.write(chunk)
        if not message.get("more_body"):
            break
    if count != length:
        raise bad_request(
            "The text or file did not arrive whole. Nothing was stored; go back, send it again."
        )
