"""Lists of redirects as text: old address and new one on each line, separated by a comma, a tab or spaces."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from blogengine.plugin import BlogError
from blogengine.plugin import Transaction
from blogengine.plugin import now
from blogengine.plugin import session
from blogengine_redirects import rules
from blogengine_redirects.models import Rule

MOST = 5000
"""Lines of one list."""
_CODES = {"301": True, "308": True, "permanent": True, "302": False, "307": False, "temporary": False}
_HEADS = ("old", "from", "source")


@dataclass(slots=True)
class Line:
    """One line of a list. `kind` is `new`, `changed`, `same` or `wrong`; `note` says why, or what to know."""

    number: int
    text: str
    kind: str
    note: str = ""
    draft: rules.Draft | None = None


def read(text: str) -> list[Line]:
    """Look at each line of a list without storing anything; empty lines and those that begin with # are left out."""
    drafts: dict[str, int] = {}
    lines: list[Line] = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        row = raw.strip()
        if not row or row.startswith("#") or (number == 1 and _fields(row)[0].lower() in _HEADS):
            continue
        if len(lines) == MOST:
            lines.append(
                Line(number, "…", "wrong", f"A list has at most {MOST} lines; import the rest afterwards.")
            )
            break
        line = _line(number, row)
        if line.draft is not None:
            before = drafts.setdefault(line.draft.old, number)
            if before != number:
                line = Line(number, row, "wrong", f"Line {before} has this old address already.")
        lines.append(line)
    _compare(lines)
    return lines


def _line(number: int, row: str) -> Line:
    fields = _fields(row)
    if not 2 <= len(fields) <= 3:
        return Line(
            number, row[:200], "wrong", "Write the old address and the new one, separated by a comma."
        )
    if len(fields) == 3 and fields[2].lower() not in _CODES:
        return Line(
            number, row[:200], "wrong", f"{fields[2]!r} is neither 301 (permanent) nor 302 (temporary)."
        )
    try:
        permanent = _CODES[fields[2].lower()] if len(fields) == 3 else True
        return Line(number, row[:200], "new", draft=rules.parse(fields[0], fields[1], permanent=permanent))
    except BlogError as error:
        return Line(number, row[:200], "wrong", str(error))


def _fields(row: str) -> list[str]:
    if "," in row or row.startswith('"'):
        return [field.strip() for field in next(csv.reader([row]))]
    return row.split()


def _compare(lines: list[Line]) -> None:
    """Say of each good line what it would do to the list that is stored; circles are wrong."""
    wanted = [line.draft.old for line in lines if line.draft is not None]
    stored: dict[str, Any] = {}
    for start in range(0, len(wanted), 500):
        some = sa.select(Rule.old, Rule.target, Rule.permanent).where(
            Rule.old.in_(wanted[start : start + 500])
        )
        stored |= {row.old: row for row in session().execute(some)}
    good = [line.draft for line in lines if line.draft is not None]
    book = rules.Book(good, whole=True)
    book.look_up(path.partition("?")[0] for one in good for path in (one.old, rules.sample(one.target) or ""))
    for line in lines:
        if line.draft is None:
            continue
        before = stored.get(line.draft.old)
        if before is not None:
            is_same = (before.target, before.permanent) == (line.draft.target, line.draft.permanent)
            line.kind = "same" if is_same else "changed"
            line.note = "" if is_same else f"It led to {before.target}."
        try:
            line.note = " ".join([line.note, *rules.judge(line.draft, book).notes]).strip()
        except BlogError as error:
            line.kind, line.note, line.draft = "wrong", str(error), None


def store(tx: Transaction, lines: list[Line]) -> int:
    """Store the good lines of a list; return how many changed something."""
    wanted = {line.draft.old: line.draft for line in lines if line.draft is not None and line.kind != "same"}
    known = {row.old: row.id for row in tx.session.execute(sa.select(Rule.id, Rule.old)) if row.old in wanted}
    moment = now()
    new = [
        {"old": one.old, "target": one.target, "permanent": one.permanent, "created_at": moment}
        for one in wanted.values()
        if one.old not in known
    ]
    changed = [
        {"id": known[old], "target": wanted[old].target, "permanent": wanted[old].permanent} for old in known
    ]
    if new:
        tx.session.execute(sa.insert(Rule), new)
    if changed:
        tx.session.execute(sa.update(Rule), changed)
    return len(wanted)


def write_csv() -> str:
    """Return the whole list in the form that `read` takes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["old", "target", "code"])
    rows = session().execute(sa.select(Rule.old, Rule.target, Rule.permanent).order_by(Rule.old))
    writer.writerows((row.old, row.target, 301 if row.permanent else 302) for row in rows)
    return out.getvalue()
