"""The documents keep their promises: what they name exists, what they show works, what the code has they name."""

import inspect
import re
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from blogengine import config
from blogengine import hookspecs
from blogengine import plugin as api
from blogengine import reference
from blogengine.cli.main import group
from blogengine.places import SLOTS
from blogengine.reference import facts
from blogengine.testing import BlogKit
from tests.documents import BLOCK
from tests.documents import ROOT
from tests.documents import in_code

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOOKS = facts.hook_names()


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --- hooks


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_what_it_is_given_when_it_is_called_and_since_when(name: str) -> None:
    function = hookspecs.known()[name]
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
    called = re.compile(rf"\.hook\.{name}\(|(?:collect|getattr|offered|tell|ask)\(.*\"{name}\"")
    core = [path for path in (ROOT / "blogengine").rglob("*.py") if path.parent.name != "hookspecs"]
    is_slot = name.removesuffix("_html") in facts.slots()
    assert is_slot or any(called.search(path.read_text(encoding="utf-8")) for path in core)


def test_every_slot_stands_in_a_template_and_has_a_hook_with_the_same_arguments() -> None:
    assert set(facts.slots()) == set(SLOTS)
    for slot in SLOTS.values():
        hook = hookspecs.known()[f"{slot.name}_html"]
        assert tuple(inspect.signature(hook).parameters) == slot.arguments


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
    of_themes = [slot.name for slot in SLOTS.values() if not slot.templates[0].startswith("admin/")]
    assert not [name for name in of_themes if f"`{name}`" not in themes]


def test_what_plugins_pages_are_promised_is_there(blog: BlogKit) -> None:
    with blog.app() as app:
        for call in facts.FOR_PLUGINS:
            name, _, macro = call.partition("(")[0].partition(".")
            if macro:
                forms = app.jinja_env.get_template(f"admin/_{name.removeprefix('admin_')}.html").module
                assert hasattr(forms, macro)
            else:
                assert name in app.jinja_env.globals


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


def test_every_guide_for_plugin_authors_stands_in_the_list_of_guides() -> None:
    index = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    guides = sorted((ROOT / "docs" / "plugins").glob("*.md"))
    assert not [page.name for page in guides if f"](plugins/{page.name})" not in index]


def anchors(page: Path) -> set[str]:
    """Return the names of the headings of `page` as they are linked to."""
    heads = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_names_no_machine_but_examples_and_this_one(page: Path) -> None:
    example = re.compile(
        r"(.*\.)?example(\.(org|com|net))?|127\.0\.0\.1|localhost|…"
        r"|schema\.org|purl\.org"  # vocabularies are named by addresses, and nothing is asked there
    )
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
