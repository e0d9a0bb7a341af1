"""What a process does around its app because of plugins: watch them, store what they did, switch off the condemned."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from typing import NoReturn

from flask import Flask

from blogengine import settings
from blogengine.config import Config
from blogengine.plugins import deaths
from blogengine.plugins.calls import Ledger
from blogengine.plugins.running import Loadings
from blogengine.plugins.watch import Watchdog

log = logging.getLogger("blogengine.plugins")


class Warden:
    """The warden of one process. `app` gives the present app without building one, `safely` enters one without plugins."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        app: Callable[[], Flask | None],
        safely: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._app = app
        self._safely = safely
        self._watchdog: Watchdog | None = None
        self._lock = threading.Lock()
        self._loadings = Loadings(config.run_folder)

    def start(self) -> None:
        """Begin to watch, in this process."""
        self.leave_crumbs()
        self._loadings.say()
        self._watchdog = Watchdog(self._ledger, self.store, self._give_up)
        self._watchdog.start()

    def leave_crumbs(self) -> None:
        """Say in a file what this process does for which plugin."""
        self._ledger.calls.crumbs.open(self._config.run_folder)

    def stop(self) -> None:
        """Stop watching."""
        if self._watchdog is not None:
            self._watchdog.stop()
            self._watchdog = None
            try:
                self.store(costs=True)
            except Exception:
                log.exception("what plugins did could not be stored")
        self._ledger.calls.crumbs.close()
        self._loadings.forget()

    def hanging(self) -> int:
        """Return how many threads hang in plugins."""
        return self._watchdog.hanging() if self._watchdog is not None else 0

    def store(self, *, costs: bool = False) -> None:
        """Store what plugins did wrong and, with `costs`, what they cost; what cannot be stored is kept.

        What was loaded meanwhile is said as well.
        """
        self._loadings.say()
        with self._lock:
            failures = self._ledger.failures.take()
            if not failures and not (costs and self._ledger.costs):
                return
            try:
                app = self._app()
                with app.app_context() if app is not None else self._safely():
                    settings.store_failures(failures)
                    if costs:
                        settings.store_costs(*self._ledger.costs.take())
            except BaseException:
                self._ledger.failures.put_back(failures)
                raise

    def carry_out(self) -> None:
        """Switch off plugins that processes died of, before anything of them is imported again."""
        folder = self._config.run_folder
        found = deaths.sentences(folder)
        if not found or self._config.safe_mode:
            return
        with self._safely():
            for sentence in found:
                settings.switch_off(sentence.plugin_id, sentence.reason, sentence.trace)
                log.error("plugin %s: %s", sentence.plugin_id, sentence.reason)
        deaths.carried_out(folder, found)

    def _give_up(self, plugin_id: str, reason: str, trace: str) -> NoReturn:
        """End this process at once: its parent starts another, which switches the plugin off before it loads any."""
        deaths.condemn(self._config.run_folder, deaths.Sentence(plugin_id, reason, trace))
        log.error("plugin %s: %s This process is replaced.", plugin_id, reason)
        self._ledger.calls.crumbs.close()
        os._exit(deaths.REPLACED)
