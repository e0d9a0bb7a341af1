"""Who makes a page personal that could be kept for everybody: the plugin and the line that read cookies or the session."""

import sys
from types import FrameType
from typing import Any

from flask import Flask
from flask import Request
from flask import request
from flask.sessions import SecureCookieSession
from werkzeug.sansio.request import Request as SansIORequest

from blogengine.pagecache import current_view
from blogengine.plugins.costs import Personal
from blogengine.runtime import blog

_LIBRARIES = ("flask", "werkzeug", "jinja2", "flask_wtf", "wtforms", "flask_babel", "functools")
"""Packages through which a line reaches the request."""


_COOKIES: Any = vars(SansIORequest)["cookies"]


class NotingRequest(Request):
    """A request that notes which plugin looks at its cookies."""

    @property
    def cookies(self) -> Any:
        """All cookies, by name."""
        note_reader("cookies")
        return _COOKIES.__get__(self, type(self))


class NotingSession(SecureCookieSession):
    """A session that notes which plugin uses it."""

    _accessed = False

    @property
    def accessed(self) -> bool:
        """Whether somebody used it: the answer then varies by cookie."""
        return self._accessed

    @accessed.setter
    def accessed(self, value: bool) -> None:
        self._accessed = value
        if value:
            note_reader("session")


def prepare(app: Flask) -> None:
    """Let `app` note who looks at cookies."""
    app.request_class = NotingRequest


def note_reader(what: str) -> None:
    """Note the plugin whose line reads something of the visitor while a page is made that could be kept; it is not."""
    view = current_view()
    if view is None or not view.cacheable:
        return
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] in _LIBRARIES:
        frame = frame.f_back
    if frame is not None:
        _note(what, frame.f_code.co_filename, frame.f_lineno)


def note_cookie(function: Any, owner: str) -> None:
    """Note that a view of plugin `owner` sets a cookie on a page that could be kept."""
    code = getattr(function, "__code__", None)
    if code is not None and blog().plugins.is_active(owner):
        _note("set-cookie", code.co_filename, code.co_firstlineno)


def _note(what: str, file: str, line: int) -> None:
    plugins, view = blog().plugins, current_view()
    for plugin_id in plugins.statuses:
        if not plugins.is_active(plugin_id):
            continue
        root = plugins.candidates[plugin_id].root
        if file == str(root) or file.startswith(f"{root}/"):
            if view is not None:
                view.personal = True
            shown = file.removeprefix(f"{root.parent}/")
            plugins.ledger.costs.note_personal(Personal(plugin_id, what, shown, line, request.path))
            return
