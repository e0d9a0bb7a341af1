"""Who may send a form: the origin rules that work with cached pages and without cookies, and the headers on every answer.

Rules: a request that changes something and says that it comes from elsewhere is refused; every form but the public
comment form also carries a CSRF token bound to the browser; an owner's cookie never acts without that token.
"""

import hmac
from collections.abc import Callable
from typing import Any
from typing import TypeVar

from flask import Flask
from flask import Request
from flask import Response
from flask import abort
from flask import current_app
from flask import g
from flask import request
from flask.sessions import SecureCookieSession
from flask.sessions import SecureCookieSessionInterface
from flask.sessions import SessionMixin
from flask_wtf.csrf import CSRFError
from flask_wtf.csrf import CSRFProtect
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import Forbidden
from wtforms import ValidationError

from blogengine import accounts
from blogengine import clock
from blogengine.models import User
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.web import personal

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIFE = 48 * 3600
"""Seconds for which a comment form can be sent."""
CLOCK_SKEW = 60
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

POLICY = (
    "default-src 'self'; img-src 'self' https: data:; media-src 'self' https:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
OPEN_POLICY = POLICY.replace("https: data:", "https: http: data:", 1)
"""That of a blog whose own address is http: its pages come unprotected, so refusing such pictures would protect nobody."""


def policy() -> str:
    """Return the content security policy of this blog's pages."""
    return OPEN_POLICY if blog().url.startswith("http://") else POLICY


class Sessions(SecureCookieSessionInterface):
    """Flask's session in a signed cookie; an answer that has anything to do with it is for one browser only."""

    session_class = personal.NotingSession

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session where a browser sends one; without its cookie nothing is made ready to check one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save it, and keep all caches away from the answer."""
        super().save_session(app, session, response)
        if session.accessed:
            response.headers["Cache-Control"] = "no-store"


V = TypeVar("V", bound=Callable[..., Any])

csrf = CSRFProtect()


def session_cookie(running: Blog) -> str:
    """Return the name of the sign-in cookie: with the `__Host-` prefix where the blog has HTTPS."""
    return "__Host-blog_session" if running.url.startswith("https://") else "blog_session"


def prepare(app: Flask, running: Blog) -> None:
    """Give `app` its cookies' rules, its origin rules and its headers."""
    secure = running.url.startswith("https://")
    app.config.update(
        SECRET_KEY=running.config.secret_key,
        SESSION_COOKIE_NAME="__Host-blog_form" if secure else "blog_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = Sessions()
    csrf.init_app(app)
    app.before_request(check_address)
    app.before_request(check_origin)
    app.after_request(add_headers)


def public(view: V) -> V:
    """Let `view` take unsafe requests without a CSRF token; the origin rules still hold."""
    vars(view)["takes_public_forms"] = True
    return view


FORM_LIMIT = 200_000
"""Bytes of a visitor's form: a comment of 8,000 characters has at most 96 kB, and taking a form apart takes memory."""


def check_address() -> None:
    """Refuse addresses with NUL, which is no text: PostgreSQL and file systems take it nowhere."""
    if not request.path.startswith("/admin/"):
        request.max_content_length = FORM_LIMIT
    if "\0" in request.path:
        abort(404)
    if any("\0" in name or "\0" in value for name, value in request.args.items(multi=True)):
        abort(400)


def check_origin() -> None:
    """Refuse unsafe requests from elsewhere, and those without a token where the view wants one."""
    g.has_origin_evidence = True
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = site is not None and site not in ("same-origin", "none")
    if foreign or (origin is not None and origin.lower() not in own_origins(request)):
        raise Forbidden(
            f"This form was not sent from a page of this blog, which is at {blog().url or request.host_url}. "
            "Open the page there and send it again."
        )
    g.has_origin_evidence = site is not None or origin is not None
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and not getattr(view, "takes_public_forms", False):
        csrf.protect()


def own_origins(asked: Request) -> set[str]:
    """Return the origins whose pages may send forms here."""
    wanted = blog().url
    host = asked.host.lower()
    if not wanted or _without_port(host) in LOOPBACK:
        return {wanted, f"{asked.scheme}://{host}"} - {""}
    return {wanted}


def _without_port(host: str) -> str:
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def add_headers(response: Response) -> Response:
    """Put the security headers on every answer, and `no-store` on personal ones."""
    headers = response.headers
    is_still = request.path.startswith("/admin") and not g.get("has_scripts")
    strict = f"{policy()}; script-src 'none'" if is_still else policy()
    headers.setdefault("Content-Security-Policy", strict)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if blog().url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in headers or g.get("user") is not None:
        headers["Cache-Control"] = "no-store"
    return response


def current_user() -> User | None:
    """Return who is signed in on this request."""
    if "user" not in g:
        token = request.cookies.get(session_cookie(blog()), "")
        g.user = accounts.user_of(token) if token else None
    user: User | None = g.user
    return user


def has_token() -> bool:
    """Whether the form carries the CSRF token of this browser."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except (ValidationError, CSRFError):
        return False
    return True


def client_address() -> str:
    """Return the visitor's address: the server's word, or that of the trusted proxies in front."""
    proxies = blog().config.proxies
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            return hops[-proxies]
    return request.remote_addr or ""


def form_token(post_id: int, digest: str = "") -> str:
    """Return the signed date of a comment form: the same for all readers of a cached page.

    With the `digest` of a text it is of a form that shows this text, and dated by the second.
    """
    now = int(clock.timestamp())
    # By the hour: every worker makes the same page.
    issued = f"{post_id}.{now}.{digest}" if digest else f"{post_id}.{now // 3600 * 3600}"
    return f"{issued}.{_sign(issued)}"


def token_age(token: str, post_id: int, digest: str | None = None) -> float | None:
    """Return how many seconds ago the form for this post was made; None for a text that is no token of it.

    With a `digest` only a form that showed this text counts.
    """
    issued, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(issued).encode()):
        return None
    of_post, _, rest = issued.partition(".")
    at, _, shown = rest.partition(".")
    if of_post != str(post_id) or not at.isdigit() or digest not in (None, shown):
        return None
    return clock.timestamp() - int(at)


def is_fresh_token(token: str, post_id: int) -> bool:
    """Whether `token` is of a form for this post that is not too old."""
    age = token_age(token, post_id)
    return age is not None and -CLOCK_SKEW <= age <= FORM_LIFE


def sign_answer(comment_id: int) -> str:
    """Return the private part of the address where a commenter sees what became of a comment."""
    return f"{comment_id}.{_sign(f'answer:{comment_id}')}"


def read_answer(token: str) -> int | None:
    """Return the comment that a private address is about, or None when it was made up."""
    number, _, signature = token.partition(".")
    if not number.isdigit() or not hmac.compare_digest(
        signature.encode(), _sign(f"answer:{number}").encode()
    ):
        return None
    return int(number)


def _sign(text: str) -> str:
    key = b"comment form:" + blog().config.secret_key.encode()
    return hmac.digest(key, text.encode(), "sha256").hex()[:32]
