"""Plugins that tests write into a blog's folder of drop-ins."""

import textwrap
from pathlib import Path

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
