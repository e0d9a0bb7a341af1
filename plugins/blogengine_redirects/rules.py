"""The list of old addresses: what may stand in it, and what a change of it would do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

import sqlalchemy as sa

from blogengine.plugin import NotFound
from blogengine.plugin import Redirect
from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import now
from blogengine.plugin import posts
from blogengine.plugin import session
from blogengine_redirects import finding
from blogengine_redirects.models import Rule

PAGE = 50
_MOST_HOPS = 10
_PAGE = re.compile(r"/(\d{4}/\d\d|p)/[^/]+\.html")
"""Addresses that posts and pages have."""
_OWN = ("/admin", "/-/", "/media/")
_HINT = "Write a path like /old/page.html, or /old/* for all below it."


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it is to be stored."""

    old: str
    target: str
    permanent: bool = True


@dataclass(slots=True)
class Verdict:
    """What is to be said of a draft: nothing is wrong with it, but the owner should know."""

    notes: list[str] = field(default_factory=list)


def parse(old: str, target: str, *, permanent: bool = True) -> Draft:
    """Return a draft from what was typed. Raises `Refused` with a sentence about the old address or the target."""
    return Draft(_old(old.strip()), _target(target.strip(), old.strip()), permanent)


def _old(typed: str) -> str:
    own = blog().url
    if own and typed.startswith(f"{own}/"):
        typed = typed[len(own) :]
    if "://" in typed:
        raise Refused(f"The old address {typed} is not of this blog. {_HINT}")
    if not typed.startswith("/") or typed.startswith("//") or not typed.isprintable():
        raise Refused(f"The old address {typed!r} does not begin with a slash. {_HINT}")
    typed = typed.partition("#")[0]
    path, _, query = typed.partition("?")
    path, query = unquote(path), finding.without_mobile(query)
    if "*" in path and (not path.endswith("/*") or path.count("*") > 1 or query):
        raise Refused(f"The old address {typed} has a * that is not its last part. {_HINT}")
    if path.startswith(_OWN) or path == "/*":
        raise Refused(f"The addresses of {path} belong to the engine.")
    if path == "/":
        raise Refused("The front page is always there, so nothing can stand in for it.")
    if len(path) + len(query) > finding.LONGEST:
        raise Refused(f"The old address is too long: at most {finding.LONGEST} characters.")
    return f"{path}?{query}" if query else path


def _target(typed: str, old: str) -> str:
    if typed.startswith("/") and not typed.startswith("//"):
        typed = quote(typed, safe="/:@!$&'()*+,;=~-._%?#")
    try:
        Redirect(typed.replace("*", "x"))
    except ValueError as error:
        raise Refused(
            f"{typed!r} is no target. Write a path of this blog like /2020/01/post.html, or an address with https://."
        ) from error
    if "*" in typed and not (typed.endswith("/*") and typed.count("*") == 1 and old.endswith("/*")):
        raise Refused(
            f"In the target {typed} a * may only be the last part, and only where the old address has one."
        )
    if len(typed) > finding.LONGEST:
        raise Refused(f"The target is too long: at most {finding.LONGEST} characters.")
    return typed


class Book:
    """The rules as they would be with `drafts` among them, and the blog's pages, each looked up once."""

    def __init__(self, drafts: Iterable[Draft] = (), *, instead_of: int = 0, whole: bool = False) -> None:
        self._targets = {draft.old: draft.target for draft in drafts}
        self._instead_of = instead_of
        self._pages: dict[str, bool] = {}
        self._stored: dict[str, str] | None = self._read() if whole else None

    def target_of(self, wanted: list[str]) -> tuple[str, str] | None:
        """Return the first rule that is written as one of `wanted`, and its target."""
        known = self._stored if self._stored is not None else self._read(Rule.old.in_(wanted))
        for old in wanted:
            if old in self._targets:
                return old, self._targets[old]
            if old in known:
                return old, known[old]
        return None

    def has_page(self, path: str) -> bool:
        """Whether the blog shows a post or page at a path."""
        if not _PAGE.fullmatch(path):
            return False
        if path not in self._pages:
            self._pages[path] = posts.by_path(path) is not None
        return self._pages[path]

    def look_up(self, paths: Iterable[str]) -> None:
        """Look many paths up at once."""
        wanted = sorted({path for path in paths if _PAGE.fullmatch(path)})
        for start in range(0, len(wanted), 200):
            some = wanted[start : start + 200]
            found = posts.public_by_paths(some)
            self._pages |= {path: path in found for path in some}

    def _read(self, *conditions: Any) -> dict[str, str]:
        wanted = sa.select(Rule.old, Rule.target).where(Rule.id != self._instead_of, *conditions)
        return {row.old: row.target for row in session().execute(wanted)}


def judge(draft: Draft, book: Book) -> Verdict:
    """Look at what a draft that stands in `book` would do. Raises `Refused` for a loop."""
    verdict = Verdict()
    address = sample(draft.target)
    seen: list[str] = []
    while address is not None and not book.has_page(address.partition("?")[0]):
        path, _, query = address.partition("?")
        step = book.target_of(finding.candidates(path, query))
        if step is None:
            break
        old, target = step
        if old == draft.old or old in seen or len(seen) >= _MOST_HOPS:
            way = " → ".join([draft.old, *seen, old])
            raise Refused(f"This would send visitors in a circle: {way}.")
        seen.append(old)
        address = sample(finding.filled(old, target, path, query))
    if seen:
        verdict.notes.append(
            f"Its target leads on by {' and '.join(seen)}; point it to the last address instead."
        )
    if not draft.old.endswith("/*") and book.has_page(draft.old.partition("?")[0]):
        verdict.notes.append("The blog has a page at the old address, which is shown as long as it is there.")
    return verdict


def sample(target: str) -> str | None:
    """Return a path of this blog that a target leads to, or None for other sites."""
    own = blog().url
    if own and target.startswith(f"{own}/"):
        target = target[len(own) :]
    if not target.startswith("/"):
        return None
    parts = urlsplit(target.replace("*", "x/y"))
    return unquote(parts.path) + (f"?{parts.query}" if parts.query else "")


def save(tx: Transaction, draft: Draft, rule_id: int = 0) -> int:
    """Store a draft as a new rule or in place of one; return its id. Raises `Refused` for an old address that is there."""
    other = tx.session.scalar(sa.select(Rule).where(Rule.old == draft.old, Rule.id != rule_id))
    if other is not None:
        raise Refused(f"There is a rule for {draft.old} already: it leads to {other.target}.")
    rule = tx.session.get(Rule, rule_id) if rule_id else None
    if rule_id and rule is None:
        raise NotFound("This rule is gone.", hint="Somebody else may have removed it.")
    if rule is None:
        rule = Rule(created_at=now())
        tx.session.add(rule)
    rule.old, rule.target, rule.permanent = draft.old, draft.target, draft.permanent
    tx.session.flush()
    return rule.id


def get(rule_id: int) -> Rule:
    """Return a rule. Raises `NotFound`."""
    rule = session().get(Rule, rule_id)
    if rule is None:
        raise NotFound("There is no such rule.", hint="It may have been removed.")
    return rule


def page(q: str = "", after: str = "") -> tuple[list[Rule], bool]:
    """Return the rules behind the old address `after`, in order, those with `q` in them; and whether more follow."""
    wanted = sa.select(Rule).order_by(Rule.old).limit(PAGE + 1)
    if after:
        wanted = wanted.where(Rule.old > after)
    if q:
        found = sa.or_(Rule.old.icontains(q, autoescape=True), Rule.target.icontains(q, autoescape=True))
        wanted = wanted.where(found)
    rules = list(session().scalars(wanted))
    return rules[:PAGE], len(rules) > PAGE


def count() -> int:
    """Return how many rules there are."""
    return int(session().scalar(sa.select(sa.func.count()).select_from(Rule)) or 0)
