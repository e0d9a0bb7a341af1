"""Small data that plugins keep with posts, comments or things of their own, each in its own namespace."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import Meta
from blogengine.pagecache import depends


def read_meta(owner_kind: str, owner_ids: Iterable[int], plugin_id: str) -> dict[int, dict[str, Any]]:
    """Return what `plugin_id` keeps with these owners, by owner and key, in one query.

    `owner_kind` is `post`, `comment`, or a plugin's own word for what its numbers mean.
    """
    wanted = list(owner_ids)
    depends(*(f"meta:{owner_kind}:{owner_id}" for owner_id in wanted))
    found: dict[int, dict[str, Any]] = {owner_id: {} for owner_id in wanted}
    if wanted:
        rows = db.session.execute(
            sa.select(Meta.owner_id, Meta.key, Meta.value).where(
                Meta.owner_kind == owner_kind, Meta.owner_id.in_(wanted), Meta.plugin_id == plugin_id
            )
        )
        for owner_id, key, value in rows:
            found[owner_id][key] = value
    return found


def write_meta(tx: Transaction, owner_kind: str, owner_id: int, plugin_id: str, key: str, value: Any) -> None:
    """Keep `value` (anything JSON) with a post, a comment or a thing of the plugin's own; None deletes it."""
    facts = {"owner_kind": owner_kind, "owner_id": owner_id, "plugin_id": plugin_id, "key": key}
    tx.bump(f"meta:{owner_kind}:{owner_id}")
    if value is None:
        conditions = [getattr(Meta, name) == fact for name, fact in facts.items()]
        tx.session.execute(sa.delete(Meta).where(*conditions))
        return
    statement = database.insert(tx.session, Meta).values(**facts, value=value)
    tx.session.execute(
        statement.on_conflict_do_update(index_elements=list(facts), set_={"value": statement.excluded.value})
    )
