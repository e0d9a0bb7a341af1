"""Sending a message: signed, logged, tried again later and later, until its endpoint is switched off."""

import base64
import hmac
import time
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Any

from blogengine.plugin import BlogError
from blogengine.plugin import Refused
from blogengine.plugin import Secret
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import fetch
from blogengine.plugin import mail
from blogengine.plugin import now
from blogengine.plugin import write
from blogengine_webhooks import deliveries
from blogengine_webhooks import endpoints
from blogengine_webhooks import messages
from blogengine_webhooks.deliveries import Attempt
from blogengine_webhooks.endpoints import Endpoint
from blogengine_webhooks.endpoints import Health
from blogengine_webhooks.settings import current

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between the attempts at one message; after the last it is given up. The first nine hours see six of them."""
TIMEOUT = 8.0
"""Seconds for one attempt, everything together: it holds up other work of this process."""
EXCERPT = 300
"""Characters of an answer that the list keeps."""


class SwitchedOff(BlogError):
    """An endpoint was switched off; raised so that the owner is told under Plugins."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is 0 and `problem` a sentence where nothing did."""

    status: int
    ms: int
    excerpt: str = ""
    problem: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the message."""
        return 200 <= self.status < 300


def signature(secret: Secret, message_id: str, timestamp: int, body: str) -> str:
    """Return the value of `Webhook-Signature`: HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks has it."""
    key = base64.b64decode(secret.reveal().removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def deliver(payload: dict[str, Any]) -> None:
    """Send one message to one endpoint, and put it off again when that fails."""
    endpoint = endpoints.find(payload["endpoint"])
    if endpoint is None or not endpoint.active:
        return
    health = endpoints.health_of([endpoint.id])[endpoint.id]
    quiet_until = endpoints.moment(health.quiet_until)
    if quiet_until is not None and quiet_until > now():
        write(lambda tx: _again(tx, payload, payload["attempt"], quiet_until))
        return
    try:
        answer = send(endpoint, payload["message"], payload["body"])
    except Refused as refusal:
        reason = f"Its secret cannot be read: {refusal}"
        write(lambda tx: _switch_off(tx, endpoint, reason))
    else:
        reason = write(lambda tx: _note(tx, endpoint, payload, answer))
    if reason:
        raise SwitchedOff(f"The endpoint {endpoint.url} was switched off. {reason}")


def send(endpoint: Endpoint, message_id: str, body: str) -> Answer:
    """Send a message now, and return what came back. Raises `Refused` where the secret cannot be read."""
    timestamp = int(now().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": signature(endpoint.secret, message_id, timestamp, body),
    }
    began = time.perf_counter()
    try:
        got = fetch.post(
            endpoint.url, body.encode(), headers=headers, timeout=TIMEOUT, anywhere=current().anywhere
        )
    except Refused as refusal:
        return Answer(0, _ms(began), problem=str(refusal))
    words = got.body.decode("utf-8", "replace")
    return Answer(got.status, _ms(began), "".join(c if c.isprintable() else " " for c in words)[:EXCERPT])


def _ms(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _note(tx: Transaction, endpoint: Endpoint, payload: dict[str, Any], answer: Answer) -> str:
    """Store what became of an attempt and what follows from it; returns why the endpoint was switched off, if it was."""
    attempt = payload["attempt"]
    health = Health() if answer.is_success else _worse(endpoint, answer)
    reason = "" if answer.is_success else _reason_to_stop(health, answer)
    last = attempt > len(PAUSES)
    outcome = "delivered" if answer.is_success else "given up" if last or reason else "failed"
    deliveries.note(tx, Attempt.of(endpoint.id, payload, answer.status, answer.ms, _said(answer), outcome))
    endpoints.put_health(tx, endpoint.id, health)
    if reason:
        _switch_off(tx, endpoint, reason)
    elif not answer.is_success and not last:
        _again(tx, payload, attempt + 1, now() + PAUSES[attempt - 1])
    return reason


def _switch_off(tx: Transaction, endpoint: Endpoint, reason: str) -> None:
    """Send nothing there any more, and write the owner a mail."""
    here = endpoints.find(endpoint.id) or endpoint
    endpoints.put(tx, replace(here, active=False, off_reason=reason))
    owner = mail.owner_address()
    if owner:
        page = f"/admin/-/webhooks/{endpoint.id}"
        said = [
            f"Nothing is sent to {endpoint.url} any more.",
            reason,
            "What happens meanwhile is not sent later.",
            f"Mend it, then switch it on again: {messages.absolute(page)}",
        ]
        subject = f"A webhook of {blog().site.title} was switched off"
        mail.send(
            tx, to=owner, subject=subject, text="\n\n".join(said) + "\n", key=f"webhooks:off:{endpoint.id}"
        )


def _said(answer: Answer) -> str:
    return answer.problem or answer.excerpt


def _worse(endpoint: Endpoint, answer: Answer) -> Health:
    health = endpoints.health_of([endpoint.id])[endpoint.id]
    pause = PAUSES[min(health.failures, len(PAUSES) - 1)]
    return Health(
        failing_since=health.failing_since or now().isoformat(),
        quiet_until=(now() + min(pause, timedelta(minutes=30))).isoformat() if not answer.status else "",
        failures=health.failures + 1,
    )


def _reason_to_stop(health: Health, answer: Answer) -> str:
    since = endpoints.moment(health.failing_since)
    if answer.status == 410:
        return "It answered 410 Gone: it wants no more messages."
    if since is not None and now() - since >= timedelta(days=current().patience):
        return (
            f"It took no message since {since:%Y-%m-%d %H:%M} UTC; the last answer was: "
            f"{answer.status or _said(answer)}"
        )
    return ""


def _again(tx: Transaction, payload: dict[str, Any], attempt: int, at: datetime) -> None:
    facts = (payload["endpoint"], payload["type"], payload["message"], payload["body"])
    messages.put_off(tx, *facts, attempt=attempt, at=at)
