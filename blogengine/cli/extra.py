"""`blogengine x`: the commands of plugins, each run inside the blog."""

import copy
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import click

from blogengine.cli.instance import Opener
from blogengine.runtime import blog


class PluginCommands(click.Group):
    """The group `blogengine x`: a group for each running plugin that has commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the ids of the plugins that have commands."""
        return sorted(_offered(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the commands of one plugin as a group."""
        commands = _offered(ctx).get(cmd_name)
        if commands is None:
            return None
        group = click.Group(cmd_name, help=f"Commands of the plugin {cmd_name}.")
        for command in commands:
            group.add_command(_inside(command))
        return group


def _offered(context: click.Context) -> Mapping[str, Sequence[click.Command]]:
    """Return the commands of each plugin; none without an instance, as in the reference."""
    opener = context.find_object(Opener)
    if opener is None:
        return {}
    if "commands" not in context.meta:
        with opener.app():
            context.meta["commands"] = dict(blog().commands)
    found: Mapping[str, Sequence[click.Command]] = context.meta["commands"]
    return found


def _inside(command: click.Command) -> click.Command:
    """Return `command` so that it runs inside the blog, and not while its words are only read."""
    inside = copy.copy(command)

    def invoke(context: click.Context) -> Any:
        opener = context.find_object(Opener)
        assert opener is not None
        with opener.app():
            return command.invoke(context)

    inside.invoke = invoke  # type: ignore[assignment,method-assign]
    return inside


@click.group(cls=PluginCommands)
def x() -> None:
    """Run a command of a plugin: x PLUGIN COMMAND; `blogengine x` lists them."""
