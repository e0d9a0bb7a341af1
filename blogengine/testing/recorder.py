"""What hooks were called with in a test."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call of a plugin's function."""

    plugin_id: str
    hook: str
    arguments: dict[str, Any]
    """By name: what the function takes of what the hook gives."""
    result: Any


class HookRecorder:
    """Notes every call of a plugin's hook implementation, in order; `register_*` are not calls."""

    def __init__(self) -> None:
        self._calls: list[HookCall] = []

    def calls(self, hook: str = "", plugin_id: str = "") -> list[HookCall]:
        """Return the calls so far: of one hook, of one plugin, or all."""
        return [call for call in self._calls if hook in ("", call.hook) and plugin_id in ("", call.plugin_id)]

    def names(self) -> list[str]:
        """Return the hooks that were called, in order."""
        return [call.hook for call in self._calls]

    def clear(self) -> None:
        """Forget the calls so far."""
        self._calls.clear()

    def watch(self, guard: Callable[..., Any]) -> Callable[..., Any]:
        """Return `guard` (which contains what a plugin does) so that it notes each call as well."""

        @functools.wraps(guard)
        def guarded(plugin_id: str, hook: str, function: Any, *rest: Any, **named: Any) -> Any:
            return self._noted(plugin_id, hook, guard(plugin_id, hook, function, *rest, **named))

        return guarded

    def listen(self, find: Callable[..., Any]) -> Callable[..., Any]:
        """Return `find` (which gives a job the function that hears of an event) so that it notes each call as well."""

        @functools.wraps(find)
        def implementation(plugins: Any, plugin_id: str, hook: str) -> Any:
            return self._noted(plugin_id, hook, find(plugins, plugin_id, hook))

        return implementation

    def _noted(self, plugin_id: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def call(*values: Any, **by_name: Any) -> Any:
            result = function(*values, **by_name)
            arguments = {**dict(zip(names, values, strict=False)), **by_name}
            self._calls.append(HookCall(plugin_id, hook, arguments, result))
            return result

        return call
