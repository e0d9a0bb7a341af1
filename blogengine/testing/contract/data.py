"""What a plugin keeps in the database, and what it must not show: tables, secrets, what is left when it is removed."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from blogengine import schema
from blogengine.db import make_engine
from blogengine.errors import BlogError
from blogengine.errors import Refused
from blogengine.migrations import found_tables
from blogengine.migrations import plugins as steps
from blogengine.migrations.writing import difference
from blogengine.models import Meta
from blogengine.models import Outbox
from blogengine.models import PluginState
from blogengine.tables import Tables
from blogengine.testing.contract.trial import Trial

CANARY = "canary-f3b7c1d09e"
"""A secret that must be found nowhere."""


def tables_of(trial: Trial) -> Tables | None:
    """Return the plugin's tables, if it has any."""
    return trial.blog.site.current().blog.tables.get(trial.plugin_id)


def steps_amiss(tables: Tables, url: str) -> list[str]:
    """Go up, down and up again on the database at `url`; return what is not as it should be."""
    engine = make_engine(url)
    try:
        return list(_go(engine, tables))
    finally:
        engine.dispose()


def _go(engine: Engine, tables: Tables) -> Iterator[str]:
    try:
        steps.upgrade(engine, tables)
        with engine.connect() as connection:
            ops = difference(connection, tables).upgrade_ops
            if ops is not None and not ops.is_empty():
                yield f"the steps do not make what the models say: {ops.as_diffs()}"
        steps.downgrade(engine, tables)
        with engine.connect() as connection:
            left = found_tables(connection, tables.id, ())
        left = [name for name in left if name != tables.version_table]
        if left:
            yield f"taken back, the steps left {', '.join(left)}"
        steps.upgrade(engine, tables)
    except Refused as refusal:
        yield str(refusal)


def shown_secrets(trial: Trial, logged: pytest.LogCaptureFixture) -> list[str]:
    """Give every secret among the settings a value; return where it is shown."""
    cls = trial.blog.site.current().blog.plugins.settings_classes.get(trial.plugin_id)
    names = [item.name for item in schema.describe(cls) if item.kind == "secret"] if cls is not None else []
    if not names:
        return []
    trial.blog.change_plugin(trial.plugin_id, **dict.fromkeys(names, CANARY))
    found = []
    for visitor, paths in ((trial.client, trial.public_paths()), (trial.owner, trial.admin_paths())):
        for path in paths:
            trial.blog.site.cache.clear()
            answer = visitor.get(path)
            if CANARY in answer.text or CANARY in str(answer.headers):
                found.append(f"{path} shows the secret {' or '.join(names)}")
    with contextlib.suppress(BlogError):
        trial.blog.run_jobs()
    if CANARY in logged.text:
        found.append(f"a line of the log shows the secret {' or '.join(names)}")
    return found


def left_behind(trial: Trial) -> list[str]:
    """Remove the plugin with its data and return what is still there. The trial cannot be used afterwards."""
    plugin_id = trial.plugin_id
    try:
        with trial.blog.app() as app:
            known = {*app.blog.plugins.candidates}
            app.blog.remove_plugin(plugin_id, False)
    except BlogError as error:
        return [f"it cannot be removed: {error}"]
    with trial.blog.site.engine.connect() as connection:
        found = [f"the table {name}" for name in found_tables(connection, plugin_id, known)]
        owners = set(connection.scalars(sa.select(Meta.plugin_id).distinct()))
        found += [
            f"small data under the name {name}" for name in owners if name == plugin_id or name not in known
        ]
        kinds = set(connection.scalars(sa.select(Outbox.kind).distinct()))
        found += [f"the job {kind}" for kind in kinds if kind.startswith((f"{plugin_id}.", f"{plugin_id}:"))]
        state: Any = connection.execute(
            sa.select(PluginState.settings).where(PluginState.id == plugin_id)
        ).scalar()
    return found + (["its settings"] if state else [])
