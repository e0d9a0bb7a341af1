"""Reading bodies within limits, and who gives way."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from blogengine.server.answers import Refusal
from blogengine.server.limits import Limits
from blogengine.server.limits import Readers
from blogengine.server.limits import Receive
from blogengine.server.limits import body_limit
from blogengine.server.limits import drain
from blogengine.server.limits import read_body

NEVER = object()


def receiver(chunks: Iterable[object]) -> Receive:
    """Return a `receive` that hands out chunks, then the client's leaving; `NEVER` waits for ever."""
    remaining = list(chunks)

    async def receive() -> dict[str, Any]:
        if not remaining:
            return {"type": "http.disconnect"}
        chunk = remaining.pop(0)
        if chunk is NEVER:
            await asyncio.Event().wait()
        more = bool(remaining)
        return {"type": "http.request", "body": chunk, "more_body": more}

    return receive


def read(chunks: Iterable[object], length: int, limits: Limits | None = None) -> bytes:
    limits = limits or Limits()

    async def main() -> bytes:
        body = await read_body(receiver(chunks), length, "a", limits, Readers(limits))
        with body:
            return body.read()

    return asyncio.run(main())


def refusal_of(chunks: Iterable[object], length: int, limits: Limits | None = None) -> int:
    with pytest.raises(Refusal) as refused:
        read(chunks, length, limits)
    return refused.value.answer.status


def test_a_body_is_put_together() -> None:
    assert read([b"ab", b"", b"c"], 3) == b"abc"


def test_a_body_beyond_memory_is_put_together() -> None:
    assert read([b"x" * 50_000] * 20, 1_000_000) == b"x" * 1_000_000


@pytest.mark.parametrize("chunks", [[b"ab"], [b"ab", b"cd"], []])
def test_a_body_of_another_length_is_refused(chunks: list[bytes]) -> None:
    assert refusal_of(chunks, 3) == 400


def test_a_body_that_stops_is_refused_with_408() -> None:
    assert refusal_of([b"ab", NEVER], 3, Limits(body_seconds=0.01)) == 408


def test_a_full_disk_is_refused_with_503(monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr("blogengine.server.limits.tempfile.SpooledTemporaryFile", lambda **_: FullDisk())
    assert refusal_of([b"abc"], 3) == 503


def test_large_uploads_have_more_time() -> None:
    assert Limits().deadline(1_000) == 20
    assert Limits().deadline(25_000_000) == 500


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/", 1_000_000),
        ("/-/comments/1", 1_000_000),
        ("/admin/posts/new", 22_000_000),
        ("/admin/pictures", 22_000_000),
        ("/admin/settings", 2_000_000),
        ("/administration", 1_000_000),
    ],
)
def test_only_the_owners_forms_may_be_larger(path: str, limit: int) -> None:
    assert body_limit(path) == limit


def test_draining_ends_after_its_bytes() -> None:
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1000
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    asyncio.run(drain(receive, Limits(drain_bytes=5_000)))
    assert taken == 5_000


def test_draining_ends_after_its_time() -> None:
    asyncio.run(drain(receiver([b"x", NEVER]), Limits(drain_seconds=0.01)))


def crowd(limits: Limits, addresses: list[str], sender: str) -> tuple[list[int | None], int | None, Readers]:
    """Let somebody stall at each address, then send quickly from `sender`; return how each one ended."""
    readers = Readers(limits)

    async def outcome(chunks: list[object], address: str) -> int | None:
        try:
            (await read_body(receiver(chunks), 1, address, limits, readers)).close()
        except Refusal as refusal:
            return refusal.answer.status
        return None

    async def main() -> tuple[list[int | None], int | None, Readers]:
        stalled = [asyncio.create_task(outcome([NEVER], address)) for address in addresses]
        await asyncio.wait(stalled, timeout=0)
        quick = await outcome([b"q"], sender)
        await asyncio.wait(stalled, timeout=0.01)
        ended = [task.result() if task.done() else None for task in stalled]
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
        return ended, quick, readers

    return asyncio.run(main())


def test_the_oldest_slow_body_of_an_address_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blogengine.server.limits.PATIENCE", 0.0)
    ended, quick, readers = crowd(Limits(readers_per_address=2), ["other", "mine", "mine"], "mine")
    assert ended == [None, 408, None]
    assert quick is None
    assert len(readers) == 0


def test_the_oldest_slow_body_of_all_gives_way_when_the_house_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("blogengine.server.limits.PATIENCE", 0.0)
    ended, quick, _ = crowd(Limits(readers=3), ["a", "b", "c"], "d")
    assert ended == [408, None, None]
    assert quick is None


def test_a_burst_of_one_address_is_taken() -> None:
    ended, quick, _ = crowd(Limits(readers_per_address=2), ["mine"] * 5, "mine")
    assert ended == [None] * 5
    assert quick is None


def test_a_burst_over_all_places_is_told_to_come_back() -> None:
    ended, quick, readers = crowd(Limits(readers=3), ["a", "b", "c"], "d")
    assert ended == [None] * 3
    assert quick == 503
    assert len(readers) == 0


def test_who_sends_many_large_bodies_gives_way_at_once_and_takes_nobodys_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = Limits(large=0, large_readers=4)
    assert crowd(large, ["many"] * 4, "author")[:2] == ([408, None, None, None], None)
    monkeypatch.setattr("blogengine.server.limits.PATIENCE", 0.0)
    assert crowd(large, ["author", "many", "many", "many"], "many")[:2] == ([None, 408, None, None], None)


def test_only_so_many_large_bodies_arrive_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Limits(large=0, large_readers=2)
    assert crowd(large, ["a", "b"], "c")[1] == 503  # a burst is told to come back
    monkeypatch.setattr("blogengine.server.limits.PATIENCE", 0.0)
    ended, quick, readers = crowd(large, ["a", "b"], "c")  # who is slow gives way
    assert ended == [408, None]
    assert quick is None
    assert len(readers) == 0
    assert crowd(Limits(large=1, large_readers=2), ["a", "b"], "c")[:2] == ([None] * 2, None)
