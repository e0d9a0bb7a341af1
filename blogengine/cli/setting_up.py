"""`blogengine init` and `password`."""

import sys

import click

from blogengine import accounts
from blogengine import schema
from blogengine import settings
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import Refused
from blogengine.runtime import blog
from blogengine.setup import SiteSettings


@click.command()
@click.option("--title", help="Title of the blog.")
@click.option("--url", help="Address of the blog, like https://example.org.")
@click.option("--owner", help="Name of the owner, as it stands under posts.")
@click.option("--email", help="The owner's e-mail address, to sign in with.")
@click.option("--password-stdin", is_flag=True, help="Read the owner's password from the standard input.")
@pass_opener
def init(
    opener: Opener,
    title: str | None,
    url: str | None,
    owner: str | None,
    email: str | None,
    password_stdin: bool,
) -> None:
    """Make the instance folder, its database and its owner; asks for what is not given."""
    with opener.app(create=True):
        if accounts.has_owner():
            raise Refused(
                "This blog has an owner already.", hint="Nothing was changed; `blogengine serve` starts it."
            )
        asks = sys.stdin.isatty() and not password_stdin
        title = title or (click.prompt("Title of the blog", default="My blog") if asks else None)
        owner = owner or (click.prompt("Your name") if asks else None)
        email = email or (click.prompt("Your e-mail address") if asks else None)
        if not (owner and email and (asks or password_stdin)):
            raise Refused(
                "Without a terminal everything must be given: --owner, --email and --password-stdin.",
                hint="Nothing but the empty blog was made.",
            )
        password = _new_password() if asks else sys.stdin.readline().rstrip("\n")
        values = {name: value for name, value in (("title", title), ("url", url)) if value is not None}
        wanted = schema.parse(SiteSettings, values, blog().site)
        accounts.create_owner(owner, email, password)
        settings.save_site(wanted)
        click.echo(f"{wanted.title} is ready. Start it with: blogengine serve")


@click.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read it from the standard input.")
@pass_opener
def password(opener: Opener, email: str, password_stdin: bool) -> None:
    """Give a person a new password; signs out all of their browsers."""
    with opener.app():
        chosen = sys.stdin.readline().rstrip("\n") if password_stdin else _new_password()
        accounts.set_password(email, chosen)
        click.echo("The password was changed; everybody signed in with that address was signed out.")


def _new_password() -> str:
    chosen: str = click.prompt(
        "Password (8 characters or more)", hide_input=True, confirmation_prompt="The same again"
    )
    return chosen
