"""Making a plugin at home in this installation: its tables, what it puts in, and that it runs, in one transaction."""

from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import BlogError
from blogengine.errors import Refused
from blogengine.migrations import upgrade_plugin
from blogengine.models import Setting
from blogengine.pagecache import SETUP_TAG
from blogengine.plugins.guards import is_for_us
from blogengine.runtime import Blog
from blogengine.runtime import blog
from blogengine.settings.plugin_states import note_installed
from blogengine.settings.plugin_states import set_state
from blogengine.setup import INSTALLED


def install(plugin_id: str, *, enable: bool = True) -> None:
    """Bring the plugin's tables up to date, let it put in what it needs, and enable it. Runs in an app built to install it.

    Raises `Refused` with the reason; then nothing was changed.
    """
    running = blog()
    status = running.plugins.statuses.get(plugin_id)
    if status is None or status.state != "active":
        why = status.reason if status is not None else "It is not there."
        raise Refused(f"The plugin {plugin_id} does not run. {why}", code="broken")

    def change(tx: Transaction) -> None:
        tx.bump(SETUP_TAG)
        _welcome(tx, running, plugin_id)
        if enable:
            set_state(plugin_id, enabled=True, source=running.plugins.candidates[plugin_id].source)

    tables = running.tables.get(plugin_id)
    if tables is not None and tables.problem:
        raise Refused(f"The plugin {plugin_id} was not enabled. {tables.problem}", code="broken")
    db.session.rollback()  # an open snapshot would keep PostgreSQL from changing the tables
    if tables is None:
        database.write(change)
    else:
        upgrade_plugin(db.engine, tables, change)


def _welcome(tx: Transaction, running: Blog, plugin_id: str) -> None:
    """Call `installed` where this version is new here."""
    setup = next(plugin for plugin in running.setup.plugins if plugin.id == plugin_id)
    row = tx.session.get(Setting, f"{INSTALLED}{plugin_id}", populate_existing=True)
    before = (
        str(row.value) if row is not None else ""
    )  # another process may have been faster than this app's setup
    if row is not None and before == setup.version:
        return
    try:
        running.plugins.ask(plugin_id, "installed", tx=tx, from_version=before)
        tx.session.flush()
    except BlogError:
        raise
    except BaseException as error:
        if is_for_us(error):
            raise
        raise Refused(
            f"The plugin {plugin_id} could not be installed: {type(error).__name__}: {str(error).strip()[:500]}.",
            code="broken",
            hint="Nothing was changed.",
        ) from error
    note_installed(tx, plugin_id, setup.version)
