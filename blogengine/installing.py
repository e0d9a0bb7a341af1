"""Making a plugin at home in this installation: its tables are made before it runs."""

from blogengine.db import db
from blogengine.errors import Refused
from blogengine.migrations import upgrade_plugin
from blogengine.runtime import blog
from blogengine.settings.plugin_states import set_state


def install(plugin_id: str) -> None:
    """Bring the plugin's tables up to date and enable it. Runs in an app that was built to install it.

    Raises `Refused` with the reason; then nothing was changed.
    """
    running = blog()
    status = running.plugins.statuses.get(plugin_id)
    if status is None or status.state != "active":
        raise Refused(
            f"The plugin {plugin_id} does not run: {status.reason if status is not None else 'it is not there.'}"
        )
    tables = running.tables.get(plugin_id)
    if tables is not None:
        db.session.rollback()
        upgrade_plugin(db.engine, tables)

    set_state(plugin_id, enabled=True, source=running.plugins.candidates[plugin_id].source)
