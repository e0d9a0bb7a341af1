"""`blogengine settings` and `blogengine plugins settings`: shown, changed, reset, written out and read in."""

import dataclasses
import difflib
import json
import sys
from collections.abc import Iterable
from collections.abc import Mapping
from typing import IO
from typing import Any

import click

from blogengine import schema
from blogengine import settings
from blogengine import themes
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.runtime import blog
from blogengine.secret import Secret
from blogengine.setup import SiteSettings
from blogengine.web import themecheck

LARGEST = 1_000_000
"""Characters of a file with settings."""
_CHANGES = click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_RESET = click.option("--reset", multiple=True, metavar="NAME", help="Go back to the default of NAME.")
_LOAD = click.option(
    "--load",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Take over what --json wrote; - reads it here.",
)


@click.command("settings")
@_CHANGES
@_JSON
@_RESET
@_LOAD
@pass_opener
def settings_command(
    opener: Opener, changes: tuple[str, ...], as_json: bool, reset: tuple[str, ...], load: IO[str] | None
) -> None:
    """Show the blog's settings, or change some: settings url=https://example.org

    A secret is never written on the command line: NAME=- asks for it, or reads it from the standard input.
    A list has NAME=LINE once for each of its lines.
    """
    with opener.app():
        setup = blog().setup
        locked = dict(setup.locked)
        form = _loaded(SiteSettings, load, locked) | _typed(SiteSettings, changes, locked)
        _check_names(SiteSettings, reset)
        if form or reset:
            defaults = {
                item.name: item.default for item in schema.describe(SiteSettings) if item.name in reset
            }
            wanted = schema.parse(SiteSettings, form, dataclasses.replace(setup.site, **defaults))
            themes.choose(wanted.theme)
            if wanted.theme != blog().site.theme:
                themecheck.refuse_faulty(wanted.theme)
            settings.save_site(wanted)
    with opener.app():
        _show(SiteSettings, blog().site, blog().setup.locked, list(blog().setup.problems), as_json)


@click.command("settings")
@click.argument("plugin_id", metavar="PLUGIN")
@_CHANGES
@_JSON
@_RESET
@_LOAD
@click.option("--reset-all", is_flag=True, help="Go back to all defaults; secrets are deleted.")
@pass_opener
def plugin_settings(
    opener: Opener,
    plugin_id: str,
    changes: tuple[str, ...],
    as_json: bool,
    reset: tuple[str, ...],
    load: IO[str] | None,
    reset_all: bool,
) -> None:
    """Show a plugin's settings, or change some: plugins settings atom entries=10

    A secret is never written on the command line: NAME=- asks for it, or reads it from the standard input.
    A list has NAME=LINE once for each of its lines.
    """
    with opener.app():
        cls = settings.settings_class(plugin_id)
        locked = blog().plugins.locked.get(plugin_id, {})
        form = _loaded(cls, load, locked) | _typed(cls, changes, locked)
        if reset or reset_all:
            settings.reset_plugin_settings(plugin_id, None if reset_all else reset)
        if form:
            settings.save_plugin_settings(plugin_id, form)
    with opener.app():
        plugins = blog().plugins
        problems = [f"{name}: {text}" for name, text in plugins.setting_problems.get(plugin_id, {}).items()]
        _show(cls, plugins.settings(plugin_id), plugins.locked.get(plugin_id, {}), problems, as_json)


def _show(cls: type, values: Any, locked: Mapping[str, str], problems: list[str], as_json: bool) -> None:
    described = schema.describe(cls)
    shown = {item.name: getattr(values, item.name) for item in described}
    if as_json:
        plain = {
            name: {"set": bool(value)} if isinstance(value, Secret) else value
            for name, value in shown.items()
        }
        facts = {"settings": plain, "locked": dict(locked), "problems": problems}
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    for name, value in shown.items():
        if isinstance(value, Secret):
            click.echo(f"{name}={'(set)' if value else '(not set)'}")
        else:
            lines = value if isinstance(value, list | tuple) else [value]
            for line in lines or [""]:
                click.echo(f"{name}={line}")
    for name, variable in locked.items():
        click.echo(f"{name} is given by the environment variable {variable}.", err=True)
    for problem in problems:
        click.echo(f"! {problem}", err=True)


def _typed(cls: type, changes: Iterable[str], locked: Mapping[str, str]) -> dict[str, Any]:
    """Return what NAME=VALUE says; a name that stands several times is a list."""
    pairs = [_split(change) for change in changes]
    _check_names(cls, [name for name, _ in pairs])
    kinds = {item.name: item.kind for item in schema.describe(cls)}
    form: dict[str, Any] = {}
    for name, value in pairs:
        if name in locked:
            raise Refused(
                f"{name} is given by the environment variable {locked[name]}.",
                hint="Change it there; nothing was stored.",
            )
        if kinds[name] == "secret":
            form[name] = _asked(name, value)
        elif kinds[name] == "list" and name in form:
            form[name] = f"{form[name]}\n{value}"
        else:
            form[name] = value
    return form


def _asked(name: str, value: str) -> Secret:
    """Return a secret that was asked for: what stands on a command line is seen by others and kept by shells."""
    if value != "-":
        raise Refused(
            f"{name} is a secret and is not taken from the command line, where others can see it.",
            hint=f"Write {name}=- and type it when asked, or give it on the standard input; --reset {name} deletes it.",
        )
    if sys.stdin.isatty():
        return Secret(click.prompt(name, hide_input=True))
    text = sys.stdin.read(LARGEST).strip("\r\n")
    if not text:
        raise Refused(
            f"Nothing came for {name}.", hint=f"Give it on the standard input; --reset {name} deletes it."
        )
    return Secret(text)


def _split(change: str) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals:
        raise Refused(f"{change!r} is no change.", hint="Write it as name=value.")
    return name.strip(), value


def _check_names(cls: type, names: Iterable[str]) -> None:
    known = [item.name for item in schema.describe(cls)]
    unknown: dict[str, str] = {}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
            unknown[name] = f"there is no such setting; {meant}"
    if unknown:
        raise Invalid(unknown)


def _loaded(cls: type, file: IO[str] | None, locked: Mapping[str, str]) -> dict[str, Any]:
    """Return what a file that `--json` wrote says, but for secrets, which are never written out."""
    if file is None:
        return {}
    try:
        text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise Refused(f"{file.name} has more than {LARGEST:,} characters: it is no file with settings.")
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"{file.name} is no JSON: {error}.",
            hint="Mend it, or write it anew with --json. Nothing was stored.",
        ) from error
    if isinstance(content, dict) and isinstance(content.get("settings"), dict):
        content = content["settings"]
    if not isinstance(content, dict):
        raise Refused(
            f"{file.name} holds no table of settings.", hint="Write it anew with --json. Nothing was stored."
        )
    secrets = {item.name for item in schema.describe(cls) if item.kind == "secret"}
    _check_names(cls, content)
    return {name: value for name, value in content.items() if name not in locked and name not in secrets}
