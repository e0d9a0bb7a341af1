"""Headings that can be linked to, tables of contents, and pictures with their size that are loaded late."""

from blogengine.plugin import Document
from blogengine.plugin import hookimpl
from blogengine.plugin import settings_of
from blogengine_outline.headings import add_contents
from blogengine_outline.headings import name_headings
from blogengine_outline.pictures import load_late
from blogengine_outline.pictures import tell_sizes
from blogengine_outline.settings import Settings

__all__ = ["prepare_html", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings


@hookimpl
def prepare_html(document: Document) -> None:
    """Name the headings, write the table of contents, tell browsers about pictures."""
    settings = settings_of("outline")
    headings = name_headings(document.tree, document.anchor)
    add_contents(document.tree, headings, settings.title, settings.headings)
    tell_sizes(document.tree)
    if settings.lazy:
        load_late(document.tree)
