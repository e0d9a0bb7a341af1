"""What a start brings up to date before there are workers: a new blog's first plugins, new versions of those that run."""

import sqlalchemy as sa

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import BlogError
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.plugins.door_report import NotLetIn
from blogengine.setup import NEW_BLOG
from blogengine.site import Site


def install_pending(site: Site) -> list[str]:
    """Bring the tables of enabled plugins up to date, and give a new blog the plugins that it begins with.

    Returns a sentence for each failure. A new version is tried at the door first, and does not run where it does not pass;
    those that come with the engine were tried with it.
    """
    problems = []
    blog = site.current().blog
    first = _first_plugins(site)
    for plugin_id in [*blog.pending, *(first or ())]:
        try:
            if blog.plugins.candidates[plugin_id].origin != "bundled":
                report = site.try_plugin(plugin_id)
                if report.problems:
                    raise NotLetIn(report, "upgraded")
            site.install(plugin_id, enable=plugin_id in (first or ()))
        except BlogError as error:
            problems.append(str(error))
    if first is not None:
        _note_begun(site)
    return problems


def _first_plugins(site: Site) -> list[str] | None:
    """Return what a new blog begins with and nobody has decided about; None where the blog has begun already."""
    with site.in_app() as app:
        if app.blog.config.safe_mode or db.session.get(Setting, NEW_BLOG) is None:
            return None
        decided = set(db.session.scalars(sa.select(PluginState.id)))
        found = app.blog.plugins.candidates.items()
        return [plugin_id for plugin_id, one in found if one.on_for_new_blogs and plugin_id not in decided]


def _note_begun(site: Site) -> None:
    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(Setting).where(Setting.key == NEW_BLOG))

    with site.in_app():
        database.write(change)
