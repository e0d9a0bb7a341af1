"""The blog without plugins beside the one with them: for who comes through the rescue link, and for mending."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import Protocol

from werkzeug.http import parse_cookie

from blogengine import rescue
from blogengine.app import BlogFlask
from blogengine.config import Config
from blogengine.sequence import Sequence

_MARK = f"{rescue.SAFE_COOKIE}="


class SafeSite(Protocol):
    """A site whose configuration says safe mode."""

    sequence: Sequence

    def current(self) -> BlogFlask:
        """Return its app."""


class SafeMode:
    """The apps without plugins of one process; `make` makes a site for them, on the same connections."""

    def __init__(self, config: Config, make: Callable[[], SafeSite]) -> None:
        self._config = config
        self._make = make
        self._site: SafeSite | None = None

    def app_for(self, environ: dict[str, Any]) -> BlogFlask | None:
        """Return the app for a request that is to be answered without plugins, or None."""
        path, cookie = environ["PATH_INFO"], environ.get("HTTP_COOKIE", "")
        if _MARK not in cookie and path != rescue.PATH:
            return None
        if not rescue.wants_safe_mode(self._config, path, parse_cookie(cookie)):
            return None
        if self._site is None:
            self._site = self._make()
        return self._site.current()

    @contextmanager
    def entered(self) -> Iterator[BlogFlask]:
        """Enter an app without plugins, which nothing that plugins do keeps from working."""
        site = self._make()
        try:
            app = site.current()
            with app.app_context():
                yield app
        finally:
            site.sequence.close()

    def disconnect(self) -> None:
        """Give connections back."""
        if self._site is not None:
            self._site.sequence.close()
