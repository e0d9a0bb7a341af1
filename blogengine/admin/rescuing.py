"""The rescue link, and the way out of safe mode."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import session
from flask import url_for

from blogengine import rescue
from blogengine.admin.doors import remember
from blogengine.admin.frame import ANYONE
from blogengine.admin.frame import SIGNED_IN
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.runtime import blog


@admin.get("/rescue", endpoint="rescue", permission=ANYONE)
def rescue_form() -> Response:
    """Two buttons for the one who holds the link; nothing for anybody else."""
    return _form(request.args.get("token", ""))


@admin.post("/rescue", endpoint="rescue_sent", permission=ANYONE)
def rescued() -> Any:
    """Sign the owner in, with or without plugins."""
    token = request.form.get("token", "")
    try:
        signed_in = rescue.sign_in(token, request.headers.get("User-Agent", ""))
    except Refused as refusal:
        raise NotFound(str(refusal)) from refusal
    session.clear()
    response = redirect(url_for("admin.plugins"), 303)
    remember(response, signed_in, blog().url)
    if request.form.get("mode") == "safe":
        response.set_cookie(
            rescue.SAFE_COOKIE,
            rescue.safe_mark(blog().config, signed_in),
            path="/",
            secure=blog().url.startswith("https://"),
            httponly=True,
            samesite="Lax",
        )
    return response


@shows_again("admin.rescue_sent")
def _again(message: str) -> Response:
    return _form(request.form.get("token", ""), message, 400)


def _form(token: str, message: str = "", status: int = 200) -> Response:
    if not rescue.is_open(token):
        raise NotFound(
            "This link is too old, or was used already.", hint="Make another: blogengine plugins rescue"
        )
    return show("rescue.html", status, message=message, link=token)


@admin.post("/safe-mode/leave", permission=SIGNED_IN)
def leave_safe_mode() -> Any:
    """Go on with plugins in this browser."""
    say("Plugins run again in this browser.")
    response = redirect(url_for("admin.plugins"), 303)
    response.delete_cookie(
        rescue.SAFE_COOKIE,
        path="/",
        secure=blog().url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response
