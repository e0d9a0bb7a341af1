"""`blogengine docs`: the reference pages of a checkout, made from the code."""

import sys
from pathlib import Path

import click

from blogengine import reference
from blogengine.errors import NotFound

FOLDER = Path("docs/reference")


@click.command(hidden=True)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 when a page is not what the code says."
)
def docs(check: bool) -> None:
    """Write the reference pages of this checkout anew."""
    if not FOLDER.parent.is_dir():
        raise NotFound(
            "There is no folder docs here.",
            hint="This command is for people who change the engine: run it in a checkout.",
        )
    if not check:
        changed = reference.write(FOLDER)
        click.echo(f"Written: {', '.join(changed)}" if changed else "The reference is up to date.")
        return
    stale = reference.differences(FOLDER)
    if stale:
        click.echo(f"Not what the code says: {', '.join(stale)} in {FOLDER}. Run: blogengine docs", err=True)
        sys.exit(1)
    click.echo("The reference is up to date.")
