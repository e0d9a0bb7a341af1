"""The model page: what this project began from."""

import re

from blogengine import posts
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor

ORDER = (
    "The headline",
    "3 Jan, 2020 02:55",
    "First words.",
    "ALSO ON THE OTHER SHELF Another article",
    "Last words.",
    "0 Comments:",
    "Post a Comment",
    "Subscribe to Post Comments [ Atom ]",
    "<< Home",
)


def text_of(html: str) -> str:
    """Return the text of a page's main part, one space between words."""
    body = html[html.index("<main") : html.index("</main>")]
    body = re.sub(r"<textarea.*?</textarea>", " ", body, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("&lt;", "<").split())


def in_order(text: str, *words: str) -> bool:
    """Whether all `words` stand in `text`, one after the other."""
    places = [text.index(part) for part in words]
    return places == sorted(places)


def write_model_post(blog: BlogKit) -> int:
    """Write a post with a card to another one in its middle."""
    other = blog.path_of(blog.write_post("Another article"))
    return blog.write_post(
        "The headline", f"First words.\n\n[[also-on: {other} | THE OTHER SHELF]]\n\nLast words."
    )


def test_a_post_page_reads_in_bloggers_order(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    path = blog.path_of(write_model_post(blog))
    text = text_of(client.get(path).text)
    assert in_order(text, *ORDER)
    assert "Updated" not in text


def test_it_reads_the_same_in_the_plain_theme(blog: BlogKit, client: Visitor, clock: FrozenClock) -> None:
    path = blog.path_of(write_model_post(blog))
    blog.change_settings(theme="plain")
    assert in_order(text_of(client.get(path).text), *ORDER)


def test_the_dateline_says_when_the_text_was_updated_true_to_the_minute(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = write_model_post(blog)
    path = blog.path_of(post_id)
    clock.tick(days=2)
    with blog.app():
        draft = posts.draft_of(posts.get(post_id))
        draft.source += "\n\nOne more thing."
        posts.save(draft, post_id=post_id)
    for minutes in range(1, 64):
        clock.tick(minutes=1)
        words = f"{minutes} minute{'s' if minutes > 1 else ''} ago" if minutes < 60 else "1 hour ago"
        for _ in range(2):  # made, then kept
            assert f"3 Jan, 2020 02:55 / Updated {words}" in text_of(client.get(path).text)


def test_a_change_of_labels_is_no_update_of_the_text(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = write_model_post(blog)
    clock.tick(hours=1)
    with blog.app():
        draft = posts.draft_of(posts.get(post_id))
        draft.labels = ["new"]
        posts.save(draft, post_id=post_id)
    assert "Updated" not in client.get(blog.path_of(post_id)).text


def test_a_comment_stands_between_its_count_and_the_form(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    post_id = write_model_post(blog)
    path = blog.path_of(post_id)
    assert client.comment(path, "I like it.", name="Rita").status_code == 303
    text = text_of(client.get(path).text)
    assert in_order(
        text, "1 Comment:", "Rita said...", "I like it.", "January 3, 2020 2:55", "Post a Comment"
    )
