"""Makes the comment form quicker where a browser runs scripts; nothing needs it.

Answers are written under what they answer, a preview is shown while one writes, the text is kept in the browser until it
is sent, and a comment appears without a reload. Every word and all HTML come from the blog: the script asks for the
same pages that are shown without it, and puts parts of them in their places.
"""

from markupsafe import Markup

from blogengine.plugin import fragment
from blogengine.plugin import hookimpl

__all__ = ["comment_form_html"]


@hookimpl
def comment_form_html() -> Markup:
    """Give the form the script, its words and the places it fills."""
    return fragment("@live_comments/live.html", assets=["comments.js", "comments.css"])
