"""The owner's pages."""

from flask import Flask

from blogengine.admin import account
from blogengine.admin import comment
from blogengine.admin import comments
from blogengine.admin import doors
from blogengine.admin import editor
from blogengine.admin import forgotten
from blogengine.admin import jobs
from blogengine.admin import layout
from blogengine.admin import people
from blogengine.admin import pictures
from blogengine.admin import plugin_costs
from blogengine.admin import plugin_order
from blogengine.admin import plugins
from blogengine.admin import posts
from blogengine.admin import privacy
from blogengine.admin import rescuing
from blogengine.admin import settings
from blogengine.admin import themes
from blogengine.admin import trying
from blogengine.admin import welcome
from blogengine.admin.frame import PLUGIN_PAGES
from blogengine.admin.frame import admin
from blogengine.admin.frame import admin_page
from blogengine.admin.frame import guard
from blogengine.pages import AdminPages
from blogengine.plugins.manifest import did_you_mean
from blogengine.runtime import blog
from blogengine.web.rules import LazyRule

__all__ = [
    "account",
    "comment",
    "comments",
    "doors",
    "editor",
    "forgotten",
    "guard",
    "jobs",
    "layout",
    "mount",
    "people",
    "pictures",
    "plugin_costs",
    "plugin_order",
    "plugins",
    "posts",
    "prepare",
    "privacy",
    "rescuing",
    "settings",
    "themes",
    "trying",
    "welcome",
]


def prepare(app: Flask) -> None:
    """Give `app` the owner's pages; `guard` stands before everything below `/admin`."""
    app.jinja_env.globals["admin_page"] = admin_page
    app.extensions[PLUGIN_PAGES] = {}
    app.register_blueprint(admin)


def mount(app: Flask, plugin_id: str, pages: AdminPages) -> None:
    """Add a plugin's pages for signed-in authors and their entry in the menu.

    Pages that cannot be used make the plugin `broken`.
    """
    prefix, name = f"/admin/-/{plugin_id}", f"admin_{plugin_id}"
    endpoint = f"{name}.{pages.endpoint}"
    trial = Flask("trial", static_folder=None)
    trial.url_rule_class = LazyRule
    known = blog().permissions
    try:
        if pages.permission not in known:
            raise ValueError(
                f"there is no permission {pages.permission!r}; its hook register_permissions declares those of its own."
                f"{did_you_mean(str(pages.permission), known)}"
            )
        trial.register_blueprint(pages.blueprint, url_prefix=prefix, name=name)
        if endpoint not in trial.view_functions:
            views = ", ".join(sorted(one.rpartition(".")[2] for one in trial.view_functions)) or "none"
            raise ValueError(
                f"there is no view {pages.endpoint!r} to begin at; the blueprint has {views}. "
                "Name the first view third: AdminPages(blueprint, label, view)."
            )
    except Exception as error:
        end = "" if str(error).endswith((".", "?")) else "."
        blog().plugins.drop(plugin_id, f"Its admin pages cannot be used: {error}{end}")
        return
    app.register_blueprint(pages.blueprint, url_prefix=prefix, name=name)
    app.extensions[PLUGIN_PAGES][name] = (endpoint, pages)
