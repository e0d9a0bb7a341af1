"""The lives of plugins in one process: started once before they serve, stopped when they are gone or the process ends."""

import traceback
from dataclasses import dataclass

from blogengine.app import BlogFlask
from blogengine.plugins.guards import is_for_us
from blogengine.plugins.roster import Status


@dataclass(slots=True)
class _Life:
    code: object
    """The plugin's module; another one is another life."""
    app: BlogFlask


class Lives:
    """Which plugins were started in this process, by which code, and which could not start."""

    def __init__(self) -> None:
        self.refused: dict[str, Status] = {}
        """What became of the plugins whose `startup` raised."""
        self._lives: dict[str, _Life] = {}

    def start(self, app: BlogFlask) -> bool:
        """Start the plugins of `app` that are not started yet; return whether all could; else build it without them."""
        plugins = app.blog.plugins
        fine = True
        for plugin_id in sorted(plugins.statuses):
            if not plugins.is_active(plugin_id):
                continue
            code = plugins.modules[plugin_id]
            life = self._lives.get(plugin_id)
            if life is not None and life.code is code:
                continue
            if life is not None:
                self._stop(plugin_id)
            try:
                with app.app_context():
                    plugins.ask(plugin_id, "startup")
            except BaseException as error:
                if is_for_us(error):
                    raise
                fine = False
                reason = f"It could not start: {type(error).__name__}: {error}"
                self.refused[plugin_id] = Status(plugin_id, "broken", reason, traceback.format_exc())
                plugins.failures.add(plugin_id, "startup", error)
            else:
                self._lives[plugin_id] = _Life(code, app)
        return fine

    def follow(self, app: BlogFlask) -> None:
        """Stop the plugins that `app` does without; the others live on in it."""
        for plugin_id, life in list(self._lives.items()):
            if app.blog.plugins.is_active(plugin_id):
                life.app = app
            else:
                self._stop(plugin_id)

    def end(self) -> None:
        """Stop all plugins: the process ends."""
        for plugin_id in sorted(self._lives):
            self._stop(plugin_id)

    def _stop(self, plugin_id: str) -> None:
        life = self._lives.pop(plugin_id)
        plugins = life.app.blog.plugins
        try:
            with life.app.app_context():
                plugins.ask(plugin_id, "shutdown")
        except BaseException as error:
            if is_for_us(error):
                raise
            plugins.failures.add(plugin_id, "shutdown", error)
