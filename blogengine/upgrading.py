"""New versions of plugins that run already: tried at the door, then installed, before there are workers."""

from blogengine.errors import BlogError
from blogengine.plugins.door_report import NotLetIn
from blogengine.site import Site


def install_pending(site: Site) -> list[str]:
    """Bring the tables of enabled plugins up to date, before there are workers; return a sentence for each failure.

    A new version is tried at the door first, and does not run where it does not pass; those that come with the engine
    were tried with it.
    """
    problems = []
    blog = site.current().blog
    for plugin_id in blog.pending:
        try:
            if blog.plugins.candidates[plugin_id].origin != "bundled":
                report = site.try_plugin(plugin_id)
                if report.problems:
                    raise NotLetIn(report, "upgraded")
            site.install(plugin_id, enable=False)
        except BlogError as error:
            problems.append(str(error))
    return problems
