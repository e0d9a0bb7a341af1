"""Counts page views: how often each page was read on each day, and which sites led there.

Nothing about a person is kept: no address, no cookie, no browser; what is stored is a number for a day, a page or a
site. So nobody has to be asked, and one reader who comes twice counts twice. Robots that say so are left out.
"""

from collections.abc import Sequence

from blogengine.plugin import AdminPages
from blogengine.plugin import PageView
from blogengine.plugin import Permission
from blogengine.plugin import Tables
from blogengine.plugin import hookimpl
from blogengine_stats import counting
from blogengine_stats.models import tables
from blogengine_stats.overview import pages
from blogengine_stats.settings import Settings

__all__ = [
    "page_viewed",
    "register_admin_pages",
    "register_permissions",
    "register_settings",
    "register_tables",
]

READ = "stats.read"


@hookimpl
def register_settings() -> type:
    """Let the owner choose how long figures are kept."""
    return Settings


@hookimpl
def register_tables() -> Tables:
    """Keep the figures."""
    return tables


@hookimpl
def register_admin_pages() -> AdminPages:
    """Show them."""
    return AdminPages(pages, "Stats", permission=READ)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Let the owner keep the figures from authors."""
    return [Permission(READ, "See how often pages are read")]


@hookimpl
def page_viewed(views: Sequence[PageView]) -> None:
    """Count."""
    counting.count(views)
