"""The owner puts gadgets where they shall be, with a browser without scripts."""

import re

import pytest

from blogengine import layout
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from tests.admin.forms import form_in
from tests.admin.forms import text_of

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def press(owner: Visitor, page: str, action: str, **values: str) -> str:
    """Send the form of `page` that goes to `action`; return the page that answers."""
    form = form_in(owner.get(page).text, action=action)
    fields = {name: value[-1] for name, value in form.fields.items()}
    return owner.send(action, {**fields, **values}, follow_redirects=True).text


def shown(client: Visitor, area: str = "sidebar") -> list[str]:
    """Return the headings of the gadgets of an area."""
    html = client.get("/").text
    begin = html.find('class="sidebar"' if area == "sidebar" else 'class="gadgets"')
    part = (
        html[begin : html.find("</aside>" if area == "sidebar" else "</footer>", begin)] if begin >= 0 else ""
    )
    return re.findall(r'<h2 id="gadget-\d+">(.*?)</h2>', part)


def test_the_owner_adds_orders_moves_and_removes_gadgets(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    blog.write_post("First", labels=["red"])
    assert "Readers do not see this area" in text_of(owner_client.get("/admin/layout"))
    for gadget in ("gadgets.labels", "gadgets.archive", "gadgets.labels"):
        added = press(owner_client, "/admin/layout", "/admin/layout/add", gadget=gadget)
        assert "at the end of the sidebar" in added
    press(owner_client, "/admin/layout/3", "/admin/layout/3", title="Tags & more")
    assert shown(client) == ["Labels", "Archive", "Tags &amp; more"]
    press(owner_client, "/admin/layout", "/admin/layout/3/move", to="up")
    press(owner_client, "/admin/layout", "/admin/layout/1/move", to="up")
    assert shown(client) == ["Labels", "Tags &amp; more", "Archive"]
    press(owner_client, "/admin/layout", "/admin/layout/1/move", to="down")
    press(owner_client, "/admin/layout", "/admin/layout/2/move", to="footer")
    assert (shown(client), shown(client, "footer")) == (["Tags &amp; more", "Labels"], ["Archive"])
    removed = press(owner_client, "/admin/layout", "/admin/layout/3/remove")
    assert "Removed “Tags &amp; more”" in removed
    assert shown(client) == ["Labels"]
    undo = form_in(removed, action="/admin/layout/restore")
    fields = {name: value[-1] for name, value in undo.fields.items()}
    owner_client.send("/admin/layout/restore", fields)
    assert shown(client) == ["Tags &amp; more", "Labels"]
    for number in (1, 2, 3):
        press(owner_client, "/admin/layout", f"/admin/layout/{number}/remove")
    assert "has-sidebar" not in client.get("/").text


def test_the_settings_of_a_gadget_are_its_own_and_typed_words_stay_on_an_error(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    for _ in range(2):
        press(owner_client, "/admin/layout", "/admin/layout/add", gadget="gadgets.text")
    press(owner_client, "/admin/layout/1", "/admin/layout/1", **{"set-html": "<p>One<script>x</script></p>"})
    press(owner_client, "/admin/layout/2", "/admin/layout/2", **{"set-html": "<b>Two</b>", "title": ""})
    html = client.get("/").text
    assert "<p>One</p>" in html
    assert "<b>Two</b>" in html
    assert shown(client) == ["Text"]
    press(owner_client, "/admin/layout", "/admin/layout/add", gadget="gadgets.links")
    form = hidden_fields(owner_client.get("/admin/layout/3").text, "gadget")
    wrong = owner_client.send("/admin/layout/3", {**form, "title": "t" * 201, "set-links": "no <address>"})
    assert wrong.status_code == 422
    assert "is no address" in wrong.text
    assert "no &lt;address&gt;</textarea>" in wrong.text
    stale = owner_client.send(
        "/admin/layout/3", {"csrf_token": "old", "set-links": "https://example.org kept"}
    )
    assert "https://example.org kept</textarea>" in stale.text


def test_a_gadget_whose_plugin_is_off_stays_in_the_layout_and_says_so(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    press(owner_client, "/admin/layout", "/admin/layout/add", gadget="gadgets.archive")
    blog.disable("gadgets")
    page = text_of(owner_client.get("/admin/layout"))
    assert "It is not shown while the plugin gadgets does not run." in page
    assert owner_client.get("/admin/layout/1").status_code == 404
    blog.enable("gadgets")
    assert "while the plugin" not in text_of(owner_client.get("/admin/layout"))


def test_nonsense_is_refused_with_a_sentence(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    token = hidden_fields(owner_client.get("/admin/settings").text, "settings")["csrf_token"]

    def send(path: str, **values: str) -> str:
        return owner_client.send(path, {"csrf_token": token, **values}, follow_redirects=True).text

    assert "There is no gadget" in send("/admin/layout/add", gadget="no.such", area="sidebar")
    assert "There is no area" in send("/admin/layout/add", gadget="gadgets.archive", area="attic")
    assert "not in the layout any more" in send("/admin/layout/7/remove")
    assert "not in the layout any more" in send("/admin/layout/7/move", to="up")
    for stored in ("no json", "[]", '{"id": 1}', "[" * 3000, '{"id": 1, "gadget": "x.y", "area": "attic"}'):
        assert "cannot be put back" in send("/admin/layout/restore", gadget=stored, index="x")
    assert owner_client.get("/admin/layout/7").status_code == 404
    assert client.get("/admin/layout").status_code == 303
    with blog.app():
        assert layout.current() == []
