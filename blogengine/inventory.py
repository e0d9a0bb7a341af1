"""The plugins as their owner sees them: what is there, in which state and order, and what each brings along."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from blogengine import schema
from blogengine import settings
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.models import PluginState
from blogengine.plugins import discovery
from blogengine.plugins import loading
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.manifest import Manifest
from blogengine.runtime import blog
from blogengine.tables import owners_of

STATES = ("active", "off", "broken", "missing", "waiting", "incompatible")


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """One plugin. `state` is one of `STATES`; all others than `active` and `off` are enabled and do not run."""

    id: str
    manifest: Manifest
    state: str
    reason: str
    """Why it does not run, or that it runs as it was before its files changed."""
    traceback: str
    origin: str
    where: str
    source: str
    """What `settings.enable(plugin_id, source)` takes."""
    rivals: tuple[Candidate, ...]
    """Other plugins with the same id, which wait."""
    warnings: tuple[str, ...]
    """Sentences about what works and is probably not meant."""
    failures: int
    """How often its hooks failed, as far as it is stored."""
    needed_by: tuple[str, ...]
    """Ids of the plugins that run and cannot without it."""


@dataclass(frozen=True, slots=True)
class PluginOrder:
    """The order in which hooks are called. `chosen` is what the owner has put in order; the rest follows by itself."""

    ids: tuple[str, ...]
    chosen: tuple[str, ...]
    problems: tuple[str, ...]
    """Sentences about order hints that go round in a circle."""


def plugins() -> list[PluginFacts]:
    """Return all plugins that are there now, and those that are enabled and gone, by id."""
    found = discovery.find(blog().config.drop_in_folder)
    states, failures = settings.states(), settings.failure_counts()
    gone = [plugin_id for plugin_id, state in states.items() if state.enabled]
    ids = sorted({*found, *blog().plugins.statuses, *gone})
    return [_facts(one, found.get(one), states.get(one), failures.get(one, 0)) for one in ids]


def plugin(plugin_id: str) -> PluginFacts:
    """Return one plugin. Raises `NotFound`."""
    for facts in plugins():
        if facts.id == plugin_id:
            return facts
    raise NotFound(f"There is no plugin {plugin_id}.", hint="`blogengine plugins list` shows what is there.")


def order() -> PluginOrder:
    """Return the order of the enabled plugins."""
    running = blog()
    problems = [
        sentence
        for sentences in running.plugins.warnings.values()
        for sentence in sentences
        if sentence.startswith("The order hints")
    ]
    return PluginOrder(running.plugins.call_order, running.setup.plugin_order, tuple(dict.fromkeys(problems)))


def contents(plugin_id: str) -> dict[str, Any]:
    """Return what a plugin brings along: hooks, hooks for others, routes, jobs, settings and tables, by these words.

    Only the tables are known of one that does not run.
    """
    running = blog()
    runs = running.plugins.is_active(plugin_id)
    cls = running.plugins.settings_classes.get(plugin_id) if runs else None
    now = running.plugins.settings(plugin_id) if cls is not None else None
    tables = owners_of(sa.inspect(db.session.connection()).get_table_names(), [one.id for one in plugins()])
    return {
        "hooks": running.plugins.hooks_of(plugin_id),
        "own_hooks": running.plugins.declared_by(plugin_id) if runs else [],
        "routes": list(running.routes.get(plugin_id, ())),
        "jobs": sorted(name for name in running.jobs if name.partition(".")[0] == plugin_id),
        "settings": {
            field.name: "(secret)" if field.kind == "secret" else getattr(now, field.name)
            for field in (schema.describe(cls) if cls is not None else ())
        },
        "tables": sorted(table for table, owner in tables.items() if owner == plugin_id),
    }


def _facts(plugin_id: str, found: Candidate | None, stored: PluginState | None, failures: int) -> PluginFacts:
    running = blog().plugins
    status = running.statuses.get(plugin_id)
    candidate, state, reason, trace = found, "off", stored.off_reason if stored is not None else "", ""
    warnings: list[str] = []
    if status is not None:
        state, reason, trace = status.state, status.reason, status.traceback
        candidate = running.candidates.get(plugin_id) if state != "missing" else None
        warnings += running.warnings.get(plugin_id, [])
        problems = running.setting_problems.get(plugin_id, {})
        warnings += [f"Setting {name}: {problem}" for name, problem in problems.items()]
    elif blog().config.safe_mode and (
        stored.enabled if stored is not None else found is not None and found.on_by_default
    ):
        state, reason = "waiting", "It is on; in safe mode no plugin runs."
    elif found is not None:
        warnings += found.warnings
        if found.problem:
            reason = f"{reason} It cannot run as it is: {found.problem}".strip()
    if candidate is not None:
        outdated = loading.outdated(candidate) if state == "active" and not reason else ""
        warnings += [*discovery.rivals(candidate), *([outdated] if outdated else [])]
    needed_by = [one for one in running.needed_by(plugin_id) if running.is_active(one)]
    return PluginFacts(
        id=plugin_id,
        manifest=candidate.manifest if candidate is not None else Manifest(plugin_id),
        state=state,
        reason=reason,
        traceback=trace,
        origin=candidate.origin if candidate is not None else "",
        where=candidate.where if candidate is not None else "",
        source=candidate.source if candidate is not None else "",
        rivals=candidate.others if candidate is not None else (),
        warnings=tuple(dict.fromkeys(warnings)),
        failures=failures,
        needed_by=tuple(needed_by) if state == "active" else (),
    )
