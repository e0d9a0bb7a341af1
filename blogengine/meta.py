"""Small data that plugins keep with posts, comments or things of their own, each in its own namespace."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Meta
from blogengine.pagecache import depends


class _Snapshot:
    """What was read of the small data in one snapshot: of all plugins at once, so that ten of them cost one query a page."""

    __slots__ = ("expected", "rows", "transaction")

    def __init__(self, transaction: object) -> None:
        self.transaction = transaction
        self.expected: dict[str, set[int]] = {}
        self.rows: dict[str, dict[int, dict[str, dict[str, Any]]]] = {}
        """Kind of owner → its id → plugin → key → value; no entry: not read yet."""


def _snapshot() -> _Snapshot:
    session = db.session()
    if session.get_transaction() is None:
        session.connection()
    transaction = session.get_transaction()
    kept: _Snapshot | None = session.info.get("meta")
    if kept is None or kept.transaction is not transaction:
        kept = session.info["meta"] = _Snapshot(transaction)
    return kept


def expect(owner_kind: str, owner_ids: Iterable[int]) -> None:
    """Say which owners the page being made shows: the first who reads small data of one reads that of all of them."""
    _snapshot().expected.setdefault(owner_kind, set()).update(owner_ids)


def read_meta(owner_kind: str, owner_ids: Iterable[int], plugin_id: str) -> dict[int, dict[str, Any]]:
    """Return what `plugin_id` keeps with these owners, by owner and key; one query a page for all plugins.

    `owner_kind` is `post`, `comment`, or a plugin's own word for what its numbers mean.
    """
    wanted = list(owner_ids)
    depends(*(f"meta:{owner_kind}:{owner_id}" for owner_id in wanted))
    snapshot = _snapshot()
    known = snapshot.rows.setdefault(owner_kind, {})
    new = {owner_id for owner_id in wanted if owner_id not in known}
    if new:
        new |= snapshot.expected.pop(owner_kind, set()) - known.keys()
        known.update((owner_id, {}) for owner_id in new)
        rows = db.session.execute(
            sa.select(Meta.owner_id, Meta.plugin_id, Meta.key, Meta.value).where(
                Meta.owner_kind == owner_kind, Meta.owner_id.in_(sorted(new))
            )
        )
        for owner_id, owner, key, value in rows:
            known[owner_id].setdefault(owner, {})[key] = value
    return {owner_id: dict(known[owner_id].get(plugin_id, {})) for owner_id in wanted}


def write_meta(tx: Transaction, owner_kind: str, owner_id: int, plugin_id: str, key: str, value: Any) -> None:
    """Keep `value` (anything JSON) with a post, a comment or a thing of the plugin's own; None deletes it."""
    facts = {"owner_kind": owner_kind, "owner_id": owner_id, "plugin_id": plugin_id, "key": key}
    tx.bump(f"meta:{owner_kind}:{owner_id}")
    tx.session.info.pop("meta", None)
    if value is None:
        conditions = [getattr(Meta, name) == fact for name, fact in facts.items()]
        tx.session.execute(sa.delete(Meta).where(*conditions))
        return
    statement = database.insert(tx.session, Meta).values(**facts, value=value)
    tx.session.execute(
        statement.on_conflict_do_update(index_elements=list(facts), set_={"value": statement.excluded.value})
    )


def drop_meta(tx: Transaction, owner_kind: str, owner_ids: Any) -> None:
    """Delete what all plugins keep with these owners, because they are deleted; `owner_ids` may be a select."""
    tx.session.info.pop("meta", None)
    tx.session.execute(sa.delete(Meta).where(Meta.owner_kind == owner_kind, Meta.owner_id.in_(owner_ids)))
