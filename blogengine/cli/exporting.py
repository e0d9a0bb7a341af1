"""`blogengine export`: the blog as a file that other systems read."""

import sys
from pathlib import Path

import click

from blogengine import exporting
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import NotFound
from blogengine.runtime import blog


@click.command("export")
@click.argument("kind", metavar="FORMAT")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE where it is there already.")
@pass_opener
def export_blog(opener: Opener, kind: str, path: Path, force: bool) -> None:
    """Write the blog to a file: export blogger FILE. Posts, pages and comments in all states; no pictures."""
    with opener.app():
        exporter = blog().exporters.get(kind)
        if exporter is None:
            known = ", ".join(sorted(blog().exporters)) or "none; enable a plugin that has one"
            raise NotFound(f"No enabled plugin writes the format {kind!r}.", hint=f"Formats: {known}.")
        shows = sys.stderr.isatty()

        def progress(done: int, total: int) -> None:
            if shows:
                click.echo(f"\r{done} of {total} written", nl=False, err=True)

        try:
            done = exporting.write_file(exporter, path, overwrite=force, progress=progress)
        finally:
            if shows:
                click.echo("", err=True)
        click.echo(
            f"{path}: {done} posts, pages and comments. Only you can read it: it holds what is not public too."
        )
