"""The jobs of a blog in a test: nothing is done before the test says so."""

from datetime import datetime

import sqlalchemy as sa

from blogengine import jobs
from blogengine import posts
from blogengine.db import db
from blogengine.models import Outbox
from blogengine.site import CORE_JOBS
from blogengine.site import Site


class JobKit:
    """The work that was put off until after the commit."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def waiting(self, kind: str = "") -> list[dict[str, object]]:
        """Return the payloads of what waits, oldest first: of one `kind` (`"link_check.look"`), or of all."""
        return [dict(job.payload or {}) for job in self._rows("waiting", kind)]

    def dead(self, kind: str = "") -> list[str]:
        """Return the errors of what was put aside after too many failures."""
        return [job.last_error for job in self._rows("dead", kind)]

    def failed(self, kind: str = "") -> list[str]:
        """Return the errors of what has failed and will be tried again."""
        return [job.last_error for job in self._rows("waiting", kind) if job.last_error]

    def due(self) -> datetime | None:
        """Return when the next one can be done: `clock.tick` until then and `run_all` do it."""
        with self._site.in_app():
            return jobs.next_due()

    def run_all(self) -> int:
        """Do all jobs that are due, and those that these put off; return how many there were."""
        count = 0
        with self._site.in_app():
            posts.put_off_rendering()
            self.plan()
            while jobs.run_next("test", CORE_JOBS):
                count += 1
        return count

    def plan(self) -> None:
        """Plan the jobs that recur, as a running blog does for itself; `blog.enable` has done it."""
        with self._site.in_app():
            jobs.plan(CORE_JOBS)

    def _rows(self, state: str, kind: str) -> list[Outbox]:
        with self._site.in_app():
            wanted = sa.select(Outbox).where(Outbox.state == state).order_by(Outbox.run_at, Outbox.id)
            return [job for job in db.session.scalars(wanted) if kind in ("", job.kind)]
