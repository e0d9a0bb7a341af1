"""Before the server loads plugins of others, a child of it does: one that ends or stops the process is switched off."""

import contextlib
import logging
import os
import signal
import sys
import time

from blogengine import settings
from blogengine.plugins import deaths
from blogengine.plugins import discovery
from blogengine.plugins.breadcrumbs import left_by
from blogengine.site import Site

log = logging.getLogger("blogengine.server")

TRIES = 12
"""How often a child is started: twice for each plugin that ends its process."""


def survive(site: Site) -> None:
    """Build the app in a child until one lives, so that building it here is safe. Call it before there are threads.

    It costs the time of one more build (a fifth of a second); nothing is left of it in this process. Plugins that came
    with the engine are as safe to load as the engine itself: with no others there is no child.
    """
    if not _runs_others(site):
        return
    folder = site.config.run_folder
    patience = 2 * site.config.hook_seconds
    for _ in range(TRIES):
        site.disconnect()
        pid, code = _build_in_child(site, patience)
        crumbs = left_by(folder, pid)
        if code == 0 or not crumbs:
            return
        for crumb in crumbs:
            log.error("The plugin %s: while it was loaded, %s.", crumb.plugin_id, _what(code, patience))
        deaths.note(folder, crumbs, _what(code, patience))


def _runs_others(site: Site) -> bool:
    candidates = discovery.find(site.config.drop_in_folder)
    with site.engine.connect() as connection:
        setup = settings.load_setup(connection, site.config, candidates)
    chosen = [discovery.resolve(candidates.get(plugin.id), plugin.source) for plugin in setup.plugins]
    return any(candidate is not None and candidate.origin != "bundled" for candidate in chosen)


def _what(code: int | None, patience: float) -> str:
    if code is None:
        return f"the process had not come back after {patience:.0f} seconds"
    return f"the process ended with {f'exit code {code}' if code >= 0 else signal.Signals(-code).name}"


def _build_in_child(site: Site, patience: float) -> tuple[int, int | None]:
    """Return the child's number and its exit code, None when it took too long."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            silent = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(silent, number)
            site.warden.leave_crumbs()
            site.build()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + patience
    try:
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return pid, os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
    finally:
        _end_group(pid)
    os.waitpid(pid, 0)
    return pid, None


def _end_group(pid: int) -> None:
    """End the child with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
