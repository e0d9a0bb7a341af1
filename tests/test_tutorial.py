"""The plugins that the documents show work: each file is written where its first line says, and used."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine import fetch
from blogengine.cli.main import group
from blogengine.errors import Refused
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from blogengine.testing.contract.sources import texts as texts_of
from tests.documents import FILE
from tests.documents import ROOT
from tests.documents import blocks
from tests.documents import files

PROJECT = "blogengine-reading-time"
PAGES = [ROOT / "README.md", ROOT / "docs" / "plugins.md", *sorted((ROOT / "docs" / "plugins").glob("*.md"))]
SHOWN = {name: text for page in PAGES for name, text in files(page).items()}

Install = Callable[[str], None]


@pytest.fixture
def engine_name() -> str:
    """Once is enough here, on SQLite."""
    return "sqlite"


@pytest.fixture
def install(blog: BlogKit) -> Install:
    """Write a plugin of the documents into the blog's folder and enable it."""

    def write_and_enable(plugin_id: str) -> None:
        folder = f"instance/plugins/{plugin_id}"
        shown = {
            name: text
            for name, text in SHOWN.items()
            if name == f"{folder}.py" or name.startswith(f"{folder}/")
        }
        assert shown
        for name, text in shown.items():
            file = blog.site.config.drop_in_folder / name.removeprefix("instance/plugins/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        blog.enable(plugin_id)

    return write_and_enable


def test_every_block_of_python_names_its_file() -> None:
    for page in PAGES:
        for language, text in blocks(page):
            assert language != "python" or FILE.match(text), text


def refused(blog: BlogKit, plugin_id: str) -> str:
    """Enable a plugin; return why it cannot be."""
    try:
        blog.enable(plugin_id)
    except Refused as refusal:
        return str(refusal)
    return ""


def shown_on(page: Path) -> dict[str, dict[str, str]]:
    """Return the plugins that `page` shows, in order: their files by path below the folder of drop-ins."""
    found: dict[str, dict[str, str]] = {}
    for name, text in files(page).items():
        if name.startswith("instance/plugins/"):
            path = name.removeprefix("instance/plugins/")
            found.setdefault(path.split("/")[0].removesuffix(".py"), {})[path] = text
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_every_plugin_of_a_page_loads_and_runs(page: Path, blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("Salt", "Text.\n\n## Part\n\nMore."))
    waiting = []
    for plugin_id, texts in shown_on(page).items():
        for name, text in texts.items():
            file = blog.site.config.drop_in_folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        waiting += [plugin_id] if any(name.endswith(".py") for name in texts) else []
    while waiting:  # one that another needs may be shown after it
        left = [plugin_id for plugin_id in waiting if refused(blog, plugin_id)]
        assert len(left) < len(waiting), [refused(blog, plugin_id) for plugin_id in left]
        waiting = left
    status = blog.site.current().blog.plugins.statuses
    assert {
        one: status[one].reason for one in shown_on(page) if one in status and status[one].state != "active"
    } == {}
    blog.edit_post(1, source="Edited.")
    assert client.get("/").status_code == client.get(path).status_code == 200
    assert blog.site.failures.take() == []


def test_the_plugin_of_the_readme_has_ten_lines_and_is_that_of_the_tutorial() -> None:
    (name, text), *others = files(ROOT / "README.md").items()
    assert not others
    assert text == files(ROOT / "docs" / "plugins.md")[name]
    assert len([line for line in text.splitlines()[1:] if line]) <= 10


def test_hello_thanks_under_every_post(blog: BlogKit, client: Visitor, install: Install) -> None:
    install("hello")
    path = blog.path_of(blog.write_post("Salt & pepper"))
    assert "<p>Thank you for reading “Salt &amp; pepper”.</p>" in client.get(path).text


def test_a_changed_drop_in_is_loaded_by_enabling_it_again(
    blog: BlogKit, client: Visitor, install: Install
) -> None:
    install("hello")
    path = blog.path_of(blog.write_post())
    assert "Thank you" in client.get(path).text
    file = blog.site.config.drop_in_folder / "hello.py"
    file.write_text(file.read_text("utf-8").replace("Thank you", "Thanks"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    blog.enable("hello")
    assert "Thanks for reading" in client.get(path).text


def test_reading_time_follows_its_setting(blog: BlogKit, client: Visitor, install: Install) -> None:
    install("reading_time")
    path = blog.path_of(blog.write_post(source="word " * 600))
    assert "<p>3 min to read</p>" in client.get(path).text
    blog.change_plugin("reading_time", pace=100)
    assert "<p>6 min to read</p>" in client.get(path).text


def test_a_spoiler_is_folded_away_while_the_plugin_runs(
    blog: BlogKit, client: Visitor, install: Install
) -> None:
    path = blog.path_of(blog.write_post(source="Who?\n\n[[spoiler: the <b>butler</b>]]\n\nReally."))
    assert "[[spoiler: the &lt;b&gt;butler&lt;/b&gt;]]" in client.get(path).text
    install("spoiler")
    assert "<summary>Spoiler</summary><p>the &lt;b&gt;butler&lt;/b&gt;</p>" in client.get(path).text


def test_a_comment_with_many_links_is_held(blog: BlogKit, install: Install) -> None:
    install("few_links")
    post_id = blog.write_post()
    assert blog.write_comment(post_id, "See https://a.example and https://b.example").status == "published"
    assert (
        blog.write_comment(post_id, "https://a.example https://b.example https://c.example").status
        == "pending"
    )


def test_extras_has_a_link_in_the_head_and_a_button_in_the_editor(
    blog: BlogKit, client: Visitor, owner_client: Visitor, install: Install
) -> None:
    install("extras")
    assert '<link rel="me" href="https://social.example/@ines">' in client.get("/").text
    editor = owner_client.get("/admin/posts/new").text
    assert 'value="extras:tidy"' in editor
    form = hidden_fields(editor, "editor")
    action = form.pop("__action__")
    form |= {"title": "T", "source": "spaces  \nhere ", "action": "extras:tidy"}
    assert "spaces\nhere</textarea>" in owner_client.send(action, form).text
    assert "Nothing" in client.get("/").text


def test_the_site_map_is_at_its_address_and_follows_the_posts(
    blog: BlogKit, client: Visitor, install: Install
) -> None:
    install("sitemap")
    blog.change_settings(url="https://blog.example")
    assert client.get("/sitemap.txt").text == ""
    path = blog.path_of(blog.write_post())
    assert client.get("/sitemap.txt").text == f"https://blog.example{path}\n"


def test_a_plugin_that_takes_an_address_of_the_core_is_refused(
    blog: BlogKit, client: Visitor, install: Install
) -> None:
    install("sitemap")
    file = blog.site.config.drop_in_folder / "sitemap.py"
    file.write_text(file.read_text("utf-8").replace("/sitemap.txt", "/search"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    with pytest.raises(Refused, match="The route /search belongs to the core"):
        blog.enable("sitemap")
    assert client.get("/search").mimetype == "text/html"


def test_dead_links_are_looked_for_in_a_job_and_shown_to_the_owner(
    blog: BlogKit, owner_client: Visitor, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(url: str, *, limit: int) -> fetch.Fetched:
        asked.append(url)
        return fetch.Fetched(url=url, status=404, mime="", charset="", body=b"", is_cut=False)

    monkeypatch.setattr(fetch, "get", answer)
    install("link_check")
    blog.write_post("Old news", "See [this](https://gone.example/?a=1&b=2).")
    assert not asked
    assert blog.run_jobs() > 0
    assert asked == ["https://gone.example/?a=1&b=2"]
    shown = owner_client.get("/admin/-/link_check/").text
    assert "Old news: https://gone.example/?a=1&amp;b=2" in shown
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)
    assert token is not None
    assert owner_client.send("/admin/-/link_check/again", {"csrf_token": token[1]}).status_code == 302
    blog.run_jobs()
    assert len(asked) == 2
    assert owner_client.send("/admin/-/link_check/again", {}).status_code == 400


def test_the_texts_of_its_templates_can_be_translated() -> None:
    plain = [
        (name, line, text.strip())
        for name, source in SHOWN.items()
        if name.endswith(".html")
        for line, text in texts_of(source)
        if re.search(r"[^\W\d_]{2}", text)
    ]
    assert plain == []


def test_the_package_of_the_tutorial_is_made_filled_and_its_tests_pass(tmp_path: Path) -> None:
    words = ["plugins", "new", "Reading time", "--with", "settings", "--into", str(tmp_path)]
    CliRunner().invoke(group, words, catch_exceptions=False)
    project = tmp_path / PROJECT
    (project / "blogengine_reading_time" / "__init__.py").write_text(
        SHOWN["instance/plugins/reading_time.py"]
    )
    shown = {name: text for name, text in SHOWN.items() if name.startswith(PROJECT)}
    assert shown
    for name, text in shown.items():
        assert (tmp_path / name).exists(), f"{name} is none of the files that the command makes"
        (tmp_path / name).write_text(text, encoding="utf-8")
    for words in (["check"], ["format", "--check"]):
        ruff: list[str | Path] = [sys.executable, "-m", "ruff", *words, "--no-cache", project]
        checked = subprocess.run(ruff, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout
    build: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    build += [
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--target",
        tmp_path / "installed",
        project,
    ]
    subprocess.run(build, check=True)
    paths = [str(tmp_path / "installed"), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    tests: list[str | Path] = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
    done = subprocess.run(tests, cwd=project, env=environment, capture_output=True, text=True)
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert "failed" not in done.stdout
