"""Telling plugins what happened: a row of the outbox for each plugin that listens, done after the commit.

A row is written with the change that it tells of, so it is neither lost in a crash nor told of a change that was
rolled back. Each plugin has its own row: one that fails is told again later, and no other plugin notices.
"""

import inspect
import secrets
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from blogengine import clock
from blogengine import hookspecs
from blogengine import jobs
from blogengine.db import Transaction
from blogengine.models import Outbox
from blogengine.plugins.manager import Plugins
from blogengine.runtime import blog
from blogengine.work import Event
from blogengine.work import Job

_OUTBOX = Outbox.metadata.tables["outbox"]
_INSERT = sa.insert(_OUTBOX)


def tell(tx: Transaction, hook: str, **arguments: Any) -> None:
    """Let each active plugin that implements the event `hook` hear of it once `tx` is committed.

    `arguments` are plain JSON values; what is gone afterwards must be among them. Costs nothing when nobody listens.
    """
    listeners = blog().plugins.listeners(hook)
    if not listeners:
        return
    now = clock.now()
    payload = {"id": secrets.token_hex(12), "at": now.isoformat(), "arguments": arguments}
    rows = [jobs.row(f"{plugin_id}:{hook}", payload, now) for plugin_id in listeners]
    tx.session.connection().execute(_INSERT, rows)
    tx.bump("jobs")
    tx.after_commit(blog().wake_jobs)


def listening(plugins: Plugins) -> dict[str, Job]:
    """Return what does the rows that `tell` writes, by their kind: `<plugin id>:<hook>`."""
    return {
        f"{plugin_id}:{hook}": Job(partial(_hear, plugins, plugin_id, hook))
        for hook in hookspecs.told_later()
        for plugin_id in plugins.listeners(hook)
    }


def _hear(plugins: Plugins, plugin_id: str, hook: str, payload: dict[str, Any]) -> None:
    """Call one plugin; what it raises makes the job fail, so that it is told again."""
    function = plugins.implementation(plugin_id, hook)
    event = Event(payload["id"], datetime.fromisoformat(payload["at"]))
    known = {**payload["arguments"], "event": event}
    function(**{name: known[name] for name in inspect.signature(function).parameters if name in known})
