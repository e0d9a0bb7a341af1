"""What plugins cost, in words for somebody who has never heard of hooks; beginning to count anew."""

from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from flask import redirect
from flask import url_for

from blogengine import hookspecs
from blogengine import settings as service
from blogengine.admin.frame import admin
from blogengine.admin.frame import say
from blogengine.hookspecs import building
from blogengine.hookspecs import documents
from blogengine.hookspecs import events
from blogengine.hookspecs import judging
from blogengine.hookspecs import living
from blogengine.hookspecs import places
from blogengine.settings import CostRow
from blogengine.settings import PagesMade
from blogengine.settings import PersonalRow

PAGES, SAVING, ADMIN = "while a page is made", "while a text is saved or shown to its author", "in the admin"
WHEN = {
    building: "when the blog is put together",
    places: PAGES,
    documents: PAGES,
    judging: "when a comment is sent",
    events: "when something has happened",
    living: "when it begins and ends",
}
OTHERWISE = {
    "prepare_draft": SAVING,
    "prepare_source": SAVING,
    "prepare_html": SAVING,
    "prepare_import": "while posts are imported",
    "editor_html": ADMIN,
    "dashboard_html": ADMIN,
    "moderation_html": ADMIN,
}
READS = {
    "cookies": "It reads the visitor's cookies.",
    "session": "It reads the visitor's session.",
    "set-cookie": "It sets a cookie.",
}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One thing that a plugin does: what, when it is asked to, and what that takes. Times are texts with their unit."""

    hook: str
    what: str
    when: str
    calls: int
    mean: str
    longest: str
    share: str
    """Part of the time of all pages; empty where no page waits for it, or where too few pages were made to tell."""


@dataclass(slots=True)
class CostSheet:
    """What one plugin costs."""

    lines: list[CostLine] = field(default_factory=list)
    personal: list[tuple[str, PersonalRow]] = field(default_factory=list)
    """Lines that keep pages from being kept, each after a sentence about what it does."""
    share: str = ""
    """Part of the time of all pages; empty as for lines."""
    pages: PagesMade | None = None
    page_mean: str = ""
    is_newer: bool = False
    """Whether pages were counted before the plugin was: its share is too small then."""


def cost_sheets() -> dict[str, CostSheet]:
    """Return what plugins cost, by id; one that is not in it has cost nothing yet."""
    sheets: dict[str, CostSheet] = defaultdict(CostSheet)
    shares: dict[str, float] = defaultdict(float)
    pages = service.pages_made()
    for row in service.costs():
        sheet = sheets[row.plugin_id]
        line = _line(row)
        sheet.lines.append(line)
        if line.when == PAGES:
            shares[row.plugin_id] += row.share
            if pages is not None and row.since > pages.since:
                sheet.is_newer = True
    for personal in service.personal_pages():
        sheets[personal.plugin_id].personal.append((READS.get(personal.what, personal.what), personal))
    for plugin_id, sheet in sheets.items():
        if pages is not None:
            sheet.pages, sheet.page_mean = pages, _time(pages.mean)
            sheet.share = _percent(shares[plugin_id]) if plugin_id in shares else ""
    return dict(sheets)


@admin.post("/plugins/-/costs/forget", permission="plugins.manage")
def forget_costs() -> Any:
    """Begin to count anew what plugins cost."""
    service.forget_costs()
    say("The figures are forgotten; from now on they are counted anew, for all plugins.")
    return redirect(url_for("admin.plugins"), 303)


def _line(row: CostRow) -> CostLine:
    spec = hookspecs.known().get(row.hook)
    when = "when another plugin asks for it"
    if spec is not None:
        family = next(family for family in WHEN if vars(family).get(row.hook) is spec)
        when = OTHERWISE.get(row.hook, WHEN[family])
    what = (spec.__doc__ or "").partition("\n")[0] if spec is not None else ""
    share = _percent(row.share) if when == PAGES else ""
    return CostLine(row.hook, what, when, row.calls, _time(row.mean), _time(row.longest), share)


def _time(microseconds: float) -> str:
    if microseconds < 1_000:
        return f"{microseconds:.0f} µs"
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:.1f} ms"
    return f"{microseconds / 1_000_000:.1f} s"


def _percent(share: float) -> str:
    """Return nothing for more than all: what a signed-in owner looks at is timed in plugins, and is no page for readers."""
    if share > 1:
        return ""
    return "under 0.1 %" if share < 0.001 else f"{share * 100:.1f} %"
