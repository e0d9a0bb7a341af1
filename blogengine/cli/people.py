"""`blogengine people`: who can sign in, as what, and why somebody may do something or not."""

import json
from dataclasses import asdict

import click

from blogengine import access
from blogengine import people as service
from blogengine import posts
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.permissions import BLOG
from blogengine.permissions import ROLES
from blogengine.permissions import Resource
from blogengine.runtime import blog

LOCAL = "http://127.0.0.1:8000"
"""Where a blog without an address of its own is served by default."""


@click.group()
def people() -> None:
    """List, add, change and remove people who can sign in; say what they may do and why."""


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, one line each.")
@pass_opener
def list_people(opener: Opener, as_json: bool) -> None:
    """Show people with role, posts and browsers that are signed in."""
    after, has_more, shown = 0, True, 0
    with opener.app():
        while has_more:
            found, has_more = service.listed(after_id=after, limit=500)
            for one in found:
                after, shown = one.id, shown + 1
                if as_json:
                    click.echo(json.dumps(asdict(one), ensure_ascii=False, default=str))
                    continue
                state = "invited" if one.is_invited else f"{one.browsers} signed in"
                click.echo(f"{one.email:32}  {one.role:6}  {one.posts:>5} posts  {state:12}  {one.name}")
    if not shown and not as_json:
        click.echo("Nobody can sign in yet. `blogengine serve` prints the link for the first owner.")


@people.command()
@click.argument("name")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="author", show_default=True)
@pass_opener
def add(opener: Opener, name: str, email: str, role: str) -> None:
    """Add a person, and print the link with which they choose a password."""
    with opener.app():
        _print_link(service.new_link(service.invite(name, email, role)))


@people.command()
@click.argument("email")
@pass_opener
def link(opener: Opener, email: str) -> None:
    """Print a new link to choose a password, once; the one before ends."""
    with opener.app():
        _print_link(service.new_link(service.by_email(email).id))


def _print_link(link: service.Link) -> None:
    click.echo(f"{blog().url or LOCAL}/admin/welcome?token={link.token}")
    click.echo(f"Works once, until {link.until:%Y-%m-%d %H:%M} UTC.", err=True)


@people.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@pass_opener
def role(opener: Opener, email: str, role: str) -> None:
    """Make a person owner or author."""
    with opener.app():
        user = service.by_email(email)
        service.change_role(user.id, role)
        click.echo(f"{user.name} is {'an owner' if role == 'owner' else 'an author'} now.")


@people.command("sign-out")
@click.argument("email")
@pass_opener
def sign_out(opener: Opener, email: str) -> None:
    """Sign all browsers of a person out."""
    with opener.app():
        count = service.sign_out(service.by_email(email).id)
    click.echo(f"{'1 browser was' if count == 1 else f'{count} browsers were'} signed out.")


@people.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_opener
def remove(opener: Opener, email: str, yes: bool) -> None:
    """Remove a person; their posts stay, under their name."""
    with opener.app():
        one = service.get(service.by_email(email).id)
        if not yes:
            click.confirm(f"Remove {one.name}? {one.posts} posts stay, under that name.", abort=True)
        service.remove(one.id)
        click.echo(f"{one.name} is removed.")


@people.command()
@click.argument("email")
@click.argument("permission")
@click.option("--post", "post_id", type=int, help="Number of the post that it is about.")
@pass_opener
def why(opener: Opener, email: str, permission: str, post_id: int | None) -> None:
    """Say whether a person has a permission, what each plugin says, and who decided."""
    with opener.app():
        actor = access.actor_of(service.by_email(email))
        about = BLOG
        if post_id is not None:
            post = posts.get(post_id)
            about = Resource("post", post.id, post.author_id)
        told = access.explain(actor, permission, about)
        for plugin_id, said in told.judges:
            click.echo(f"plugin {plugin_id}: {said}")
        click.echo(told.reason)
        thing = f" for the post {post_id}" if post_id is not None else ""
        click.echo(f"{'Yes' if told.is_allowed else 'No'}: {actor.name} ({actor.role}), {permission}{thing}.")
