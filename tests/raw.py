"""Requests as bytes on the wire would arrive at the site, whatever is in them."""

import io
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import unquote_to_bytes

from blogengine.site import Site

SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def ask(
    site: Site,
    target: str,
    method: str = "GET",
    body: bytes = b"",
    kind: str = FORM,
    /,
    **environ: str,
) -> Answer:
    """Send `target` (percent-encoded as on the wire) with a WSGI environment a server would make of it."""
    path, _, query = target.partition("?")
    values: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode("utf-8").decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **environ,
    }
    if method not in ("GET", "HEAD", "OPTIONS"):
        values.setdefault("CONTENT_LENGTH", str(len(body)))
        values.setdefault("CONTENT_TYPE", kind)
    got: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        got[:] = [int(status[:3]), headers]
        return lambda data: None

    chunks = site(values, start_response)
    content = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return Answer(got[0], got[1], content)
