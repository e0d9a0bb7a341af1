"""A plugin that did not pass the door: the whole report, for its owner."""

from flask import Response
from flask import request

from blogengine import inventory
from blogengine.admin.frame import show
from blogengine.plugins.door_report import NotLetIn


def refused(failure: NotLetIn, done: str = "enabled") -> Response:
    """Answer with all that the trial at the door found; the form that was sent can be sent again."""
    facts = inventory.plugin(failure.report.plugin_id)
    return show(
        "plugin_refused.html",
        409,
        facts=facts,
        report=failure.report,
        heading=f"{facts.manifest.name} was not {done}",
        action=request.path,
        fields=[(name, value) for name, value in request.form.items() if name != "csrf_token"],
    )
