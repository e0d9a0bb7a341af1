"""What the list of attempts holds about a person: messages about comments carry names, websites and texts."""

import json
from collections.abc import Iterator
from typing import Any

from blogengine.plugin import DataSubject
from blogengine.plugin import Transaction
from blogengine.plugin import write_meta
from blogengine_webhooks import deliveries
from blogengine_webhooks import endpoints
from blogengine_webhooks.deliveries import Attempt
from blogengine_webhooks.settings import ID


def stored(person: DataSubject) -> list[dict[str, Any]]:
    """Return the messages about a person's comments that are kept, and to whom they went."""
    return [
        {"sent_to": url, "at": attempt.at, "outcome": attempt.outcome, "message": attempt.body}
        for url, attempt in _about(person)
    ]


def erase(tx: Transaction, person: DataSubject) -> int:
    """Forget these attempts; return how many there were."""
    found = list(_about(person))
    for _, attempt in found:
        write_meta(tx, deliveries.LOG, attempt.endpoint, ID, attempt.id, None)
    return len(found)


def _about(person: DataSubject) -> Iterator[tuple[str, Attempt]]:
    for endpoint in endpoints.every():
        for attempt in deliveries.of(endpoint.id):
            data = json.loads(attempt.body)["data"]
            if attempt.type.startswith("comment.") and person.wrote(
                data.get("author", ""), data.get("author_url", "")
            ):
                yield endpoint.url, attempt
