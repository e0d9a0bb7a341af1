"""The way in and out: the first owner's set-up link, signing in, signing out."""

import hmac
import re
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import session
from flask import url_for

from blogengine import accounts
from blogengine import attempts
from blogengine import comments
from blogengine import schema
from blogengine import settings
from blogengine.admin import forms
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import ANYONE
from blogengine.admin.frame import SIGNED_IN
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.runtime import blog
from blogengine.setup import SiteSettings
from blogengine.text import accept_text
from blogengine.web import security

# Only paths of our own: no scheme, host, second slash or backslash; nothing percent-encoded before the query.
_OWN_PATH = re.compile(r"/admin/(?:[\w-]+/)*[\w-]*(?:\?[\w.~!$&'()*+,;=:@/?%-]*)?", re.ASCII)
_SETTINGS_ASKED = ("title", "url", "time_zone")
_ACCOUNT_ASKED = ("name", "email")


def local_path(wish: str) -> str:
    """Return where to go after signing in: `wish` when it is one of the owner's pages, else the first of them."""
    return wish if len(wish) <= 2000 and _OWN_PATH.fullmatch(wish) else url_for("admin.posts")


@admin.get("/login", permission=ANYONE)
def login() -> Any:
    """The form to sign in with."""
    if security.current_user() is not None:
        return redirect(local_path(request.args.get("next", "")), 303)
    return _login_form(local_path(request.args.get("next", "")))


@admin.post("/login", endpoint="login_sent", permission=ANYONE)
def sign_in() -> Any:
    """Sign in, or say what was wrong with the e-mail address still there."""
    email = request.form.get("email", "")
    try:
        token = accounts.sign_in(
            accept_text(email, limit=200, multiline=False),
            request.form.get("password", ""),
            comments.address_key(security.client_address()),
            request.headers.get("User-Agent", ""),
            request.cookies.get(_known_cookie(blog().url), ""),
        )
    except Refused as refusal:
        status = 429 if refusal.code == "slow_down" else 403
        return _login_form(local_path(request.form.get("next", "")), str(refusal), status)
    except Busy as busy:
        return _login_form(local_path(request.form.get("next", "")), str(busy), 503)
    session.clear()
    response = redirect(local_path(request.form.get("next", "")), 303)
    remember(response, token, blog().url)
    return response


@shows_again("admin.login_sent")
def _login_again(message: str) -> Response:
    return _login_form(local_path(request.form.get("next", "")), message, 400)


def _login_form(wanted: str, message: str = "", status: int = 200) -> Response:
    return show(
        "login.html",
        status,
        message=message,
        email=request.form.get("email", ""),
        wanted=wanted,
        has_owner=accounts.has_owner(),
    )


@admin.post("/logout", permission=SIGNED_IN)
def logout() -> Any:
    """End this browser's session; a copy of its cookie opens nothing any more."""
    name = security.session_cookie(blog())
    accounts.sign_out(request.cookies.get(name, ""))
    session.clear()
    say("You are signed out.")
    response = redirect(url_for("admin.login"), 303)
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="Lax")
    return response


def remember(response: Any, token: str, address: str) -> None:
    """Put the sign-in cookie of a blog at `address` on `response`, and one by which this browser is known the next time."""
    secure = address.startswith("https://")
    response.set_cookie(
        "__Host-blog_session" if secure else "blog_session",
        token,
        max_age=int(accounts.ABSOLUTE.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    user = accounts.user_of(token)
    if user is not None:
        response.set_cookie(
            _known_cookie(address),
            attempts.known_mark(user.id),
            max_age=int(attempts.KNOWN.total_seconds()),
            path="/admin",
            secure=secure,
            httponly=True,
            samesite="Lax",
        )


def _known_cookie(address: str) -> str:
    return "__Secure-blog_known" if address.startswith("https://") else "blog_known"


@admin.get("/setup", permission=ANYONE)
def setup() -> Response:
    """The form that makes the first owner, for the one who holds the link; nothing once there is an owner."""
    _check_setup_link(request.args.get("token", ""))
    values = {"title": "", "url": f"{request.scheme}://{request.host}", "time_zone": blog().site.time_zone}
    return _setup_form(values, {})


@admin.post("/setup", endpoint="setup_sent", permission=ANYONE)
def set_up() -> Any:
    """Make the first owner and name the blog, then sign in."""
    _check_setup_link(request.form.get("token", ""))
    form = forms.last_values(request.form.items(multi=True))
    name, email, password = form.get("name", ""), form.get("email", ""), form.get("password", "")
    problems = _setup_problems(form)
    try:
        site = schema.parse(SiteSettings, {key: form.get(key, "") for key in _SETTINGS_ASKED}, blog().site)
        if not problems:
            accounts.create_owner(name, email, password)
            settings.save_site(site)
            token = accounts.sign_in(email, password, "", request.headers.get("User-Agent", ""))
    except Invalid as invalid:
        problems = {**invalid.problems, **problems}
    except (Refused, Busy) as refusal:
        return _setup_form(form, {}, str(refusal), 503 if isinstance(refusal, Busy) else 409)
    if problems:
        return _setup_form(form, problems, "Nothing was made yet. Please mend what is marked.", 422)
    session.clear()
    say("Welcome. This is your blog: write the first post, or look at the settings.")
    response = redirect(url_for("admin.posts"), 303)
    remember(response, token, blog().config.url or site.url)
    return response


@shows_again("admin.setup_sent")
def _setup_again(message: str) -> Response:
    _check_setup_link(request.form.get("token", ""))
    return _setup_form(forms.last_values(request.form.items(multi=True)), {}, message, 400)


def _check_setup_link(token: str) -> None:
    wanted = accounts.setup_token(blog().config)
    if accounts.has_owner() or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise NotFound(
            "This set-up link is not right, or was used already.", hint="If this is your blog, sign in."
        )


def _setup_problems(form: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with the passwords and the title; the services say the rest."""
    problems = {}
    password = form.get("password", "")
    weak = accounts.password_problem(password)
    if weak:
        problems["password"] = weak
    elif password != form.get("password_again", ""):
        sentence = "This is not the same password. Please type both again."
        problems["password_again"] = sentence
    if not form.get("title", "").strip():
        problems["title"] = "Give the blog a name; you can change it later."
    return problems


def _setup_form(
    values: dict[str, str], problems: dict[str, str], message: str = "", status: int = 200
) -> Response:
    account = [
        FieldView(
            "name",
            "text",
            "Your name",
            help="It stands under your posts.",
            autocomplete="name",
            required=True,
        ),
        FieldView(
            "email",
            "email",
            "E-mail address",
            help="You sign in with it.",
            autocomplete="username",
            required=True,
        ),
        FieldView(
            "password",
            "password",
            "Password",
            help=f"At least {accounts.PASSWORD_MINIMUM} characters; a few words are best.",
            autocomplete="new-password",
            required=True,
        ),
        FieldView("password_again", "password", "Password again", autocomplete="new-password", required=True),
    ]
    for item in account:
        item.value = values.get(item.name, "") if item.name in _ACCOUNT_ASKED else ""
        item.problem = problems.get(item.name, "")
    shown = {item.name: item for item in forms.fields_of(SiteSettings, values, problems)}
    return show(
        "setup.html",
        status,
        message=message,
        link=request.values.get("token", ""),
        account=account,
        site=[shown[name] for name in _SETTINGS_ASKED],
    )
