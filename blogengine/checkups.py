"""What plugins say about their own health, asked for the doctor and for the owner."""

from collections.abc import Callable
from collections.abc import Iterator

from blogengine.db import db
from blogengine.health import LEVELS
from blogengine.health import Health
from blogengine.plugins.guards import is_for_us
from blogengine.runtime import blog


def ask(plugin_id: str = "") -> Iterator[tuple[str, Health]]:
    """Run the checks of one plugin, or of all; yield plugin and finding. A check that fails is a finding itself."""
    running = blog()
    for owner, check in running.health_checks:
        if plugin_id in ("", owner):
            with running.plugins.ledger.calls.at(owner, f"the check {check.name}"):
                found = _found(check.name, check.run)
            if found is not None:
                yield owner, found


def _found(name: str, run: Callable[[], Health | None]) -> Health | None:
    try:
        found = run()
    except BaseException as error:
        if is_for_us(error):
            raise
        db.session.rollback()  # what it asked last may have failed in the database
        return Health("fail", f"the check {name} raised {type(error).__name__}: {error}")
    if found is None or (isinstance(found, Health) and found.level in LEVELS):
        return found
    return Health("fail", f"the check {name} must return Health or None, not {found!r:.100}")
