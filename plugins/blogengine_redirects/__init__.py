"""Leads old addresses to where their content is now; asked only where the blog has nothing."""

from blogengine.plugin import Redirect
from blogengine.plugin import Tables
from blogengine.plugin import hookimpl
from blogengine_redirects.finding import find
from blogengine_redirects.models import tables

__all__ = ["answer_not_found", "register_tables"]


@hookimpl
def register_tables() -> Tables:
    """Keep the list of old addresses."""
    return tables


@hookimpl
def answer_not_found(path: str, query: str) -> Redirect | None:
    """Look the address up in the list."""
    return find(path, query)
