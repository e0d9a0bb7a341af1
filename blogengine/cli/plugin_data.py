"""`blogengine plugins uninstall`, `restore`, `migrate` and `makemigration`: what plugins keep in the database."""

import shutil
import tempfile
from pathlib import Path

import click

from blogengine import removing
from blogengine import restoring
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.db import make_engine
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.migrations import upgrade as upgrade_core
from blogengine.migrations import version_of
from blogengine.migrations import write_step
from blogengine.runtime import blog


@click.command()
@click.argument("plugin_id", metavar="PLUGIN")
@click.option("--keep-data", is_flag=True, help="Only stop it; its tables, settings and meta stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Remove it also when it fails as it is told.")
@pass_opener
def uninstall(opener: Opener, plugin_id: str, keep_data: bool, yes: bool, force: bool) -> None:
    """Remove what a plugin keeps in the database; a copy is written to a file first."""
    with opener.app():
        if keep_data:
            removing.set_aside(plugin_id)
            click.echo(f"{plugin_id} is stopped; all it keeps stays.")
            return
        rows = removing.belongings(plugin_id)
        for name, count in rows.items():
            click.echo(f"{name}: {count} row{'s' if count != 1 else ''}")
        if not yes:
            click.confirm(f"Remove {plugin_id} with its settings and all of this?", abort=True)
        copy = blog().remove_plugin(plugin_id, force)
        candidate = blog().plugins.candidates.get(plugin_id)
    click.echo(f"{plugin_id} is removed. What it kept is in {copy}")
    click.echo("`blogengine plugins enable` and `blogengine plugins restore FILE` bring it back.")
    if candidate is not None and candidate.origin != "bundled":
        click.echo(f"Its code is still there: {candidate.where}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@pass_opener
def restore(opener: Opener, file: Path) -> None:
    """Put back what a removed plugin kept, from the file that `uninstall` wrote; enable the plugin before."""
    with opener.app():
        plugin_id, count = restoring.restore(file)
    click.echo(f"{plugin_id} has its settings and {count} row{'s' if count != 1 else ''} again.")


@click.command()
@click.argument("plugin_id", metavar="[PLUGIN]", required=False)
@pass_opener
def migrate(opener: Opener, plugin_id: str | None) -> None:
    """Bring the tables of enabled plugins up to date and show how far they are; every start does it too."""
    site = opener.site()
    try:
        with site.in_app() as app:
            running = app.blog
            if plugin_id is not None and plugin_id not in running.tables:
                raise NotFound(
                    f"No plugin {plugin_id} with own tables is enabled.",
                    hint="A plugin's tables are made when it is enabled.",
                )
            behind = False
            for one, tables in running.tables.items():
                if plugin_id not in (None, one):
                    continue
                with site.engine.connect() as connection:
                    present = version_of(connection, tables)
                status = running.plugins.statuses[one]
                behind = behind or status.state != "active"
                click.echo(f"{one:20} {present or '0000'} of {tables.head or '0000'}")
                if status.state != "active":
                    click.echo(f"{'':20} ! {status.reason}")
    finally:
        site.close()
    if behind:
        raise Refused("Not all tables are up to date; the reason stands above.")


@click.command()
@click.argument("plugin_id", metavar="PLUGIN")
@click.option("-m", "--message", required=True, help="What the step does, in a few words.")
@pass_opener
def makemigration(opener: Opener, plugin_id: str, message: str) -> None:
    """Write the next step of a plugin's tables: what its models say and its steps do not make yet."""
    site = opener.site()
    try:
        tables = site.build(also=plugin_id).blog.tables.get(plugin_id)
    finally:
        site.close()
    if tables is None:
        raise NotFound(
            f"There is no plugin {plugin_id} with own tables, or it cannot be loaded.",
            hint="`blogengine plugins list` shows what is there.",
        )
    folder = tempfile.mkdtemp(prefix="blogengine-")
    try:
        scratch = make_engine(f"sqlite:///{Path(folder) / 'scratch.db'}")
        upgrade_core(scratch)
        written = write_step(scratch, tables, message)
        scratch.dispose()
    finally:
        shutil.rmtree(folder)
    if written is None:
        click.echo("The steps make all that the models say; nothing was written.")
        return
    path, warnings = written
    click.echo(f"Wrote {path}")
    for warning in warnings:
        click.echo(f"! {warning}")
    click.echo(f"Read it, then run: blogengine plugins enable {plugin_id}")
