"""Brings a blog over from Blogger, from its old export or from Google Takeout."""

from blogengine.plugin import Importer
from blogengine.plugin import hookimpl
from blogengine_import_blogger.source import open_export

__all__ = ["register_importers"]


@hookimpl
def register_importers() -> list[Importer]:
    """Add the importer `blogger`."""
    return [Importer(id="blogger", label="Blogger (old export or Google Takeout)", open=open_export)]
