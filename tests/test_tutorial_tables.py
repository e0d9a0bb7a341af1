"""The plugins of the page about tables work as the page says."""

import ast
import re
from pathlib import Path

import pytest

from blogengine.tables import Tables
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.documents import ROOT
from tests.documents import files
from tests.test_tables import command

SHOWN = files(ROOT / "docs" / "plugins" / "tables.md")
TEST = "instance/plugins/applause/tests/test_applause.py"


def code_of(step: Path) -> str:
    """Return a step without its layout and without Alembic's marks of names that are complete."""
    return ast.dump(ast.parse(re.sub(r'op\.f\(("[^"]*")\)', r"\1", step.read_text(encoding="utf-8"))))


def write_all(blog: BlogKit) -> Path:
    folder = blog.site.config.drop_in_folder
    for name, text in SHOWN.items():
        file = folder / name.removeprefix("instance/plugins/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def test_the_table_of_the_page_works_and_its_step_is_what_the_command_writes(
    blog: BlogKit, client: Visitor
) -> None:
    folder = write_all(blog)
    space: dict[str, object] = {}
    exec(SHOWN[TEST], space)
    test = space["test_applause_is_counted_on_the_kept_page"]
    assert callable(test)
    test(blog, client)
    step = folder / "applause" / "migrations" / "0001_the_first_table.py"
    shown = code_of(step)
    step.unlink()
    command(blog, "plugins", "makemigration", "applause", "-m", "the first table")
    assert code_of(step) == shown


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_steps_may_be_functions_and_life_has_hooks(blog: BlogKit, client: Visitor) -> None:
    write_all(blog)
    blog.enable("doors")
    blog.enable("pulse")
    text = client.get("/").text
    assert "here since the first day" in text
    assert "Started 1 time." in text
    assert Tables("doors").prefix == "p_doors_"
