"""Footnotes in Markdown: `[^1]` in the text, and `[^1]: What it says.` at the begin of a line."""

from blogengine.plugin import Document
from blogengine.plugin import hookimpl
from blogengine_footnotes.notes import with_footnotes

__all__ = ["prepare_source"]


@hookimpl
def prepare_source(document: Document) -> None:
    """Number the footnotes and put them under the text.

    It has to be the source: to Markdown itself `[^1]: word` is the address of a link, which never reaches the HTML.
    """
    if document.format == "markdown" and "[^" in document.source:
        document.source = with_footnotes(document.source, document.anchor)
