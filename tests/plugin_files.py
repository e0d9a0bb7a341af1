"""Plugins that tests write into a blog's folder of drop-ins."""

import textwrap
from pathlib import Path

from blogengine import settings
from blogengine.clock import now
from blogengine.db import Transaction
from blogengine.db import write
from blogengine.models import PluginState
from blogengine.plugins import loading
from blogengine.testing import BlogKit


def drop_in(blog: BlogKit, plugin_id: str, source: str) -> Path:
    """Write `source` as the drop-in `plugin_id`, with `hookimpl` and everything public imported; return the file."""
    folder = blog.site.config.drop_in_folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{plugin_id}.py"
    file.write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    return file


def run(blog: BlogKit, plugin_id: str, source: str) -> Path:
    """Write the drop-in and enable it."""
    file = drop_in(blog, plugin_id, source)
    blog.enable(plugin_id)
    return file


def install(folder: Path, plugin_id: str, source: str, metadata: str = "", *, name: str = "") -> None:
    """Put a distribution with one plugin into `folder`, as an installer would; it is called `name` or like its plugin."""
    name = name or plugin_id
    info = folder / f"{name}-3.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.1\n{metadata}")
    (info / "entry_points.txt").write_text(f"[blogengine.plugins]\n{plugin_id} = {name}_plugin\n")
    (folder / f"{name}_plugin.py").write_text(source)


def state(blog: BlogKit, plugin_id: str) -> str:
    """Return `active`, `broken` or `missing` with the reason."""
    status = blog.site.current().blog.plugins.statuses[plugin_id]
    return f"{status.state}: {status.reason}"


def force(blog: BlogKit, plugin_id: str, *, enabled: bool = True) -> None:
    """Enable a plugin without the trial, as a database from elsewhere would have it."""
    with blog.app():

        def change(tx: Transaction) -> None:
            tx.session.merge(PluginState(id=plugin_id, enabled=enabled, settings={}, changed_at=now()))
            tx.bump(settings.SETUP_TAG)

        write(change)


def as_in_a_new_process() -> None:
    """Forget the drop-ins that this process has loaded: an edited one has nothing to go on with."""
    for good in list(loading._good.values()):
        loading._drop_parts(good.candidate)
    for store in (loading._good, loading._before, loading._refused):
        store.clear()


HEAD = """\
from dataclasses import dataclass
from flask import Blueprint
from markupsafe import Markup
from blogengine.plugin import *
from blogengine import plugin as engine
"""
