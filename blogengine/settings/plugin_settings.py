"""Settings of plugins: checked by the plugin's own class, stored as differences, with secrets sealed."""

import copy
import json
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

from blogengine import clock
from blogengine import db as database
from blogengine import schema
from blogengine import secret
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.models import PluginState
from blogengine.pagecache import SETUP_TAG
from blogengine.runtime import blog
from blogengine.secret import Secret
from blogengine.settings.changes import tell_change

_TRIES = 5


class _Moved(Exception):
    """Somebody else changed the same settings meanwhile."""


def save_plugin_settings(plugin_id: str, form: Mapping[str, Any]) -> None:
    """Store those of a plugin's settings that `form` has, typed or as values; an empty `Secret` deletes a secret.

    Raises `Invalid` with a sentence for each field that does not fit, or that the environment gives.
    """
    cls: type[Any] = settings_class(plugin_id)
    locked = blog().plugins.locked.get(plugin_id, {})
    fixed = {
        name: f"The environment variable {locked[name]} gives it; change it there."
        for name in form
        if name in locked
    }
    if fixed:
        raise Invalid(fixed)
    described = schema.describe(cls)
    key, version = blog().config.secret_key, blog().plugins.candidates[plugin_id].manifest.version
    now = blog().plugins.settings(plugin_id)

    def made(raw: Any) -> dict[str, Any]:
        reading = schema.read_all(cls, secret.opened(key, plugin_id, raw), version=version)
        wanted = schema.parse(cls, form, reading.stored, {name: getattr(now, name) for name in locked})
        kept = raw if isinstance(raw, Mapping) else {}
        untouched = {
            item.name
            for item in described
            if item.kind == "secret" and item.name not in form and isinstance(kept.get(item.name), Mapping)
        }
        values = {
            name: secret.seal(key, plugin_id, value) if isinstance(value, Secret) else value
            for name, value in schema.differences(wanted).items()
            if name not in untouched
        }
        known = {item.name for item in described} - untouched
        return {name: value for name, value in kept.items() if name not in known} | values

    _store(plugin_id, cls, made)


def reset_plugin_settings(plugin_id: str, names: Collection[str] | None = None) -> None:
    """Go back to the defaults of `names`, or of all of a plugin's settings, secrets included.

    Raises `Invalid` for a name that is neither a setting nor stored.
    """
    cls = settings_class(plugin_id)
    known = {item.name for item in schema.describe(cls)}

    def made(raw: Any) -> dict[str, Any]:
        if names is None or not isinstance(raw, Mapping):
            return {}
        unknown = set(names) - known - set(raw)
        if unknown:
            raise Invalid(dict.fromkeys(sorted(unknown), "there is no such setting"))
        return {name: value for name, value in raw.items() if name not in names}

    _store(plugin_id, cls, made)


def settings_class(plugin_id: str) -> type:
    """Return the settings class of a plugin that runs. Raises `NotFound`."""
    cls = blog().plugins.settings_classes.get(plugin_id)
    if cls is None or not blog().plugins.is_active(plugin_id):
        raise NotFound(f"The plugin {plugin_id} has no settings, or does not run.")
    return cls


def _store(plugin_id: str, cls: type, made: Callable[[Any], dict[str, Any]]) -> None:
    """Store what `made` makes of what is stored; it runs outside of the write, because checks are plugins' code."""
    key, version = blog().config.secret_key, blog().plugins.candidates[plugin_id].manifest.version
    for _ in range(_TRIES):
        found = db.session.get(PluginState, plugin_id, populate_existing=True)
        raw = copy.deepcopy(found.settings) if found is not None else {}
        stored = made(raw)
        stored.pop(schema.VERSION_KEY, None)
        if version and stored:
            stored[schema.VERSION_KEY] = version
        if _same(stored, raw):
            return
        before, after = (secret.opened(key, plugin_id, value) for value in (raw, stored))

        def change(
            tx: Transaction, raw: Any = raw, stored: Any = stored, before: Any = before, after: Any = after
        ) -> None:
            state = tx.session.get(PluginState, plugin_id, populate_existing=True)
            if not _same(state.settings if state is not None else {}, raw):
                raise _Moved
            if state is None:
                source = blog().plugins.candidates[plugin_id].source
                state = PluginState(id=plugin_id, enabled=True, source=source)
                tx.session.add(state)
            state.settings, state.changed_at = stored, clock.now()
            tell_change(tx, plugin_id, cls, before if isinstance(before, Mapping) else {}, after)
            tx.bump(SETUP_TAG, "settings")

        try:
            database.write(change)
            return
        except _Moved:
            continue
    raise Busy("These settings are being changed by somebody else.", hint=database.LATER)


def _same(one: Any, other: Any) -> bool:
    """Whether two stored values are alike; a NaN, which somebody may have written there, is like itself."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
