"""The pages Spam: the owner's lists, what was learned, and what of one comment shall be put on the lists."""

from typing import Any

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for

from blogengine.plugin import CommentDraft
from blogengine.plugin import Invalid
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import say
from blogengine.plugin import write
from blogengine_antispam import bayes
from blogengine_antispam import features
from blogengine_antispam import learning
from blogengine_antispam import rules
from blogengine_antispam.settings import current

pages = Blueprint("antispam", __name__)

PAGE = 50


@pages.get("/")
def index() -> str:
    """The lists, the newest entry first."""
    return _page({"kind": "word", "value": "", "action": "spam", "note": ""}, {})


@pages.post("/")
def add() -> Any:
    """Put something on the lists."""
    values = {name: request.form.get(name, "") for name in ("kind", "value", "action", "note")}
    try:
        draft = rules.parse(**values)
        rule_id = write(lambda tx: rules.add(tx, draft))
    except Invalid as error:
        return _page(values, error.problems), 422
    shown = draft.note if draft.kind == "network" else draft.value
    say(f"On your list: {shown}.", undo_url=url_for(".delete", rule_id=rule_id))
    return redirect(url_for(".index"), 303)


@pages.post("/<int:rule_id>/delete")
def delete(rule_id: int) -> Any:
    """Take an entry off the lists; the next page offers to take that back."""
    rule = rules.get(rule_id)
    fields = [(name, getattr(rule, name)) for name in ("kind", "value", "action", "note")]
    shown = rule.note if rule.kind == "network" else rule.value
    write(lambda tx: rules.remove(tx, rule_id))
    say(f"Off your list: {shown}.", undo_url=url_for(".put_back"), undo_fields=fields)
    return redirect(url_for(".index"), 303)


@pages.post("/back")
def put_back() -> Any:
    """Store an entry as it was: a network is its digest already."""
    values = {name: request.form.get(name, "")[:200] for name in ("kind", "value", "action", "note")}
    if values["kind"] in rules.KINDS and values["action"] in rules.ACTIONS and values["value"]:
        write(lambda tx: rules.add(tx, rules.Draft(**values)))
    return redirect(url_for(".index"), 303)


@pages.get("/comment/<int:comment_id>")
def choose(comment_id: int) -> str:
    """What of a comment can be put on the lists."""
    comment = comments.get(comment_id)
    return render_template(
        "@antispam/choose.html",
        comment=comment,
        offers=_offers(comment),
        actions=rules.ACTIONS,
        back=url_for("admin.comments", status="all"),
    )


@pages.post("/comment/<int:comment_id>")
def block(comment_id: int) -> Any:
    """Put what was chosen of a comment on the lists."""
    offers = {f"{draft.kind}:{draft.value}": draft for draft, _ in _offers(comments.get(comment_id))}
    action = request.form.get("action", "")
    chosen = [offers[key] for key in request.form.getlist("what") if key in offers]
    if not chosen or action not in rules.ACTIONS:
        say("Nothing was put on your lists: nothing was ticked.")
        return redirect(url_for(".choose", comment_id=comment_id), 303)

    def change(tx: Transaction) -> None:
        for draft in chosen:
            rules.add(tx, rules.Draft(draft.kind, draft.value, action, draft.note))

    write(change)
    say("On your lists now. It holds for comments that come from now on.")
    return redirect(url_for(".index"), 303)


@pages.get("/forget")
def ask_forget() -> str:
    """Ask before everything that was learned is forgotten."""
    spam, ham = learning.learned()
    return render_template(
        "admin/confirm.html",
        heading="Forget what was learned?",
        message=f"The filter learned from {spam} comments that are spam and {ham} that are not. It begins anew; "
        "your lists stay.",
        action=url_for(".forget"),
        fields=[],
        button="Forget it",
        cancel_url=url_for(".index"),
    )


@pages.post("/forget")
def forget() -> Any:
    """Forget everything that was learned."""
    write(learning.forget)
    say("Everything that was learned is forgotten.")
    return redirect(url_for(".index"), 303)


def _page(values: dict[str, str], problems: dict[str, str]) -> str:
    kind, q = request.args.get("of", ""), request.args.get("q", "").strip()[:200]
    kind = kind if kind in rules.KINDS else ""
    before = request.args.get("before", "")
    found, has_more = rules.page(
        kind, q, int(before) if before.isdecimal() and len(before) < 16 else None, PAGE
    )
    spam, ham = learning.learned()
    return render_template(
        "@antispam/lists.html",
        rules=found,
        values=values,
        problems=problems,
        kinds=rules.KINDS,
        actions=rules.ACTIONS,
        of=kind,
        q=q,
        is_first=not before,
        more_url=url_for(".index", of=kind or None, q=q or None, before=found[-1].id) if has_more else "",
        spam=spam,
        ham=ham,
        fewest=bayes.FEWEST,
        settings=current(),
    )


def _offers(comment: Any) -> list[tuple[rules.Draft, str]]:
    """Return what of a comment can be listed, each with the words that name it."""
    found = []
    if comment.address_key:
        note = f"of “{comment.author_name or 'Anonymous'}”, {comment.published_at:%Y-%m-%d}"
        network = rules.Draft("network", comment.address_key, "", note)
        found.append((network, "The network it was sent from (256 addresses, or an IPv6 network of /56)"))
    if comment.author_name:
        name = rules.parse("name", comment.author_name, "spam")
        found.append((name, f"The name “{comment.author_name}”"))
    seen = features.look(CommentDraft(comment.source, comment.author_name, comment.author_url))
    for host in dict.fromkeys(host for host in [seen.site, *seen.links] if "." in host):
        found.append((rules.Draft("domain", host, "", ""), f"Everything that leads to {host}"))
    return found[:20]
