"""`blogengine themes`: what is there, and which one is used."""

import dataclasses
import sys

import click

from blogengine import settings
from blogengine import themes as service
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.runtime import blog
from blogengine.web import themecheck


@click.group()
def themes() -> None:
    """List themes and choose one."""


@themes.command("list")
@pass_opener
def list_themes(opener: Opener) -> None:
    """Show every theme; a star marks the one in use."""
    with opener.app():
        used = blog().site.theme
        for theme in service.available().values():
            mark = "*" if theme.id == used else " "
            click.echo(f"{mark} {theme.id:16} {theme.version:8} {theme.origin:8} {theme.summary}")
            if theme.problem:
                click.echo(f"  ! {theme.problem}")
        if blog().theme_problem:
            click.echo(f"! {blog().theme_problem}")


@themes.command("set")
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
@pass_opener
def set_theme(opener: Opener, changes: tuple[str, ...]) -> None:
    """Show the settings of the theme in use, or change some; an empty value goes back to the theme's own."""
    with opener.app():
        theme = service.choose(blog().site.theme)
        chosen = {**blog().setup.theme_settings, **dict(change.partition("=")[::2] for change in changes)}
        if changes:
            settings.save_theme_settings(theme, dict(change.partition("=")[::2] for change in changes))
        for key, facts in theme.settings.items():
            click.echo(f"{key}={chosen.get(key) or facts.get('default', '')}")


@themes.command()
@click.argument("theme_id", metavar="[THEME]", required=False)
@pass_opener
def check(opener: Opener, theme_id: str | None) -> None:
    """Say what is wrong with a theme, or with the one in use; the exit code is 1 where something is."""
    with opener.app():
        theme_id = theme_id or blog().site.theme
        found = themecheck.check(theme_id)
    for sentence in found:
        click.echo(f"! {sentence}")
    click.echo(f"{theme_id}: {len(found)} to mend." if found else f"{theme_id} keeps its contract.")
    sys.exit(1 if found else 0)


@themes.command()
@click.argument("theme_id", metavar="THEME")
@click.option("--force", is_flag=True, help="Take it also when the check finds faults.")
@pass_opener
def use(opener: Opener, theme_id: str, force: bool) -> None:
    """Let the blog wear a theme that passes the check; a running server follows at its next request."""
    with opener.app():
        theme = service.choose(theme_id)
        if not force:
            themecheck.refuse_faulty(theme_id)
        settings.save_site(dataclasses.replace(blog().site, theme=theme.id))
    click.echo(f"The blog wears {theme.name}.")
