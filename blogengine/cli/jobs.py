"""`blogengine jobs` and `blogengine worker`: work in the background, looked at, tried again, and done."""

import json
import signal
import threading

import click

from blogengine import jobs as service
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener


@click.group()
def jobs() -> None:
    """List, retry and drop work in the background."""


@jobs.command("list")
@click.option(
    "--state",
    type=click.Choice(["waiting", "recurring", "dead"]),
    help="Only those that wait, that recur, or that failed too often; else all.",
)
@click.option("--kind", default="", help="Only those with these letters in their kind.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, one line each.")
@pass_opener
def list_jobs(opener: Opener, state: str | None, kind: str, as_json: bool) -> None:
    """Show jobs with their number, time and last error."""
    shown = 0
    with opener.app():
        for tab in [state] if state else service.counts():
            after, has_more = None, True
            while has_more:
                found, has_more = service.listed(tab, q=kind, after_id=after, limit=500)
                for job in found:
                    after, shown = job.id, shown + 1
                    facts = {
                        "id": job.id,
                        "state": tab,
                        "kind": job.kind,
                        "rule": job.rule,
                        "run_at": job.run_at.isoformat(timespec="seconds"),
                        "attempts": job.attempts,
                        "last_error": job.last_error,
                    }
                    if as_json:
                        click.echo(json.dumps(facts, ensure_ascii=False))
                        continue
                    when = facts["run_at"] if tab != "dead" else f"{job.attempts} tries"
                    click.echo(f"{job.id:>8}  {tab:9}  {when:25}  {job.kind}  {job.rule}".rstrip())
                    if job.last_error:
                        click.echo(f"{'':8}  ! {job.last_error}")
    if not shown and not as_json:
        click.echo("There is no such job.")


@jobs.command()
@click.argument("numbers", metavar="[NUMBER]...", type=int, nargs=-1)
@click.option("--dead", is_flag=True, help="All that failed too often.")
@pass_opener
def retry(opener: Opener, numbers: tuple[int, ...], dead: bool) -> None:
    """Let jobs be done now, with all their tries before them."""
    with opener.app():
        count = service.retry(_chosen(numbers, dead))
    click.echo(f"{_jobs(count)} will be done as soon as a worker is free.")


@jobs.command()
@click.argument("numbers", metavar="[NUMBER]...", type=int, nargs=-1)
@click.option("--dead", is_flag=True, help="All that failed too often.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_opener
def drop(opener: Opener, numbers: tuple[int, ...], dead: bool, yes: bool) -> None:
    """Delete jobs undone; those that recur end with their plugin."""
    with opener.app():
        chosen = _chosen(numbers, dead)
        if chosen and not yes:
            click.confirm(f"Delete {_jobs(len(chosen))} undone, for ever?", abort=True)
        count = service.drop(chosen)
    click.echo(f"{_jobs(count)} deleted.")


@click.command()
@pass_opener
def worker(opener: Opener) -> None:
    """Do work in the background and nothing else, until Ctrl-C; beside `blogengine serve --no-jobs`."""
    site = opener.site()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: end.set())
    site.start()
    click.echo("Working. Ctrl-C ends it after the present job.")
    try:
        end.wait()
    finally:
        site.close()


def _chosen(numbers: tuple[int, ...], dead: bool) -> list[int]:
    if not numbers and not dead:
        raise click.UsageError("Say which: numbers from `blogengine jobs list`, or --dead.")
    chosen = list(numbers)
    after, has_more = None, dead
    while has_more:
        found, has_more = service.listed("dead", after_id=after, limit=500)
        chosen += [job.id for job in found]
        after = found[-1].id if found else None
    return chosen


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
