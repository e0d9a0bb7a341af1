"""The page Account: one's own name, address and password, and the browsers that are signed in."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.exceptions import Forbidden

from blogengine import accounts
from blogengine import browsers
from blogengine import profile
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import SIGNED_IN
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.admin.posts import ID
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import User
from blogengine.runtime import blog
from blogengine.web import security

PAGE = 20
_NOTHING = "Nothing was saved yet. Please mend what is marked."


@admin.get("/account", permission=SIGNED_IN)
def account() -> Response:
    """Who is signed in, with what they can change about themselves."""
    return _page()


@admin.post("/account", endpoint="account_sent", permission=SIGNED_IN)
def save_account() -> Any:
    """Take another name or address."""
    form = request.form
    try:
        profile.change(
            _me().id, form.get("name", ""), form.get("email", ""), form.get("present_password", "")
        )
    except (Invalid, Refused, Busy) as error:
        return _failed(error, "details")
    say("Saved. Posts show the new name when they are saved the next time.")
    return redirect(url_for("admin.account"), 303)


@admin.post("/account/password", endpoint="own_password_sent", permission=SIGNED_IN)
def save_password() -> Any:
    """Take another password, and sign all other browsers out."""
    form = request.form
    try:
        count = profile.change_password(
            _me().id,
            form.get("old_password", ""),
            form.get("password", ""),
            form.get("password_again", ""),
            _token(),
        )
    except (Invalid, Refused, Busy) as error:
        return _failed(error, "password")
    say(f"Your password is changed. {_signed_out(count)}")
    return redirect(url_for("admin.account"), 303)


@admin.post(f"/account/browsers/<{ID}:browser_id>/sign-out", permission=SIGNED_IN)
def sign_out_browser(browser_id: int) -> Any:
    """Sign one browser out."""
    if browsers.sign_out(_me().id, browser_id):
        say("That browser is signed out.")
    else:
        complain("That browser was signed out already.")
    return redirect(url_for("admin.account", _anchor="browsers"), 303)


@admin.post("/account/browsers/sign-out", permission=SIGNED_IN)
def sign_out_others() -> Any:
    """Sign all browsers out but this one."""
    say(_signed_out(browsers.sign_out_others(_me().id, _token())))
    return redirect(url_for("admin.account", _anchor="browsers"), 303)


@shows_again("admin.account_sent")
def _details_again(message: str) -> Response:
    return _page("details", {}, message, 400)


@shows_again("admin.own_password_sent")
def _password_again(message: str) -> Response:
    return _page("password", {}, message, 400)


def _failed(error: Invalid | Refused | Busy, form: str) -> Response:
    if isinstance(error, Invalid):
        return _page(form, error.problems, _NOTHING, 422)
    return _page(form, {}, str(error), 429 if isinstance(error, Refused) else 503)


def _page(
    form: str = "", problems: dict[str, str] | None = None, message: str = "", status: int = 200
) -> Response:
    """Show the page; `form` is the one that was sent, with what is wrong with its fields."""
    user, found = _me(), problems or {}
    wrong = {name: found if name == form else {} for name in ("details", "password")}
    typed = request.form if form == "details" else {"name": user.name, "email": user.email}
    before = number(request.args, "before")
    shown, has_more = browsers.listed(user.id, _token(), before_id=before, limit=PAGE)
    return show(
        "account.html",
        status,
        role=user.role,
        details=_details(typed.get("name", ""), typed.get("email", ""), wrong["details"]),
        password=_password(wrong["password"]),
        messages={"details": "", "password": ""} | ({form: message} if form else {}),
        browsers=shown,
        has_others=before is not None or len(shown) > 1,
        first_url=url_for("admin.account", _anchor="browsers") if before is not None else "",
        more_url=url_for("admin.account", before=shown[-1].id, _anchor="browsers") if has_more else "",
    )


def _details(name: str, email: str, problems: dict[str, str]) -> list[FieldView]:
    return [
        FieldView(
            "name", "text", "Your name", name, problems.get("name", ""), "It stands under your posts.",
            autocomplete="name", required=True,
        ),
        FieldView(
            "email", "email", "E-mail address", email, problems.get("email", ""), "You sign in with it.",
            autocomplete="username", required=True,
        ),
        FieldView(
            "present_password", "password", "Your password", "", problems.get("present", ""),
            "Needed only for another e-mail address.", autocomplete="current-password",
        ),
    ]  # fmt: skip


def _password(problems: dict[str, str]) -> list[FieldView]:
    return [
        FieldView(
            "old_password", "password", "Present password", "", problems.get("present", ""),
            autocomplete="current-password", required=True,
        ),
        FieldView(
            "password", "password", "New password", "", problems.get("password", ""),
            f"At least {accounts.PASSWORD_MINIMUM} characters; a few words are best.",
            autocomplete="new-password", required=True,
        ),
        FieldView(
            "password_again", "password", "New password again", "", problems.get("password_again", ""),
            autocomplete="new-password", required=True,
        ),
    ]  # fmt: skip


def _me() -> User:
    user = security.current_user()
    if user is None:
        raise Forbidden
    return user


def _token() -> str:
    return request.cookies.get(security.session_cookie(blog()), "")


def _signed_out(count: int) -> str:
    if not count:
        return "No other browser was signed in."
    return "1 other browser was signed out." if count == 1 else f"{count} other browsers were signed out."
