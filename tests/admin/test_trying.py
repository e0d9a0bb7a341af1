"""Trying for oneself: the owner sees a plugin, theme or setting on the live site, readers see nothing, one press ends it."""

import re
import secrets
import time

import pytest

from blogengine import tryouts
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.tryouts import Trial
from tests.plugin_files import drop_in

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

HELLO = """
@hookimpl
def post_footer_html(post):
    return Markup("<p>Only for my eyes</p>")
"""


def press(client: Visitor, address: str, **fields: str) -> str:
    """Press a button of the admin and return the page that follows."""
    page = client.get("/admin/plugins").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post(address, data={"csrf_token": token[1], **fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["Location"]).text


def test_a_plugin_is_tried_by_its_owner_alone_and_then_kept(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    drop_in(blog, "hello", HELLO)
    path = blog.path_of(blog.write_post())
    client.get(path)
    page = press(owner_client, "/admin/try/plugin", plugin="hello")
    assert "Only you see this." in page, re.findall(r"notice.*?</div>", page, re.S)
    assert "plugin hello on" in page
    assert "Only for my eyes" in owner_client.get(path).text
    for reader in (client, Visitor(blog.site)):
        assert "my eyes" not in reader.get(path).text
        assert "Only you see this" not in reader.get(path).text
    assert "Only you see this" in owner_client.get("/admin/plugins").text
    with blog.app() as app:
        assert not app.blog.plugins.is_active("hello")
    press(owner_client, "/admin/try/keep")
    assert "All readers have it now" in owner_client.get("/admin/plugins").text
    assert "Only for my eyes" in client.get(path).text
    assert "Only you see this" not in owner_client.get(path).text


def test_dropped_it_was_never_there(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    drop_in(blog, "hello", HELLO)
    path = blog.path_of(blog.write_post())
    press(owner_client, "/admin/try/plugin", plugin="hello")
    assert "Nothing was changed for your readers." in press(owner_client, "/admin/try/drop")
    assert "my eyes" not in owner_client.get(path).text
    assert "my eyes" not in client.get(path).text


def test_themes_and_settings_and_plugins_are_tried_together(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    path = blog.path_of(blog.write_post())
    press(owner_client, "/admin/try/theme", theme="plain")
    page = press(owner_client, "/admin/settings", title="Another title", **{"try": "on"})
    assert "Another title" in page
    press(owner_client, "/admin/try/plugin", plugin="atom")
    page = owner_client.get(path).text
    assert "plain.css" in page
    assert "Subscribe to Post Comments" not in page
    for words in ("theme: plain", "title: Another title", "plugin atom off"):
        assert words in page
    theirs = client.get(path).text
    assert "classic.css" in theirs
    assert "Another title" not in theirs
    assert "Subscribe to Post Comments" in theirs
    press(owner_client, "/admin/try/keep")
    theirs = client.get(path).text
    assert "plain.css" in theirs
    assert "Another title" in theirs
    assert "Subscribe to Post Comments" not in theirs


def test_settings_of_a_plugin_are_tried(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    notice = "Comments appear after the author has approved them."
    press(owner_client, "/admin/plugins/moderation", mode="always", **{"try": "on"})
    with blog.app() as app:
        assert app.blog.plugins.settings("moderation").mode != "always"
    assert notice not in client.get(path).text
    press(owner_client, "/admin/try/keep")
    assert notice in client.get(path).text


def test_what_is_tried_is_not_stored_by_saving_something_else(blog: BlogKit, owner_client: Visitor) -> None:
    press(owner_client, "/admin/try/theme", theme="plain")
    press(owner_client, "/admin/settings", title="Saved")
    with blog.app() as app:
        assert (app.blog.site.title, app.blog.site.theme) == ("Saved", "classic")


def test_a_plugin_that_cannot_run_is_not_tried(blog: BlogKit, owner_client: Visitor) -> None:
    drop_in(blog, "broken", "raise ValueError('at once')")
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner_client.get("/admin/plugins").text)
    assert token is not None
    answer = owner_client.post("/admin/try/plugin", data={"csrf_token": token[1], "plugin": "broken"})
    assert answer.status_code == 409
    assert "at once" in answer.text
    assert "Only you see this" not in owner_client.get("/").text


def test_visitors_cannot_try(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    drop_in(blog, "hello", HELLO)
    assert client.post("/admin/try/plugin", data={"plugin": "hello"}).status_code in (400, 401, 403)
    press(owner_client, "/admin/try/plugin", plugin="hello")
    cookie = owner_client.get_cookie(tryouts.COOKIE)
    assert cookie is not None
    thief = Visitor(blog.site)
    thief.set_cookie(tryouts.COOKIE, cookie.value)
    assert "Only you see this" not in thief.get("/").text
    thief.set_cookie("blog_session", "invented")
    assert "Only you see this" not in thief.get("/").text


def test_a_cookie_that_was_changed_or_is_old_tries_nothing(
    engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = tryouts.seal(Trial(on=("one",)), "key", "me")
    assert tryouts.unseal(sealed, "key", "me") == Trial(on=("one",))
    for value, key, sign_in in (
        (sealed, "key", "you"),
        (sealed, "another", "me"),
        (sealed[:-1] + ("A" if sealed[-1] != "A" else "B"), "key", "me"),
        (sealed, "key", ""),
        ("", "key", "me"),
        ("x" * 5000, "key", "me"),
    ):
        assert tryouts.unseal(value, key, sign_in) is None
    later = time.time() + tryouts.LIFETIME + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert tryouts.unseal(sealed, "key", "me") is None
    with pytest.raises(ValueError, match="browser"):
        tryouts.seal(Trial(site={"title": secrets.token_hex(4500)}), "key", "me")
