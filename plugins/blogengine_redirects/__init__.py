"""Leads old addresses to where their content is now; asked only where the blog has nothing."""

from collections.abc import Sequence
from pathlib import Path

from blogengine.plugin import AdminPages
from blogengine.plugin import Permission
from blogengine.plugin import Redirect
from blogengine.plugin import Tables
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import hookimpl
from blogengine_redirects import lists
from blogengine_redirects import missed
from blogengine_redirects.finding import find
from blogengine_redirects.models import tables
from blogengine_redirects.pages import pages
from blogengine_redirects.settings import Settings

__all__ = [
    "answer_not_found",
    "installed",
    "register_admin_pages",
    "register_permissions",
    "register_settings",
    "register_tables",
    "shutdown",
    "startup",
    "uninstalling",
]

MANAGE = "redirects.manage"
FILE = "redirects.csv"
"""List in the instance's folder: read when the plugin is first enabled, written when it is removed."""


@hookimpl
def register_settings() -> type:
    """Let the owner choose whether addresses are noted."""
    return Settings


@hookimpl
def register_tables() -> Tables:
    """Keep the list of old addresses."""
    return tables


@hookimpl
def register_admin_pages() -> AdminPages:
    """Let the owner work on the list."""
    return AdminPages(pages, "Redirects", permission=MANAGE)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Let the owner leave the list to authors."""
    return [
        Permission(MANAGE, "Change redirects", "They lead visitors away from this blog as well.", roles=())
    ]


@hookimpl
def answer_not_found(path: str, query: str) -> Redirect | None:
    """Look the address up in the list."""
    found = find(path, query)
    if found is None:
        missed.note(path)
    return found


@hookimpl
def startup() -> None:
    """Count from nothing: what the parent process counted is its own."""
    missed.forget()


@hookimpl
def shutdown() -> None:
    """Store what was counted since the last time."""
    missed.store()


@hookimpl
def installed(tx: Transaction, from_version: str) -> None:
    """Take in the list that lies in the instance's folder: one written by hand, or by the plugin when it was removed."""
    file = _file()
    if not from_version and file.is_file():
        lists.store(tx, lists.read(file.read_text(encoding="utf-8", errors="replace")))


@hookimpl
def uninstalling(tx: Transaction) -> None:
    """Leave the list in the instance's folder, in the form that this plugin, spreadsheets and web servers read."""
    text = lists.write_csv()
    if text.count("\n") > 1:
        _file().write_text(text, encoding="utf-8")


def _file() -> Path:
    return blog().config.instance / FILE
