"""Brings a blog over from Blogger, from its old export or from Google Takeout, and writes it as such an export."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote
from urllib.parse import urlsplit

from blogengine.plugin import CommentRecord
from blogengine.plugin import Exporter
from blogengine.plugin import ImportBatch
from blogengine.plugin import Importer
from blogengine.plugin import ImportSource
from blogengine.plugin import Note
from blogengine.plugin import PostRecord
from blogengine.plugin import hookimpl
from blogengine.plugin import settings_of
from blogengine_import_blogger.links import place_of
from blogengine_import_blogger.links import with_local_links
from blogengine_import_blogger.options import Settings
from blogengine_import_blogger.source import BloggerSource
from blogengine_import_blogger.source import open_export
from blogengine_import_blogger.writing import write_export

__all__ = ["also_on_paths", "prepare_import", "register_exporters", "register_importers", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings


@hookimpl
def register_importers() -> list[Importer]:
    """Add the importer `blogger`."""
    return [Importer(id="blogger", label="Blogger (old export or Google Takeout)", open=open_export)]


@hookimpl
def register_exporters() -> list[Exporter]:
    """Add the exporter `blogger`."""
    return [Exporter(id="blogger", label="Blogger (old export)", write=write_export)]


@hookimpl
def prepare_import(batch: ImportBatch, source: ImportSource) -> None:
    """Let links between the blog's own posts lead to where these are now."""
    if not isinstance(source, BloggerSource):
        return
    places = frozenset({*source.places, *_places()} - {""})
    paths = frozenset(source.paths)
    for number, record in enumerate(batch.records):
        if not isinstance(record, (PostRecord, CommentRecord)):
            return
        html, count = with_local_links(record.html, places, paths)
        if count:
            batch.records[number] = replace(record, html=html)
            where = (record.path if isinstance(record, PostRecord) else "") or record.source_id
            batch.notes.append(
                Note("changed", f"{count} links", where, "they lead to posts of this blog now")
            )


@hookimpl(optionalhook=True)
def also_on_paths(urls: Sequence[str]) -> Mapping[str, str]:
    """Let cards to the blog's old address lead to its posts here, which have kept their paths."""
    places = _places()
    return {url: unquote(urlsplit(url).path) for url in urls if place_of(url) in places}


def _places() -> set[str]:
    told = settings_of("import_blogger").addresses
    return {place_of(address if "//" in address else f"//{address}") for address in told} - {""}
