"""The documents keep their promises: what they name exists, what they show works, what the code has they name."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from blogengine import config
from blogengine import fetch
from blogengine import hookspecs
from blogengine import plugin as api
from blogengine import reference
from blogengine.cli.main import group
from blogengine.reference import facts
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOOKS = facts.hook_names()
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:# |\{#- )((?:instance|blogengine-reading-time)/[\w./-]+)")
PROJECT = "blogengine-reading-time"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and text of the blocks of code in `page`."""
    return [(found[1], found[2]) for found in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def files(page: Path) -> dict[str, str]:
    """Return the files that `page` shows: each begins with a comment that names it."""
    return {found[1]: text for _, text in blocks(page) if (found := FILE.match(text))}


SHOWN = files(ROOT / "README.md") | files(ROOT / "docs" / "plugins.md")


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --- hooks


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_what_it_is_given_when_it_is_called_and_since_when(name: str) -> None:
    function = getattr(hookspecs, name)
    text = inspect.getdoc(function) or ""
    assert re.match(r"[A-Z][^\n]*\.\n\n", text), "it begins with one sentence"
    assert re.search(r"Since \d+\.\d+\.$", text)
    assert "Called " in text or "transaction" in text
    assert re.findall(r"^:param (\w+): ", text, re.MULTILINE) == list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_bundled_plugin_that_uses_it(name: str) -> None:
    assert facts.users_of(name)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_test_named_after_it(name: str) -> None:
    wanted = re.compile(rf"^(?:async )?def test_hook_{name}(?:_\w+)?\(", re.MULTILINE)
    assert any(
        wanted.search(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py")
    )


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_called_somewhere(name: str) -> None:
    called = re.compile(rf"\.hook\.{name}\(|(?:collect|getattr)\(.*\"{name}\"")
    core = [path for path in (ROOT / "blogengine").rglob("*.py") if path.name != "hookspecs.py"]
    is_slot = name.removesuffix("_html") in facts.slots()
    assert is_slot or any(called.search(path.read_text(encoding="utf-8")) for path in core)


def test_every_slot_of_a_template_has_its_hook() -> None:
    assert {f"{name}_html" for name in facts.slots()} <= set(HOOKS)


# --- the reference


def test_the_reference_says_what_the_code_says() -> None:
    assert not reference.differences(ROOT / "docs" / "reference"), "run: blogengine docs"


def test_the_reference_is_mended_by_writing_it(tmp_path: Path) -> None:
    (tmp_path / "hooks.md").write_text("old", encoding="utf-8")
    (tmp_path / "gone.md").write_text("old", encoding="utf-8")
    assert "hooks.md" in reference.differences(tmp_path)
    assert {"gone.md", "hooks.md", "settings.md"} <= set(reference.write(tmp_path))
    assert not reference.differences(tmp_path)
    assert not (tmp_path / "gone.md").exists()


def test_every_public_name_of_the_plugin_api_has_a_sentence() -> None:
    plain = {name for name in api.__all__ if isinstance(getattr(api, name), int | str)}
    silent = {name for name in api.__all__ if not inspect.getdoc(getattr(api, name))} - plain
    assert not silent


def test_every_word_of_templates_has_a_sentence_and_stands_in_the_page_for_theme_authors() -> None:
    filters, words = facts.template_words()
    themes = (ROOT / "docs" / "themes.md").read_text(encoding="utf-8")
    assert all({**filters, **words}.values())
    missing = [
        name
        for name in {*filters, *words} - {"admin_page", "gettext"}
        if not re.search(rf"\b{name}\b", themes)
    ]
    assert not missing
    assert not [name for name in facts.slots() if name != "editor" and f"`{name}`" not in themes]


# --- what the documents name


def test_every_environment_variable_stands_in_the_page_for_hosts() -> None:
    read = set(re.findall(r"BLOGENGINE_[A-Z_]+", inspect.getsource(config)))
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(BLOGENGINE_[A-Z_]+)`", hosting, re.MULTILINE)) == read


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text(encoding="utf-8")))
    ):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        led_to = (page.parent / name).resolve() if name else page
        assert led_to.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(led_to), f"{target}: there is no such heading"


def anchors(page: Path) -> set[str]:
    """Return the names of the headings of `page` as they are linked to."""
    heads = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_names_no_machine_but_examples_and_this_one(page: Path) -> None:
    example = re.compile(r"(.*\.)?example(\.(org|com|net))?|127\.0\.0\.1|localhost|…")
    found = re.findall(r"https?://[^\s`)\"'<>|,\\]+", page.read_text(encoding="utf-8"))
    hosts = {(urlsplit(address).hostname or "").rstrip(".") for address in found}
    assert not {host for host in hosts if not example.fullmatch(host)}


def commands() -> set[str]:
    """Return the words that follow `blogengine`, with those of groups."""
    found = set()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.add(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}" for inner in command.list_commands(context)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    text = in_code(page.read_text(encoding="utf-8"))
    known = commands()
    for name, inner in re.findall(
        r"(?:^|[`/])blogengine (?:--\w+ \S+ )*([a-z]+)(?: ([a-z]+))?(?=[`\s])", text, re.MULTILINE
    ):
        assert name in known, f"blogengine {name}"
        is_group = any(command.startswith(f"{name} ") for command in known)
        assert not inner or not is_group or f"{name} {inner}" in known, f"blogengine {name} {inner}"
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= set(targets)


def in_code(text: str) -> str:
    """Return what `text` shows as code."""
    return "\n".join(
        [*(found[2] for found in BLOCK.finditer(text)), *re.findall(r"`[^`\n]+`", BLOCK.sub("", text))]
    )


# --- what the documents show: each file is written where its first line says, and used


@pytest.fixture
def engine_name() -> str:
    """Once is enough here, on SQLite."""
    return "sqlite"


@pytest.fixture
def install(blog: BlogKit) -> Callable[[str], None]:
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
    for page in (ROOT / "README.md", ROOT / "docs" / "plugins.md"):
        for language, text in blocks(page):
            assert language != "python" or FILE.match(text), text


def test_every_plugin_shown_is_used_below() -> None:
    shown = {Path(name).parts[2].removesuffix(".py") for name in SHOWN if name.startswith("instance/")}
    here = Path(__file__).read_text(encoding="utf-8")
    assert not [name for name in shown if f'install("{name}")' not in here]


def test_the_plugin_of_the_readme_has_ten_lines_and_is_that_of_the_tutorial() -> None:
    (name, text), *others = files(ROOT / "README.md").items()
    assert not others
    assert text == files(ROOT / "docs" / "plugins.md")[name]
    assert len([line for line in text.splitlines()[1:] if line]) <= 10


def test_hello_thanks_under_every_post(
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    install("hello")
    path = blog.path_of(blog.write_post("Salt & pepper"))
    assert "<p>Thank you for reading “Salt &amp; pepper”.</p>" in client.get(path).text


def test_a_changed_drop_in_is_loaded_by_enabling_it_again(
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    install("hello")
    path = blog.path_of(blog.write_post())
    assert "Thank you" in client.get(path).text
    file = blog.site.config.drop_in_folder / "hello.py"
    file.write_text(file.read_text("utf-8").replace("Thank you", "Thanks"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    blog.enable("hello")
    assert "Thanks for reading" in client.get(path).text


def test_reading_time_follows_its_setting(
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    install("reading_time")
    path = blog.path_of(blog.write_post(source="word " * 600))
    assert "<p>3 min to read</p>" in client.get(path).text
    blog.change_plugin("reading_time", pace=100)
    assert "<p>6 min to read</p>" in client.get(path).text


def test_a_spoiler_is_folded_away_while_the_plugin_runs(
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    path = blog.path_of(blog.write_post(source="Who?\n\n[[spoiler: the <b>butler</b>]]\n\nReally."))
    assert "[[spoiler: the &lt;b&gt;butler&lt;/b&gt;]]" in client.get(path).text
    install("spoiler")
    assert "<summary>Spoiler</summary><p>the &lt;b&gt;butler&lt;/b&gt;</p>" in client.get(path).text


def test_a_comment_with_many_links_is_held(blog: BlogKit, install: Callable[[str], None]) -> None:
    install("few_links")
    post_id = blog.write_post()
    assert blog.write_comment(post_id, "See https://a.example and https://b.example").status == "published"
    assert (
        blog.write_comment(post_id, "https://a.example https://b.example https://c.example").status
        == "pending"
    )


def test_extras_has_a_link_in_the_head_and_a_button_in_the_editor(
    blog: BlogKit, client: Visitor, owner_client: Visitor, install: Callable[[str], None]
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
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    install("sitemap")
    blog.change_settings(url="https://blog.example")
    assert client.get("/sitemap.txt").text == ""
    path = blog.path_of(blog.write_post())
    assert client.get("/sitemap.txt").text == f"https://blog.example{path}\n"


def test_a_plugin_that_takes_an_address_of_the_core_is_broken(
    blog: BlogKit, client: Visitor, install: Callable[[str], None]
) -> None:
    install("sitemap")
    file = blog.site.config.drop_in_folder / "sitemap.py"
    file.write_text(file.read_text("utf-8").replace("/sitemap.txt", "/search"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    blog.enable("sitemap")
    assert client.get("/search").mimetype == "text/html"
    with blog.app() as app:
        assert app.blog.plugins.statuses["sitemap"].state == "broken"


def test_dead_links_are_looked_for_in_a_job_and_shown_to_the_owner(
    blog: BlogKit, owner_client: Visitor, install: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
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


def test_the_package_of_the_tutorial_can_be_installed_and_its_tests_pass(tmp_path: Path) -> None:
    project = tmp_path / PROJECT
    for name, text in SHOWN.items():
        if name.startswith(PROJECT):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    package = project / "blogengine_reading_time"
    package.mkdir()
    (package / "__init__.py").write_text(SHOWN["instance/plugins/reading_time.py"], encoding="utf-8")
    words = [
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
    ]
    installed = tmp_path / "installed"
    subprocess.run([sys.executable, "-m", "pip", *words, "--target", installed, project], check=True)
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        project / "tests",
    ]
    paths = [str(installed), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    done = subprocess.run(tests, cwd=project, env=environment, capture_output=True, text=True)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
