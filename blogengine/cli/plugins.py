"""`blogengine plugins`: what is there, and switching it on and off."""

import json
from typing import Any

import click

from blogengine import settings
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.cli.plugin_data import makemigration
from blogengine.cli.plugin_data import migrate
from blogengine.cli.plugin_data import uninstall
from blogengine.cli.settings import plugin_settings
from blogengine.runtime import blog


@click.group()
def plugins() -> None:
    """List, enable and disable plugins, and change their settings."""


for command in (makemigration, migrate, plugin_settings, uninstall):
    plugins.add_command(command)


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@pass_opener
def list_plugins(opener: Opener, as_json: bool) -> None:
    """Show every plugin: its state, where it comes from, and what is wrong with it."""
    with opener.app():
        running, decided, failures = blog().plugins, settings.states(), settings.failure_counts()
        rows: list[dict[str, Any]] = []
        for plugin_id in sorted({*running.candidates, *running.statuses}):
            candidate, status = running.candidates.get(plugin_id), running.statuses.get(plugin_id)
            rows.append(
                {
                    "id": plugin_id,
                    "state": status.state if status is not None else "off",
                    "version": candidate.manifest.version if candidate is not None else "",
                    "origin": candidate.origin if candidate is not None else "",
                    "summary": candidate.manifest.summary if candidate is not None else "",
                    "problem": (status.reason if status is not None else "")
                    or (decided[plugin_id].off_reason if plugin_id in decided else "")
                    or (candidate.problem if candidate else ""),
                    "settings": running.setting_problems.get(plugin_id, {}),
                    "failures": failures.get(plugin_id, 0),
                    "shadows": list(candidate.shadows) if candidate is not None else [],
                }
            )
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']:20} {row['state']:8} {row['version']:8} {row['origin']:9} {row['summary']}")
        if row["problem"]:
            click.echo(f"{'':20} ! {row['problem']}")
        for name, text in row["settings"].items():
            click.echo(f"{'':20} ! Setting {name}: {text}")
        if row["failures"]:
            click.echo(f"{'':20} ! {row['failures']} errors; the admin shows them under Plugins")
        for shadowed in row["shadows"]:
            click.echo(f"{'':20} stands before the {shadowed}")
    if not rows:
        click.echo("There is no plugin.")


@plugins.command()
@click.argument("plugin_id", metavar="PLUGIN")
@pass_opener
def enable(opener: Opener, plugin_id: str) -> None:
    """Let a plugin run; a running server follows at its next request."""
    with opener.app():
        settings.enable(plugin_id)
    click.echo(f"{plugin_id} is enabled.")


@plugins.command()
@click.argument("plugin_id", metavar="PLUGIN")
@pass_opener
def disable(opener: Opener, plugin_id: str) -> None:
    """Stop a plugin; its data stays."""
    with opener.app():
        settings.disable(plugin_id)
    click.echo(f"{plugin_id} is disabled; its data is kept.")
