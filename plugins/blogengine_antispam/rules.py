"""The owner's lists: words, domains, names and networks, each with what shall happen."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa

from blogengine.plugin import Invalid
from blogengine.plugin import NotFound
from blogengine.plugin import Transaction
from blogengine.plugin import comments
from blogengine.plugin import now
from blogengine.plugin import session
from blogengine.plugin import text
from blogengine_antispam.features import Seen
from blogengine_antispam.models import Rule

KINDS = {"word": "Word or phrase", "domain": "Site", "name": "Name of a sender", "network": "Network"}
ACTIONS = {"hold": "Wait for me", "spam": "Spam folder", "silent": "Black hole"}
MOST = 2000
"""Entries in all: each comment is compared with every one of them."""
_DOMAIN = re.compile(r"(?!-)[^\s/:@.]{1,63}(\.[^\s/:@.]{1,63})+")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as it was typed, checked."""

    kind: str
    value: str
    action: str
    note: str


def parse(kind: str, value: str, action: str, note: str = "") -> Draft:
    """Return what was typed as an entry. Raises `Invalid` with a sentence for each field that does not fit.

    An address or network (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/56`) becomes its keyed digest here: the address itself is
    never stored.
    """
    problems = {}
    value, note = " ".join(value.split()), " ".join(note.split())[:200]
    if kind not in KINDS:
        problems["kind"] = "Choose what to look for."
    if action not in ACTIONS:
        problems["action"] = "Choose what shall happen."
    shown = value
    if not value:
        problems["value"] = "Write what to look for."
    elif len(value) > 200:
        problems["value"] = "This is longer than 200 characters."
    elif kind == "domain":
        value = _domain(value)
        if not _DOMAIN.fullmatch(value):
            problems["value"] = "A site is written like example.org."
    elif kind == "network":
        value = comments.address_key(_network(value))
        note = note or shown
        if not value:
            problems["value"] = "A network is written like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/56."
    elif kind in KINDS:
        value = text.fold(value)
    if problems:
        raise Invalid(problems)
    return Draft(kind, value, action, note)


def _domain(typed: str) -> str:
    try:
        host = urlsplit(typed if "://" in typed else f"http://{typed}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")


def _network(typed: str) -> str:
    """Return an address inside the network that was typed; one that is smaller than /24 or /56 is taken as that."""
    try:
        network = ipaddress.ip_network(typed, strict=False)
    except ValueError:
        return ""
    return str(network.network_address) if network.prefixlen >= (24 if network.version == 4 else 56) else ""


def add(tx: Transaction, draft: Draft) -> int:
    """Store an entry, or give the one that is there its new action; return its id. Raises `Invalid` when full."""
    found = tx.session.scalars(
        sa.select(Rule).where(Rule.kind == draft.kind, Rule.value == draft.value)
    ).first()
    if found is None:
        if (tx.session.scalar(sa.select(sa.func.count()).select_from(Rule)) or 0) >= MOST:
            raise Invalid({"value": f"There are {MOST} entries already. Remove some first."})
        found = Rule(kind=draft.kind, value=draft.value, created_at=now())
        tx.session.add(found)
    found.action, found.note = draft.action, draft.note
    tx.session.flush()
    return found.id


def get(rule_id: int) -> Rule:
    """Return an entry. Raises `NotFound`."""
    rule = session().get(Rule, rule_id)
    if rule is None:
        raise NotFound("This entry is not on your lists any more.")
    return rule


def remove(tx: Transaction, rule_id: int) -> None:
    """Take an entry off the lists."""
    tx.session.execute(sa.delete(Rule).where(Rule.id == rule_id))


def page(kind: str, q: str, before_id: int | None, limit: int) -> tuple[list[Rule], bool]:
    """Return entries, the newest first, and whether more follow."""
    statement = sa.select(Rule)
    if kind:
        statement = statement.where(Rule.kind == kind)
    for word in text.fold(q).split():
        statement = statement.where(
            sa.or_(Rule.value.contains(word, autoescape=True), Rule.note.icontains(word, autoescape=True))
        )
    if before_id is not None:
        statement = statement.where(Rule.id < before_id)
    rows = session().scalars(statement.order_by(Rule.id.desc()).limit(limit + 1)).all()
    return list(rows[:limit]), len(rows) > limit


def hits(seen: Seen, network: str) -> list[tuple[str, str]]:
    """Return what of the lists is in a comment: what happens then, and a sentence for the owner."""
    rows = session().execute(sa.select(Rule.kind, Rule.value, Rule.action, Rule.note).limit(MOST)).all()
    if not rows:
        return []
    words, folded = set(seen.words), f" {text.fold(seen.plain)} "
    name = text.fold(" ".join(seen.name.split()))
    hosts = {end for host in {*seen.links, seen.site} if host for end in _ends(host)}
    found = []
    for kind, value, action, note in rows:
        if kind == "word" and _has_word(value, words, folded):
            found.append((action, f"“{value}” is on your list of words."))
        elif kind == "domain" and value in hosts:
            found.append((action, f"The site {value} is on your list."))
        elif kind == "name" and value == name:
            found.append((action, f"The name “{value}” is on your list."))
        elif kind == "network" and network and value == network:
            found.append((action, f"Its network is on your list{f' ({note})' if note else ''}."))
    return found


def _ends(host: str) -> list[str]:
    parts = host.split(".")
    return [".".join(parts[place:]) for place in range(len(parts) - 1)]


def _has_word(value: str, words: set[str], folded: str) -> bool:
    """Whether a word or phrase stands in a text and is no part of other words."""
    if value.isalpha() and not any("\u2e80" <= letter <= "\u9fff" for letter in value):
        return value in words
    place = folded.find(value)
    while place >= 0:
        end = place + len(value)
        begins = not (folded[place - 1].isalnum() and value[0].isascii() and value[0].isalnum())
        ends = not (folded[end : end + 1].isalnum() and value[-1].isascii() and value[-1].isalnum())
        if begins and ends:
            return True
        place = folded.find(value, place + 1)
    return False
