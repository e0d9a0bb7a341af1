"""Conditional requests: what a visitor has already is not sent again."""

from blogengine.testing import BlogKit
from blogengine.testing import Visitor


def test_a_kept_page_answers_its_entity_tag_with_304(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    tag = client.get(path).headers["ETag"]
    known = client.get(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_kept_feed_answers_its_date_with_304_unless_a_tag_says_otherwise(
    blog: BlogKit, client: Visitor
) -> None:
    blog.change_settings(url="http://localhost")
    blog.write_post()
    date = client.get("/feeds/posts/default").headers["Last-Modified"]
    assert client.get("/feeds/posts/default", headers={"If-Modified-Since": date}).status_code == 304
    both = {"If-Modified-Since": date, "If-None-Match": '"another"'}
    assert client.get("/feeds/posts/default", headers=both).status_code == 200


def test_a_feed_that_is_never_kept_answers_its_entity_tag_with_304(blog: BlogKit, client: Visitor) -> None:
    blog.write_post()
    first = client.get("/feeds/posts/default")
    assert (
        client.get("/feeds/posts/default", headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )


def test_a_page_is_packed_for_those_who_take_it_packed(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.data) < len(plain.data) == int(plain.headers["Content-Length"])
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_bloggers_permalink_of_a_comment_finds_its_page(blog: BlogKit, client: Visitor) -> None:
    post_id = blog.write_post()
    path = blog.path_of(post_id)
    for number in range(203):
        blog.write_comment(post_id, f"Comment {number}.")
    with blog.app():
        from_feed = client.get("/feeds/comments/default").text
    last = from_feed.split("showComment=")[1].split("#")[0].split("&")[0]
    answer = client.get(f"{path}?showComment={last}")
    assert (answer.status_code, answer.location) == (302, f"{path}?commentPage=2#c203")
    assert "Comment 202." in client.get(answer.location).text
    assert client.get(f"{path}?showComment=1291062944027").location == path
