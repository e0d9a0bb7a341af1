"""For who lost their password: a form that has a link sent, and says the same whoever asks."""

from flask import Response
from flask import request

from blogengine import comments
from blogengine import lost_passwords
from blogengine.admin.frame import ANYONE
from blogengine.admin.frame import admin
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Busy
from blogengine.errors import Refused
from blogengine.web import security


@admin.get("/forgotten", permission=ANYONE)
def forgotten() -> Response:
    """The form, or what else can be done where the blog sends no mail."""
    return _form()


@admin.post("/forgotten", endpoint="forgotten_sent", permission=ANYONE)
def ask() -> Response:
    """Have a link sent where somebody has the address."""
    if not lost_passwords.can_send():
        return _form("This blog sends no mail, so no link can be sent.", 409)
    email = request.form.get("email", "")
    try:
        lost_passwords.ask(email, comments.address_key(security.client_address()))
    except Refused as refusal:
        return _form(str(refusal), 429 if refusal.code == "slow_down" else 422)
    except Busy as busy:
        return _form(str(busy), 503)
    return show("forgotten.html", message="", email=email.strip(), is_sent=True, can_send=True)


@shows_again("admin.forgotten_sent")
def _again(message: str) -> Response:
    return _form(message, 400)


def _form(message: str = "", status: int = 200) -> Response:
    email = request.values.get("email", "")
    can_send = lost_passwords.can_send()
    return show("forgotten.html", status, message=message, email=email, is_sent=False, can_send=can_send)
