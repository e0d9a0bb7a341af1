"""Mails of a blog in a test: read where they wait, never sent."""

from dataclasses import dataclass
from typing import Any

from blogengine import mail
from blogengine.testing.outbox import JobKit


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that waits to be sent."""

    to: str
    subject: str
    text: str
    html: str | None
    headers: dict[str, str]


class Mailbox:
    """The mails that were written and not taken back."""

    def __init__(self, jobs: JobKit) -> None:
        self._jobs = jobs

    @property
    def mails(self) -> list[Mail]:
        """All that wait, oldest first; do the jobs first where one of them writes the mail: `jobs.run_all()`."""
        waiting: list[dict[str, Any]] = self._jobs.waiting(mail.KIND)
        return [Mail(**{name: payload[name] for name in Mail.__slots__}) for payload in waiting]
