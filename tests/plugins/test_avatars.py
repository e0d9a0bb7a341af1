"""Plugin avatars: pictures that tell people apart and tell nothing about them."""

import re
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from xml.etree import ElementTree

import pytest

from blogengine import comments
from blogengine.pages import CommentView
from blogengine.sanitize import escape
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine_avatars import drawing
from blogengine_avatars.people import digest_of

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

SHOWN = re.compile(
    r'<p class="comment-author"><img class="avatar" src="(/-/avatars/[0-9a-f]{16}\.svg)" alt=""'
)


@pytest.fixture(autouse=True)
def enabled(blog: BlogKit) -> None:
    blog.enable("avatars")


def a_comment(**changes: object) -> CommentView:
    comment = CommentView(1, 1, None, "Ada", "", escape(""), datetime(2020, 1, 1, tzinfo=UTC), 0, "published")
    return replace(comment, **changes)  # type: ignore[arg-type]


def test_one_person_has_one_picture_and_others_have_others(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    for number, (name, website) in enumerate(
        [("Ada", ""), ("ADA ", ""), ("Ada", "https://ada.example/"), ("Bea", ""), ("", ""), ("", "")]
    ):
        blog.write_comment(post_id, f"Comment {number}.", name=name, website=website)
    page = client.get(blog.path_of(post_id)).text
    ada, again, linked, bea, nobody, other = SHOWN.findall(page)
    assert ada == again
    assert len({ada, linked, bea, nobody, other}) == 5, "two who give no name are not taken for one"
    assert SHOWN.findall(client.get(blog.path_of(post_id)).text) == [ada, again, linked, bea, nobody, other]
    assert page.count("/avatars.") == 1  # its style sheet, once
    answer = client.get(ada)
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(ada.replace(".svg", "0.svg")).status_code == 404
    assert client.get("/-/avatars/ABCDEFABCDEFABCD.svg").status_code == 404


def test_a_mail_address_counts_for_more_than_a_name_and_cannot_be_read_from_the_picture(
    blog: BlogKit,
) -> None:
    with blog.app():
        same = {digest_of(a_comment(email_key="abc", author_name=name)) for name in ("Ada", "A. L.")}
        others = {
            digest_of(a_comment()),
            digest_of(a_comment(author_name="mail:abc")),
            digest_of(a_comment(by_author=True)),
            digest_of(a_comment(email_key="abd")),
        }
    assert len(same) == 1
    assert len(others) == 4
    assert not same & others


def test_a_removed_comment_has_no_picture(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    blog.write_comment(post_id)
    with blog.app():
        comments.remove([1])
    assert "/-/avatars/" not in client.get(blog.path_of(post_id)).text


def test_a_preview_shows_the_picture(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    blog.add_plugin(
        "asking",
        "from blogengine.plugin import hookimpl\nPLUGIN = {'name': 'Asking', 'version': '1'}\n"
        "@hookimpl\ndef prepare_comment_form(form):\n    form.asks_email = True\n",
    )
    path = blog.path_of(blog.write_post())
    for visitor, fields in (
        (client, {"name": "Ada"}),
        (client, {"name": "Ada", "email": "ada@example.org"}),
        (owner_client, {}),
    ):
        previewed = SHOWN.findall(visitor.comment(path, f"Words {fields}.", action="preview", **fields).text)
        visitor.comment(path, f"Words {fields}.", **fields)
        assert previewed == SHOWN.findall(client.get(path).text)[-1:], fields


def test_pictures_stand_out_from_light_and_dark_pages() -> None:
    for hue in range(32):
        rgb = [int(drawing.colour(hue)[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        light = drawing.luminance((rgb[0], rgb[1], rgb[2]))
        assert 1.05 / (light + 0.05) >= 3  # beside white
        assert (light + 0.05) / 0.06 >= 3  # beside a very dark grey


def test_pictures_are_small_well_formed_and_different() -> None:
    drawn = {drawing.picture(f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}") for number in range(1000)}
    assert len(drawn) > 980
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert len(svg) < 600
        assert {child.tag.partition("}")[2] for child in root} == {"path"}
        assert 5 <= svg.count("M") - 1 <= 25
