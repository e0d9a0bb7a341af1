"""The door for people who were invited, or lost their password: the owner's link, a password, and in."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import session
from flask import url_for

from blogengine import accounts
from blogengine import people
from blogengine.admin.doors import remember
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import ANYONE
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.runtime import blog


@admin.get("/welcome", permission=ANYONE)
def welcome() -> Response:
    """The form for the holder of the link; nothing once it was used."""
    return _form(people.invited(request.args.get("token", "")).name, {})


@admin.post("/welcome", endpoint="welcome_sent", permission=ANYONE)
def come_in() -> Any:
    """Take name and password, and sign in."""
    token, name = request.form.get("token", ""), request.form.get("name", "")
    password = request.form.get("password", "")
    email = people.invited(token).email
    sentence = "This is not the same password. Please type both again."
    try:
        if password != request.form.get("password_again", ""):
            raise Invalid({"password_again": sentence})
        people.accept(token, name, password)
    except Invalid as invalid:
        return _form(name, invalid.problems, "Nothing was saved yet. Please mend what is marked.", 422)
    except Busy as busy:
        return _form(name, {}, str(busy), 503)
    session.clear()
    try:
        opened = accounts.sign_in(email, password, "", request.headers.get("User-Agent", ""))
    except (Refused, Busy):
        say("Your password is set. Sign in with it.")
        return redirect(url_for("admin.login"), 303)
    say(f"Welcome to {blog().site.title}.")
    response = redirect(url_for("admin.posts"), 303)
    remember(response, opened, blog().url)
    return response


@shows_again("admin.welcome_sent")
def _again(message: str) -> Response:
    return _form(request.form.get("name", ""), {}, message, 400)


def _form(name: str, problems: dict[str, str], message: str = "", status: int = 200) -> Response:
    token = request.values.get("token", "")
    fields = [
        FieldView(
            "name", "text", "Your name", name, problems.get("name", ""), "It stands under your posts.",
            autocomplete="name", required=True,
        ),
        FieldView(
            "password", "password", "Password", "", problems.get("password", ""),
            f"At least {accounts.PASSWORD_MINIMUM} characters; a few words are best.",
            autocomplete="new-password", required=True,
        ),
        FieldView(
            "password_again", "password", "Password again", "", problems.get("password_again", ""),
            autocomplete="new-password", required=True,
        ),
    ]  # fmt: skip
    return show(
        "welcome.html",
        status,
        message=message,
        link=token,
        email=people.invited(token).email,
        fields=fields,
    )
