"""The life of a plugin: made at home in an installation, started and stopped, asked for what it keeps, removed."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from blogengine.db import Transaction
from blogengine.hookspecs.marks import hookspec
from blogengine.subjects import DataSubject

HOOKS = (
    "startup",
    "shutdown",
    "installed",
    "uninstalling",
    "export_personal_data",
    "erase_personal_data",
)
"""Called for one plugin at a time, by those who know what its failure means."""


@hookspec
def startup() -> None:
    """Get ready in this process: open what stays open, start what runs beside the requests.

    When it raises, the plugin is broken in this process and the blog goes on without it. Called once in each process that
    serves, before the first request; again when the plugin's code was changed. Since 0.1.
    """


@hookspec
def shutdown() -> None:
    """Let go of what `startup` took, and store what was kept in memory.

    Called when the plugin was disabled or its code was changed, while the last requests may still run, and when the
    process ends; not when it is killed. Since 0.1.
    """


@hookspec
def installed(tx: Transaction, from_version: str) -> None:
    """Put in what the plugin needs from the start, or bring over what an older version left.

    :param tx: the transaction in which the plugin is enabled; its own tables are there already.
    :param from_version: the version that was installed before; empty the first time.

    When it raises, all is taken back: tables, rows, and the plugin is not enabled. Called once for each installation and
    each version, when the plugin is enabled or before the server starts. Since 0.1.
    """


@hookspec
def uninstalling(tx: Transaction) -> None:
    """Take away what the plugin left outside of its own tables, settings, meta and jobs: those are removed by the engine.

    :param tx: the transaction in which all of it is removed.

    When it raises, nothing is removed. Called when the owner removes the plugin with its data. Since 0.1.
    """


@hookspec
def export_personal_data(person: DataSubject) -> Mapping[str, Any] | Sequence[Any]:  # type: ignore[empty-body]
    """Return what the plugin stores about a person who asks for it.

    :param person: e-mail address, name and website, as far as they are known; `person.wrote(name, website)` compares.

    Returns a list or dict of JSON values, empty where there is nothing. What is kept with comments (`write_meta`) is shown
    by the engine. When it raises, the owner is told that the export is not complete, and gets none. Called when the owner
    asks under Personal data or with `blogengine privacy export`. Since 0.1.
    """


@hookspec
def erase_personal_data(person: DataSubject, tx: Transaction) -> int:  # type: ignore[empty-body]
    """Erase what the plugin stores about a person, and nothing else.

    :param person: e-mail address, name and website, as far as they are known.
    :param tx: the transaction in which the engine and all plugins erase; comments are still there.

    Returns how many rows were erased. When it raises, nothing is erased by anybody. Called when the owner erases under
    Personal data or with `blogengine privacy erase`. Since 0.1.
    """
