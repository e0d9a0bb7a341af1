"""The list of jobs: what waits in the background, what recurs, what failed too often; trying again and deleting."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import clock
from blogengine import jobs as service
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import say
from blogengine.admin.frame import searched
from blogengine.admin.frame import show
from blogengine.errors import Refused
from blogengine.models import Outbox
from blogengine.pages import Link
from blogengine.runtime import blog

PAGE = 50
TABS = (("waiting", "Waiting"), ("recurring", "Recurring"), ("dead", "Failed"))


@dataclass(frozen=True, slots=True)
class Row:
    """A job in the list. `plugin_id` is empty for the core's own; `why` says what it waits for, if for anything."""

    job: Outbox
    plugin_id: str
    what: str
    why: str
    is_running: bool
    starts_at: datetime


@admin.get("/jobs", permission="jobs.manage")
def jobs() -> Response:
    """Jobs in the order they came in; those that wait unless told otherwise."""
    tab, q, after = _tab(request.args), searched(), number(request.args, "after")
    counts = service.counts()
    found, has_more = service.listed(tab, q=q, after_id=after, limit=PAGE)
    return show(
        "jobs.html",
        tab=tab,
        q=q,
        after=after,
        tabs=[(Link(_list_url(key, q), text), counts[key], key == tab) for key, text in TABS],
        rows=[_row(job) for job in found],
        attempts=service.ATTEMPTS,
        zone=blog().site.time_zone,
        first_url=_list_url(tab, q),
        more_url=_list_url(tab, q, found[-1].id) if has_more else "",
    )


@admin.post("/jobs", permission="jobs.manage")
def decide_jobs() -> Any:
    """Try a job again, or ask before it is deleted; `one` is the button of a single job."""
    action, _, text = request.form.get("one", "").partition(":")
    ids = [int(text)] if text.isascii() and text.isdigit() and len(text) <= 15 else _ids()
    action = action or request.form.get("action", "")
    back = _list_url(_tab(request.form), request.form.get("q", "")[:200])
    if not ids:
        complain("No job was chosen. Tick the boxes of those you mean, then press the button again.")
        return redirect(back, 303)
    if action == "retry":
        count = service.retry(ids)
        say(
            f"{_count(count)} will be done in a moment." if count else "It is being done already, or is gone."
        )
        return redirect(back, 303)
    if action != "drop":
        raise Refused(f"There is nothing called {action!r} to do with jobs.")
    return show(
        "confirm.html",
        heading="Delete for good?",
        message=f"{_count(len(ids))} will be deleted without being done.",
        action=url_for("admin.drop_jobs"),
        fields=[("id", str(job_id)) for job_id in ids] + [("tab", _tab(request.form))],
        button=f"Delete {_count(len(ids))}",
        cancel_url=back,
    )


@admin.post("/jobs/delete", permission="jobs.manage")
def drop_jobs() -> Any:
    """Delete jobs undone."""
    say(f"Deleted: {_count(service.drop(_ids()))}.")
    return redirect(_list_url(_tab(request.form)), 303)


def _row(job: Outbox) -> Row:
    plugin_id, name = (
        re.split("[.:]", job.kind, maxsplit=1) if re.search("[.:]", job.kind) else ("", job.kind)
    )
    what = f"hears {name}" if ":" in job.kind else name
    now = clock.now()
    is_running = job.lease_by != "" and job.lease_until is not None and job.lease_until > now
    why = ""
    if plugin_id != "core" and job.kind not in blog().jobs:
        status = blog().plugins.statuses.get(plugin_id)
        why = "The plugin is off." if status is None else "The plugin does not run."
        if status is not None and status.state == "active":
            why = "The plugin has no such job any more."
    return Row(job, "" if plugin_id == "core" else plugin_id, what, why, is_running, max(job.run_at, now))


def _tab(values: Any) -> str:
    tab = values.get("tab", "waiting")
    return tab if tab in dict(TABS) else "waiting"


def _ids() -> list[int]:
    texts = request.form.getlist("id")[:1000]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 15]


def _list_url(tab: str, q: str = "", after: int | None = None) -> str:
    return url_for("admin.jobs", tab=tab, q=q or None, after=after)


def _count(amount: int) -> str:
    return "1 job" if amount == 1 else f"{amount} jobs"
