"""The apps in which owners try what their readers do not see yet."""

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.http import parse_cookie

from blogengine.app import BlogFlask
from blogengine.tryouts import COOKIE
from blogengine.tryouts import Trial
from blogengine.tryouts import unseal
from blogengine.web.security import session_cookie

KEPT = 3
"""Apps of trials that a process keeps ready."""


class Trials:
    """The apps of the trials of one process; `build` makes one."""

    def __init__(self, build: Callable[[Trial], BlogFlask]) -> None:
        self._build = build
        self._apps: dict[str, BlogFlask] = {}
        self._lock = threading.Lock()

    def app_for(self, environ: dict[str, Any], app: BlogFlask) -> BlogFlask:
        """Return the app for a request: `app`, or that of what its sender tries."""
        path = environ["PATH_INFO"]
        if f"{COOKIE}=" not in environ.get("HTTP_COOKIE", "") or _is_for_all(path):
            return app
        cookies = parse_cookie(environ)
        sealed = cookies.get(COOKIE, "")
        trial = unseal(sealed, app.blog.config.secret_key, cookies.get(session_cookie(app.blog), ""))
        if not trial:
            return app
        with self._lock:
            known = self._apps.get(sealed)
            if known is None or known.blog.setup.generation < app.blog.setup.generation:
                self._apps.pop(sealed, None)
                while len(self._apps) >= KEPT:
                    self._apps.pop(next(iter(self._apps)))
                known = self._apps[sealed] = self._build(trial)
        return known


def _is_for_all(path: str) -> bool:
    """Whether a page decides for all readers: what is tried must not be stored by the way."""
    return (path.startswith("/admin/") or path == "/admin") and not path.startswith("/admin/-/")
