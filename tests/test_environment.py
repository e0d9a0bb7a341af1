"""Settings that the environment gives: they win, are never stored, are locked in the forms, and a bad one is said."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine import settings
from blogengine.cli.doctor import check_blog
from blogengine.cli.main import group
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.models import Setting
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import form_in
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

SHELF = """
@dataclass(frozen=True)
class Settings:
    token: Secret = option(Secret(), "Token")
    pace: int = option(200, "Pace", minimum=50, maximum=1000)
    share: float = option(0.5, "Share", minimum=0, maximum=1)
    loud: bool = option(False, "Loud")
    blogs: list[str] = option([], "Blogs", max_items=3)
    key_file: str = option("", "Key file")

@hookimpl
def register_settings(): return Settings
"""


def restart(blog: BlogKit) -> None:
    """Let the process look at its environment, as it does when it starts."""
    blog.site.forget_app()


def shelf(blog: BlogKit) -> tuple[object, ...]:
    restart(blog)
    mine = blog.site.current().blog.plugins.settings("shelf")
    return mine.token.reveal(), mine.pace, mine.share, mine.loud, list(mine.blogs), mine.key_file


def test_the_environment_wins_over_what_is_stored_and_is_never_stored(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(blog, "shelf", SHELF)
    blog.change_plugin("shelf", token="stored", pace="300", blogs="one")
    before = blog.site.current().blog.setup.fingerprint
    (tmp_path / "token").write_text("from a file\n", "utf-8")
    for name, text in {
        "TOKEN_FILE": str(tmp_path / "token"),
        "PACE": "400",
        "SHARE": "0.25",
        "LOUD": "on",
        "BLOGS": "a\nb",
        "KEY_FILE": "no file at all",
    }.items():
        monkeypatch.setenv(f"BLOGENGINE_P_SHELF__{name}", text)
    assert shelf(blog) == ("from a file", 400, 0.25, True, ["a", "b"], "no file at all")
    assert blog.site.current().blog.setup.fingerprint != before
    assert "from a file" not in repr(blog.site.current().blog.setup)
    with pytest.raises(Invalid, match="BLOGENGINE_P_SHELF__PACE"):
        blog.change_plugin("shelf", pace="500")
    with blog.app():
        stored = settings.states()["shelf"].settings
        assert {name: stored[name] for name in ("pace", "blogs")} == {"pace": 300, "blogs": ["one"]}
    monkeypatch.setenv("BLOGENGINE_P_SHELF__PACE", "")
    assert shelf(blog)[1] == 300


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("PACE", "fast", "Pace must be a whole number. The default 200 is used."),
        ("PACE", "10", "Pace must be from 50 to 1000. The default 200 is used."),
        ("LOUD", "perhaps", "Say on or off. The default False is used."),
        ("TOKEN_FILE", "/nowhere/at/all", "cannot be read (No such file or directory)"),
        ("BLOGS", "a\nb\nc\nd", "3 are allowed"),
        ("PAC", "5", "BLOGENGINE_P_SHELF__PAC gives no setting. Did you mean BLOGENGINE_P_SHELF__PACE?"),
    ],
)
def test_a_bad_variable_is_said_and_the_default_holds(
    blog: BlogKit,
    owner_client: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    text: str,
    said: str,
) -> None:
    run(blog, "shelf", SHELF)
    monkeypatch.setenv(f"BLOGENGINE_P_SHELF__{variable}", text)
    assert shelf(blog) == ("", 200, 0.5, False, [], "")
    with blog.app() as app:
        lines = [line for level, line in check_blog(app.blog) if level == "fail"]
    assert any(said in line and "plugin shelf" in line and "change the environment" in line for line in lines)
    assert said in text_of(owner_client.get("/admin/"))
    assert owner_client.get("/admin/plugins/shelf").status_code == 200


def test_a_form_shows_what_is_locked_and_by_what(
    blog: BlogKit, owner_client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(blog, "shelf", SHELF)
    monkeypatch.setenv("BLOGENGINE_P_SHELF__PACE", "400")
    monkeypatch.setenv("BLOGENGINE_P_SHELF__LOUD", "on")
    monkeypatch.setenv("BLOGENGINE_P_SHELF__TOKEN", "zebra zebra")
    monkeypatch.setenv("BLOGENGINE_TITLE", "From outside")
    monkeypatch.setenv("BLOGENGINE_MAIL_PASSWORD", "zebra zebra")
    restart(blog)
    page = owner_client.get("/admin/plugins/shelf")
    assert "Given by the environment variable BLOGENGINE_P_SHELF__PACE" in text_of(page)
    assert 'name="pace" value="400" autocomplete="off" disabled' in page.text
    assert "zebra" not in page.text
    fields = form_in(page.text, "plugin-settings").fields
    left_out: dict[str, None] = dict.fromkeys(("pace", "loud", "password:token"))
    answer = send(owner_client, page, "plugin-settings", **left_out, share="0,75")
    assert answer.status_code == 303, text_of(answer)
    assert shelf(blog)[1:4] == (400, 0.75, True)
    assert fields["pace"] == ["400"]
    page = owner_client.get("/admin/settings")
    assert "Given by the environment variable BLOGENGINE_TITLE" in text_of(page)
    assert "zebra" not in page.text
    assert "From outside" in owner_client.get("/").text
    answer = send(owner_client, page, "settings", title=None, description="Small boats")
    assert answer.status_code == 303, text_of(answer)
    with blog.app():
        assert db.session.get(Setting, "title") is None
        assert db.session.get(Setting, "mail_password") is None
        assert db.session.get(Setting, "description") is not None


def test_a_bad_variable_of_the_blog_is_said_and_the_default_holds(
    blog: BlogKit, owner_client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog.change_settings(time_zone="Asia/Tokyo")
    monkeypatch.setenv("BLOGENGINE_TIME_ZONE", "Mars/Phobos")
    monkeypatch.setenv("BLOGENGINE_P_NOBODY__X", "1")
    restart(blog)
    assert owner_client.get("/").status_code == 200
    assert blog.site.current().blog.site.time_zone == "UTC"
    (problem,) = blog.site.current().blog.setup.problems
    assert problem.startswith(
        "Setting time_zone: The environment variable BLOGENGINE_TIME_ZONE cannot be used"
    )
    assert problem in text_of(owner_client.get("/admin/settings"))
    with blog.app() as app:
        lines = [line for _, line in check_blog(app.blog)]
    assert problem in lines
    assert "The environment variable BLOGENGINE_P_NOBODY__X is for a plugin that is not there." in lines


def test_the_command_line_says_what_the_environment_gives(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key, "ascii")
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", config.database_url)
    monkeypatch.setenv("BLOGENGINE_TITLE", "From outside")
    monkeypatch.setenv("BLOGENGINE_P_ATOM__ENTRIES", "7")

    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(group, ["--instance", str(config.instance), *words])
        return result.exit_code, result.output + str(result.exception or "")

    code, said = command("settings")
    assert code == 0
    assert "title=From outside" in said
    assert "title is given by the environment variable BLOGENGINE_TITLE." in said
    code, said = command("settings", "title=Other")
    assert code == 1
    assert "Change it there" in said
    assert command("settings", "description=Small boats")[0] == 0
    code, said = command("plugins", "settings", "atom")
    assert "entries=7" in said
    assert "BLOGENGINE_P_ATOM__ENTRIES" in said
    with blog.app():
        assert db.session.get(Setting, "title") is None
