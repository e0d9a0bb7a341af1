"""`blogengine privacy`: what is stored about a person, and its end."""

import json

import click

from blogengine import privacy as service
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener

ABOUT = (
    click.option("--name", default="", help="As it stands beside their comments."),
    click.option("--website", default="", help="As it stands behind their name."),
    click.option("--email", default="", help="As it was given with a comment."),
)


@click.group()
def privacy() -> None:
    """Show or erase what is stored about a person; all facts that are given must agree."""


@privacy.command("export")
@ABOUT[0]
@ABOUT[1]
@ABOUT[2]
@pass_opener
def export(opener: Opener, name: str, website: str, email: str) -> None:
    """Print all that is stored about a person as JSON."""
    with opener.app():
        found = service.export(service.check(email, name, website))
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@privacy.command("erase")
@ABOUT[0]
@ABOUT[1]
@ABOUT[2]
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_opener
def erase(opener: Opener, name: str, website: str, email: str, yes: bool) -> None:
    """Erase what is stored about a person; threads stay readable."""
    with opener.app():
        person = service.check(email, name, website)
        count = len(service.export(person)["comments"])
        if not yes:
            click.confirm(
                f"Erase {count} comments and what plugins keep? Nothing takes this back.", abort=True
            )
        for plugin_id, rows in service.erase(person).items():
            click.echo(f"{f'plugin {plugin_id}' if plugin_id else 'comments'}: {rows} erased")
        for plugin_id in service.not_asked():
            click.echo(f"plugin {plugin_id}: does not run, and was not asked")
