"""Rows of settings edited by hand into anything: the blog answers, and says what is wrong and how to mend it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from blogengine import db as database
from blogengine import settings
from blogengine.cli.doctor import check_blog
from blogengine.cli.main import group
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import text_of
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
FUZZ = profile(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SHELF = """
from typing import Literal

@dataclass(frozen=True)
class Settings:
    token: Secret = option(Secret(), "Token")
    words: str = option("hello", "Words", max_length=50)
    pace: int = option(200, "Pace", minimum=50, maximum=1000)
    share: float = option(0.5, "Share", minimum=0, maximum=1)
    loud: bool = option(False, "Loud")
    tone: Literal["short", "long"] = option("short", "Tone")
    blogs: list[str] = option([], "Blogs", max_items=3, check=check_web_address)
    mails: tuple[str, ...] = option((), "Mails", check=check_mail_address)

    def validate(self):
        if self.loud and self.pace > 900:
            raise Invalid({"pace": "Too fast to be loud."})

@hookimpl
def register_settings(): return Settings

@hookimpl
def listing_footer_html(page): return f"pace {settings_of('shelf').pace}"
"""
NAMES = ["token", "words", "pace", "share", "loud", "tone", "blogs", "mails", "_version", "other"]
SITE = [
    "title",
    "url",
    "theme",
    "posts_per_page",
    "mail_password",
    "mail_port",
    "_theme:classic",
    "_blog_created",
    "_blog_id",
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
    | st.just({"sealed": "AAAA"})
    | st.just("x" * 100_000),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["sealed", "a", "set"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def store(blog: BlogKit, plugin: Any, site: dict[str, Any]) -> None:
    def change(tx: Transaction) -> None:
        tx.session.get_one(PluginState, "shelf").settings = plugin
        tx.session.execute(sa.delete(Setting).where(Setting.key.in_(SITE)))
        for key, value in site.items():
            tx.session.add(Setting(key=key, value=value))
        tx.bump(settings.SETUP_TAG)

    with blog.app():
        database.write(change)


def test_whatever_json_is_stored_the_blog_answers(blog: BlogKit, owner_client: Visitor) -> None:
    run(blog, "shelf", SHELF)
    path = blog.path_of(blog.write_post())
    visitor = Visitor(blog.site)

    @given(
        plugin=ANYTHING | st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6),
        site=st.dictionaries(st.sampled_from(SITE), ANYTHING, max_size=4),
    )
    @FUZZ
    def answers(plugin: Any, site: dict[str, Any]) -> None:
        store(blog, plugin, site)
        for address in ("/", path, "/atom.xml"):
            assert visitor.get(address).status_code == 200
        for address in (
            "/admin/",
            "/admin/settings",
            "/admin/plugins",
            "/admin/plugins/shelf",
            "/admin/themes",
        ):
            assert owner_client.get(address).status_code == 200
        with blog.app() as app:
            assert app.blog.plugins.is_active("shelf")
            lines = [line for _, line in check_blog(app.blog)]
            for name, text in app.blog.plugins.setting_problems.get("shelf", {}).items():
                assert any(
                    "plugin shelf" in line and name in line and text in line and "Mend it:" in line
                    for line in lines
                )

    answers()


@SQLITE
@pytest.mark.parametrize(
    "text", ["{", "", "nope", "[" * 100_000, '{"pace": 1' + "0" * 5000 + "}", "NaN", '{"pace": NaN}']
)
def test_what_is_no_json_counts_as_nothing(blog: BlogKit, owner_client: Visitor, text: str) -> None:
    run(blog, "shelf", SHELF)

    def change(tx: Transaction) -> None:
        tx.session.connection().exec_driver_sql("UPDATE plugin_state SET settings = ?", (text,))
        tx.session.connection().exec_driver_sql("UPDATE setting SET value = ? WHERE key = 'title'", (text,))
        tx.bump(settings.SETUP_TAG)

    blog.change_settings(title="Renamed")
    with blog.app():
        database.write(change)
    assert "pace 200" in owner_client.get("/").text
    for address in ("/admin/", "/admin/settings", "/admin/plugins", "/admin/plugins/shelf"):
        assert owner_client.get(address).status_code == 200
    with blog.app() as app:
        assert any("plugin shelf" in line and "Mend it" in line for _, line in check_blog(app.blog))
    blog.change_plugin("shelf", pace="300")
    with blog.app() as app:
        assert app.blog.plugins.setting_problems == {}
        assert app.blog.plugins.settings("shelf").pace == 300


@pytest.fixture
def command(blog: BlogKit, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key, "ascii")
    (config.instance / "secret_key").chmod(0o600)
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", config.database_url)

    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(group, ["--instance", str(config.instance), *words])
        return result.exit_code, result.output + str(result.exception or "")

    return call


@SQLITE
def test_the_command_line_shows_changes_and_mends_a_plugins_settings(
    blog: BlogKit, command: Callable[..., tuple[int, str]], owner_client: Visitor
) -> None:
    run(blog, "shelf", SHELF)
    store(blog, {"pace": "many", "words": ["nested"], "gone": 1}, {})
    code, said = command("plugins", "settings", "shelf")
    assert code == 0
    assert "pace=200" in said
    assert "! pace: Pace must be a whole number. The default 200 is used." in said
    assert "! Setting pace: Pace must be a whole number." in command("plugins", "list")[1]
    code, said = command("doctor")
    assert code == 1
    assert "Mend it: blogengine plugins settings shelf pace=…, or --reset pace" in said
    assert command("plugins", "settings", "shelf", "--reset", "pace", "--reset", "gone")[0] == 0
    assert (
        command(
            "plugins", "settings", "shelf", "words=bye", "blogs=https://a.example", "blogs=https://b.example"
        )[0]
        == 0
    )
    with blog.app() as app:
        assert app.blog.plugins.setting_problems == {}
        assert app.blog.plugins.settings("shelf").blogs == ["https://a.example", "https://b.example"]
    for words, said in {
        ("pase=5",): "did you mean pace?",
        ("pace=5",): "from 50 to 1000",
        ("pace",): "Write it as name=value.",
        ("blogs=ftp://a.example",): "Line 1: The address must look like",
        ("loud=on", "pace=950"): "Too fast to be loud.",
        ("--reset", "nothing"): "there is no such setting",
    }.items():
        code, answer = command("plugins", "settings", "shelf", *words)
        assert (code, said in answer) == (1, True), answer
    assert "has no settings, or does not run" in command("plugins", "settings", "nobody")[1]
    assert command("plugins", "settings", "shelf", "--reset-all")[0] == 0
    with blog.app():
        assert settings.states()["shelf"].settings == {}


@SQLITE
def test_a_file_with_settings_is_taken_over_or_refused_with_its_name(
    blog: BlogKit, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    run(blog, "shelf", SHELF)
    blog.change_plugin("shelf", pace="300", token="zebra zebra", blogs="https://a.example")
    said = command("plugins", "settings", "shelf", "--json")[1]
    file = tmp_path / "shelf.json"
    file.write_text(said[said.index("{") :], "utf-8")
    command("plugins", "settings", "shelf", "--reset", "pace", "--reset", "blogs")
    assert command("plugins", "settings", "shelf", "--load", str(file))[0] == 0
    with blog.app() as app:
        mine = app.blog.plugins.settings("shelf")
        assert (mine.pace, mine.blogs, mine.token.reveal()) == (300, ["https://a.example"], "zebra zebra")
    for nonsense, expected in {
        "{": "is no JSON",
        "[]": "holds no table of settings",
        '{"settings": {"pace": null}}': "Pace must be a whole number",
        '{"pace": {"a": [1]}, "tone": 7}': "Tone must be text",
        '{"pasce": 7}': "did you mean pace?",
        '{"pace": 1' + "0" * 5000 + "}": "is no JSON",
        "[" * 100_000: "is no JSON",
        " " * 1_000_001: "no file with settings",
    }.items():
        file.write_text(nonsense, "utf-8")
        code, answer = command("plugins", "settings", "shelf", "--load", str(file))
        assert (code, expected in answer) == (1, True), answer
    file.write_bytes(b"\xff\xfe")
    assert command("plugins", "settings", "shelf", "--load", str(file))[0] == 1
    site = tmp_path / "site.json"
    said = command("settings", "--json")[1]
    site.write_text(
        json.dumps({**json.loads(said[said.index("{") :])["settings"], "title": "Taken over"}), "utf-8"
    )
    assert command("settings", "--load", str(site))[0] == 0
    assert command("settings", "--reset", "title")[0] == 0
    with blog.app():
        assert db.session.get(Setting, "title") is None


@SQLITE
def test_the_owner_goes_back_to_the_defaults_after_being_asked(blog: BlogKit, owner_client: Visitor) -> None:
    run(blog, "shelf", SHELF)
    blog.change_plugin("shelf", pace="300", token="zebra zebra")
    page = owner_client.get("/admin/plugins/shelf/reset")
    assert "Token, Pace" in text_of(page)
    assert owner_client.get("/admin/plugins/nobody/reset").status_code == 404
    with blog.app():
        assert settings.states()["shelf"].settings != {}
    form = page.text
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    assert owner_client.send("/admin/plugins/shelf/reset", {"csrf_token": token}).status_code == 303
    with blog.app():
        assert settings.states()["shelf"].settings == {}
