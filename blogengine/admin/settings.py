"""The blog's settings."""

import dataclasses
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import mail
from blogengine import schema
from blogengine import settings as service
from blogengine import themes as theme_service
from blogengine.admin import forms
from blogengine.admin.doors import remember
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.admin.trying import try_site
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.runtime import blog
from blogengine.setup import SiteSettings
from blogengine.web import security
from blogengine.web import themecheck


@admin.get("/settings", permission="settings.change")
def settings() -> Response:
    """The blog's own settings."""
    return _form(dataclasses.asdict(blog().site), {})


@admin.post("/settings", endpoint="settings_sent", permission="settings.change")
def save_settings() -> Any:
    """Store the settings, or show all that is wrong with what was typed still there."""
    typed = forms.last_values(request.form.items(multi=True))
    problems: dict[str, str] = {}
    try:
        if "theme" in typed and "theme" not in _locked():
            theme_service.choose(typed["theme"])
            if typed["theme"] != blog().site.theme:
                themecheck.refuse_faulty(typed["theme"])
    except (NotFound, Refused) as error:
        problems["theme"] = str(error)
    try:
        said = {
            name: value for name, value in forms.sent(SiteSettings, typed).items() if name not in _locked()
        }
        site = schema.parse(SiteSettings, said, blog().site)
        if not problems and "try" in request.form:
            return try_site(site)
        if not problems:
            service.save_site(site)
    except Invalid as invalid:
        problems |= invalid.problems
    except Busy as busy:
        return _form(typed, {}, str(busy), 503)
    if problems:
        return _form(typed, problems, "Nothing was saved yet. Please mend what is marked.", 422)
    say("Saved.")
    return _stay_signed_in(redirect(url_for("admin.settings"), 303), site)


@shows_again("admin.settings_sent")
def _again(message: str) -> Response:
    return _form(forms.last_values(request.form.items(multi=True)), {}, message, 400)


def _stay_signed_in(response: Any, site: SiteSettings) -> Any:
    """Give the browser the cookie under its new name: an address with https changes it."""
    token = request.cookies.get(security.session_cookie(blog()))
    if token and not blog().config.url and site.url != blog().site.url:
        remember(response, token, site.url)
    return response


def _form(values: dict[str, Any], problems: dict[str, str], message: str = "", status: int = 200) -> Response:
    fields = forms.fields_of(SiteSettings, values, problems, locked=_locked(), now=blog().site)
    for item in fields:
        if item.name == "theme":
            _offer_themes(item)
    return show(
        "settings.html",
        status,
        message=f"{message} {forms.elsewhere(fields, problems)}".strip(),
        fields=fields,
        address=blog().config.url,
        stored_problems=blog().setup.problems,
        mail_missing=mail.missing(),
        mail_trouble=mail.trouble(),
        my_address=_my_address(),
    )


def _locked() -> dict[str, str]:
    """Return the variable of the environment that gives a setting, by the setting's name."""
    running = blog()
    return {**running.setup.locked, **({"url": "BLOGENGINE_URL"} if running.config.url else {})}


def _my_address() -> str:
    user = security.current_user()
    return user.email if user is not None else ""


@admin.post("/settings/test-mail", permission="settings.change")
def send_test_mail() -> Any:
    """Send a mail to whoever presses the button, at once, and say what the mail server answered."""
    try:
        mail.try_out(_my_address())
        say(f"The mail server took a test mail to {_my_address()}. Look whether it arrives.")
    except Refused as refusal:
        complain(refusal)
    return redirect(url_for("admin.settings", _anchor="mail"), 303)


def _offer_themes(item: FieldView) -> None:
    found = theme_service.available()
    item.kind = "choice"
    names = {theme.id: theme.name for theme in found.values() if not theme.problem}
    item.choices = forms.choices_of(names, item.value)
