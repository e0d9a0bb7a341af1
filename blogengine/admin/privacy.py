"""The page Personal data: what is stored about a person, as a file to hand over, and erased when they ask for it."""

import json
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import privacy as service
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.subjects import DataSubject

SHOWN = 50
"""Comments on the page; the file has all."""
FIELDS = (
    ("name", "Name", "As it stands beside their comments."),
    ("website", "Website", "As it stands behind their name. With a name, both must agree."),
    ("email", "E-mail address", "As it was given with a comment."),
)


@admin.get("/privacy", permission="privacy.manage")
def privacy() -> Response:
    """Ask about whom."""
    return _page({})


@admin.post("/privacy", permission="privacy.manage")
def privacy_sent() -> Any:
    """Show what is stored, send it as a file, ask before it is erased, erase it."""
    sent = {name: request.form.get(name, "") for name, _, _ in FIELDS}
    try:
        person = service.check(**sent)
        action = request.form.get("action", "show")
        if action == "download":
            return _file(service.export(person))
        if action == "ask":
            return _ask(person, sent)
        if action == "erase":
            return _erase(person)
        return _page(sent, found=service.export(person))
    except Invalid as invalid:
        return _page(sent, invalid.problems)
    except Refused as refusal:
        return _page(sent, message=str(refusal), status=500)


@shows_again("admin.privacy_sent")
def _again(message: str) -> Response:
    return _page({name: request.form.get(name, "") for name, _, _ in FIELDS}, message=message, status=400)


def _page(
    sent: dict[str, str],
    problems: dict[str, str] | None = None,
    *,
    message: str = "",
    status: int = 200,
    found: dict[str, Any] | None = None,
) -> Response:
    fields = [
        FieldView(name, "text", label, sent.get(name, ""), (problems or {}).get(name, ""), text)
        for name, label, text in FIELDS
    ]
    if problems:
        message, status = "Nothing was looked for yet.", 400
    plugins = [
        (plugin_id, json.dumps(data, indent=2, ensure_ascii=False))
        for plugin_id, data in (found or {}).get("plugins", {}).items()
        if data
    ]
    return show(
        "privacy.html",
        status,
        fields=fields,
        message=message,
        found=found,
        plugins=plugins,
        shown=SHOWN,
        sent=[*sent.items()],
        not_asked=service.not_asked(),
    )


def _file(found: dict[str, Any]) -> Response:
    response = Response(json.dumps(found, indent=2, ensure_ascii=False), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    return response


def _ask(person: DataSubject, sent: dict[str, str]) -> Response:
    count = len(service.export(person)["comments"])
    return show(
        "confirm.html",
        heading="Erase for good?",
        message=f"{count} comments lose name and text, and plugins erase what they keep. Nothing takes this back. "
        "Answers to these comments stay, and so do copies that the blog's backups hold.",
        action=url_for("admin.privacy_sent"),
        fields=[*sent.items(), ("action", "erase")],
        button="Erase for good",
        cancel_url=url_for("admin.privacy"),
    )


def _erase(person: DataSubject) -> Any:
    counts = service.erase(person)
    own = counts.pop("")
    rows = [f"{own} comments", *(f"{count} rows of the plugin {name}" for name, count in counts.items())]
    say(f"Erased: {', '.join(rows)}.")
    return redirect(url_for("admin.privacy"), 303)
