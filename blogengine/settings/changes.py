"""What a change of settings is to those who hear of it: what differed from the defaults before, and what does now."""

from collections.abc import Mapping
from typing import Any

from blogengine import events
from blogengine import schema
from blogengine.db import Transaction
from blogengine.secret import Lost
from blogengine.secret import Secret


def tell_change(
    tx: Transaction, plugin_id: str, cls: type, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Let plugins hear, after the commit, that settings of `plugin_id` (empty: the blog) changed."""
    old, new = plain(cls, before), plain(cls, after)
    events.tell(tx, "settings_changed", plugin_id=plugin_id, old=old, new=new)


def plain(cls: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the differences that are known and no secrets."""
    return {
        item.name: stored[item.name]
        for item in schema.describe(cls)
        if item.name in stored and item.kind != "secret" and not isinstance(stored[item.name], Secret | Lost)
    }
