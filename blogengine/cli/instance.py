"""Opening the instance that a command works on, and saying which one it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from blogengine.app import BlogFlask
from blogengine.config import Config
from blogengine.config import load_config
from blogengine.migrations import upgrade
from blogengine.plugins.breadcrumbs import left_by_the_dead
from blogengine.server.boot import survive
from blogengine.site import Site
from blogengine.upgrading import install_pending


class Opener:
    """Opens the instance named on the command line."""

    def __init__(self, instance: str | None) -> None:
        self.instance = instance
        self._said = False

    def config(self, *, create: bool = False, safe_mode: bool = False) -> Config:
        """Return the instance's configuration and say once which instance it is, on the error output."""
        config = load_config(self.instance, create=create, safe_mode=safe_mode)
        if not self._said:
            click.echo(f"Instance: {config.instance}", err=True)
        self._said = True
        return config

    def site(self, *, create: bool = False, safe_mode: bool = False, careful: bool = False) -> Site:
        """Return the instance's site, its database brought up to date.

        With `careful`, or when a process died importing a plugin and nobody knows of what, a child builds the app first.
        """
        site = Site(self.config(create=create, safe_mode=safe_mode))
        upgrade(site.engine)
        died = left_by_the_dead(site.config.run_folder)
        site.warden.leave_crumbs()
        if careful or any(crumb.place == "import" for crumb in died):
            survive(site)
        for problem in install_pending(site):
            click.echo(problem, err=True)
        return site

    @contextmanager
    def app(self, *, create: bool = False) -> Iterator[BlogFlask]:
        """Enter the instance's app."""
        site = self.site(create=create)
        try:
            with site.in_app() as app:
                yield app
        finally:
            site.close()


pass_opener = click.make_pass_decorator(Opener)
