"""The model page: what this project began from."""

import re

from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor


def text_of(html: str) -> str:
    """Return the text of a page's body, one space between words."""
    body = html[html.index("<main") : html.index("</main>")]
    body = re.sub(r"<textarea.*?</textarea>", " ", body, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("&lt;", "<").split())


def test_a_post_page_reads_in_bloggers_order(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    post_id = blog.write_post("The headline", "First words.\n\nLast words.")
    text = text_of(client.get(blog.path_of(post_id)).text)
    places = [
        text.index(words)
        for words in ("The headline", "3 Jan, 2020 02:55", "First words.", "Last words.", "0 Comments:", "Post a Comment", "<< Home")
    ]
    assert places == sorted(places)
    assert "Updated" not in text
