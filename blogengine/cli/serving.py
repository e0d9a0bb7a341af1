"""`blogengine serve`: the production server."""

import click

from blogengine import accounts
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.server.keeper import Keeper
from blogengine.server.limits import Limits
from blogengine.server.run import free_address
from blogengine.server.run import serve as run_server
from blogengine.site import Site


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--safe", is_flag=True, help="Load no plugin at all.")
@click.option("--no-jobs", is_flag=True, help="Leave work in the background to `blogengine worker`.")
@pass_opener
def serve(opener: Opener, host: str, port: int, workers: int, safe: bool, no_jobs: bool) -> None:
    """Serve the blog until Ctrl-C."""
    free_address(host, port)
    site = opener.site(create=True, safe_mode=safe, careful=True)
    site.does_jobs = not no_jobs
    shown = f"[{host}]" if ":" in host else host
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else shown  # noqa: S104  where to look, not where to listen
    address = site_address(site, f"http://{shown}:{port}")

    def say_ready() -> None:
        for line in address:
            click.echo(line)

    run_server(
        lambda: site,
        host=host,
        port=port,
        workers=workers,
        on_ready=say_ready,
        limits=Limits(proxies=site.config.proxies, answer_seconds=max(30.0, 3 * site.config.hook_seconds)),
        keeper=Keeper(site.config.run_folder, site.config.hook_seconds),
    )


def site_address(site: Site, local: str) -> list[str]:
    """Return what to tell the host: the address and, while there is no owner, the one-time set-up link.

    Leaves the site without connections and with its app built, so that forked workers share it.
    """
    with site.in_app() as app:
        lines = [f"The blog is at {local}/"]
        if app.blog.url and app.blog.url != local:
            lines.append(f"Its address is {app.blog.url}/")
        if not accounts.has_owner():
            lines.append(
                f"Nobody owns it yet. Set it up: {local}/admin/setup?token={accounts.setup_token(site.config)}"
            )
        if app.blog.config.safe_mode:
            lines.append("Safe mode: no plugin is loaded.")
        broken = [status.id for status in app.blog.plugins.statuses.values() if status.state != "active"]
        if broken or app.blog.theme_problem or app.blog.setup.problems:
            lines.append("Something is wrong with this installation: `blogengine doctor` says what.")
    site.disconnect()
    return lines
