"""Sources become clean HTML: posts from Markdown or HTML, comments from a visitor's text."""

from blogengine import sanitize
from blogengine.markup.comments import render_comment
from blogengine.markup.markers import Marker
from blogengine.markup.markers import split_markers
from blogengine.markup.markers import without_markers
from blogengine.markup.posts import FORMATS
from blogengine.markup.posts import check_html
from blogengine.markup.posts import check_source
from blogengine.markup.posts import clean
from blogengine.markup.posts import render_post
from blogengine.markup.trees import as_html
from blogengine.markup.trees import as_tree

PIPELINE = sanitize.VERSION * 1000 + 3
"""Version of all that makes clean HTML of a source; HTML stored under another number is rendered again."""

__all__ = [
    "FORMATS",
    "PIPELINE",
    "Marker",
    "as_html",
    "as_tree",
    "check_html",
    "check_source",
    "clean",
    "render_comment",
    "render_post",
    "split_markers",
    "without_markers",
]
