"""`blogengine doctor`: what is wrong with this installation, and how to mend it."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator

import click
import sqlalchemy as sa

from blogengine import accounts
from blogengine import checkups
from blogengine import mail
from blogengine import settings
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.config import Config
from blogengine.db import db
from blogengine.errors import BlogError
from blogengine.htmlscan import pictures_by_http
from blogengine.migrations import is_current
from blogengine.models import Outbox
from blogengine.models import Post
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.setup import VERSION
from blogengine.site import Site
from blogengine.web import themecheck

Finding = tuple[str, str]
"""`ok`, `warn` or `fail`, and a sentence."""

FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""Releases of SQLite that cannot corrupt a WAL when a checkpoint and a writer race (all later ones too)."""


@click.command()
@pass_opener
def doctor(opener: Opener) -> None:
    """Check this installation; the exit code is 1 when something is broken."""
    findings: list[Finding] = []
    try:
        config = opener.config()
        findings += list(check_folder(config))
        site = Site(config)
        findings += list(check_database(site))
        if not any(level == "fail" for level, _ in findings):
            with site.in_app():
                findings += list(check_blog(blog()))
        site.close()
    except BlogError as error:
        findings.append(("fail", str(error)))
    except sa.exc.SQLAlchemyError as error:
        findings.append(("fail", f"The database cannot be used: {error}"))
    for level, sentence in findings:
        click.echo(f"{level:4} {sentence}")
    broken = sum(level == "fail" for level, _ in findings)
    warnings = sum(level == "warn" for level, _ in findings)
    click.echo(f"{broken} broken, {warnings} to look at, {len(findings) - broken - warnings} fine")
    sys.exit(1 if broken else 0)


def check_folder(config: Config) -> Iterator[Finding]:
    """Look at the instance folder, its secret key and the space left."""
    yield "ok", f"blogengine {VERSION} on Python {sys.version.split()[0]}."
    if not os.access(config.instance, os.W_OK):
        yield "fail", f"{config.instance} cannot be written; let this user own it."
    mode = (config.instance / "secret_key").stat().st_mode & 0o777
    if mode & 0o077:
        yield (
            "fail",
            f"The secret key can be read by others (mode {mode:o}); run: chmod 600 {config.instance}/secret_key",
        )
    else:
        yield "ok", "The secret key is private."
    free = shutil.disk_usage(config.instance).free
    megabytes = free // 1_000_000
    level = "fail" if megabytes < 20 else "warn" if megabytes < 200 else "ok"
    yield (
        level,
        f"{megabytes:,} MB are free on the disk."
        + ("" if level == "ok" else " Writes fail when it is full."),
    )
    drop_ins = config.drop_in_folder
    if drop_ins.is_dir() and drop_ins.stat().st_mode & 0o002:
        yield "fail", f"Everybody on this machine may put plugins into {drop_ins}; run: chmod o-w {drop_ins}"


def check_database(site: Site) -> Iterator[Finding]:
    """Look at the database: reachable, whole, newest schema, right settings."""
    url = site.engine.url.render_as_string()
    with site.engine.connect() as connection:
        if site.engine.dialect.name == "sqlite":
            facts = {
                "journal_mode": connection.exec_driver_sql("PRAGMA journal_mode").scalar(),
                "synchronous": connection.exec_driver_sql("PRAGMA synchronous").scalar(),
                "foreign_keys": connection.exec_driver_sql("PRAGMA foreign_keys").scalar(),
            }
            right = facts == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            yield (
                ("ok" if right else "fail"),
                f"{url}: {', '.join(f'{key} {value}' for key, value in facts.items())}.",
            )
            verdict = connection.exec_driver_sql("PRAGMA quick_check").scalar()
            if verdict == "ok":
                yield "ok", "The database file is whole."
            else:
                yield "fail", f"The database file is damaged: {verdict}. Restore a backup."
            yield _sqlite_version(sqlite3.sqlite_version_info[:3])
        else:
            yield "ok", f"{url} answers: {connection.exec_driver_sql('SHOW server_version').scalar()}."
    if is_current(site.engine):
        yield "ok", "The schema is the newest."
    else:
        yield "fail", "The schema is not the newest; start the blog once, which brings it up to date."


def run_checks() -> Iterator[Finding]:
    """Run the checks that plugins offer."""
    for plugin_id, found in checkups.ask():
        yield found.level, f"Plugin {plugin_id}: {found.sentence}"


def _sqlite_version(version: tuple[int, ...]) -> Finding:
    name = ".".join(map(str, version))
    fixed = version >= FIXED_SQLITE[0] or any(
        version[:2] == known[:2] and version >= known for known in FIXED_SQLITE
    )
    if fixed:
        return "ok", f"SQLite {name}."
    return "warn", (
        f"SQLite {name} has a rare fault when another program checkpoints the database while it is written. The engine's "
        "own lock keeps it away; do not run other tools on the live file."
    )


def check_blog(running: Blog) -> Iterator[Finding]:
    """Look at owner, address, settings, theme, plugins and jobs."""
    if accounts.has_owner():
        yield "ok", "The blog has an owner."
    else:
        yield (
            "warn",
            "Nobody owns the blog yet; `blogengine serve` prints the link, or run `blogengine init`.",
        )
    if not running.url:
        yield (
            "warn",
            "The blog has no address, so feeds carry whatever address they are asked at; run: blogengine settings url=https://…",
        )
    yield from check_pictures(running)
    for problem in running.setup.problems:
        yield "fail", problem
    if running.theme_problem:
        yield "fail", running.theme_problem
    else:
        faults = themecheck.check(running.site.theme)
        yield "ok", f"The theme is {running.site.theme}."
        if faults:
            yield (
                "warn",
                f"The theme {running.site.theme} has {len(faults)} faults, the first: {faults[0]} "
                "See all: blogengine themes check",
            )
    yield from check_plugins(running)
    for variable in _strays(running):
        yield "warn", f"The environment variable {variable} is for a plugin that is not there."
    if trouble := mail.trouble():
        yield "warn", f"{trouble} Mend it: blogengine settings mail_server=… mail_from=…"
    yield from run_checks()
    dead = db.session.scalars(sa.select(Outbox).where(Outbox.state == "dead").limit(20)).all()
    for job in dead:
        yield "warn", f"Job {job.id} ({job.kind}) was given up after {job.attempts} tries: {job.last_error}"
    if dead:
        yield (
            "warn",
            "Mend the cause, then run: blogengine jobs retry --dead (or: blogengine jobs drop --dead)",
        )


def check_pictures(running: Blog) -> Iterator[Finding]:
    """Look for pictures that browsers do not load, because they come unprotected."""
    if running.url.startswith("http://"):
        return
    suspects = db.session.execute(
        sa.select(Post.path, Post.html)
        .where(Post.status == "published", Post.html.like('%<img%src="http://%'))
        .order_by(Post.id)
        .execution_options(yield_per=100)
    )
    found = [str(path) for path, html in suspects if pictures_by_http(html)]
    if found:
        posts = "1 post has" if len(found) == 1 else f"{len(found)} posts have"
        yield (
            "warn",
            f"{posts} pictures that browsers do not load, because their addresses begin with http:// and not https://: "
            f"{', '.join(found[:5])}{' …' if len(found) > 5 else ''}. Write https:// there, if that server answers "
            "by it, or upload them. (A blog whose own address is http:// shows them.)",
        )


def check_plugins(running: Blog) -> Iterator[Finding]:
    """Look at the states of plugins, what they did wrong, and their settings."""
    for plugin_id, count in settings.failure_counts().items():
        yield "warn", f"Plugin {plugin_id} made {count} errors; the admin shows them under Plugins."
    for status in running.plugins.statuses.values():
        if status.state == "active":
            yield "ok", f"Plugin {status.id} runs."
        else:
            yield (
                "fail",
                f"Plugin {status.id} is {status.state}: {status.reason} "
                f"Mend it, or run: blogengine plugins disable {status.id}",
            )
    for plugin_id, state in settings.states().items():
        if state.off_reason and not state.enabled:
            yield (
                "warn",
                f"Plugin {plugin_id} is off. {state.off_reason} Try again: blogengine plugins enable {plugin_id}",
            )
    for plugin_id in running.setup.holding:
        yield (
            "warn",
            f"All comments wait, because the plugin {plugin_id} may judge them and was switched off. "
            f"Enable it again, or run: blogengine plugins disable {plugin_id}",
        )
    for plugin_id, candidate in running.plugins.candidates.items():
        if candidate.problem and plugin_id not in running.plugins.statuses:
            yield "warn", f"Plugin {plugin_id} cannot be enabled: {candidate.problem}"
    for plugin_id, problems in running.plugins.setting_problems.items():
        for name, text in problems.items():
            mend = f"blogengine plugins settings {plugin_id} {name}=…, or --reset {name}"
            if name in running.plugins.locked.get(plugin_id, {}) or name.startswith("BLOGENGINE_"):
                mend = "change the environment"
            elif name == "settings":
                mend = f"blogengine plugins settings {plugin_id} --reset-all"
            yield "fail", f"Setting {name} of plugin {plugin_id}: {text} Mend it: {mend}"


def _strays(running: Blog) -> list[str]:
    """Return variables of the environment that give settings of no plugin that is there."""
    known = tuple(
        settings.plugin_prefix(plugin_id)
        for plugin_id in {*running.plugins.candidates, *running.plugins.statuses}
    )
    prefix = settings.plugin_prefix("").removesuffix("__")
    return sorted(name for name in os.environ if name.startswith(prefix) and not name.startswith(known))
