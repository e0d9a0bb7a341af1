"""A small site for the server's tests; run as a program it serves itself."""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from blogengine.errors import ConfigError
from blogengine.server.answers import Hit
from blogengine.server.limits import Limits
from blogengine.server.run import serve
from blogengine.server.wsgi import Environ
from blogengine.server.wsgi import StartResponse

CACHED = b"<p>a cached page</p>" * 500


class FakeSite:
    """One cached page at /cached; everything else is plain WSGI."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.meeting = threading.Barrier(4, timeout=5)
        self.release = threading.Event()
        self.started = False
        self.closed = False

    def lookup(
        self,
        path: str,
        query: bytes,
        cookie: bytes,
        if_none_match: str,
        accept_encoding: str,
        if_modified_since: str = "",
        viewer: tuple[bytes, bytes] | None = None,
    ) -> Hit | None:
        if path == "/broken-cache":
            raise RuntimeError("the cache is broken")
        if path != "/cached" or query or cookie:
            return None
        if if_none_match == '"1"':
            return 304, [(b"etag", b'"1"')], b""
        return 200, [(b"content-length", str(len(CACHED)).encode()), (b"etag", b'"1"')], CACHED

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/boom":
            raise RuntimeError("a secret detail")
        if path == "/meet":
            self.meeting.wait()
        if path == "/hold":
            self.release.wait(5)
        if path == "/large":
            start_response("200 OK", [("Content-Type", "application/octet-stream")])
            return (b"x" * 100_000 for _ in range(30))
        if path == "/file":
            assert self.folder is not None
            start_response("200 OK", [("Content-Length", "300000")])
            file = open(self.folder / "file.bin", "rb")  # noqa: SIM115  closed by the server
            wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
            return wrapped
        body = environ["wsgi.input"].read()
        facts = {
            "pid": os.getpid(),
            "started": self.started,
            "length": len(body),
            "digest": hashlib.sha256(body).hexdigest(),
            "environ": {key: value for key, value in environ.items() if isinstance(value, str)},
        }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(facts).encode()]

    def start(self) -> None:
        self.started = True
        self._note("started")

    def hanging(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True
        self._note("closed")

    def _note(self, what: str) -> None:
        if self.folder is not None:
            (self.folder / f"{what}-{os.getpid()}").touch()


def main(port: str, workers: str, limits: str, folder: str) -> None:
    """Serve a `FakeSite`; prints `ready` when connections are taken."""
    try:
        serve(
            lambda: FakeSite(Path(folder)),
            port=int(port),
            workers=int(workers),
            limits=Limits(**json.loads(limits)),
            on_ready=lambda: print("ready", flush=True),
        )
    except ConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
