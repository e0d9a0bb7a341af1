"""`blogengine plugins new`: a plugin's room, to begin with."""

import difflib
import os
import shlex
from pathlib import Path

import click

from blogengine.errors import Refused
from blogengine.plugins import discovery
from blogengine.scaffold import PIECES
from blogengine.scaffold import files
from blogengine.scaffold import name_for
from blogengine.scaffold import write as write_files


@click.command("new")
@click.argument("name")
@click.option("--single-file", is_flag=True, help="One file instead of a package; it has no templates.")
@click.option(
    "--with",
    "wanted",
    default="",
    metavar="LIST",
    help=f"What it begins with, separated by commas: {', '.join(PIECES)}. Without it: slot.",
)
@click.option(
    "--into",
    default=".",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where its folder is made; else here.",
)
def new_plugin(name: str, single_file: bool, wanted: str, into: Path) -> None:
    """Make a plugin's room: code, tests that pass, package, checks for each push. Nothing is overwritten."""
    pieces = [piece.strip() for piece in wanted.split(",") if piece.strip()]
    for piece in pieces:
        if piece not in PIECES:
            meant = difflib.get_close_matches(piece, PIECES, n=1, cutoff=0.5)
            raise Refused(
                f"--with does not know {piece}." + (f" Did you mean {meant[0]}?" if meant else ""),
                hint=f"It knows: {', '.join(PIECES)}.",
            )
    names = name_for(name, taken=discovery.find(Path(os.devnull)))
    folder = into / names.distribution
    write_files(files(names, pieces, single_file=single_file), folder)
    click.echo(f"Made {folder}. Now:")
    click.echo(f"  cd {shlex.quote(str(folder))}")
    click.echo("  python -m pip install -e '.[test]'")
    click.echo("  python -m pytest")
    click.echo(f"  blogengine plugins enable {names.id}")
    click.echo("  blogengine dev")
