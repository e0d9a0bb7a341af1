"""`blogengine plugins`: what is there, switching it on and off, and in which order it is called."""

import json
from dataclasses import asdict
from typing import Any

import click

from blogengine import inventory
from blogengine import settings
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.cli.new_plugin import new_plugin
from blogengine.cli.plugin_data import makemigration
from blogengine.cli.plugin_data import migrate
from blogengine.cli.plugin_data import restore
from blogengine.cli.plugin_data import uninstall
from blogengine.cli.rescue import costs
from blogengine.cli.rescue import rescue
from blogengine.cli.settings import plugin_settings
from blogengine.inventory import PluginFacts
from blogengine.plugins.door_report import NotLetIn
from blogengine.plugins.running import is_outdated


@click.group()
def plugins() -> None:
    """List, show, enable, disable and order plugins, and change their settings."""


for command in (costs, makemigration, migrate, new_plugin, plugin_settings, rescue, restore, uninstall):
    plugins.add_command(command)


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@pass_opener
def list_plugins(opener: Opener, as_json: bool) -> None:
    """Show every plugin: its state, where it comes from, and what is wrong with it."""
    with opener.app():
        found = inventory.plugins()
    if as_json:
        _print_json([_row(facts) for facts in found])
        return
    for facts in found:
        manifest = facts.manifest
        click.echo(
            f"{facts.id:20} {facts.state:12} {manifest.version:8} {facts.origin:9} {manifest.summary}".rstrip()
        )
        for sentence in _sentences(facts):
            click.echo(f"{'':20} ! {sentence}")
    if not found:
        click.echo("There is no plugin.")


@plugins.command()
@click.argument("plugin_id", metavar="PLUGIN")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@pass_opener
def show(opener: Opener, plugin_id: str, as_json: bool) -> None:
    """Show all about one plugin: manifest, hooks, routes, jobs, settings, tables, warnings."""
    with opener.app():
        facts = inventory.plugin(plugin_id)
        contents = inventory.contents(plugin_id)
    if as_json:
        _print_json({**_row(facts), "manifest": asdict(facts.manifest), **contents})
        return
    said = {key.replace("_", " "): value for key, value in asdict(facts.manifest).items() if value}
    lines: dict[str, Any] = {"id": facts.id, "state": facts.state, **said}
    lines["from"] = f"{facts.origin} {facts.where}" if facts.origin else "not there"
    if facts.state == "off" and facts.manifest.network:
        lines["asks machines"] = lines.pop("network")
    lines |= {key.replace("_", " "): value for key, value in contents.items() if value}
    if facts.needed_by:
        lines["needed by"] = facts.needed_by
    for key, value in lines.items():
        if isinstance(value, dict):
            value = [f"{name} = {one!r}" for name, one in value.items()]
        for number, one in enumerate(value if isinstance(value, list | tuple) else [value]):
            click.echo(f"{'' if number else key:14} {one}")
    for sentence in _sentences(facts):
        click.echo(f"! {sentence}")
    if facts.traceback:
        click.echo(facts.traceback.rstrip())
        try:
            settings.enable(plugin_id)
        except NotLetIn as failed:
            click.echo(failed.report.text(), err=True)
            raise
    click.echo(f"{plugin_id} is enabled.")


@plugins.command()
@click.argument("plugin_id", metavar="PLUGIN")
@click.option(
    "--from",
    "source",
    default="",
    metavar="ORIGIN",
    help="Which of several with this id: bundled, installed or drop-in. Else the one that stands in front.",
)
@pass_opener
def enable(opener: Opener, plugin_id: str, source: str) -> None:
    """Let a plugin run; a running server follows at its next request."""
    with opener.app():
        try:
            chosen = settings.enable(plugin_id, source)
        except NotLetIn as failed:
            click.echo(failed.report.text(), err=True)
            raise
    click.echo(f"{plugin_id} is enabled.")
    for other in chosen.others:
        click.echo(f"It is {chosen.origin} {chosen.where}; {other.origin} {other.where} waits.")
    if chosen.origin == "installed" and is_outdated(opener.config().run_folder, chosen):
        click.echo(
            "A server that runs has loaded other files of it: restart it, and it runs those that are there now."
        )
    if chosen.manifest.network:
        click.echo(f"It says that it asks these machines: {', '.join(chosen.manifest.network)}.")


@plugins.command()
@click.argument("plugin_id", metavar="PLUGIN")
@click.option("--with-dependants", is_flag=True, help="Disable the plugins that need it, too.")
@pass_opener
def disable(opener: Opener, plugin_id: str, with_dependants: bool) -> None:
    """Stop a plugin; its data stays."""
    with opener.app():
        for one in settings.disable(plugin_id, with_dependants=with_dependants):
            click.echo(f"{one} is disabled; its data is kept.")


@plugins.command()
@click.argument("plugin_ids", metavar="[PLUGIN]...", nargs=-1)
@click.option("--reset", is_flag=True, help="Forget the chosen order.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@pass_opener
def order(opener: Opener, plugin_ids: tuple[str, ...], reset: bool, as_json: bool) -> None:
    """Show the order in which hooks are called, or set it: those named come in this order."""
    if reset and plugin_ids:
        raise click.UsageError("Name plugins, or give --reset.")
    if reset or plugin_ids:
        with opener.app():
            settings.save_order(plugin_ids)
    with opener.app():
        now = inventory.order()
    if as_json:
        _print_json(asdict(now))
        return
    for number, plugin_id in enumerate(now.ids, 1):
        click.echo(f"{number:3} {plugin_id}{'  (chosen)' if plugin_id in now.chosen else ''}")
    for sentence in now.problems:
        click.echo(f"! {sentence}")
    if not now.ids:
        click.echo("No plugin is enabled.")


def _sentences(facts: PluginFacts) -> list[str]:
    sentences = [facts.reason] if facts.reason else []
    if facts.failures:
        sentences.append(f"{facts.failures} errors; the admin shows them under Plugins")
    return [*sentences, *facts.warnings]


def _row(facts: PluginFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "state": facts.state,
        "version": facts.manifest.version if facts.origin else "",
        "origin": facts.origin,
        "summary": facts.manifest.summary,
        "problem": facts.reason,
        "warnings": list(facts.warnings),
        "failures": facts.failures,
        "needed_by": list(facts.needed_by),
        "shadows": [f"{other.origin} {other.where}" for other in facts.rivals],
    }


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
