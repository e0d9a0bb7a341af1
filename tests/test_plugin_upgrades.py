"""Plugins whose files change, move, double and vanish while they are enabled: what runs is what the owner chose."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import sqlalchemy as sa

from blogengine import inventory
from blogengine import migrations
from blogengine import settings
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import PluginState
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import HEAD
from tests.plugin_files import as_in_a_new_process
from tests.plugin_files import drop_in
from tests.plugin_files import install
from tests.plugin_files import run
from tests.plugin_files import state

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def says(words: str) -> str:
    """Return the source of a plugin that says something under lists."""
    return f"@hookimpl\ndef listing_footer_html(page): return '<{words}>'\n"


def said(client: Visitor, words: str) -> bool:
    return f"&lt;{words}&gt;" in client.get("/").text


@SQLITE
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def broken(:", "invalid syntax"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("PLUGIN = {'version': 1}", "version must be text"),
        ("@hookimpl\ndef post_fotoer_html(post): pass", "Did you mean post_footer_html?"),
        ("@hookimpl\ndef register_settings(): return 7", "must return the settings class"),
        ("@hookimpl\ndef register_jobs(): raise ValueError('how')", "register_jobs raised ValueError: how"),
        ("@hookimpl\ndef register_importers(): return 7", "must return a list of Importer"),
        ("@hookimpl\ndef register_hooks(): return 7", "must return a module or a class"),
    ],
)
def test_a_drop_in_edited_into_something_unusable_goes_on_as_it_was(
    blog: BlogKit, client: Visitor, source: str, reason: str
) -> None:
    run(blog, "greeter", says("first"))
    drop_in(blog, "greeter", says("second") + source)
    for title in ("Another app", "And another"):
        blog.change_settings(title=title)
        assert said(client, "first")
        assert state(blog, "greeter").startswith("active: The file was changed and cannot be loaded: ")
        assert reason in state(blog, "greeter")
        assert state(blog, "greeter").endswith("; what was loaded before goes on.")
    with pytest.raises(Refused, match="was not enabled"):
        blog.enable("greeter")
    blog.change_settings(title="A fourth app")
    assert said(client, "first")
    as_in_a_new_process()
    blog.change_settings(title="A fifth app")
    assert client.get("/").status_code == 200
    assert state(blog, "greeter").startswith("broken: ")
    drop_in(blog, "greeter", says("mended"))
    blog.enable("greeter")
    assert said(client, "mended")
    assert state(blog, "greeter") == "active: "


@SQLITE
def test_a_folder_goes_on_with_all_its_old_parts(blog: BlogKit, client: Visitor) -> None:
    folder = blog.site.config.drop_in_folder / "boxes"
    folder.mkdir()
    (folder / "plugin.toml").write_text('root_routes = ["/boxes.txt"]')
    (folder / "words.py").write_text("WORDS = 'first'")
    code = HEAD + (
        "@hookimpl\ndef listing_footer_html(page):\n    from .words import WORDS\n    return f'<{WORDS}>'\n"
        "@hookimpl\ndef register_routes():\n    pages = Blueprint('boxes', __name__)\n"
        "    pages.add_url_rule('/boxes.txt', 'page', lambda: 'a page')\n    return pages\n"
    )
    (folder / "__init__.py").write_text(code)
    blog.enable("boxes")
    assert said(client, "first")
    (folder / "words.py").write_text("WORDS = 'second'")
    (folder / "__init__.py").write_text("from . import words\n1 / 0\n")
    blog.change_settings(title="Another app")
    assert said(client, "first")
    (folder / "plugin.toml").write_text("root_routes = 7")
    blog.change_settings(title="And another")
    assert client.get("/boxes.txt").text == "a page"
    assert "root_routes must be a list of texts" in state(blog, "boxes")


@SQLITE
def test_a_file_dropped_in_takes_nobodys_place_by_itself(blog: BlogKit, client: Visitor) -> None:
    drop_in(blog, "moderation", says("stranger"))
    blog.change_settings(title="Another app")
    assert not said(client, "stranger")
    with blog.app():
        facts = inventory.plugin("moderation")
        assert (facts.state, facts.origin) == ("active", "bundled")
        assert "plugins enable moderation --from drop-in" in facts.warnings[0]
        assert settings.enable("moderation").origin == "drop-in"
    assert said(client, "stranger")
    with blog.app():
        with pytest.raises(NotFound, match=r"It is there from: 'drop-in moderation.py', 'bundled'"):
            settings.enable("moderation", "installed")
        assert settings.enable("moderation", "bundled").origin == "bundled"
    assert not said(client, "stranger")
    with blog.app():
        settings.enable("moderation", "drop-in")
    (blog.site.config.drop_in_folder / "moderation.py").unlink()
    blog.change_settings(title="A third app")
    assert state(blog, "moderation") == "active: "
    assert "judge_comment" in blog.site.current().blog.plugins.hooks_of("moderation")


@SQLITE
def test_another_distribution_takes_nobodys_place_by_itself(
    blog: BlogKit, client: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    install(tmp_path / "lib", "shiny", HEAD + says("mine"), name="mine")
    blog.enable("shiny")
    install(tmp_path / "lib", "shiny", HEAD + says("theirs"), name="theirs")
    blog.change_settings(title="Another app")
    assert said(client, "mine")
    with blog.app():
        assert '--from "installed theirs"' in inventory.plugin("shiny").warnings[0]
    (tmp_path / "lib" / "mine-3.1.dist-info" / "entry_points.txt").unlink()
    blog.change_settings(title="A third app")
    assert not said(client, "theirs")
    assert state(blog, "shiny").startswith(
        "missing: The plugin shiny was enabled from another place (installed mine)"
    )
    blog.enable("shiny")
    assert said(client, "theirs")
    file = tmp_path / "lib" / "theirs_plugin.py"
    with blog.app():
        assert inventory.plugin("shiny").warnings == ()
        file.write_text(HEAD + says("newer"))
        assert inventory.plugin("shiny").warnings == (
            "Its files have changed since they were loaded: restart the server to run the new ones.",
        )
    for name in ("mine_plugin", "theirs_plugin"):
        del sys.modules[name]


@SQLITE
def test_a_file_and_a_folder_of_one_name_are_both_named_and_the_chosen_one_runs(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "boxes", says("file"))
    folder = blog.site.config.drop_in_folder / "boxes"
    folder.mkdir()
    (folder / "__init__.py").write_text(HEAD + says("folder"))
    blog.change_settings(title="Another app")
    assert said(client, "file")
    with blog.app():
        assert '--from "drop-in boxes"' in inventory.plugin("boxes").warnings[0]
        settings.enable("boxes", "drop-in boxes")
    assert said(client, "folder")
    (folder / "__init__.py").unlink()
    blog.change_settings(title="A third app")
    assert said(client, "file")


@SQLITE
def test_where_a_plugin_was_enabled_from_is_kept_when_its_settings_change(blog: BlogKit) -> None:
    blog.change_plugin("also_on", how_many=3)
    with blog.app():
        assert db.session.scalars(sa.select(PluginState.source)).all() == ["bundled"]


# An installed plugin that is uninstalled

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "blogengine-ledger"
version = "1.0.0"
description = "Keeps a ledger."

[project.entry-points."blogengine.plugins"]
ledger = "blogengine_ledger"
"""

LEDGER = '''
from sqlalchemy.orm import Mapped, mapped_column
from blogengine.plugin import Tables, hookimpl

tables = Tables("ledger")

class Line(tables.Base):
    """One line."""
    __tablename__ = "p_ledger_line"
    id: Mapped[int] = mapped_column(primary_key=True)

@hookimpl
def register_tables(): return tables

@hookimpl
def listing_footer_html(page): return "a ledger"
'''

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}

def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))

def downgrade():
    op.drop_table("{table}")
"""

START = """
import sys
from pathlib import Path
from werkzeug.test import Client
from blogengine import create_site, migrations
from blogengine.migrations import running
if Path(sys.argv[1]).exists():  # a newer engine, which has one step more
    migrations.HEAD, running.__file__ = "9999", sys.argv[1]
site = create_site()
with site.engine.begin() as connection:
    connection.exec_driver_sql("INSERT INTO p_ledger_line DEFAULT VALUES")
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    print(len(connection.exec_driver_sql("SELECT id FROM p_ledger_line").all()))
answer = Client(site).get("/")
print(answer.status_code, "ledger" * ("a ledger" in answer.text), *sorted(set(tables) & set(sys.argv[2:])))
site.close()
"""


def test_a_plugin_that_was_uninstalled_is_missing_its_data_stays_and_all_else_upgrades(
    tmp_path: Path,
) -> None:
    python = environment_of_its_own(tmp_path / "venv")
    instance, steps = tmp_path / "instance", tmp_path / "steps"
    write_room(tmp_path / "project" / "blogengine_ledger", "ledger")
    (tmp_path / "project" / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "start.py").write_text(START)
    notes = write_room(instance / "plugins" / "notes", "notes")

    def run_python(*words: str) -> str:
        done = subprocess.run(
            [python, *words],
            env={**os.environ, "BLOGENGINE_INSTANCE": str(instance), "BLOGENGINE_SECRET_KEY": "k" * 40},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start() -> str:
        names = ("p_notes_line", "p_notes_more", "core_more")
        return run_python(str(tmp_path / "start.py"), str(steps / "running.py"), *names)

    quick = ("-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run_python("-m", "pip", "install", *quick, str(tmp_path / "project"))
    run_python("-m", "blogengine", "plugins", "enable", "ledger")
    run_python("-m", "blogengine", "plugins", "enable", "notes")
    assert start() == "1\n200 ledger p_notes_line\n"

    run_python("-m", "pip", "uninstall", "-q", "-y", "blogengine-ledger")
    (notes / "migrations" / "0002_more.py").write_text(
        STEP.format(number="0002", before="'0001'", table="p_notes_more")
    )
    shutil.copytree(Path(migrations.__file__).parent, steps)
    (steps / "versions" / "9999_more.py").write_text(
        STEP.format(number="9999", before=repr(migrations.HEAD), table="core_more")
    )
    assert start() == "2\n200  core_more p_notes_line p_notes_more\n"
    shutil.rmtree(steps)
    run_python(
        "-c", f"import sqlite3; sqlite3.connect({str(instance / 'blog.db')!r}).executescript({BACK!r})"
    )
    (row,) = [
        row
        for row in json.loads(run_python("-m", "blogengine", "plugins", "list", "--json"))
        if row["id"] == "ledger"
    ]
    assert row["state"] == "missing"
    assert "its data is kept" in row["problem"]
    assert "p_ledger_line" in run_python("-m", "blogengine", "plugins", "show", "ledger")
    run_python("-m", "blogengine", "plugins", "disable", "ledger")
    assert start() == "3\n200  core_more p_notes_line p_notes_more\n"


BACK = f"UPDATE alembic_version SET version_num = '{migrations.HEAD}'"


def environment_of_its_own(folder: Path) -> str:
    """Make a virtual environment that sees what this one has; return its Python."""
    venv.create(folder, symlinks=True)
    (own,) = folder.glob("lib/python*/site-packages")
    above = "; ".join(f"site.addsitedir({path!r})" for path in site.getsitepackages())
    (own / "above.pth").write_text(f"import site; {above}\n")
    return str(folder / "bin" / "python")


def write_room(folder: Path, plugin_id: str) -> Path:
    """Write a plugin with a table of its own."""
    (folder / "migrations").mkdir(parents=True)
    (folder / "__init__.py").write_text(LEDGER.replace("ledger", plugin_id))
    step = STEP.format(number="0001", before=None, table=f"p_{plugin_id}_line")
    (folder / "migrations" / "0001_line.py").write_text(step)
    return folder
