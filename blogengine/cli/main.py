"""The commands, by name; each is loaded when it is asked for, so that none waits for another's libraries."""

import importlib
from typing import Any

import click

from blogengine.cli.instance import Opener
from blogengine.setup import VERSION

COMMANDS = {
    "demo": ("demo", "demo"),
    "dev": ("dev", "dev"),
    "docs": ("docs", "docs"),
    "doctor": ("doctor", "doctor"),
    "export": ("exporting", "export_blog"),
    "import": ("importing", "import_blog"),
    "init": ("setting_up", "init"),
    "jobs": ("jobs", "jobs"),
    "password": ("setting_up", "password"),
    "people": ("people", "people"),
    "plugins": ("plugins", "plugins"),
    "privacy": ("privacy", "privacy"),
    "serve": ("serving", "serve"),
    "settings": ("settings", "settings_command"),
    "themes": ("themes", "themes"),
    "worker": ("jobs", "worker"),
    "x": ("extra", "x"),
}
"""Module in this folder, and the command's name in it."""


class Commands(click.Group):
    """The group `blogengine`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: Any = getattr(importlib.import_module(f"blogengine.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--instance", metavar="FOLDER", help="The blog's folder; else $BLOGENGINE_INSTANCE, else ./instance."
)
@click.version_option(VERSION)
@click.pass_context
def group(context: click.Context, instance: str | None) -> None:
    """A blog engine you own."""
    context.obj = Opener(instance)
