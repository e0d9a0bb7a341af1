"""Looking at a plugin's functions before they are called: hooks and arguments that exist, marks that were forgotten."""

import functools
import inspect
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from blogengine import hookspecs
from blogengine.plugins.loading import PluginProblem
from blogengine.plugins.manifest import did_you_mean
from blogengine.plugins.manifest import shown

IMPL = f"{hookspecs.NAMESPACE}_impl"
SPEC = f"{hookspecs.NAMESPACE}_spec"


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook: the engine's own (`owner` is empty) or one that a plugin declares."""

    name: str
    arguments: frozenset[str]
    owner: str = ""


@functools.cache
def engine_hooks() -> Mapping[str, Hook]:
    """Return the engine's own hooks by name."""
    return {
        name: Hook(name, frozenset(inspect.signature(function).parameters))
        for name, function in hookspecs.known().items()
    }


class NotThere(Exception):
    """A plugin implements a hook of another one, whose id this is and which does not run."""


class Look:
    """Goes through the functions of one plugin; `needs` and `warnings` are what was met on the way.

    `hooks` are all that are known, `idle` the ids of the plugins that do not run.
    """

    def __init__(self, plugin_id: str, hooks: Mapping[str, Hook], idle: Collection[str]) -> None:
        self.plugin_id = plugin_id
        self.needs: set[str] = set()
        self.warnings: list[str] = []
        self._hooks = hooks
        self._idle = idle

    def at(self, module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield name and function of each hook that is to be called. Raises `PluginProblem` or `NotThere`."""
        marked = 0
        for name, function in inspect.getmembers(module, inspect.isroutine):
            marks = getattr(function, IMPL, None)
            if not isinstance(marks, dict):
                self._forgotten(module, name, function)
                continue
            marked += 1
            name = marks.get("specname") or name
            hook = self._hooks.get(name)
            if hook is None:
                self._unknown(name, function, is_optional=bool(marks.get("optionalhook")))
                continue
            if hook.owner in self._idle and hook.owner != self.plugin_id:
                if marks.get("optionalhook"):
                    continue
                raise NotThere(hook.owner)
            check(self.plugin_id, hook, function, marks)
            if hook.owner not in ("", self.plugin_id) and not marks.get("optionalhook"):
                self.needs.add(hook.owner)
            yield name, function
        if not marked:
            self.warnings.append("It has no function marked @hookimpl, so nothing ever calls it.")

    def _unknown(self, name: str, function: Callable[..., Any], *, is_optional: bool) -> None:
        owner = max((one for one in self._idle if name.startswith(f"{one}_")), key=len, default="")
        if is_optional:
            meant = did_you_mean(name, self._hooks, cutoff=0.85)
            if meant and not owner:
                self.warnings.append(f"No plugin that runs has the hook {name} ({_place(function)}).{meant}")
        elif owner and owner != self.plugin_id:
            raise NotThere(owner)
        else:
            raise PluginProblem(
                f"{self.plugin_id} implements the hook {name}, which does not exist."
                f"{did_you_mean(name, self._hooks)} ({_place(function)})"
            )

    def _forgotten(self, module: ModuleType, name: str, function: Any) -> None:
        home = getattr(function, "__module__", None) or ""
        own = home == module.__name__ or home.startswith(f"{module.__name__}.")
        if name in self._hooks and own and inspect.isfunction(function) and not hasattr(function, SPEC):
            self.warnings.append(
                f"{name} ({_place(function)}) is named like a hook and never called: write @hookimpl above it."
            )


def check(plugin_id: str, hook: Hook, function: Callable[..., Any], marks: Mapping[str, Any]) -> None:
    """Refuse an implementation that could not be called, with what was probably meant."""
    name = hook.name
    if marks.get("wrapper") or marks.get("hookwrapper"):
        raise PluginProblem(
            f"{plugin_id}: {name} is a wrapper; wrappers are not supported, return a result instead."
        )
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise PluginProblem(
                f"{plugin_id}: {name} has *{parameter.name}; a hook is given what it names and nothing else. "
                f"It has: {_list(hook.arguments)}. ({_place(function)})"
            )
        if parameter.name in hook.arguments and parameter.default is not inspect.Parameter.empty:
            raise PluginProblem(
                f"{plugin_id}: {name} has a default for {parameter.name}, so it would never be given; remove it. "
                f"({_place(function)})"
            )
        if parameter.name not in hook.arguments and parameter.default is inspect.Parameter.empty:
            raise PluginProblem(
                f"{plugin_id}: {name} asks for {parameter.name!r}, which the hook does not have."
                f"{did_you_mean(parameter.name, hook.arguments)} It has: {_list(hook.arguments)}. "
                f"({_place(function)})"
            )


def declared(plugin_id: str, namespace: object) -> dict[str, Hook]:
    """Return the hooks that a plugin declares in the module or class that its `register_hooks` returned."""
    if not isinstance(namespace, ModuleType | type):
        raise PluginProblem(
            f"register_hooks must return a module or a class with @hookspec functions, not {shown(namespace)}."
        )
    engine, found = engine_hooks(), {}
    for name, function in inspect.getmembers(namespace, inspect.isroutine):
        marks = getattr(function, SPEC, None)
        if not isinstance(marks, dict):
            continue
        if (
            not name.startswith(f"{plugin_id}_")
            or name in engine
            or name.startswith(("register_", "prepare_"))
        ):
            raise PluginProblem(
                f"register_hooks declares {name}: the names of a plugin's own hooks begin with {plugin_id}_ and are "
                f"none of the engine's. ({_place(function)})"
            )
        if marks.get("historic"):
            raise PluginProblem(f"register_hooks declares {name} as historic, which is not supported.")
        parameters = list(inspect.signature(function).parameters.values())
        if isinstance(namespace, type) and not isinstance(
            inspect.getattr_static(namespace, name), staticmethod
        ):
            if not parameters or parameters[0].name != "self":
                raise PluginProblem(
                    f"register_hooks declares {name} in a class: give it the first argument self, or mark it "
                    f"@staticmethod. ({_place(function)})"
                )
            del parameters[0]
        if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
            raise PluginProblem(
                f"register_hooks declares {name} with *arguments; name them. ({_place(function)})"
            )
        found[name] = Hook(name, frozenset(one.name for one in parameters), plugin_id)
    if not found:
        raise PluginProblem("register_hooks returned nothing that is marked @hookspec; mark its functions.")
    return found


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "no arguments"


def _place(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return "no file"
    return f"{code.co_filename.replace(chr(92), '/').rpartition('/')[2]}, line {code.co_firstlineno}"
