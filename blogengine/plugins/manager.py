"""The plugins of one app: resolved, ordered, loaded, checked, guarded and called through pluggy."""

import contextlib
import inspect
import logging
import traceback
import types
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import pluggy

from blogengine import hookspecs
from blogengine import schema
from blogengine.hookspecs import living
from blogengine.plugins import checks
from blogengine.plugins import loading
from blogengine.plugins import ordering
from blogengine.plugins.calls import Ledger
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.discovery import resolve
from blogengine.plugins.failures import FailureLog
from blogengine.plugins.guards import guarded
from blogengine.plugins.guards import is_for_us
from blogengine.plugins.judges import Apart
from blogengine.plugins.loading import PluginProblem as PluginProblem
from blogengine.plugins.manifest import did_you_mean
from blogengine.plugins.manifest import shown
from blogengine.plugins.manifest import text_id
from blogengine.plugins.roster import Facade
from blogengine.plugins.roster import Roster
from blogengine.plugins.roster import Status as Status
from blogengine.setup import PluginSetup

log = logging.getLogger("blogengine.plugins")

BUILDING = "register_"
"""Begin of the names of hooks that run while the app is built, one plugin at a time: a failure makes it `broken`."""


class Plugins(Roster):
    """One app's own plugin manager: nothing in it is shared with another app."""

    def __init__(self, candidates: Mapping[str, Candidate], ledger: Ledger) -> None:
        super().__init__(candidates)
        self.ledger = ledger
        self.apart: Apart = contextlib.nullcontext
        """Enters the app in another thread."""
        self.dropped: dict[str, Status] = {}
        """Plugins that were taken out after `load`, when parts of them were in the app already."""
        self.is_spoilt = False
        """Whether parts of a plugin that was taken out may be left in the app: it must be built again."""
        self._hooks = dict(checks.engine_hooks())
        self._fresh: set[str] = set()
        self._trial = ""
        self._is_loaded = False
        self.modules: dict[str, types.ModuleType] = {}
        self._manager = pluggy.PluginManager(hookspecs.NAMESPACE)
        for family in hookspecs.FAMILIES:
            self._manager.add_hookspecs(family)
        self.hook = self._manager.hook

    @property
    def failures(self) -> FailureLog:
        """What plugins did wrong in this process."""
        return self.ledger.failures

    @property
    def pluggy_manager(self) -> pluggy.PluginManager:
        """The pluggy manager, for hook call monitoring."""
        return self._manager

    def load(
        self,
        plugins: Sequence[PluginSetup],
        order: Sequence[str] = (),
        dropped: Mapping[str, Status] | None = None,
    ) -> None:
        """Import and register `plugins`; one that fails is a state, not an exception.

        `order` is the owner's. `dropped` are those that spoilt the app when it was built before; they stay out.
        """
        setups = {plugin.id: plugin for plugin in plugins}
        self._trial = next((plugin.id for plugin in plugins if plugin.is_trial), "")
        for plugin in plugins:
            self._find(plugin)
        enabled = [self.candidates[plugin_id] for plugin_id in setups if plugin_id in self.candidates]
        calls = ordering.call_order(enabled, order)
        self.call_order = calls.ids
        for plugin_id, sentence in sorted(calls.problems.items()):
            self.warn(plugin_id, sentence)
            log.warning("plugin %s: %s", plugin_id, sentence)
        self.statuses |= dropped or {}
        runnable = [candidate for candidate in enabled if candidate.id not in self.statuses]
        self._exclude(runnable)
        starts, rings = ordering.start_order(enabled, calls.ids)
        self.start_order = tuple(starts)
        for plugin_id, sentence in rings.items():
            self.statuses.setdefault(plugin_id, Status(plugin_id, "waiting", sentence))
        self._needs |= {one.id: set(ordering.needs_of(one)) for one in enabled}
        modules = {}
        for plugin_id in starts:
            if plugin_id not in self.statuses and (module := self._import(plugin_id)) is not None:
                modules[plugin_id] = module
        for plugin_id in [one for one in starts if one in modules]:
            self._contained(plugin_id, lambda one: self._declare(one, modules[one]))
        for plugin_id in [one for one in starts if one in modules]:
            self._contained(plugin_id, lambda one: self._prepare(one, modules[one], setups[one]))
        # pluggy calls the last registered first.
        for plugin_id in reversed(calls.ids):
            if self.is_active(plugin_id):
                self._manager.register(self._facades[plugin_id], name=plugin_id)
        self._is_loaded = True

    def drop(self, plugin_id: str, reason: str, trace: str = "", *, state: str = "broken") -> None:
        """Take a plugin out of this app; those that need it wait."""
        status = Status(plugin_id, state, reason, trace)
        goes_on = False
        if plugin_id in self._fresh and state == "broken":
            self._fresh.discard(plugin_id)
            goes_on = loading.take_back(self.candidates[plugin_id], reason) and plugin_id != self._trial
        if self._is_loaded and not goes_on:
            self.dropped[plugin_id] = status
        self.is_spoilt |= self._is_loaded or goes_on
        self._take_out(status)

    def _take_out(self, status: Status) -> None:
        if self._manager.has_plugin(status.id):
            self._manager.unregister(name=status.id)
        self.statuses[status.id] = status
        for other in self.start_order:
            if status.id in self._needs.get(other, ()) and self.is_active(other):
                self._take_out(Status(other, "waiting", self._wait_for(status.id)))

    def declared_by(self, plugin_id: str) -> list[str]:
        """Return the names of the hooks that a plugin declares for others."""
        return sorted(name for name, hook in self._hooks.items() if hook.owner == plugin_id)

    def listeners(self, hook: str) -> list[str]:
        """Return the ids of the active plugins that implement `hook`, in the order of their ids."""
        return sorted(found.plugin_name for found in getattr(self.hook, hook).get_hookimpls())

    def ask(self, plugin_id: str, hook: str, **arguments: Any) -> Any:
        """Call `hook` of one active plugin if it has it and return its answer; what it raises is the caller's."""
        if not self.implements(plugin_id, hook):
            return None
        function = self.implementation(plugin_id, hook)
        with self.ledger.calls.at(plugin_id, hook):
            return function(**{name: arguments[name] for name in inspect.signature(function).parameters})

    def collect(self, hook: str) -> dict[str, Any]:
        """Call a `register_*` hook of each active plugin by itself; return the results by plugin id.

        In the order of calls; a plugin on trial comes last, so that it takes nothing from those that run.
        """
        results = {}
        for plugin_id in sorted(self.call_order, key=lambda one: one == self._trial):
            function = getattr(self._facades.get(plugin_id), hook, None)
            if not self.is_active(plugin_id) or function is None:
                continue
            try:
                with self.ledger.calls.at(plugin_id, hook):
                    result = function()
            except BaseException as error:
                if is_for_us(error):
                    raise
                told = loading.told(error, self.candidates[plugin_id].root)
                self.drop(plugin_id, f"{hook} raised {told}.", traceback.format_exc())
                continue
            if result is not None:
                results[plugin_id] = result
        return results

    def call(self, hook: str, arguments: Mapping[str, Any]) -> Any:
        """Call a hook that an active plugin declares. Raises `LookupError` or `TypeError` with a sentence."""
        own = {name: one for name, one in self._hooks.items() if one.owner}
        known = own.get(hook)
        if known is None:
            raise LookupError(f"No plugin that runs declares the hook {hook}.{did_you_mean(hook, own)}")
        if set(arguments) != known.arguments:
            raise TypeError(
                f"{hook} takes {', '.join(sorted(known.arguments)) or 'no arguments'}, "
                f"not {', '.join(sorted(arguments)) or 'none'}."
            )
        return getattr(self.hook, hook)(**arguments)

    def _find(self, plugin: PluginSetup) -> None:
        """Choose among the plugins of one id, and say so where none can be had."""
        found = self.candidates.get(plugin.id)
        chosen = resolve(found, plugin.source)
        if chosen is not None:
            self.candidates[plugin.id] = chosen
            return
        self.statuses[plugin.id] = Status(plugin.id, "missing", ordering.gone(plugin, found))

    def _exclude(self, runnable: Sequence[Candidate]) -> None:
        """Say which plugins were made for another engine, and which do not run beside another."""
        for candidate in runnable:
            misfit = ordering.misfit_of_engine(candidate) if not candidate.problem else ""
            if misfit:
                self.statuses[candidate.id] = Status(candidate.id, "incompatible", misfit)
        left = {one.id: one for one in runnable if one.id not in self.statuses and not one.problem}
        calls = [plugin_id for plugin_id in self.call_order if plugin_id in left]
        for plugin_id, sentence in ordering.who_yields(left, calls, self._trial).items():
            self.statuses[plugin_id] = Status(plugin_id, "waiting", sentence)

    def _import(self, plugin_id: str) -> types.ModuleType | None:
        candidate = self.candidates[plugin_id]
        for text in candidate.manifest.requires:
            need = text_id(text)
            other, status = self.candidates.get(need), self.statuses.get(need)
            is_down = other is not None and status is not None and status.state != "active"
            reason = "" if is_down else ordering.unmet(text, other)
            if reason or not self.is_active(need):
                self.statuses[plugin_id] = Status(plugin_id, "waiting", reason or self._wait_for(need))
                return None
        try:
            with self.ledger.calls.at(plugin_id, "import"):
                loaded = loading.load(candidate, is_trial=plugin_id == self._trial)
        except PluginProblem as problem:
            self.statuses[plugin_id] = Status(plugin_id, "broken", str(problem), problem.trace)
            return None
        self.candidates[plugin_id] = loaded.candidate
        if loaded.is_fresh:
            self._fresh.add(plugin_id)
        self.statuses[plugin_id] = Status(plugin_id, "active", loaded.note)
        self.modules[plugin_id] = loaded.module
        return loaded.module

    def _contained(self, plugin_id: str, step: Callable[[str], None]) -> None:
        """Take a step of loading a plugin that is still in; a failure takes it out."""
        if not self.is_active(plugin_id):
            return
        try:
            step(plugin_id)
        except PluginProblem as problem:
            self.drop(plugin_id, str(problem))
        except checks.NotThere as need:
            self.drop(plugin_id, self._wait_for(str(need)), state="waiting")
        except BaseException as error:
            if is_for_us(error):
                raise
            told = loading.told(error, self.candidates[plugin_id].root)
            self.drop(plugin_id, f"{told}.", traceback.format_exc())

    def _declare(self, plugin_id: str, module: types.ModuleType) -> None:
        """Take in the hooks that a plugin declares, before anybody's implementations are looked at."""
        function: Any = getattr(module, "register_hooks", None)
        if hasattr(function, checks.IMPL):
            with self.ledger.calls.at(plugin_id, "register_hooks"):
                namespace = function()
            self._hooks |= checks.declared(plugin_id, namespace)
            self._manager.add_hookspecs(namespace)

    def _prepare(self, plugin_id: str, module: types.ModuleType, setup: PluginSetup) -> None:
        """Check and guard what a plugin implements, and read its settings."""
        facade = Facade()
        later = hookspecs.told_later()  # contained by the job that calls them, which must see them fail
        look = checks.Look(
            plugin_id, self._hooks, {one for one in self.candidates if not self.is_active(one)}
        )
        for name, function in look.at(module):
            called: Any = function
            if not name.startswith(BUILDING) and name not in later and name not in living.HOOKS:
                called = guarded(plugin_id, name, function, self.ledger, lambda: self.apart())
            setattr(facade, name, called)
        self._facades[plugin_id] = facade
        self._needs[plugin_id] |= look.needs
        for sentence in [*self.candidates[plugin_id].warnings, *look.warnings]:
            self.warn(plugin_id, sentence)
        self._read_settings(setup)

    def _read_settings(self, plugin: PluginSetup) -> None:
        function = getattr(self._facades[plugin.id], "register_settings", None)
        if function is None:
            return
        cls = function()
        if not isinstance(cls, type):
            mend = f": return {type(cls).__name__}" if hasattr(cls, "__dataclass_fields__") else ""
            raise PluginProblem(f"register_settings must return the settings class, not {shown(cls)}{mend}.")
        try:
            reading: schema.Reading[Any] = schema.read_all(
                cls, plugin.settings, version=plugin.version, given=plugin.given
            )
        except TypeError as error:
            raise PluginProblem(f"The settings of {plugin.id} cannot be used: {error}.") from error
        self._settings[plugin.id], self.settings_classes[plugin.id] = reading.settings, cls
        self.locked[plugin.id] = reading.locked
        if reading.problems:
            self.setting_problems[plugin.id] = reading.problems
