"""The page Pictures, and pictures in the editor: with a plain form, and in a browser by pasting."""

from collections.abc import Iterator
from io import BytesIO

import playwright.sync_api as playwright
import pytest
from PIL import Image
from werkzeug.test import TestResponse

from blogengine import media
from blogengine.admin.pictures import LARGEST
from blogengine.admin.pictures import MOST
from blogengine.admin.pictures import PAGE
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import parse
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.listening import listening

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def file_of(name: str, colour: str = "red", size: tuple[int, int] = (40, 30)) -> tuple[BytesIO, str]:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    file.seek(0)
    return file, name


def names(visitor: Visitor, query: str = "") -> list[str]:
    tree = parse(visitor.get(f"/admin/pictures{query}").text)
    return ["".join(one.itertext()) for one in tree.findall(".//p[@class='name']")]


def test_pictures_are_added_looked_through_and_deleted(blog: BlogKit, owner_client: Visitor) -> None:
    assert "There are no pictures yet" in text_of(owner_client.get("/admin/pictures"))
    page = owner_client.get("/admin/pictures")
    form = form_in(page.text, action="/admin/pictures")
    token = {"csrf_token": form.fields["csrf_token"]}
    sent = [file_of("sea.png"), file_of("hill.png", "green"), (BytesIO(b"<svg/>"), "logo.svg")]
    said = text_of(follow(owner_client, owner_client.send("/admin/pictures", {**token, "picture": sent})))
    assert "Stored: 2 pictures." in said
    assert "logo.svg: This is no picture that can be read." in said
    assert names(owner_client) == ["hill.png", "sea.png"]
    assert names(owner_client, "?q=SEA") == ["sea.png"]
    assert "No picture has that in its name" in text_of(owner_client.get("/admin/pictures?q=moon"))
    nothing = owner_client.send("/admin/pictures", {**token, "picture": (BytesIO(), "")})
    assert "No picture was chosen." in text_of(follow(owner_client, nothing))

    with blog.app():
        sea = media.listed(q="sea")[0][0]
        url, number = media.url(sea), sea.id
    assert owner_client.get(url).status_code == 200
    blog.write_post("Beach", f"![]({url})")
    question = owner_client.get(f"/admin/pictures/{number}/delete")
    assert "It is in “Beach”: there, readers will see a gap." in text_of(question)
    gone = follow(owner_client, send(owner_client, question, "confirm"))
    assert "Deleted “sea.png”." in text_of(gone)
    assert names(owner_client) == ["hill.png"]
    assert owner_client.get(url).status_code == 404
    assert owner_client.get(f"/admin/pictures/{number}/delete").status_code == 404


def test_one_form_brings_so_many_pictures(owner_client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blogengine.admin.pictures.MOST", 1)
    form = form_in(owner_client.get("/admin/pictures").text, action="/admin/pictures")
    sent = [file_of("sea.png"), file_of("hill.png", "green")]
    token = {"csrf_token": form.fields["csrf_token"]}
    said = text_of(follow(owner_client, owner_client.send("/admin/pictures", {**token, "picture": sent})))
    assert "Stored: 1 picture." in said
    assert "Only the first 1 pictures were looked at. Send the others once more." in said
    assert names(owner_client) == ["sea.png"]


def test_the_list_goes_on_where_a_page_ends(blog: BlogKit, owner_client: Visitor) -> None:
    with blog.app():
        for number in range(PAGE + 1):
            file, name = file_of(f"{number}.png", f"#{number:06x}")
            media.store(file, name, folder=blog.site.config.media_folder)
    page = owner_client.get("/admin/pictures")
    assert len(names(owner_client)) == PAGE
    more = [one.get("href", "") for one in parse(page.text).iter("a") if one.get("rel") == "next"]
    assert names(owner_client, more[0].removeprefix("/admin/pictures")) == ["0.png"]


def test_a_picture_goes_into_the_text_and_nothing_else_changes(owner_client: Visitor) -> None:
    page = owner_client.get("/admin/posts/new")
    typed = {"title": "Sea", "source": "Before.\n\nBehind.", "action": "picture"}
    filled = send(owner_client, page, "editor", **typed, picture=file_of("sea.png"), picture_alt="A [sea]")
    assert filled.status_code == 200
    fields = form_in(filled.text, "editor").fields
    url = fields["source"][0].partition("(")[2].partition(")")[0]
    assert fields["source"] == [f"Before.\n\nBehind.\n\n![A \\[sea\\]]({url})\n\n"]
    assert fields["title"] == ["Sea"]
    assert owner_client.get(url).mimetype == "image/png"
    placed = send(
        owner_client, page, "editor", **typed, source_format="html", cursor="7", picture=file_of("sea.png")
    )
    image = f'<p><img src="{url}" alt="" width="40" height="30"></p>'
    assert form_in(placed.text, "editor").fields["source"] == [f"Before.\n\n{image}\n\nBehind."]


def test_what_is_no_picture_costs_no_word(owner_client: Visitor) -> None:
    page = owner_client.get("/admin/posts/new")
    typed = {"title": "Sea", "source": "Words.", "action": "picture", "picture_alt": "A sea"}
    for file, said in (
        ((BytesIO(b"MZ"), "a.exe"), "This is no picture that can be read."),
        ((BytesIO(), ""), "Choose a picture first."),
        (
            [file_of("sea.png") for _ in range(MOST + 1)],
            f"These are {MOST + 1} pictures; choose {MOST} at most",
        ),
    ):
        refused = send(owner_client, page, "editor", **typed, picture=file)
        assert refused.status_code == 422
        assert said in text_of(refused)
        fields = form_in(refused.text, "editor").fields
        assert (fields["source"], fields["picture_alt"]) == (["Words."], ["A sea"])


def send_large(visitor: Visitor, path: str, size: int, **fields: str) -> TestResponse:
    """Send a form with a file of `size` bytes that is no picture."""
    parts = {f'name="{name}"': value.encode() for name, value in fields.items()}
    parts['name="picture"; filename="large.png"'] = bytes(size)
    body = b"".join(
        b"--x\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
        for head, value in parts.items()
    )
    return visitor.post(path, data=body + b"--x--\r\n", content_type="multipart/form-data; boundary=x")


def test_only_forms_with_pictures_may_be_that_large(owner_client: Visitor, client: Visitor) -> None:
    form = form_in(owner_client.get("/admin/posts/new").text, "editor")
    fields = {"csrf_token": form.fields["csrf_token"][0], "source": "Words.", "action": "picture"}
    kept = send_large(owner_client, "/admin/posts/new", 3_000_000, **fields)
    assert kept.status_code == 422
    assert form_in(kept.text, "editor").fields["source"] == ["Words."]
    stranger = send_large(client, "/admin/posts/new", 3_000_000, **fields)
    assert stranger.status_code == 403
    assert "Words." in stranger.text
    assert send_large(owner_client, "/admin/posts/new", LARGEST, **fields).status_code == 413
    assert send_large(owner_client, "/admin/settings", 3_000_000, **fields).status_code == 413


@pytest.fixture
def address(blog: BlogKit) -> Iterator[str]:
    blog.add_owner()
    with listening(blog.site) as address:
        yield address


def test_a_pasted_picture_stands_where_the_cursor_was(address: str, page: playwright.Page) -> None:
    page.goto(f"{address}/admin/login")
    page.fill("input[name=email]", OWNER["email"])
    page.fill("input[name=password]", OWNER["password"])
    page.click("main button")
    page.goto(f"{address}/admin/posts/new")
    page.fill("#source", "A \N{GRINNING FACE}.\nB.")
    paste = """async () => {
        const canvas = new OffscreenCanvas(8, 6);
        canvas.getContext("2d").fillRect(0, 0, 4, 4);
        const picture = new File([await canvas.convertToBlob()], "drawn.png", { type: "image/png" });
        const transfer = new DataTransfer();
        transfer.items.add(picture);
        const text = document.querySelector("#source");
        text.focus();
        text.setSelectionRange(6, 6);
        text.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    }"""
    with page.expect_navigation():
        page.evaluate(paste)
    text = page.input_value("#source")
    assert text.startswith("A \N{GRINNING FACE}.\n\n![](/media/")
    assert text.endswith("-drawn.png)\n\nB.")
    assert page.evaluate("document.querySelector('#source').selectionStart") == len(text) + 1 - len("B.")
