"""The ASGI front: answers cached pages in the event loop; the rest gets a thread once its body is here.

CPU per answer of 10 kB in µs, two workers, one client, medians of runs of 9 to 15 interleaved rounds on a
busy machine with two cores: bare hello as ASGI 48, 57, 59; a hit through `Front` in the same runs 55, 61,
68 (1.08 to 1.14 times that); bare hello as WSGI 29, 33, 32 (a hit is 1.9 to 2.1 times that one); a miss
with a trivial WSGI application 101 to 137. RSGI's hello took 46 to 58, but RSGI hides the undecoded path
and drops header values that are not ASCII.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import IO
from typing import Any

from blogengine.plugins import deaths
from blogengine.server.answers import Answer
from blogengine.server.answers import Refusal
from blogengine.server.answers import address_too_long
from blogengine.server.answers import bad_request
from blogengine.server.answers import body_too_large
from blogengine.server.answers import failure
from blogengine.server.answers import headers_too_large
from blogengine.server.answers import length_required
from blogengine.server.answers import no_answer
from blogengine.server.answers import too_busy
from blogengine.server.limits import Limits
from blogengine.server.limits import Readers
from blogengine.server.limits import Receive
from blogengine.server.limits import drain
from blogengine.server.limits import read_body
from blogengine.server.wsgi import Scope
from blogengine.server.wsgi import Site
from blogengine.server.wsgi import environ_of
from blogengine.server.wsgi import path_info
from blogengine.server.wsgi import run

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BLOCK = 64 * 1024

SETTLE = 0.1
"""Seconds after which a started worker takes SIGTERM."""

FAREWELL = 0.3
"""Seconds for the last answers of a worker that is replaced."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

log = logging.getLogger("blogengine.server")


class Front:
    """An ASGI application around a `Site`; holds no thread and no connection until a worker starts it."""

    def __init__(self, site: Site, limits: Limits | None = None) -> None:
        self.site = site
        self.limits = limits or Limits()
        self._lookup = site.lookup
        self._header_bytes = self.limits.header_bytes
        self._readers = Readers(self.limits)
        self._pending = 0
        self._maker = os.getpid()
        self._threads: ThreadPoolExecutor | None = None
        self._ending = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or follow the worker's start and end (lifespan)."""
        if scope["type"] == "http":
            if scope["method"] in ("GET", "HEAD"):
                headers = scope["headers"]
                header = dict(headers).get
                hit = None
                if sum([len(name) + len(value) for name, value in headers]) <= self._header_bytes:
                    try:
                        hit = self._lookup(
                            scope["path"],
                            scope["query_string"],
                            header(b"cookie", b""),
                            header(b"if-none-match", b"").decode("latin-1"),
                            header(b"accept-encoding", b"").decode("latin-1"),
                            header(b"if-modified-since", b"").decode("latin-1"),
                            (header(b"referer", b""), header(b"user-agent", b""))
                            if scope["method"] == "GET" and header(b"sec-purpose") is None
                            else None,
                        )
                    except Exception:
                        log.exception("The page cache failed; the page is made instead.")
                if hit is not None:
                    status, hit_headers, body = hit
                    await send({"type": "http.response.start", "status": status, "headers": hit_headers})
                    if scope["method"] == "HEAD":
                        body = b""
                    await send({"type": "http.response.body", "body": body})
                    return
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            length = self._check(scope)
            answer = await self._answer(scope, receive, length)
        except Refusal as refusal:
            await self._send(refusal.answer, scope, send)
            await drain(receive, self.limits)
        else:
            await self._send(answer, scope, send)

    def _check(self, scope: Scope) -> int | None:
        """Return the length of the body to be read; None when the method has none."""
        limits = self.limits
        headers = scope["headers"]
        if len(scope["raw_path"]) + len(scope["query_string"]) > limits.url:
            raise address_too_long()
        if len(headers) > limits.header_count:
            raise headers_too_large()
        if sum(len(name) + len(value) for name, value in headers) > limits.header_bytes:
            raise headers_too_large()
        path_info(scope["raw_path"])
        if scope["method"] in SAFE_METHODS:
            return None
        lengths = {value for name, value in headers if name == b"content-length"}
        if not lengths or any(name == b"transfer-encoding" for name, _ in headers):
            raise length_required()
        declared = lengths.pop()
        if lengths or not declared.isdigit():
            raise bad_request("Its length is no number.")
        limit = limits.limit_for(scope["path"])
        if len(declared) > 18 or int(declared) > limit:
            raise body_too_large(limit)
        return int(declared)

    async def _answer(self, scope: Scope, receive: Receive, length: int | None) -> Answer:
        body: IO[bytes] = BytesIO()
        if length:
            body = await read_body(receive, length, self.address_of(scope), self.limits, self._readers)
        try:
            is_full = self._pending >= self.limits.threads + self.limits.waiting
            if is_full or self._threads is None or self._ending.is_set():
                return too_busy().answer
            environ = environ_of(scope, body, length)
            self._pending += 1
            try:
                loop = asyncio.get_running_loop()
                async with asyncio.timeout(self.limits.answer_seconds) as deadline:
                    return await loop.run_in_executor(self._threads, run, self.site, environ)
            except asyncio.CancelledError:
                if not self._ending.is_set():
                    raise
                return too_busy().answer
            except Exception as error:
                log.error("%s %r failed.", scope["method"], environ["PATH_INFO"], exc_info=error)
                return no_answer() if deadline.expired() else failure()
            finally:
                self._pending -= 1
        finally:
            body.close()

    def address_of(self, scope: Scope) -> str:
        """Return who sends: the client, or whom the trusted proxies name."""
        client = str((scope["client"] or ("",))[0])
        if self.limits.proxies:
            given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            hops = [hop.strip() for hop in b",".join(given).decode("latin-1").split(",")]
            if len(hops) >= self.limits.proxies and hops[-self.limits.proxies]:
                return hops[-self.limits.proxies]
        return client

    async def _send(self, answer: Answer, scope: Scope, send: Send) -> None:
        body = answer.body
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            elif isinstance(body, bytes):
                await send({"type": "http.response.body", "body": body})
            elif isinstance(body, Path):
                await self._send_path(body, scope, send)
            else:
                while block := body.read(BLOCK):
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        finally:
            if not isinstance(body, bytes | Path):
                body.close()

    async def _send_path(self, path: Path, scope: Scope, send: Send) -> None:
        if "http.response.pathsend" in scope.get("extensions", {}):
            await send({"type": "http.response.pathsend", "path": str(path)})
            return
        with open(path, "rb") as file:  # noqa: ASYNC230 - a local file, read in blocks
            while block := file.read(BLOCK):
                await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._threads = ThreadPoolExecutor(self.limits.threads, thread_name_prefix="blogengine")
            self.site.start()
        except Exception:
            log.exception("The site cannot start.")
            await send({"type": "lifespan.startup.failed", "message": "The site cannot start; see above."})
            return
        forked = os.getpid() != self._maker
        guard = asyncio.create_task(self._guard()) if forked else None
        # A SIGTERM in the moments before Granian listens would be lost, and the worker killed in the end.
        asyncio.get_running_loop().call_later(SETTLE, _let_in_sigterm)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if guard is not None:
            guard.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.site.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _guard(self) -> None:
        """End this worker when its parent was killed, or when all of its threads hang.

        An orphan would hold the port, and nobody could stop it.
        """
        while os.getppid() == self._maker:
            await asyncio.sleep(1)
            if self.site.hanging() >= self.limits.threads:
                await self._be_replaced()
        os.kill(os.getpid(), signal.SIGTERM)

    async def _be_replaced(self) -> None:
        log.error("All %d threads of this worker hang; it is replaced.", self.limits.threads)
        self._ending.set()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(FAREWELL)
        os._exit(deaths.REPLACED)


def _let_in_sigterm() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
