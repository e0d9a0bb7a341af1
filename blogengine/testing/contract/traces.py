"""What a plugin leaves behind when it is disabled, and what it asks of a blog that grows."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from blogengine.prepared import Prepared
from blogengine.testing.contract.trial import LABEL
from blogengine.testing.contract.trial import Trial

MORE = 7
"""Posts, and comments on one of them, that make a blog large: more than fit on a first page is not needed."""
_OURS = ("blogengine.", "flask.", "jinja2.", "werkzeug.", "markupsafe")
_VALUE = r"(?:\?|%s|%\(\w+\)s|\$\d+|:\w+)(?:::\w+)?"
_LIST = re.compile(rf"\bIN \({_VALUE}(?:, ?{_VALUE})*\)", re.IGNORECASE)
_PATCHED = {("blogengine.fetch", "Internet"), ("blogengine.plugins.manager", "guarded")}
"""What this kit itself puts in another's place."""


def left_by(trial: Trial) -> list[str]:
    """Disable and enable the plugin; return what is there afterwards and should not be, and what is not."""
    engine = _engine()
    cycle = trial.cycle()
    found = [f"disabled, it left {part}" for part in cycle.without - cycle.never]
    found += [f"enabled, it took away {part}" for part in cycle.never - cycle.without]
    found += [f"enabled again, there is one more {part}" for part in cycle.twice - cycle.once]
    found += [f"enabled again, it lost {part}" for part in cycle.once - cycle.twice]
    now = _engine()
    return found + [
        f"it changed the engine: {name}" for name, value in engine.items() if now.get(name) != value
    ]


def _engine() -> dict[tuple[str, str], int]:
    """Return what functions and classes the engine and its libraries consist of."""
    known: dict[tuple[str, str], int] = {}
    for module_name, module in list(sys.modules.items()):
        if not f"{module_name}.".startswith(_OURS) or module_name.startswith("blogengine.testing"):
            continue
        for name, value in list(vars(module).items()):
            if (module_name, name) in _PATCHED:
                continue
            if callable(value) and getattr(value, "__module__", None) is not None:
                known[module_name, name] = id(value)
            if isinstance(value, type) and value.__module__ == module_name:
                for part, inner in list(vars(value).items()):
                    if callable(inner) and not part.startswith("_abc"):
                        known[module_name, f"{name}.{part}"] = id(inner)
    return known


def growth(trial: Trial) -> list[str]:
    """Return the pages that cost more statements or hook calls when there are more posts and comments."""
    few = _costs(trial)
    for number in range(MORE):
        trial.write_post(f"More {number}", number_of_comments=0)
        trial.blog.write_comment(trial.posts[0], f"More {number}.")
    many = _costs(trial)
    grown = {path: after - few[path] for path, after in many.items() if after - few[path]}
    usual = _without(trial) if grown else {}
    return [
        f"{path}: {times} more times with {MORE} more posts: {what}"
        for path, more in grown.items()
        for what, times in more.items()
        if usual[path][what] < many[path][what]
    ]


def _without(trial: Trial) -> dict[str, Counter[str]]:
    trial.blog.disable(trial.plugin_id)
    try:
        return _costs(trial)
    finally:
        trial.blog.enable(trial.plugin_id)


def _costs(trial: Trial) -> dict[str, Counter[str]]:
    paths = ["/", trial.blog.path_of(trial.posts[0]), f"/search/label/{LABEL}"]
    return {path: _cost(trial, path) for path in paths}


def _cost(trial: Trial, path: str) -> Counter[str]:
    trial.fresh(path)  # what is done once in a process is done
    manager = trial.blog.site.current().blog.plugins.pluggy_manager
    calls: Counter[str] = Counter()
    stop = manager.add_hookcall_monitoring(
        lambda name, implementations, arguments: calls.update([f"the hook {name}"]),
        lambda outcome, name, implementations, arguments: None,
    )
    try:
        with _statements(trial) as seen:
            trial.fresh(path)
    finally:
        stop()
    return calls + seen


def shape(statement: str) -> str:
    """Return the beginning of a statement without line ends; lists of values are the same whatever their length."""
    return _LIST.sub("IN (…)", " ".join(statement.split()))[:300]


@contextmanager
def _statements(trial: Trial) -> Iterator[Counter[str]]:
    """Count what is asked of the database, the prepared selects too, which SQLAlchemy does not see."""
    seen: Counter[str] = Counter()

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen[shape(statement)] += 1

    rows = Prepared.rows

    def noted(self: Prepared, **parameters: Any) -> list[tuple[Any, ...]]:
        seen[shape(str(self.statement))] += 1
        return rows(self, **parameters)

    event.listen(trial.blog.site.engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "rows", noted)
            yield seen
    finally:
        event.remove(trial.blog.site.engine, "before_cursor_execute", note)
