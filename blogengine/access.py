"""Who may do what: plugins judge, the role table answers where none of them has a say.

Any DENY means no; else any ALLOW means yes; else an owner may, and an author as the table says. A judge that fails
abstains, so that no exception locks anybody out.
"""

import inspect
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.errors import NotFound
from blogengine.models import Setting
from blogengine.models import User
from blogengine.pagecache import SETUP_TAG
from blogengine.permissions import ALLOW
from blogengine.permissions import AUTHOR
from blogengine.permissions import BLOG
from blogengine.permissions import DENY
from blogengine.permissions import KEYS
from blogengine.permissions import Actor
from blogengine.permissions import Judgement
from blogengine.permissions import Permission
from blogengine.permissions import Resource
from blogengine.plugins.manifest import did_you_mean
from blogengine.runtime import blog
from blogengine.settings import AUTHORS

HOOK = "judge_permission"
_judging: ContextVar[bool] = ContextVar("judging", default=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why somebody may do something or not: what each judge said, then the sentence that decided."""

    is_allowed: bool
    judges: Sequence[tuple[str, str]]
    """(plugin id, `allow`, `deny`, `no opinion` or `failed`)."""
    reason: str


def actor_of(user: User) -> Actor:
    """Return a person as judges see them."""
    return Actor(user.id, user.name, user.email, user.role)


def allowed(actor: Actor, permission: str, resources: Sequence[Resource] = (BLOG,)) -> set[Resource]:
    """Return those of `resources` for which `actor` has `permission`; none where nobody knows the permission.

    All judges are asked once for all resources. A judge that asks itself who may do what is answered by the table.
    """
    known = blog().permissions.get(permission)
    if known is None:
        return set()
    given = _given(actor, known)
    if is_judging() or _is_key_of(actor, permission):
        return set(resources) if given else set()
    wanted = tuple(dict.fromkeys(resources))
    with _asking():
        said = blog().hook.judge_permission(actor=actor, permission=permission, resources=wanted)
    return {one for one in wanted if _verdict([_about(words, one) for words in said], given)}


def explain(actor: Actor, permission: str, resource: Resource = BLOG) -> Explanation:
    """Return who decides whether `actor` has `permission`. Raises `NotFound` for a permission that nobody knows."""
    known = blog().permissions.get(permission)
    if known is None:
        raise NotFound(
            f"There is no permission {permission}.{did_you_mean(permission, blog().permissions)}",
            hint="Nobody has it: what is unknown is denied.",
        )
    given = _given(actor, known)
    if _is_key_of(actor, permission):
        return Explanation(True, (), "An owner always has it, whatever plugins say.")
    judges, said = [], []
    plugins = blog().plugins
    facts = {"actor": actor, "permission": permission, "resources": (resource,)}
    for plugin_id in plugins.listeners(HOOK):
        cost = plugins.ledger.costs.of(plugin_id, HOOK)
        errors = cost.errors
        function = plugins.implementation(plugin_id, HOOK)
        with _asking():
            words = function(*[facts[name] for name in inspect.signature(function).parameters])
        about = _about(words, resource)
        said.append(about)
        failed = "failed, which counts as no opinion"
        judges.append((plugin_id, about.value if about else failed if cost.errors > errors else "no opinion"))
    decisive = DENY if DENY in said else ALLOW if ALLOW in said else None
    if decisive is not None:
        names = ", ".join(name for (name, _), about in zip(judges, said, strict=True) if about is decisive)
        reason = f"The plugin {names} {'denies' if decisive is DENY else 'allows'} it."
    elif actor.is_owner:
        reason = "An owner has every permission."
    else:
        who = "the owner's choice" if permission in blog().setup.author_permissions else "the default"
        reason = f"Authors {'have' if given else 'do not have'} it: {who} under People."
    return Explanation(_verdict(said, given), judges, reason)


def author_permissions() -> dict[str, bool]:
    """Return whether authors have each permission that can be given to them, by its name."""
    return {one.name: _of_authors(one) for one in blog().permissions.values() if one.name not in KEYS}


def save_author_permissions(chosen: Collection[str]) -> None:
    """Let authors have those of the known permissions that are named, and no others.

    What was chosen for plugins that do not run is kept; what is as by default is not stored.
    """
    offered = {one.name: one for one in blog().permissions.values() if one.name not in KEYS}

    def change(tx: Transaction) -> None:
        stored = _stored(tx.session)
        kept = {name: value for name, value in stored.items() if name not in offered}
        kept |= {
            name: name in chosen for name, one in offered.items() if (name in chosen) != (AUTHOR in one.roles)
        }
        if kept == stored:
            return
        tx.session.merge(Setting(key=AUTHORS, value=kept))
        tx.bump(SETUP_TAG)

    database.write(change)


def chosen_for(plugin_id: str, session: Session) -> dict[str, bool]:
    """Return what the owner chose about the permissions of a plugin, whether it runs or not."""
    return {name: value for name, value in _stored(session).items() if name.startswith(f"{plugin_id}.")}


def put_back(tx: Transaction, plugin_id: str, chosen: Mapping[str, bool]) -> None:
    """Store this choice about the permissions of a plugin in place of what is stored; with nothing, forget it."""
    stored = _stored(tx.session)
    wanted = {name: value for name, value in stored.items() if not name.startswith(f"{plugin_id}.")}
    wanted |= {name: value is True for name, value in chosen.items() if name.startswith(f"{plugin_id}.")}
    if wanted != stored:
        tx.session.merge(Setting(key=AUTHORS, value=wanted))
        tx.bump(SETUP_TAG)


def _stored(session: Session) -> dict[str, bool]:
    row = session.get(Setting, AUTHORS)
    return dict(row.value) if row is not None and isinstance(row.value, dict) else {}


def is_judging() -> bool:
    """Whether a judge is being asked, so that the table alone answers."""
    return _judging.get()


def _given(actor: Actor, permission: Permission) -> bool:
    return actor.is_owner or (
        actor.role == AUTHOR and permission.name not in KEYS and _of_authors(permission)
    )


def _of_authors(permission: Permission) -> bool:
    return blog().setup.author_permissions.get(permission.name, AUTHOR in permission.roles)


def _is_key_of(actor: Actor, permission: str) -> bool:
    return actor.is_owner and permission in KEYS


def _about(said: Any, resource: Resource) -> Judgement | None:
    """Return what one judge said about `resource`."""
    about: Judgement | None = said.get(resource) if isinstance(said, dict) else said
    return about


def _verdict(said: Collection[Judgement | None], given: bool) -> bool:
    return DENY not in said and (ALLOW in said or given)


@contextmanager
def _asking() -> Iterator[None]:
    token = _judging.set(True)
    try:
        yield
    finally:
        _judging.reset(token)
