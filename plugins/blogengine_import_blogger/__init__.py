"""Brings a blog over from Blogger, from its old export or from Google Takeout."""

from collections.abc import Mapping
from collections.abc import Sequence

from blogengine.plugin import Importer
from blogengine.plugin import hookimpl
from blogengine_import_blogger import moved
from blogengine_import_blogger.source import open_export

__all__ = ["also_on_paths", "register_importers", "register_settings"]


@hookimpl
def register_settings() -> type:
    """Ask for the address that the imported blog had."""
    return moved.Settings


@hookimpl
def register_importers() -> list[Importer]:
    """Add the importer `blogger`."""
    return [Importer(id="blogger", label="Blogger (old export or Google Takeout)", open=open_export)]


@hookimpl(optionalhook=True)
def also_on_paths(urls: Sequence[str]) -> Mapping[str, str]:
    """Lead cards to the imported blog's old address to the posts here, which have kept their paths."""
    return {url: path for url in urls if (path := moved.path_of(url))}
