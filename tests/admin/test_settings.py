"""Settings, themes and plugins: what is typed stays, what is broken is said."""

from pathlib import Path

import pytest

from blogengine import settings
from blogengine.plugins.guards import FailureLog
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.plugin_files import force

BOX = """
from dataclasses import dataclass
from blogengine.plugin import AdminPages, hookimpl, option
from flask import Blueprint

PLUGIN = {"name": "Box", "version": "1.5", "summary": "A box under posts."}
bp = Blueprint("box", __name__)

@bp.route("/", methods=["GET", "POST"])
def index():
    return "inside the box"

@dataclass(frozen=True)
class Settings:
    words: str = option("hello", "Words", max_length=10)
    shown: bool = option(True, "Show it")
    size: int = option(3, "Size", minimum=1, maximum=9)

@hookimpl
def register_settings():
    return Settings

@hookimpl
def register_admin_pages():
    return AdminPages(bp, "The box")
"""


@pytest.fixture
def drop_ins(blog: BlogKit) -> Path:
    with blog.app() as app:
        return app.blog.config.drop_in_folder


@pytest.fixture
def box(blog: BlogKit, drop_ins: Path) -> str:
    (drop_ins / "box.py").write_text(BOX, encoding="utf-8")
    blog.enable("box")
    return "box"


def test_settings_are_saved_and_seen_at_once(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    assert "Harbour" not in client.get("/").text
    page = owner_client.get("/admin/settings")
    answer = send(
        owner_client,
        page,
        "settings",
        title="Harbour",
        description="Small boats",
        time_zone="Asia/Tokyo",
        posts_per_page="3",
    )
    assert "Saved." in text_of(follow(owner_client, answer))
    assert "Small boats" in client.get("/").text
    with blog.app() as app:
        assert (app.blog.site.time_zone, app.blog.site.posts_per_page) == ("Asia/Tokyo", 3)


REFUSED = [
    ("time_zone", "Mars/Olympus", "There is no time zone"),
    ("time_zone", "", "There is no time zone"),
    ("time_zone", "../../etc/passwd", "There is no time zone"),
    ("posts_per_page", "many", "must be a whole number"),
    ("posts_per_page", "0", "must be from 1 to 100"),
    ("url", "example.org", "must look like https://example.org"),
    ("language", "x", "must be a tag"),
    ("title", "x" * 201, "201 characters"),
    ("theme", "gone", "There is no theme"),
    ("comments", "perhaps", "must be one of"),
]


def test_a_setting_that_does_not_fit_is_marked_and_nothing_is_lost(
    blog: BlogKit, owner_client: Visitor
) -> None:
    page = owner_client.get("/admin/settings")
    for field, value, said in REFUSED:
        typed = {"description": "Long thought about", "title": "Harbour", field: value}
        answer = send(owner_client, page, "settings", **typed)
        assert answer.status_code == 422, said
        assert said in text_of(answer)
        assert f'id="field-{field}-problem"' in answer.text
        form = form_in(answer.text, "settings").fields
        assert form["description"] == ["Long thought about"]
        assert form[field] == [value]
    with blog.app() as app:
        assert app.blog.site.title == "My blog"


def test_a_stale_settings_form_keeps_what_was_typed(blog: BlogKit, owner_client: Visitor) -> None:
    page = owner_client.get("/admin/settings")
    answer = send(owner_client, page, "settings", title="Harbour", csrf_token="old")
    assert answer.status_code == 400
    assert form_in(answer.text, "settings").fields["title"] == ["Harbour"]
    assert send(owner_client, answer, "settings").status_code == 303
    with blog.app() as app:
        assert app.blog.site.title == "Harbour"


def test_an_address_with_https_does_not_sign_the_owner_out(blog: BlogKit, owner_client: Visitor) -> None:
    page = owner_client.get("/admin/settings")
    answer = send(owner_client, page, "settings", url="https://blog.example")
    assert any(value.startswith("__Host-blog_session=") for value in answer.headers.getlist("Set-Cookie"))


def test_another_theme_is_worn_at_once_and_undone(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    assert "classic.css" in client.get("/").text
    page = owner_client.get("/admin/themes")
    form = form_in(page.text, action="/admin/themes")
    assert form.fields["theme"] == ["paper"]
    after = follow(owner_client, press(owner_client, page, "/admin/themes", theme="plain"))
    assert "plain.css" in client.get("/").text
    press(owner_client, after, "/admin/themes", theme="classic")
    assert "classic.css" in client.get("/").text


def test_a_broken_theme_is_shown_with_its_reason_and_cannot_be_chosen(
    blog: BlogKit, owner_client: Visitor
) -> None:
    with blog.app() as app:
        folder = app.blog.config.instance / "themes" / "torn"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text("name = ", encoding="utf-8")
    page = owner_client.get("/admin/themes")
    assert "It cannot be used:" in text_of(page)
    assert press(owner_client, page, "/admin/themes", theme="torn").status_code == 404


def test_a_plugin_is_switched_off_and_on_from_the_list(
    blog: BlogKit, owner_client: Visitor, box: str
) -> None:
    page = owner_client.get("/admin/plugins")
    assert "A box under posts." in text_of(page)
    assert "drop-in" in text_of(page)
    after = follow(owner_client, press(owner_client, page, "/admin/plugins/box/disable"))
    assert owner_client.get("/admin/-/box/").status_code == 404
    press(owner_client, after, "/admin/plugins/box/enable")
    assert owner_client.get("/admin/-/box/").status_code == 200


def test_enabling_a_broken_plugin_says_why_and_where(
    blog: BlogKit, owner_client: Visitor, drop_ins: Path
) -> None:
    (drop_ins / "torn.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    page = owner_client.get("/admin/plugins/torn")
    after = press(owner_client, page, "/admin/plugins/torn/enable")
    assert after.status_code == 409
    assert "torn was not enabled" in text_of(after)
    assert "nothing_of_this_name" in text_of(after)
    assert owner_client.get("/").status_code == 200


def test_a_plugin_that_is_gone_is_shown_as_missing_and_can_be_disabled(
    blog: BlogKit, owner_client: Visitor, box: str, drop_ins: Path
) -> None:
    (drop_ins / "box.py").unlink()
    blog.change_settings(title="Another app")
    assert "box is enabled but not installed" in text_of(owner_client.get("/admin/"))
    page = owner_client.get("/admin/plugins")
    assert "missing" in text_of(page)
    press(owner_client, page, "/admin/plugins/box/disable")
    assert "box is enabled" not in text_of(owner_client.get("/admin/"))


def test_a_plugins_settings_have_a_form_of_their_own(blog: BlogKit, owner_client: Visitor, box: str) -> None:
    page = owner_client.get("/admin/plugins/box")
    form = form_in(page.text, "plugin-settings").fields
    assert (form["words"], form["shown"], form["size"]) == (["hello"], ["off", "on"], ["3"])
    send(owner_client, page, "plugin-settings", words="bye", shown="off", size="4")
    form = form_in(owner_client.get("/admin/plugins/box").text, "plugin-settings").fields
    assert (form["words"], form["shown"], form["size"]) == (["bye"], ["off"], ["4"])
    answer = send(owner_client, page, "plugin-settings", words="much too long a text", size="99")
    assert answer.status_code == 422
    form = form_in(answer.text, "plugin-settings").fields
    assert (form["words"], form["size"]) == (["much too long a text"], ["99"])
    assert 'id="field-size-problem"' in answer.text


def test_a_plugins_errors_are_listed_and_can_be_forgotten(
    blog: BlogKit, owner_client: Visitor, box: str
) -> None:
    log = FailureLog()
    try:
        raise ValueError("the lid <b>fell</b>")
    except ValueError as error:
        log.add("box", "post_footer_html", error)
    with blog.app():
        settings.store_failures(log.take())
    assert "1 error" in text_of(owner_client.get("/admin/plugins"))
    page = owner_client.get("/admin/plugins/box")
    assert "ValueError: the lid <b>fell</b>" in text_of(page)
    assert "test_settings.py" in text_of(page)
    press(owner_client, page, "/admin/plugins/box/forget")
    assert "It has made no errors." in text_of(owner_client.get("/admin/plugins/box"))


def test_the_list_of_posts_names_a_plugin_that_was_switched_off(
    blog: BlogKit, owner_client: Visitor, box: str
) -> None:
    with blog.app():
        settings.disable("box", reason="Switched off because post_footer_html kept failing.")
    assert "box was switched off. Switched off because" in text_of(owner_client.get("/admin/"))


def test_an_unknown_plugin_is_not_found(owner_client: Visitor) -> None:
    for name in ("nothing", "..", "%00", "x" * 200):
        assert owner_client.get(f"/admin/plugins/{name}").status_code == 404


def test_a_plugins_page_is_in_the_menu_and_only_for_the_signed_in(
    blog: BlogKit, owner_client: Visitor, client: Visitor, box: str
) -> None:
    assert '<a href="/admin/-/box/">The box</a>' in owner_client.get("/admin/").text
    assert owner_client.get("/admin/-/box/").text == "inside the box"
    assert client.get("/admin/-/box/").headers["Location"] == "/admin/login?next=/admin/-/box/"
    assert client.post("/admin/-/box/").status_code in (400, 403)
    assert owner_client.send("/admin/-/box/", {}).status_code == 400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('AdminPages(bp, "The box")', 'AdminPages(bp, "The box", "nowhere")'), "there is no view 'nowhere'"),
        (
            ('AdminPages(bp, "The box")', 'AdminPages(bp, "The box", permission="x.see")'),
            "register_permissions declares",
        ),
        (("AdminPages(bp", "AdminPages('bp'"), "Its admin pages cannot be used"),
    ],
)
def test_admin_pages_that_cannot_be_used_break_only_their_plugin(
    blog: BlogKit, owner_client: Visitor, drop_ins: Path, change: tuple[str, str], said: str
) -> None:
    (drop_ins / "box.py").write_text(BOX.replace(*change), encoding="utf-8")
    force(blog, "box")
    page = text_of(owner_client.get("/admin/plugins/box"))
    assert "broken" in page
    assert said in page
