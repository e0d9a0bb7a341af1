"""A blog engine you own: a small core that serves posts and comments; everything else is a plugin."""

import gc
import os

# A thousand modules are loaded, and nothing of them is garbage: looking for some takes a tenth of the start.
_was_enabled = gc.isenabled()
gc.disable()

from flask import Flask  # noqa: E402

from blogengine.config import load_config  # noqa: E402
from blogengine.migrations import upgrade  # noqa: E402
from blogengine.setup import VERSION  # noqa: E402
from blogengine.site import Site  # noqa: E402
from blogengine.upgrading import install_pending  # noqa: E402

if _was_enabled:
    gc.enable()

__version__ = VERSION
__all__ = ["__version__", "create_app", "create_site"]


def create_site(instance: str | os.PathLike[str] | None = None) -> Site:
    """Return the WSGI object that serves the blog in folder `instance`, its database brought up to date.

    For any WSGI server: `site = create_site("instance"); site.start()`. Raises `errors.ConfigError`.
    """
    site = Site(load_config(instance))
    upgrade(site.engine)
    install_pending(site)
    return site


def create_app(instance: str | os.PathLike[str] | None = None) -> Flask:
    """Return one Flask app for the blog as it is now, for shells and tests; it does not follow later changes."""
    return create_site(instance).current()
