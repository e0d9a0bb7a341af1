"""Rescue: plugins switched off without loading them, a link that signs in once, safe mode for one browser."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine import db as database
from blogengine import rescue
from blogengine import settings
from blogengine.cli.main import group
from blogengine.errors import Refused
from blogengine.models import Setting
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import form_in
from tests.admin.forms import text_of
from tests.plugin_files import run
from tests.running import RunningBlog

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

GREETER = """
@hookimpl
def listing_footer_html(page):
    return Markup("<p>greeted</p>")
"""


def link(blog: BlogKit) -> str:
    with blog.app():
        return rescue.make_link("")


def use(visitor: Visitor, address: str, mode: str) -> int:
    """Open a rescue link and press one of its buttons."""
    page = visitor.get(address)
    assert page.status_code == 200, page.text
    form = form_in(page.text, "rescue")
    return visitor.send(form.action, {**form.fields, "mode": mode}).status_code


def test_the_rescue_command_loads_no_plugin_and_the_next_commands_work(tmp_path: Path) -> None:
    running = RunningBlog(tmp_path / "instance")
    try:
        worse = running.enable("worse", "")
        running.enable("bad", "import os; os._exit(3)")
        worse.write_text("while True: pass")
        command = [sys.executable, "-m", "blogengine", "--instance", str(running.folder), "plugins"]
        options = {"capture_output": True, "text": True, "timeout": 60}
        done = subprocess.run([*command, "list"], check=False, **options)  # type: ignore[call-overload]
        assert done.returncode == 3
        done = subprocess.run([*command, "rescue", "--off", "bad", "--off", "worse"], check=False, **options)  # type: ignore[call-overload]
        assert "bad is off; its data is kept." in done.stdout
        assert "Nobody owns this blog yet" in done.stderr
        done = subprocess.run([*command, "list"], check=True, **options)  # type: ignore[call-overload]
        assert re.search(r"^bad +off", done.stdout, re.MULTILINE)
        assert "Switched off by `blogengine plugins rescue`." in done.stdout
    finally:
        running.close()


@SQLITE
def test_all_plugins_can_be_switched_off_at_once_and_comments_wait(
    blog: BlogKit, client: Visitor, owner_client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(blog, "greeter", GREETER)
    with blog.app():
        settings.enable("moderation")
    outcome = blog.write_comment(blog.write_post(), "Before.")
    assert outcome.status == "published"
    runner = rescuing(blog, monkeypatch, "--all-off")
    assert "greeter is off; its data is kept." in runner
    assert "Comments wait for you" in runner
    assert "greeted" not in client.get("/").text
    post_id = blog.write_post("Another")
    assert blog.write_comment(post_id, "After.").status == "pending"
    holding = blog.site.current().blog.setup.holding
    assert "moderation" in holding
    for plugin_id in holding:
        blog.disable(plugin_id)
    assert blog.site.current().blog.setup.holding == ()
    assert blog.write_comment(post_id, "At last.").status == "published"


def rescuing(blog: BlogKit, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """Run the command on the test's database; return what it said."""
    config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key)
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", config.database_url)
    done = CliRunner().invoke(group, ["--instance", str(config.instance), "plugins", "rescue", *words])
    return done.output


@SQLITE
def test_a_blog_without_an_owner_has_nobody_to_sign_in(blog: BlogKit) -> None:
    with blog.app(), pytest.raises(Refused, match="Nobody owns"):
        rescue.make_link("")


def test_the_link_signs_in_once_and_only_the_last_one(
    blog: BlogKit, client: Visitor, owner_client: Visitor, clock: FrozenClock
) -> None:
    first = link(blog)
    second = link(blog)
    assert client.get(first).status_code == 404
    assert client.get(f"{rescue.PATH}?token=guessed").status_code == 404
    assert client.get(rescue.PATH).status_code == 404
    assert client.get("/admin/plugins").status_code == 303
    assert use(client, second, "") == 303
    assert client.get("/admin/plugins").status_code == 200
    other = Visitor(blog.site)
    assert other.get(second).status_code == 404
    assert other.send(rescue.PATH, {"token": second.partition("=")[2]}).status_code in (400, 403, 404)
    third = link(blog)
    clock.tick(minutes=31)
    assert other.get(third).status_code == 404


@SQLITE
def test_safe_mode_is_for_one_browser_with_its_own_session(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    run(blog, "greeter", GREETER)
    mine = Visitor(blog.site)
    assert use(mine, link(blog), "safe") == 303
    assert "greeted" not in mine.get("/").text
    assert "Safe mode" in text_of(mine.get("/admin/plugins"))
    assert "greeted" in client.get("/").text
    assert "greeted" in owner_client.get("/").text
    assert "Safe mode" not in owner_client.get("/admin/plugins").text
    mark = mine.get_cookie(rescue.SAFE_COOKIE)
    assert mark is not None
    client.set_cookie(rescue.SAFE_COOKIE, mark.value)
    owner_client.set_cookie(rescue.SAFE_COOKIE, mark.value)
    assert "greeted" in client.get("/").text
    assert "greeted" in owner_client.get("/").text
    page = mine.get("/admin/plugins")
    form = form_in(page.text, action="/admin/safe-mode/leave")
    assert mine.send(form.action, form.fields).status_code == 303
    assert "greeted" in mine.get("/").text


@SQLITE
def test_a_plugin_can_be_switched_off_in_safe_mode(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    run(blog, "greeter", GREETER)
    mine = Visitor(blog.site)
    use(mine, link(blog), "safe")
    page = mine.get("/admin/plugins/greeter")
    form = form_in(page.text, action="/admin/plugins/greeter/disable")
    mine.send(form.action, form.fields)
    assert "greeted" not in client.get("/").text


@SQLITE
def test_a_plugin_that_breaks_the_owners_pages_does_not_stop_the_rescue(
    blog: BlogKit, client: Visitor, owner_client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(blog)
    app = blog.site.current()
    monkeypatch.setitem(app.view_functions, "admin.rescue", lambda: 1 / 0)
    assert client.get(address).status_code == 200


@SQLITE
@pytest.mark.parametrize("kept", ["text", 7, {}, {"digest": 1, "until": 2}, {"until": "later"}, []])
def test_what_is_stored_in_the_place_of_a_link_opens_nothing(
    blog: BlogKit, client: Visitor, owner_client: Visitor, kept: object
) -> None:
    with blog.app():
        database.write(lambda tx: tx.session.merge(Setting(key="_rescue", value=kept)))
    assert client.get(f"{rescue.PATH}?token=x").status_code == 404
