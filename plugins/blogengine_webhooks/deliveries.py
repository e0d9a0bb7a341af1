"""The last attempts of each endpoint: what was sent, what came back, and how long it took."""

import secrets
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from blogengine.plugin import NotFound
from blogengine.plugin import Transaction
from blogengine.plugin import now
from blogengine.plugin import read_meta
from blogengine.plugin import write_meta
from blogengine_webhooks.settings import ID
from blogengine_webhooks.settings import current

LOG = "webhooks_log"
"""What the plugin's kept data about the attempts of an endpoint is called."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand over a message."""

    id: str
    """Sorts by time."""
    endpoint: int
    message: str
    type: str
    body: str
    number: int
    """From 1."""
    at: str
    """ISO 8601."""
    status: int
    """Of the answer, 0 where there was none."""
    ms: int
    said: str
    """Begin of the answer, or what went wrong."""
    outcome: str
    """`delivered`, `failed` (and tried again) or `given up`."""

    @classmethod
    def of(
        cls, endpoint_id: int, payload: dict[str, Any], status: int, ms: int, said: str, outcome: str
    ) -> "Attempt":
        """Return the attempt that was made just now with a job's payload."""
        at = now()
        return cls(
            id=f"{int(at.timestamp() * 1000):014d}-{secrets.token_hex(4)}",
            endpoint=endpoint_id,
            message=payload["message"],
            type=payload["type"],
            body=payload["body"],
            number=payload["attempt"],
            at=at.isoformat(),
            status=status,
            ms=ms,
            said=said,
            outcome=outcome,
        )


def note(tx: Transaction, attempt: Attempt) -> None:
    """Keep an attempt, and forget the oldest beyond what the owner wants kept."""
    write_meta(tx, LOG, attempt.endpoint, ID, attempt.id, asdict(attempt))
    kept = sorted({*read_meta(LOG, [attempt.endpoint], ID)[attempt.endpoint], attempt.id})
    for key in kept[: -current().keep]:
        write_meta(tx, LOG, attempt.endpoint, ID, key, None)


def of(endpoint_id: int) -> list[Attempt]:
    """Return what is kept of an endpoint, latest first."""
    kept = read_meta(LOG, [endpoint_id], ID)[endpoint_id]
    return [Attempt(**kept[key]) for key in sorted(kept, reverse=True)]


def get(endpoint_id: int, attempt_id: str) -> Attempt:
    """Return one attempt. Raises `NotFound`."""
    kept = read_meta(LOG, [endpoint_id], ID)[endpoint_id]
    if attempt_id not in kept:
        raise NotFound("This attempt is not in the list any more.")
    return Attempt(**kept[attempt_id])


def forget(tx: Transaction, endpoint_id: int) -> None:
    """Forget all attempts of an endpoint."""
    for key in read_meta(LOG, [endpoint_id], ID)[endpoint_id]:
        write_meta(tx, LOG, endpoint_id, ID, key, None)
