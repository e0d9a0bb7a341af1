"""The house rules hold, and a broken one is found."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).parents[1]
OURS = house.ours(ROOT)


@pytest.mark.parametrize("rule", house.RULES, ids=lambda rule: str(rule.__name__))
def test_the_house_rule_holds(rule: Callable[[dict[str, house.Module]], list[str]]) -> None:
    found = rule(OURS)
    assert not found, "\n".join(["", *found])


def test_nothing_that_is_shipped_names_a_folder_of_one_machine() -> None:
    kinds = {".py", ".html", ".xml", ".css", ".js", ".toml", ".md", ".mako", ".lock", ""}
    texts = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for top in ("blogengine", "plugins", "themes", "docs", "README.md", "Makefile", "pyproject.toml")
        for path in [ROOT / top, *(ROOT / top).rglob("*")]
        if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
    }
    assert texts
    found = house.machine_paths(texts)
    assert not found, "\n".join(["", *found])


def test_no_template_calls_text_safe() -> None:
    found = [
        f"{path.relative_to(ROOT)} uses the filter `safe`: hand it Markup made by sanitize instead"
        for top in ("blogengine", "plugins", "themes")
        for path in (ROOT / top).rglob("templates/**/*.*")
        if path.is_file() and re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["", *found])


BREAKS = {
    "a climb": (house.climbs, {"blogengine.db": "import blogengine.web.views", "blogengine.web.views": ""}),
    "a climb for types only": (
        house.climbs,
        {"blogengine.db": "if TYPE_CHECKING:\n    from blogengine import app", "blogengine.app": ""},
    ),
    "a room without a floor": (house.climbs, {"blogengine.attic": ""}),
    "a ring": (house.cycles, {"blogengine.a": "import blogengine.b", "blogengine.b": "from . import a"}),
    "a side door": (
        house.side_doors,
        {"blogengine_x.views": "from blogengine import db", "blogengine.db": ""},
    ),
    "another plugin": (house.side_doors, {"blogengine_x": "import blogengine_y"}),
    "a function for the engine only": (
        house.unlisted,
        {"blogengine_x": "from blogengine.plugin import comments as c\n\nc.recount(1, 2)\nc.recent()"},
    ),
    "a hidden import": (house.hidden_imports, {"blogengine.db": "def f():\n    from blogengine import text"}),
    "a request in a service": (
        house.web_in_services,
        {"blogengine.posts.write": "from flask import request"},
    ),
    "glued SQL": (house.built_sql, {"blogengine.posts": "session.execute(text(f'SELECT {x}'))"}),
    "added SQL": (house.built_sql, {"blogengine.posts": "c.exec_driver_sql('SELECT ' + x)"}),
    "a safe call": (house.safe_calls, {"blogengine.posts": "Markup(title)"}),
    "a long module": (house.too_long, {"blogengine.posts": "x = 1\n" * 331}),
    "no docstring": (house.nameless, {"blogengine.posts": "x = 1\n"}),
    "an attic": (house.nameless, {"blogengine.web.utils": ""}),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_house_rule_is_found(name: str) -> None:
    rule, sources = BREAKS[name]
    assert len(rule({name: house.Module(name, source) for name, source in sources.items()})) == 1


@pytest.mark.parametrize("name", ["/" + "work/x.py", "cat /" + "root/x", "../shared/samples"])
def test_a_folder_of_one_machine_is_found(name: str) -> None:
    assert house.machine_paths({"x.py": f"open('{name}')"})


ALONE = """
import importlib, os, sys, warnings
import alembic, argon2, bleach, click, flask, babel, flask_sqlalchemy, flask_wtf, granian, html5lib, markdown_it
import nh3, PIL.Image, pluggy, psycopg, pytest, sqlalchemy.dialects.postgresql
warnings.simplefilter("error")
import blogengine
same = set(sys.modules)
for name in sys.argv[1:]:
    if name in same:
        continue
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException as error:
            os.write(1, f"{name} cannot be imported alone: {error!r}\\n".encode())
        os.write(there, " ".join(other for other in sys.modules if other.startswith(f"{name}.")).encode())
        os._exit(0)
    os.close(there)
    with open(here) as brought:
        same.update(brought.read().split())
    os.waitpid(child, 0)
"""


def test_every_module_can_be_imported_alone() -> None:
    """A module that its package brings along is not tried by itself: importing it begins with the package.

    So everything begins with `blogengine`, which the parent imports for all.
    """
    names = sorted(
        name for name in OURS if not name.startswith("blogengine.migrations.") and "__main__" not in name
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *names],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout, "\n" + done.stdout
