"""The Jinja environment of an app: where templates are looked for, and what they may use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from flask import Flask

from blogengine import themes
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.tryouts import Trial
from blogengine.web import access
from blogengine.web import moments
from blogengine.web import templating
from blogengine.web.rendering.assets import asset
from blogengine.web.rendering.assets import head_assets
from blogengine.web.rendering.bodies import label_url
from blogengine.web.rendering.gadgets import gadgets
from blogengine.web.rendering.slots import batch_slot
from blogengine.web.rendering.slots import slot

FALLBACK = "blogengine_fallback_templates"
"""Key in `app.extensions`: the environment without the theme."""


class Loader(jinja2.BaseLoader):
    """Finds `admin/…` in the core, `@<id>/…` with the plugin, all else in the line of the theme; says where it looked."""

    def __init__(self, folders: list[Path], plugins: Mapping[str, list[Path]]) -> None:
        self._folders = {"admin": [themes.CORE / "admin" / "templates"]}
        self._folders.update({f"@{plugin_id}": paths for plugin_id, paths in plugins.items()})
        self._loaders = {name: jinja2.FileSystemLoader(paths) for name, paths in self._folders.items()}
        self._theme = jinja2.FileSystemLoader(folders)
        self._line = folders

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        """Return the source of `template`; an error names the folders."""
        prefix, _, rest = template.partition("/")
        loader, name, folders = self._theme, template, self._line
        if prefix in self._loaders:
            loader, name, folders = self._loaders[prefix], rest, self._folders[prefix]
        elif prefix.startswith("@"):
            known = ", ".join(sorted(one for one in self._folders if one.startswith("@"))) or "none"
            raise jinja2.TemplateNotFound(
                template,
                f"There is no template {template}: no plugin {prefix[1:]} runs. Those that run: {known}.",
            )
        try:
            return loader.get_source(environment, name)
        except jinja2.TemplateNotFound as error:
            looked = ", ".join(map(str, folders))
            raise jinja2.TemplateNotFound(
                template, f"There is no template {template} in {looked}."
            ) from error


def prepare(app: Flask, running: Blog, line: list[themes.Theme]) -> None:
    """Give `app` its Jinja environment."""
    folders = themes.template_folders(running.config.instance, line)
    plugins = {
        plugin_id: [folder / f"@{plugin_id}" for folder in folders[:-1]]
        + [running.plugins.folder_of(plugin_id) / "templates"]
        for plugin_id in running.plugins.statuses
        if running.plugins.is_active(plugin_id)
    }
    environment = app.jinja_env
    environment.undefined = jinja2.StrictUndefined
    environment.autoescape = True
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.loader = Loader(folders, plugins)
    environment.auto_reload = False
    environment.bytecode_cache = templating.COMPILED
    own = {plugin_id: paths[-1:] for plugin_id, paths in plugins.items()}
    app.extensions[FALLBACK] = environment.overlay(loader=Loader(folders[-1:], own))
    environment.globals.update(
        slot=slot,
        trial=trial,
        batch_slot=batch_slot,
        gadgets=gadgets,
        head_assets=head_assets,
        asset=asset,
        can=access.can,
        _=templating.gettext,
        gettext=templating.gettext,
        ngettext=templating.ngettext,
    )
    environment.filters.update(
        dateline=moments.dateline,
        dateheader=moments.dateheader,
        commentdate=moments.commentdate,
        commenttime=moments.commenttime,
        isotime=moments.isotime,
        ago=moments.ago_filter,
        month=moments.month_name,
        label_url=label_url,
    )


def trial() -> Trial | None:
    """Return what the owner tries on this page, which nobody else is shown; else None."""
    return blog().trial
