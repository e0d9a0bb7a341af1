"""What came out of trying a plugin at the door, before it may run."""

import json
import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from blogengine.errors import Refused

_MISSING = re.compile(
    r"(?:no such (?:column|table)|has no column named|\bUndefined(?:Column|Table)\b).*\bp_[a-z]", re.DOTALL
)
_DIFFERENT = (
    "The tables differ from the models: was a step changed after it had been run here? Write the next step, or take the "
    "tables away with `blogengine plugins uninstall` and enable the plugin again."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where first (an address, a step), what, and the traceback's last frames."""

    where: str
    what: str
    trace: str = ""
    pages: int = 1
    """On how many pages it was seen."""

    @property
    def place(self) -> str:
        """Where it was seen, with the number of pages where there are several."""
        return self.where if self.pages == 1 else f"on {self.pages} pages, first {self.where}"

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def joined(problems: Iterable[Problem]) -> list[Problem]:
    """Return each problem once, at the first place where it was seen.

    All that comes from tables which are not what the models say is one problem.
    """
    found: dict[str, Problem] = {}
    for problem in problems:
        key = problem.what
        if _MISSING.search(problem.what):
            key, problem = _DIFFERENT, replace(problem, what=f"{problem.what.rstrip()}\n{_DIFFERENT}")
        known = found.get(key)
        pages = problem.pages + (known.pages if known is not None else 0)
        found[key] = replace(known or problem, pages=pages)
    return list(found.values())


@dataclass(slots=True)
class Report:
    """A trial. The plugin passed where there is no problem."""

    plugin_id: str
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Sentences about what works and is worth knowing."""
    pages: int = 0
    """How many pages were asked for."""
    seconds: float = 0.0

    @property
    def reason(self) -> str:
        """Why it did not pass, in short; empty where it did."""
        if not self.problems:
            return ""
        more = len(self.problems) - 1
        others = f" ({more} more problem{'s' if more > 1 else ''})" if more else ""
        first = self.problems[0]
        return f"{first.what if first.where == 'plugin' else first}{others}"

    def text(self) -> str:
        """Return everything that is known, for a terminal or a page."""
        lines = []
        for problem in self.problems:
            lines.append(f"- {problem}")
            lines += [f"    {line}" for line in problem.trace.rstrip().splitlines()]
        lines += [f"- {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Report":
        """Return the report that `dump` wrote."""
        problems = [Problem(**problem) for problem in stored["problems"]]
        return cls(**{**stored, "problems": problems})


class NotLetIn(Refused):
    """A plugin did not pass the door; nothing was changed. `report` says all."""

    def __init__(self, report: Report, done: str = "enabled") -> None:
        super().__init__(f"The plugin {report.plugin_id} was not {done}: {report.reason}", code="broken")
        self.report = report
