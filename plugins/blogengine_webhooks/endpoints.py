"""Where messages go: the owner's endpoints, and how they have fared."""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from blogengine.plugin import Invalid
from blogengine.plugin import NotFound
from blogengine.plugin import Secret
from blogengine.plugin import Transaction
from blogengine.plugin import open_secret
from blogengine.plugin import read_meta
from blogengine.plugin import seal_secret
from blogengine.plugin import text
from blogengine.plugin import write
from blogengine.plugin import write_meta
from blogengine_webhooks.settings import ID

EVENTS = {
    "post.published": "A post or page became public",
    "post.updated": "A public post or page was saved again",
    "post.unpublished": "A post or page is no longer public",
    "post.deleted": "A post or page that was public was deleted for good",
    "comment.published": "A comment became public",
    "comment.held": "A comment waits for a decision",
    "comment.removed": "A comment was taken out",
    "media.saved": "A new picture was stored",
    "settings.changed": "Settings of the blog or of a plugin were changed",
}
"""What an endpoint may be told of, with what stands beside its box."""

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One receiver."""

    id: int
    url: str
    events: tuple[str, ...]
    sealed: Mapping[str, str] = field(repr=False)
    """The secret as it is stored: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it."""
    active: bool = True
    with_text: bool = False
    """Whether messages carry the text of posts and comments, too."""
    note: str = ""
    off_reason: str = ""
    """Why the endpoint was switched off; empty when its owner did it."""

    @property
    def secret(self) -> Secret:
        """The secret. Raises `Refused` where it cannot be read any more."""
        return open_secret(ID, self.sealed)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has fared since it last took a message. Times are ISO 8601, or empty."""

    failing_since: str = ""
    quiet_until: str = ""
    """Until then it is not asked: it did not answer at all, and each try would hold up other work."""
    failures: int = 0


def new_secret() -> Mapping[str, str]:
    """Return a fresh secret, sealed."""
    return seal_secret(ID, Secret("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()))


def check(values: Mapping[str, Any], known: Endpoint | None = None) -> Endpoint:
    """Return the endpoint that a form describes. Raises `Invalid` with a sentence for each field that does not fit."""
    problems = {}
    address = str(values.get("url", "")).strip()
    try:
        parts = urlsplit(address)
        _ = parts.port
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        fits = False
    if not fits or len(address) > 2000 or re.search(r"[^\x21-\x7e]", address):
        problems["url"] = "The address must look like https://example.org/hook, without a password in it."
    events = tuple(name for name in EVENTS if name in values.get("events", ()))
    if not events:
        problems["events"] = "Tick at least one event; without any the endpoint would hear nothing."
    secret = str(values.get("secret", "")).strip()
    if secret and not _is_secret(secret):
        problems["secret"] = (
            "This must be whsec_ and 24 to 64 bytes in base64. Leave it empty to have one made."  # noqa: S105
        )
    note = text.accept_text(str(values.get("note", "")), limit=200).strip()
    if problems:
        raise Invalid(problems)
    sealed = seal_secret(ID, Secret(secret)) if secret else known.sealed if known else new_secret()
    made = Endpoint(known.id if known else secrets.randbelow(2**31 - 1) + 1, address, events, sealed)
    return replace(
        made, active=bool(values.get("active")), with_text=bool(values.get("with_text")), note=note
    )


def _is_secret(secret: str) -> bool:
    if not SECRET.fullmatch(secret):
        return False
    try:
        return 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    except binascii.Error:
        return False


def every() -> list[Endpoint]:
    """Return all endpoints by address."""
    kept = read_meta(ID, [1], ID)[1]
    found = [_read(value) for key, value in kept.items() if key.startswith("endpoint:")]
    return sorted(found, key=lambda endpoint: (endpoint.url, endpoint.id))


def _read(value: Mapping[str, Any]) -> Endpoint:
    """Return a stored endpoint; before version 0.2.0 secrets were stored as they are."""
    facts = {name: fact for name, fact in value.items() if name != "secret"}
    if "secret" in value:
        facts["sealed"] = seal_secret(ID, Secret(value["secret"]))
    return Endpoint(**{**facts, "events": tuple(facts["events"])})


def find(endpoint_id: int) -> Endpoint | None:
    """Return an endpoint, or None when it was deleted."""
    return next((endpoint for endpoint in every() if endpoint.id == endpoint_id), None)


def get(endpoint_id: int) -> Endpoint:
    """Return an endpoint. Raises `NotFound`."""
    endpoint = find(endpoint_id)
    if endpoint is None:
        raise NotFound("There is no such endpoint.", hint="It may have been deleted.")
    return endpoint


def listening(event: str) -> list[Endpoint]:
    """Return the active endpoints that hear of `event`."""
    return [endpoint for endpoint in every() if endpoint.active and event in endpoint.events]


def health_of(endpoint_ids: Iterable[int]) -> dict[int, Health]:
    """Return how endpoints have fared."""
    wanted = list(endpoint_ids)
    kept = read_meta(ID, [1], ID)[1]
    return {one: Health(**kept.get(f"health:{one}", {})) for one in wanted}


def put(tx: Transaction, endpoint: Endpoint) -> None:
    """Store an endpoint."""
    write_meta(tx, ID, 1, ID, f"endpoint:{endpoint.id}", asdict(endpoint))


def put_health(tx: Transaction, endpoint_id: int, health: Health) -> None:
    """Store how an endpoint fares."""
    write_meta(tx, ID, 1, ID, f"health:{endpoint_id}", asdict(health) if health != Health() else None)


def save(endpoint: Endpoint) -> None:
    """Store an endpoint as its owner wants it; switched on, it begins anew."""

    def change(tx: Transaction) -> None:
        put(tx, endpoint)
        if endpoint.active:
            put_health(tx, endpoint.id, Health())

    write(change)


def delete(tx: Transaction, endpoint: Endpoint) -> None:
    """Forget an endpoint; what still waits for it is dropped when its turn comes."""
    write_meta(tx, ID, 1, ID, f"endpoint:{endpoint.id}", None)
    put_health(tx, endpoint.id, Health())


def moment(value: str) -> datetime | None:
    """Return a stored time."""
    return datetime.fromisoformat(value) if value else None
