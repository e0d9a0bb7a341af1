"""Where an address leads."""

from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import urlencode

import sqlalchemy as sa

from blogengine.plugin import Redirect
from blogengine.plugin import session
from blogengine_redirects.models import Rule

LONGEST = 2000
"""Characters of an address; longer ones are nobody's old links."""
_DEEPEST = 30
"""Folders of an address for which rules with `*` are looked up."""


def find(path: str, query: str) -> Redirect | None:
    """Return where the rule for this decoded path and raw query leads: the exact address before `*`, the longest first."""
    query = without_mobile(query)
    if len(path) + len(query) > LONGEST:
        return None
    wanted = candidates(path, query)
    rows = session().execute(sa.select(Rule.old, Rule.target, Rule.permanent).where(Rule.old.in_(wanted)))
    found = {row.old: row for row in rows}
    for old in wanted:
        if old in found:
            return Redirect(filled(old, found[old].target, path, query), found[old].permanent)
    return None


def candidates(path: str, query: str) -> list[str]:
    """Return what a rule for this address may be written as, the most exact first."""
    twin = path[:-1] if path.endswith("/") else f"{path}/"
    exact = [*([f"{path}?{query}"] if query else []), path, *([twin] if twin else [])]
    folders = path.split("/")[1:-1][:_DEEPEST]
    return exact + [f"/{'/'.join([*folders[:depth], '*'])}" for depth in range(len(folders), -1, -1)]


def filled(old: str, target: str, path: str, query: str) -> str:
    """Return `target` with what stood for the `*` of `old` in place of its own."""
    if not (old.endswith("/*") and target.endswith("*")):
        return target
    rest = quote(path[len(old) - 1 :].lstrip("/"), safe="/:@!$&'()*+,;=~-._")
    return f"{target[:-1]}{rest}{'?' if query else ''}{query}"


def without_mobile(query: str) -> str:
    """Return a raw query without `m=1` and `m=0`, which Blogger put behind addresses for telephones."""
    if "m=" not in query:
        return query
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair not in (("m", "1"), ("m", "0"))]
    return urlencode(kept)
