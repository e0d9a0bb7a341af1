"""Error pages: what happened, what to do, and the text that was typed."""

import logging
from typing import Any
from urllib.parse import urlsplit
from urllib.parse import urlunsplit

from flask import Flask
from flask import Response
from flask import redirect
from flask import request
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import RequestRedirect

from blogengine.errors import BlogError
from blogengine.errors import Busy
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.pagecache import current_view
from blogengine.pages import ErrorPage
from blogengine.runtime import blog
from blogengine.web import frame
from blogengine.web import rendering

log = logging.getLogger("blogengine.web")

_OWN = ("/admin", "/-/", "/media/")
"""Addresses that only the engine gives out."""
_KEPT = (b"", b"m=1", b"m=0")
"""Queries with which a redirect is kept; made-up ones would drive pages out of the memory."""
_SENTENCES = {
    400: ("This request was not understood", "The address or the form is damaged. Go back and try again."),
    403: ("This is not allowed", "Go back to the page you came from and try again from there."),
    404: ("Page not found", "There is nothing at this address. It may have moved, or never been here."),
    405: ("This does not work here", "The address is right, but not for this kind of request."),
    408: ("That took too long", "The request did not arrive in time. Please send it again."),
    413: (
        "That is too long",
        "More was sent than this blog takes. Please shorten it; your browser's Back button brings it back.",
    ),
    429: ("Too many requests", "Please wait a little and try again."),
    500: (
        "Something went wrong here",
        "It is not your fault. The error was written down; please try again later.",
    ),
    503: ("The blog is busy", "Please try again in a minute."),
}


def prepare(app: Flask) -> None:
    """Let `app` answer every error with a page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(BlogError, _domain)
    app.register_error_handler(Exception, _unexpected)


def show(status: int, heading: str, message: str, *, kept_text: str = "") -> Response:
    """Answer with an error page; `kept_text` is what the visitor had typed."""
    page = ErrorPage(
        blog=frame.blog_view(),
        meta=frame.meta(heading),
        signed_in=False,
        flashes=[],
        status=status,
        heading=heading,
        message=message,
        kept_text=kept_text,
    )
    return rendering.respond("error.html", page, status)


def moved(error: RequestRedirect) -> Any:
    """Redirect to the address with its slash, without the host, which anybody may have made up."""
    parts = urlsplit(error.new_url)
    return redirect(urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, "")), error.code)


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if status == 404:
        elsewhere = _elsewhere()
        if elsewhere is not None:
            return elsewhere
    heading, message = _SENTENCES.get(status, (error.name, ""))
    own = error.description if error.description and error.description != type(error).description else ""
    return _safely(status, heading, own or message, headers=error.get_headers())


def _elsewhere() -> Any:
    """Return a redirect where a plugin knows what became of the address; a permanent one is kept as pages are."""
    if request.method not in ("GET", "HEAD") or request.path.startswith(_OWN):
        return None
    found = blog().hook.answer_not_found(
        path=request.path, query=request.query_string.decode("utf-8", "replace")
    )
    if found is None or found.target == request.path:
        return None
    view = current_view()
    if view is not None:
        view.cacheable = found.permanent and request.query_string in _KEPT
    response = redirect(found.target, 301 if found.permanent else 302)
    shared = "public, max-age=0, must-revalidate"
    response.headers["Cache-Control"] = shared if view is not None and view.cacheable else "no-store"
    return response


def _domain(error: BlogError) -> Response:
    if isinstance(error, Refused):
        return _safely(400, error.message, error.hint or "Go back and try again.")
    status = 404 if isinstance(error, NotFound) else 503 if isinstance(error, Busy) else 400
    return _safely(status, _SENTENCES[status][0], str(error))


def _unexpected(error: Exception) -> Response:
    log.error("%s %r failed", request.method, request.path, exc_info=error)
    owner = (request.endpoint or "").partition(".")[0].removeprefix("admin_")
    if owner in blog().plugins.statuses:
        blog().plugins.failures.add(owner, f"{request.method} {request.url_rule or ''}", error)
    heading, message = _SENTENCES[500]
    return _safely(500, heading, message)


def _safely(status: int, heading: str, message: str, headers: Any = ()) -> Response:
    """Answer with an error page even when the theme cannot be rendered."""
    kept = "" if status == 413 else _typed()
    try:
        response = show(status, heading, message, kept_text=kept)
    except Exception:
        log.exception("the error page could not be rendered")
        body = f"<!doctype html><title>{escape(heading)}</title><h1>{escape(heading)}</h1><p>{escape(message)}</p>"
        body += f"<p>Your text:</p><textarea>{escape(kept)}</textarea>" if kept else ""
        response = Response(body, status, mimetype="text/html")
    for name, value in headers:
        if name.lower() in ("allow", "retry-after", "location"):
            response.headers[name] = value
    return response


def _typed() -> str:
    """Return the longest text that was sent, so that it is not lost."""
    if request.method not in ("POST", "PUT"):
        return ""
    try:
        texts = [request.form.get(name, "") for name in ("text", "source")]
    except (RequestEntityTooLarge, HTTPException, OSError):
        return ""
    return max(texts, key=len)
