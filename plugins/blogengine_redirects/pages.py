"""The pages Redirects: the list, one rule, lists to import and export, and what was asked for in vain."""

from typing import Any

from flask import Blueprint
from flask import Response
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for

from blogengine.plugin import BlogError
from blogengine.plugin import NotFound
from blogengine.plugin import Transaction
from blogengine.plugin import say
from blogengine.plugin import write
from blogengine_redirects import lists
from blogengine_redirects import missed
from blogengine_redirects import rules
from blogengine_redirects.models import Rule

pages = Blueprint("redirects", __name__)

SHOWN = 200
"""Lines of a checked list that are shown, the wrong ones first."""
_FILE_LIMIT = 1_000_000


@pages.get("/")
def index() -> str:
    """The rules, in the order of their old addresses."""
    q, after = request.args.get("q", "").strip()[:200], request.args.get("after", "")[:2100]
    found, has_more = rules.page(q, after)
    more = url_for(".index", q=q or None, after=found[-1].old) if has_more else ""
    return render_template(
        "@redirects/list.html",
        rules=found,
        q=q,
        is_first=not after,
        more_url=more,
        total=rules.count(),
        missed=len(missed.newest()),
    )


@pages.get("/new")
def new() -> str:
    """The form for a new rule; `old` is filled in from the list of what was asked for in vain."""
    values = {"old": request.args.get("old", ""), "target": "", "permanent": True}
    return _form(values, None)


@pages.post("/new")
def create() -> Any:
    """Store a new rule."""
    return _store(None)


@pages.get("/<int:rule_id>")
def show(rule_id: int) -> str:
    """One rule."""
    rule = rules.get(rule_id)
    return _form({"old": rule.old, "target": rule.target, "permanent": rule.permanent}, rule)


@pages.post("/<int:rule_id>")
def save(rule_id: int) -> Any:
    """Store what was changed."""
    return _store(rules.get(rule_id))


@pages.post("/<int:rule_id>/delete")
def delete(rule_id: int) -> Any:
    """Remove a rule; the next page offers to take that back."""
    values = _fields_of(rules.get(rule_id))
    write(lambda tx: tx.session.delete(rules.get(rule_id)))
    say(f"{values[0][1]} leads nowhere now.", undo_url=url_for(".create"), undo_fields=values)
    return redirect(url_for(".index"), 303)


@pages.get("/import")
def choose_list() -> str:
    """The form for a list."""
    return render_template("@redirects/import.html", text="", lines=None, counts={}, hidden=0, problem="")


@pages.post("/import")
def import_list() -> Any:
    """Look at a list, or store what is right in it."""
    text, problem = request.form.get("text", ""), ""
    file = request.files.get("file")
    if file is not None and file.filename:
        content = file.read(_FILE_LIMIT + 1)
        if len(content) > _FILE_LIMIT:
            problem = "The file is larger than a list can be (1 MB)."
        else:
            text = content.decode("utf-8", errors="replace")
    lines = lists.read(text)
    if not lines and not problem:
        problem = "There is no line in this list."
    if request.form.get("action") == "store" and not problem:
        done = write(lambda tx: lists.store(tx, lines))
        say(f"{done} rule{'s were' if done != 1 else ' was'} stored.")
        return redirect(url_for(".index"), 303)
    counts = {kind: sum(line.kind == kind for line in lines) for kind in ("wrong", "new", "changed", "same")}
    order = list(counts)
    shown = sorted(lines, key=lambda line: (order.index(line.kind) > 0, line.number))[:SHOWN]
    page = render_template(
        "@redirects/import.html",
        text=text,
        lines=shown,
        counts=counts,
        hidden=len(lines) - len(shown),
        problem=problem,
    )
    return page, 422 if problem else 200


@pages.get("/redirects.csv")
def export() -> Response:
    """The whole list as a file that can be imported again."""
    response = Response(lists.write_csv(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="redirects.csv"'
    return response


@pages.get("/missed")
def show_missed() -> str:
    """What visitors asked for in vain."""
    missed.store()
    return render_template("@redirects/missed.html", missed=missed.newest(), most=missed.MOST)


@pages.get("/missed/forget")
def ask_forget_missed() -> str:
    """Ask before the whole list is forgotten."""
    return render_template(
        "admin/confirm.html",
        heading="Forget them all?",
        message="The list of what was asked for in vain begins anew.",
        action=url_for(".forget_missed"),
        fields=[],
        button="Forget all",
        cancel_url=url_for(".show_missed"),
    )


@pages.post("/missed/forget")
def forget_missed() -> Any:
    """Forget one address, or all."""
    path = request.form.get("path", "")
    write(lambda tx: missed.clear(tx, path))
    say(f"{path} is forgotten until somebody asks for it again." if path else "The list is empty now.")
    return redirect(url_for(".show_missed"), 303)


def _store(rule: Rule | None) -> Any:
    values: dict[str, Any] = {
        "old": request.form.get("old", ""),
        "target": request.form.get("target", ""),
        "permanent": request.form.get("permanent", "on") == "on",
    }
    rule_id = rule.id if rule is not None else 0
    before = _fields_of(rule) if rule is not None else []
    try:
        draft = rules.parse(values["old"], values["target"], permanent=values["permanent"])
        notes = rules.judge(draft, rules.Book([draft], instead_of=rule_id)).notes

        def change(tx: Transaction) -> int:
            missed.clear(tx, draft.old)
            return rules.save(tx, draft, rule_id)

        stored = write(change)
    except NotFound:
        raise
    except BlogError as error:
        return _form(values, rule, str(error)), 422
    undo = url_for(".save", rule_id=stored) if rule is not None else url_for(".delete", rule_id=stored)
    said = f"{draft.old} leads to {draft.target} now."
    say(" ".join([said, *notes]), undo_url=undo, undo_fields=before)
    return redirect(url_for(".index"), 303)


def _fields_of(rule: Rule) -> list[tuple[str, str]]:
    return [("old", rule.old), ("target", rule.target), ("permanent", "on" if rule.permanent else "off")]


def _form(values: dict[str, Any], rule: Rule | None, problem: str = "") -> str:
    return render_template("@redirects/rule.html", values=values, rule=rule, problem=problem)
