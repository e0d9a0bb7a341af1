"""The page Webhooks: endpoints, what was sent to each and what came back, a test, and sending again."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from werkzeug import Response

from blogengine.plugin import Invalid
from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import now
from blogengine.plugin import write
from blogengine_webhooks import deliveries
from blogengine_webhooks import endpoints
from blogengine_webhooks import messages
from blogengine_webhooks.deliveries import Attempt
from blogengine_webhooks.endpoints import EVENTS
from blogengine_webhooks.endpoints import Endpoint
from blogengine_webhooks.endpoints import Health
from blogengine_webhooks.settings import current

pages = Blueprint("webhooks", __name__)

TEST = "webhook.test"
_EMPTY: dict[str, Any] = {
    "url": "",
    "secret": "",
    "note": "",
    "active": False,
    "with_text": False,
    "events": [],
}


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint in the list, with its last attempt."""

    endpoint: Endpoint
    health: Health
    last: Attempt | None
    failing_since: datetime | None


@pages.get("/")
def index() -> str:
    """All endpoints, and how each fares."""
    found = endpoints.every()
    health = endpoints.health_of(endpoint.id for endpoint in found)
    rows = []
    for endpoint in found:
        attempts = deliveries.of(endpoint.id)
        since = endpoints.moment(health[endpoint.id].failing_since)
        rows.append(Row(endpoint, health[endpoint.id], attempts[0] if attempts else None, since))
    return render_template("@webhooks/list.html", rows=rows, settings=current())


@pages.get("/new")
def new() -> str:
    """The form for a new endpoint."""
    return _form({**_EMPTY, "active": True, "events": list(EVENTS)[:1]}, None)


@pages.post("/new")
def create() -> Any:
    """Store a new endpoint, and show its secret."""
    values = _typed()
    try:
        endpoint = endpoints.check(values)
    except Invalid as refusal:
        return _form(values, None, refusal.problems), 400
    endpoints.save(endpoint)
    flash("The endpoint is stored. Its secret is below: the receiver needs it to check signatures.")
    return redirect(url_for(".show", endpoint_id=endpoint.id), 303)


@pages.get("/<int:endpoint_id>")
def show(endpoint_id: int) -> str:
    """One endpoint: its form, and its last attempts."""
    endpoint = endpoints.get(endpoint_id)
    return _form(_values_of(endpoint), endpoint)


@pages.post("/<int:endpoint_id>")
def save(endpoint_id: int) -> Any:
    """Store what was changed."""
    endpoint, values = endpoints.get(endpoint_id), _typed()
    try:
        changed = endpoints.check(values, endpoint)
    except Invalid as refusal:
        return _form(values, endpoint, refusal.problems), 400
    endpoints.save(changed)
    flash("The endpoint is stored.")
    return redirect(url_for(".show", endpoint_id=endpoint_id), 303)


@pages.post("/<int:endpoint_id>/secret")
def secret(endpoint_id: int) -> Any:
    """Show the secret once, or make another."""
    endpoint = endpoints.get(endpoint_id)
    if request.form.get("do") == "renew":
        endpoint = replace(endpoint, sealed=endpoints.new_secret())
        write(lambda tx: endpoints.put(tx, endpoint))
    shown, lost = "", ""
    try:
        shown = endpoint.secret.reveal()
    except Refused as refusal:
        lost = str(refusal)
    facts = {"endpoint": endpoint, "secret": shown, "lost": lost, "renewed": "do" in request.form}
    page = Response(render_template("@webhooks/secret.html", **facts), mimetype="text/html")
    page.headers["Cache-Control"] = "no-store"
    return page


@pages.post("/<int:endpoint_id>/test")
def test(endpoint_id: int) -> Any:
    """Send a message that tells of nothing."""
    endpoint = endpoints.get(endpoint_id)
    message_id, at = f"msg_{secrets.token_hex(12)}", now()
    body = messages.body_of(TEST, message_id, at, {"words": "This is a test. Nothing happened."})
    write(lambda tx: messages.put_off(tx, endpoint.id, TEST, message_id, body))
    flash("A test is on its way. Reload this page in a moment to see what came back.")
    return redirect(url_for(".show", endpoint_id=endpoint_id), 303)


@pages.post("/<int:endpoint_id>/again")
def again(endpoint_id: int) -> Any:
    """Send a message of the list once more, the same with the same id."""
    attempt = deliveries.get(endpoint_id, request.form.get("attempt", ""))
    facts = (endpoint_id, attempt.type, attempt.message, attempt.body)
    write(lambda tx: messages.put_off(tx, *facts))
    flash("It is on its way once more. Reload this page in a moment to see what came back.")
    return redirect(url_for(".show", endpoint_id=endpoint_id), 303)


@pages.post("/<int:endpoint_id>/delete")
def delete(endpoint_id: int) -> Any:
    """Ask, then delete the endpoint with its list."""
    endpoint = endpoints.get(endpoint_id)
    if request.form.get("sure") != "yes":
        return render_template("@webhooks/delete.html", endpoint=endpoint)

    def change(tx: Transaction) -> None:
        endpoints.delete(tx, endpoint)
        deliveries.forget(tx, endpoint.id)

    write(change)
    flash("The endpoint is deleted. What waited for it will not be sent.")
    return redirect(url_for(".index"), 303)


def _typed() -> dict[str, Any]:
    values: dict[str, Any] = {name: request.form.get(name, "") for name in ("url", "secret", "note")}
    values |= {name: request.form.get(name) == "on" for name in ("active", "with_text")}
    return {**values, "events": request.form.getlist("events")}


def _values_of(endpoint: Endpoint) -> dict[str, Any]:
    facts = {name: getattr(endpoint, name) for name in ("url", "events", "active", "with_text", "note")}
    return {**facts, "secret": ""}


def _form(
    values: Mapping[str, Any], endpoint: Endpoint | None, problems: Mapping[str, str] | None = None
) -> str:
    health = endpoints.health_of([endpoint.id])[endpoint.id] if endpoint else Health()
    return render_template(
        "@webhooks/endpoint.html",
        values=values,
        endpoint=endpoint,
        problems=problems or {},
        kinds=EVENTS,
        attempts=deliveries.of(endpoint.id) if endpoint else [],
        moment=endpoints.moment,
        failing_since=endpoints.moment(health.failing_since),
        settings=current(),
    )
