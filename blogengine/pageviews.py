"""Page views of this process on their way to the plugins that count them: noted in passing, handed over in batches."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from blogengine import clock

LIMIT = 20_000
"""Views kept between two batches; the oldest are dropped where more come."""
LONGEST = 500
"""Characters kept of a referrer and of a browser's name."""

Viewer = tuple[bytes, bytes]
"""The headers Referer and User-Agent of whoever reads a page."""


@dataclass(frozen=True, slots=True)
class PageView:
    """One page that somebody read. It tells nothing about the person: no address, no cookie."""

    path: str
    at: datetime
    """Aware, UTC."""
    referrer: str
    """The header as sent, which anybody can write; may be empty."""
    agent: str
    """What the browser or robot calls itself; may be empty."""


class PageViews:
    """Views that were noted and not yet handed over. Noting costs half a microsecond, so a kept page can afford it."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, str, Viewer]] = deque(maxlen=LIMIT)

    def note(self, path: str, viewer: Viewer) -> None:
        """Note that somebody was sent the page at `path` (decoded)."""
        self._noted.append((clock.timestamp(), path, viewer))

    def take(self) -> list[PageView]:
        """Return what was noted since the last call, in order."""
        views = []
        while self._noted:
            at, path, (referrer, agent) = self._noted.popleft()
            views.append(
                PageView(
                    path,
                    datetime.fromtimestamp(at, UTC),
                    referrer[:LONGEST].decode("latin-1"),
                    agent[:LONGEST].decode("latin-1"),
                )
            )
        return views
