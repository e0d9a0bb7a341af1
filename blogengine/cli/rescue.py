"""`blogengine plugins rescue` and `costs`: what helps when a plugin does harm, and what plugins cost."""

import dataclasses
import json

import click

from blogengine import rescue as service
from blogengine import settings
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import NotFound
from blogengine.runtime import blog


@click.command()
@click.option("--off", multiple=True, metavar="PLUGIN", help="Switch this plugin off; may be repeated.")
@click.option("--all-off", is_flag=True, help="Switch all plugins off.")
@pass_opener
def rescue(opener: Opener, off: tuple[str, ...], all_off: bool) -> None:
    """Switch plugins off without loading any, and print a link that signs the owner in once.

    A running server follows at its next request. The link works for half an hour and needs no mail.
    """
    site = opener.site(safe_mode=True)
    try:
        with site.in_app():
            known = {*blog().plugins.candidates, *settings.states()}
            for plugin_id in off:
                if plugin_id not in known:
                    raise NotFound(
                        f"There is no plugin {plugin_id}.", hint="`blogengine plugins rescue` was stopped."
                    )
            chosen = sorted(known) if all_off else off
            for plugin_id in chosen:
                settings.switch_off(plugin_id, OFF)
                click.echo(f"{plugin_id} is off; its data is kept.")
            if blog().setup.holding or any(state.holds_comments for state in settings.states().values()):
                click.echo(
                    "Comments wait for you while a plugin that may judge them is off; "
                    "`blogengine plugins disable` ends that."
                )
            if not blog().url:
                click.echo("The blog has no address: put yours in the place of http://127.0.0.1:8000.")
            click.echo("Sign in, once, within half an hour:")
            click.echo(service.make_link(blog().url or "http://127.0.0.1:8000"))
    finally:
        site.close()


OFF = "Switched off by `blogengine plugins rescue`."


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--forget", is_flag=True, help="Begin to count anew.")
@pass_opener
def costs(opener: Opener, as_json: bool, forget: bool) -> None:
    """Show what plugins cost: time of each hook, and lines that keep pages from being kept for everybody.

    A running server adds what it counted once a minute.
    """
    with opener.app():
        if forget:
            settings.forget_costs()
        rows, personal = settings.costs(), settings.personal_pages()
    if as_json:
        facts = {
            "hooks": [{**dataclasses.asdict(row), "mean": round(row.mean, 1)} for row in rows],
            "personal": [dataclasses.asdict(row) for row in personal],
        }
        click.echo(json.dumps(facts, indent=2, default=str, ensure_ascii=False))
        return
    for row in rows:
        share = f"{row.share:7.1%}" if row.share else " " * 7
        click.echo(
            f"{row.plugin_id:20} {row.hook:24} {row.calls:9,} calls {row.mean:9,.0f} µs each {row.longest:11,} µs longest "
            f"{share} of pages {row.errors:6,} errors"
        )
    for place in personal:
        click.echo(
            f"{place.plugin_id:20} {place.file}, line {place.line} uses {place.what}: {place.path} and "
            f"{place.count:,} answers in all were made for one visitor each"
        )
    if not rows and not personal:
        click.echo("Nothing was counted yet.")
