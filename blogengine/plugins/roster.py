"""The plugins of one app and what became of each: states, warnings, orders, needs, settings."""

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blogengine.plugins.discovery import Candidate
from blogengine.plugins.manifest import did_you_mean
from blogengine.secret import redact


@dataclass(slots=True)
class Status:
    """What became of an enabled plugin in this app.

    `state` is `active`, `broken` (its code or its manifest), `missing` (not there any more), `incompatible` (made for
    another engine) or `waiting` (for another plugin). An active one with a reason runs as it was before its files changed.
    """

    id: str
    state: str
    reason: str = ""
    traceback: str = ""

    def __post_init__(self) -> None:
        self.reason, self.traceback = redact(self.reason), redact(self.traceback)


class Facade:
    """What pluggy is shown of a plugin: its guarded functions. Two are never equal, however little is in them."""


class Roster:
    """Who is there, who runs, who waits for whom."""

    def __init__(self, candidates: Mapping[str, Candidate]) -> None:
        self.candidates: dict[str, Candidate] = dict(candidates)
        """By id; after `load`, of those that are enabled the one that the owner enabled."""
        self.statuses: dict[str, Status] = {}
        """Of the enabled plugins, by id."""
        self.warnings: dict[str, list[str]] = {}
        """Sentences by plugin id about what works and is probably not meant."""
        self.call_order: tuple[str, ...] = ()
        """Enabled ids in the order in which their hooks are called."""
        self.start_order: tuple[str, ...] = ()
        """Enabled ids, each after those that it requires."""
        self.settings_classes: dict[str, type] = {}
        self.setting_problems: dict[str, dict[str, str]] = {}
        self.locked: dict[str, dict[str, str]] = {}
        """The variable of the environment that gives a setting, by plugin and the setting's name."""
        self._settings: dict[str, Any] = {}
        self._facades: dict[str, Facade] = {}
        self._needs: dict[str, set[str]] = {}

    def folder_of(self, plugin_id: str) -> Path:
        """Return where a loaded plugin's files lie; for one file that is `_<plugin id>` beside it."""
        candidate = self.candidates[plugin_id]
        if candidate.origin == "drop-in":
            path = Path(candidate.where)
            return path if path.is_dir() else path.parent / f"_{plugin_id}"
        folder = Path(candidate.file).parent
        return folder if candidate.root.is_dir() else folder / f"_{plugin_id}"

    def is_active(self, plugin_id: str) -> bool:
        """Whether the plugin runs in this app."""
        status = self.statuses.get(plugin_id)
        return status is not None and status.state == "active"

    def warn(self, plugin_id: str, sentence: str) -> None:
        """Note what the owner or the author of a plugin should know, and that stops nothing."""
        said = self.warnings.setdefault(plugin_id, [])
        if sentence not in said:
            said.append(sentence)

    def implements(self, plugin_id: str, hook: str) -> bool:
        """Whether the plugin runs in this app and has an implementation of `hook`."""
        return self.is_active(plugin_id) and hasattr(self._facades[plugin_id], hook)

    def hooks_of(self, plugin_id: str) -> list[str]:
        """Return the names of the hooks that an active plugin implements."""
        return sorted(vars(self._facades[plugin_id])) if self.is_active(plugin_id) else []

    def implementation(self, plugin_id: str, hook: str) -> Callable[..., Any]:
        """Return what an active plugin has for `hook`."""
        function: Callable[..., Any] = getattr(self._facades[plugin_id], hook)
        return function

    def needed_by(self, plugin_id: str) -> list[str]:
        """Return the ids of the enabled plugins that cannot run without this one, directly or through others."""
        found: list[str] = []
        for other in self.start_order:
            if self._needs.get(other, set()) & {plugin_id, *found} and other != plugin_id:
                found.append(other)
        return found

    def settings(self, plugin_id: str) -> Any:
        """Return the settings of an active plugin. Raises `LookupError` with a sentence for one that has none."""
        try:
            return self._settings[plugin_id]
        except KeyError:
            reason = "has no settings" if self.is_active(plugin_id) else "does not run"
            raise LookupError(
                f"The plugin {plugin_id} {reason}.{did_you_mean(str(plugin_id), self._settings)}"
            ) from None

    def _wait_for(self, need: str) -> str:
        status = self.statuses.get(need)
        if status is None:
            return f"It needs the plugin {need}, which is off. Run: blogengine plugins enable {need}."
        return f"It needs the plugin {need}, which is {status.state}: {status.reason}"
