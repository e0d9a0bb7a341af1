"""`blogengine import`: another system's blog comes over."""

import json
import sys
from pathlib import Path

import click

from blogengine import importing
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import NotFound
from blogengine.importing import Report
from blogengine.interchange import Note
from blogengine.runtime import blog


@click.command("import")
@click.argument("kind", metavar="FORMAT")
@click.argument("path", metavar="FILE-OR-FOLDER", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would come over and what not; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--blog", "choice", default="", metavar="NAME", help="Which blog, where the export holds several."
)
@pass_opener
def import_blog(opener: Opener, kind: str, path: Path, dry_run: bool, as_json: bool, choice: str) -> None:
    """Bring in a blog: import blogger FILE-OR-FOLDER. Can be stopped and run again; a second run changes nothing."""
    with opener.app(create=True):
        importer = blog().importers.get(kind)
        if importer is None:
            known = ", ".join(sorted(blog().importers)) or "none; enable an import plugin"
            raise NotFound(f"No enabled plugin reads the format {kind!r}.", hint=f"Formats: {known}.")
        if not path.exists():
            raise NotFound(f"There is no file or folder {path}.")
        source = importer.open(path, choice)
        shows = sys.stderr.isatty()

        def progress(done: int, total: int | None) -> None:
            if shows:
                of = f" of {total}" if total else ""
                click.echo(f"\r{done}{of} read", nl=False, err=True)

        def tell(note: Note) -> None:
            click.echo(str(note))

        report = importing.run(
            source,
            media_folder=blog().config.media_folder,
            dry_run=dry_run,
            progress=progress,
            on_note=None if as_json else tell,
        )
        if shows:
            click.echo("", err=True)
        if as_json:
            click.echo(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
        else:
            _summarise(report)


def _summarise(report: Report) -> None:
    verb = "would come over" if report.dry_run else "came over"
    for kind, counts in report.counts.items():
        if counts.total:
            click.echo(
                f"{kind:8} {counts.new:6} {verb}, {counts.already_there} there already, {counts.left_out} left out"
            )
    notes = ", ".join(f"{count} {level}" for level, count in report.note_counts.items() if count)
    if notes:
        click.echo(f"notes: {notes}")
    if report.dry_run:
        click.echo("Nothing was stored: this was a dry run.")
