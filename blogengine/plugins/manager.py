"""The plugins of one app: loaded, checked, guarded and called through pluggy."""

import contextlib
import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
import types
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from blogengine import hookspecs
from blogengine import schema
from blogengine.plugins.calls import Ledger
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.failures import FailureLog
from blogengine.plugins.guards import guarded
from blogengine.plugins.guards import is_for_us
from blogengine.plugins.judges import Apart
from blogengine.secret import redact
from blogengine.setup import PluginSetup

BUILDING = "register_"
"""Begin of the names of hooks that run while the app is built, one plugin at a time: a failure makes it `broken`."""


@dataclass(slots=True)
class Status:
    """What became of a plugin in this app. `state` is `active`, `broken` or `missing`."""

    id: str
    state: str
    reason: str = ""
    traceback: str = ""


class PluginProblem(Exception):
    """A plugin cannot be used; the sentence says why and how to mend it."""


class Plugins:
    """One app's own plugin manager: nothing in it is shared with another app."""

    def __init__(self, candidates: Mapping[str, Candidate], ledger: Ledger) -> None:
        self.candidates = candidates
        self.ledger = ledger
        self.apart: Apart = contextlib.nullcontext
        """Enters the app in another thread."""
        self.statuses: dict[str, Status] = {}
        self.settings_classes: dict[str, type] = {}
        self._settings: dict[str, Any] = {}
        self._manager = pluggy.PluginManager(hookspecs.NAMESPACE)
        for family in hookspecs.FAMILIES:
            self._manager.add_hookspecs(family)
        self.hook = self._manager.hook
        self.setting_problems: dict[str, dict[str, str]] = {}
        self.locked: dict[str, dict[str, str]] = {}
        """The variable of the environment that gives a setting, by plugin and the setting's name."""

    @property
    def failures(self) -> FailureLog:
        """What plugins did wrong in this process."""
        return self.ledger.failures

    @property
    def pluggy_manager(self) -> pluggy.PluginManager:
        """The pluggy manager, for hook call monitoring."""
        return self._manager

    def load(self, plugins: tuple[PluginSetup, ...]) -> None:
        """Import and register `plugins`; one that fails is a state, not an exception.

        pluggy calls the last registered first, so they are registered backwards to run in order of their ids.
        """
        for plugin in sorted(plugins, key=lambda plugin: plugin.id, reverse=True):
            candidate = self.candidates.get(plugin.id)
            if candidate is None:
                self.statuses[plugin.id] = Status(
                    plugin.id,
                    "missing",
                    f"The plugin {plugin.id} is enabled but not installed; its data is kept. "
                    "Install it again or disable it.",
                )
                continue
            try:
                if candidate.problem:
                    raise PluginProblem(candidate.problem)
                with self.ledger.calls.at(plugin.id, "import"):
                    self._register(candidate, _import(candidate))
                    self._read_settings(plugin)
                self.statuses[plugin.id] = Status(plugin.id, "active")
            except PluginProblem as problem:
                self.drop(plugin.id, str(problem))
            except BaseException as error:
                if is_for_us(error):
                    raise
                self.drop(plugin.id, f"{type(error).__name__}: {error}", traceback.format_exc())

    def drop(self, plugin_id: str, reason: str, trace: str = "") -> None:
        """Take a plugin out of this app as `broken`."""
        if self._manager.has_plugin(plugin_id):
            self._manager.unregister(name=plugin_id)
        self.statuses[plugin_id] = Status(plugin_id, "broken", redact(reason), redact(trace))

    def folder_of(self, plugin_id: str) -> Path:
        """Return where a loaded plugin's files lie; for one file that is `_<plugin id>` beside it."""
        candidate = self.candidates[plugin_id]
        if candidate.origin == "drop-in":
            path = Path(candidate.where)
            return path if path.is_dir() else path.parent / f"_{plugin_id}"
        module = sys.modules[candidate.where.split(":")[0]]
        folder = Path(module.__file__ or "").parent
        return folder if hasattr(module, "__path__") else folder / f"_{plugin_id}"

    def is_active(self, plugin_id: str) -> bool:
        """Whether the plugin runs in this app."""
        status = self.statuses.get(plugin_id)
        return status is not None and status.state == "active"

    def implements(self, plugin_id: str, hook: str) -> bool:
        """Whether the plugin runs in this app and has an implementation of `hook`."""
        return self.is_active(plugin_id) and hasattr(self._manager.get_plugin(plugin_id), hook)

    def listeners(self, hook: str) -> list[str]:
        """Return the ids of the active plugins that implement `hook`, in the order of their ids."""
        return sorted(found.plugin_name for found in getattr(self.hook, hook).get_hookimpls())

    def implementation(self, plugin_id: str, hook: str) -> Callable[..., Any]:
        """Return what an active plugin has for `hook`."""
        function: Callable[..., Any] = getattr(self._manager.get_plugin(plugin_id), hook)
        return function

    def settings(self, plugin_id: str) -> Any:
        """Return the settings of an active plugin. Raises `KeyError` for one that has none."""
        return self._settings[plugin_id]

    def collect(self, hook: str) -> dict[str, Any]:
        """Call a `register_*` hook of each active plugin by itself; return the results by plugin id."""
        results = {}
        for plugin_id in sorted(self.statuses):
            if not self.is_active(plugin_id):
                continue
            function = getattr(self._manager.get_plugin(plugin_id), hook, None)
            if function is None:
                continue
            try:
                with self.ledger.calls.at(plugin_id, hook):
                    result = function()
            except BaseException as error:
                if is_for_us(error):
                    raise
                self.drop(plugin_id, f"{hook} raised {type(error).__name__}: {error}", traceback.format_exc())
                continue
            if result is not None:
                results[plugin_id] = result
        return results

    def _register(self, candidate: Candidate, module: types.ModuleType) -> None:
        facade = types.SimpleNamespace()
        later = hookspecs.told_later()  # contained by the job that calls them, which must see them fail
        for name, function in inspect.getmembers(module, inspect.isroutine):
            marks = getattr(function, f"{hookspecs.NAMESPACE}_impl", None)
            if marks is None:
                continue
            name = marks.get("specname") or name
            _check(candidate, name, function, marks)
            guard = not name.startswith(BUILDING) and name not in later
            called: Any = function
            if guard:
                called = guarded(candidate.id, name, function, self.ledger, lambda: self.apart())
            setattr(facade, name, called)
        self._manager.register(facade, name=candidate.id)

    def _read_settings(self, plugin: PluginSetup) -> None:
        function = getattr(self._manager.get_plugin(plugin.id), "register_settings", None)
        if function is None:
            return
        cls = function()
        try:
            reading = schema.read_all(cls, plugin.settings, version=plugin.version, given=plugin.given)
        except TypeError as error:
            raise PluginProblem(f"The settings of {plugin.id} cannot be used: {error}.") from error
        self._settings[plugin.id], self.settings_classes[plugin.id] = reading.settings, cls
        self.locked[plugin.id] = reading.locked
        if reading.problems:
            self.setting_problems[plugin.id] = reading.problems


def _import(candidate: Candidate) -> types.ModuleType:
    if candidate.origin != "drop-in":
        return importlib.import_module(candidate.where.split(":")[0])
    path = Path(candidate.where)
    file = path / "__init__.py" if path.is_dir() else path
    stamp = max(part.stat().st_mtime_ns for part in (file, *(path.rglob("*.py") if path.is_dir() else ())))
    name = f"blogengine_dropins_{abs(hash(str(path.parent)))}.{candidate.id}"
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__stamp__", None) == stamp:
        return loaded
    for part in [part for part in sys.modules if part.startswith(f"{name}.")]:
        del sys.modules[part]
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(path)] if path.is_dir() else None
    )
    if spec is None or spec.loader is None:
        raise PluginProblem(f"{file} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    module.__stamp__ = stamp  # type: ignore[attr-defined]
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _check(candidate: Candidate, name: str, function: Any, marks: dict[str, Any]) -> None:
    """Refuse hooks and arguments that do not exist, with what was probably meant."""
    known = hookspecs.known()
    spec = known.get(name)
    if spec is None:
        raise PluginProblem(
            f"{candidate.id} implements the hook {name}, which does not exist.{_meant(name, known)}"
        )
    if marks.get("wrapper") or marks.get("hookwrapper"):
        raise PluginProblem(
            f"{candidate.id}: {name} is a wrapper; wrappers are not supported, return a result instead."
        )
    arguments = set(inspect.signature(spec).parameters)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in arguments and parameter.default is not inspect.Parameter.empty:
            raise PluginProblem(
                f"{candidate.id}: {name} has a default for {parameter.name}, so it would never be given; remove it."
            )
        if parameter.name not in arguments and parameter.default is inspect.Parameter.empty:
            raise PluginProblem(
                f"{candidate.id}: {name} asks for {parameter.name!r}, which the hook does not have."
                f"{_meant(parameter.name, arguments)} It has: {', '.join(sorted(arguments)) or 'no arguments'}."
            )


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""
