"""What is wrong with this blog, for its owner: each notice says what, and where to mend it."""

from dataclasses import dataclass

from flask import url_for

from blogengine import jobs
from blogengine import mail
from blogengine import settings
from blogengine.runtime import blog
from blogengine.web import access


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and the page where it is mended."""

    text: str
    url: str
    url_text: str
    permission: str = "plugins.manage"
    """What it takes to mend it: nobody else is shown it."""


def notices() -> list[Notice]:
    """Return what is wrong now and who is signed in can mend, most urgent first."""
    running = blog()
    plugins, address = url_for("admin.plugins"), url_for("admin.settings")
    found = []
    if running.config.safe_mode:
        found.append(
            Notice("Safe mode: no plugin runs until the blog is started without it.", plugins, "Plugins")
        )
    for status in running.plugins.statuses.values():
        if status.state != "active":
            one = url_for("admin.plugin", plugin_id=status.id)
            found.append(
                Notice(f"The plugin {status.id} does not run: {status.reason}", one, "Mend or disable it")
            )
    for state in settings.states().values():
        if not state.enabled and state.off_reason:
            one = url_for("admin.plugin", plugin_id=state.id)
            found.append(
                Notice(f"The plugin {state.id} was switched off. {state.off_reason}", one, "See its errors")
            )
    for plugin_id, problems in running.plugins.setting_problems.items():
        one = url_for("admin.plugin", plugin_id=plugin_id)
        text = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        found.append(Notice(f"A setting of the plugin {plugin_id} cannot be used. {text}", one, "Change it"))
    if running.theme_problem:
        found.append(
            Notice(running.theme_problem, url_for("admin.themes"), "Choose a theme", "design.change")
        )
    found += [Notice(problem, address, "Settings", "settings.change") for problem in running.setup.problems]
    if not running.url:
        text = "The blog does not know its address yet. Feeds and search engines need it."
        found.append(Notice(text, f"{address}#field-url", "Set the address", "settings.change"))
    if trouble := mail.trouble():
        found.append(Notice(trouble, f"{address}#mail", "Settings of mail", "settings.change"))
    dead = jobs.dead_count()
    if dead:
        what = "1 piece of work" if dead == 1 else f"{dead} pieces of work"
        text = f"{what} in the background failed {jobs.ATTEMPTS} times and was put aside."
        found.append(Notice(text, url_for("admin.jobs", tab="dead"), "See what it was", "jobs.manage"))
    return [notice for notice in found if access.can(notice.permission)]
