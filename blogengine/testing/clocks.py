"""A clock for tests."""

from datetime import datetime
from datetime import timedelta


class FrozenClock:
    """A clock that stands still until told otherwise."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def tick(self, **span: float) -> datetime:
        """Go on by `span` (`minutes=1`, `days=2`) and return the new time."""
        self.moment += timedelta(**span)
        return self.moment

    def read(self) -> float:
        """Return Unix seconds."""
        return self.moment.timestamp()
