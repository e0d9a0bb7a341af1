"""Work as values: an event that plugins are told of after the commit."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened, as a plugin is told of it after the commit, at least once."""

    id: str
    """Random letters and digits; the same for each plugin and at each try, so that nothing need be done twice."""
    at: datetime
    """When it happened, aware UTC; it is told of a moment later, or much later after a failure."""
