"""The theme in use and its settings, through the owner's pages."""

from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields


def send(owner: Visitor, **values: str) -> str:
    """Send the settings of the theme; return the page that answers."""
    form = hidden_fields(owner.get("/admin/themes").text, "theme-settings")
    action = form.pop("__action__")
    return owner.send(action, {**form, **values}, follow_redirects=True).text


def test_a_colour_that_the_owner_chooses_reaches_the_page(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    assert "are saved" in send(owner_client, accent="#123456", width="50rem")
    page = client.get("/").text
    sheet = page.split('theme-settings.css"')[0].rsplit('"', 1)[1] + "theme-settings.css"
    assert client.get(sheet).text == ":root{--accent:#123456;--width:50rem}"


def test_an_empty_value_goes_back_to_the_themes_own(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    send(owner_client, accent="#123456")
    send(owner_client, accent="")
    assert "theme-settings.css" not in client.get("/").text


def test_a_value_that_would_leave_its_rule_is_refused_and_kept(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    answer = send(owner_client, accent="red;}body{display:none")
    assert "Nothing was saved yet" in answer
    assert "must be a colour like" in answer
    assert 'value="red;}body{display:none"' in answer
    assert "theme-settings.css" not in client.get("/").text


def test_settings_stay_with_their_theme(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    send(owner_client, accent="#123456")
    blog.change_settings(theme="plain")
    assert "theme-settings.css" not in client.get("/").text
    blog.change_settings(theme="classic")
    assert "theme-settings.css" in client.get("/").text
