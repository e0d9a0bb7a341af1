"""Headings that can be linked to, tables of contents, and pictures with their size that are loaded late."""

from collections.abc import Mapping
from collections.abc import Sequence

from markupsafe import Markup

from blogengine.plugin import Document
from blogengine.plugin import Marker
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine.plugin import settings_of
from blogengine_outline import contents
from blogengine_outline.headings import name_headings
from blogengine_outline.pictures import load_late
from blogengine_outline.pictures import tell_sizes
from blogengine_outline.settings import Settings

__all__ = ["markers_html", "prepare_html", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings


@hookimpl
def prepare_html(document: Document) -> None:
    """Name the headings, write the table of contents, tell browsers about pictures."""
    settings = settings_of("outline")
    headings = name_headings(document.tree, document.anchor)
    contents.place(document.tree, headings, settings.headings)
    tell_sizes(document.tree)
    if settings.lazy:
        load_late(document.tree)


@hookimpl
def markers_html(markers: Sequence[Marker]) -> Mapping[int, Markup]:
    """Show the tables of contents; one without a heading is empty."""
    shown: dict[int, Markup] = {}
    for position, marker in enumerate(markers):
        entries = contents.entries_of(marker.arguments) if marker.name == "toc" else None
        if entries is not None:
            title = settings_of("outline").title
            html = fragment("@outline/contents.html", title=title, entries=entries)
            shown[position] = html if entries else Markup("")
    return shown
