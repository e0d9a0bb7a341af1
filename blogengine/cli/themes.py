"""`blogengine themes`: what is there, and which one is used."""

import dataclasses

import click

from blogengine import settings
from blogengine import themes as service
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.runtime import blog


@click.group()
def themes() -> None:
    """List themes and choose one."""


@themes.command("list")
@pass_opener
def list_themes(opener: Opener) -> None:
    """Show every theme; a star marks the one in use."""
    with opener.app():
        used = blog().site.theme
        for theme in service.find(blog().config.instance).values():
            mark = "*" if theme.id == used else " "
            click.echo(f"{mark} {theme.id:16} {theme.version:8} {theme.origin:8} {theme.summary}")
            if theme.problem:
                click.echo(f"  ! {theme.problem}")
        if blog().theme_problem:
            click.echo(f"! {blog().theme_problem}")


@themes.command()
@click.argument("theme_id", metavar="THEME")
@pass_opener
def use(opener: Opener, theme_id: str) -> None:
    """Let the blog wear a theme; a running server follows at its next request."""
    with opener.app():
        theme = service.choose(blog().config.instance, theme_id)
        settings.save_site(dataclasses.replace(blog().site, theme=theme.id))
    click.echo(f"The blog wears {theme.name}.")
