"""A blog engine you own: a small core that serves posts and comments; everything else is a plugin."""

import os

from flask import Flask

from blogengine.config import load_config
from blogengine.migrations import upgrade
from blogengine.setup import VERSION
from blogengine.site import Site
from blogengine.upgrading import install_pending

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
