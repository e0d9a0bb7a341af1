"""What `blogengine plugins new` writes is a plugin whose own tests pass, clean in form and types."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine import scaffold
from blogengine.cli.main import group
from blogengine.errors import Refused
from blogengine.scaffold import PIECES

ROOT = Path(__file__).parents[1]


def new(*words: str, into: Path) -> str:
    """Run the command and return what it said."""
    return (
        CliRunner()
        .invoke(group, ["plugins", "new", *words, "--into", str(into)], catch_exceptions=False)
        .output
    )


def rooms(folder: Path) -> dict[str, list[str]]:
    """Make one plugin with each piece and one with all, as packages and as single files; return their pieces by id."""
    made = {f"{piece}_pack": ["--with", piece] for piece in PIECES}
    made |= {
        f"{piece}_file": ["--with", piece, "--single-file"]
        for piece in PIECES
        if not PIECES[piece].needs_folder
    }
    alone = [piece for piece in PIECES if not PIECES[piece].needs_folder]
    made |= {
        "whole_pack": ["--with", ",".join(PIECES)],
        "whole_file": ["--single-file", "--with", ",".join(alone)],
    }
    made |= {"plain_pack": [], "plain_file": ["--single-file"]}
    for plugin_id, options in made.items():
        new(plugin_id, *options, into=folder)
    return made


def run(words: list[str | Path], folder: Path, path: list[str | Path] | None = None) -> str:
    """Run a program in `folder` and return all it said. The test fails when the program does."""
    paths = os.pathsep.join([str(part) for part in (path or [])] + [part for part in sys.path if part])
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def make_visible(project: Path) -> None:
    """Let Python find the project's entry point, as `pip install -e` does, without pip's half second."""
    facts = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = project / f"{facts['name'].replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {facts['name']}\nVersion: 0.1.0\n")
    points = facts["entry-points"]["blogengine.plugins"]
    lines = ["[blogengine.plugins]", *(f"{name} = {module}" for name, module in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))


def test_every_new_plugin_passes_its_own_tests(tmp_path: Path) -> None:
    made = rooms(tmp_path)
    projects = sorted(tmp_path.iterdir())
    assert len(projects) == len(made) == 2 * len(PIECES) + 3
    for project in projects:
        make_visible(project)
    # One process for all, so the tests need other names than `tests`; in their own projects they are alone.
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["blogengine.testing"]\n')
    for project in projects:
        (project / "tests" / "conftest.py").unlink()
    # A file has the code of its package but for what stands in templates: of the contract, those of one piece are
    # only loaded here, the package of each piece and the file with all go through the whole of it.
    said = run(
        [
            "pytest",
            "-q",
            "-k",
            "not contract or pack or wholefile or loads_without",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            "--import-mode=importlib",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        tmp_path,
        list(projects),
    )
    count = re.search(r"(\d+) passed", said)
    assert count is not None
    assert int(count[1]) > 16 * (len(PIECES) + 3)


def test_every_new_plugin_is_clean_in_form_and_types(tmp_path: Path) -> None:
    rooms(tmp_path)
    for name in ("ab", "a_name_as_long_as_can_be_for_it"):  # lines hold it, and ruff counts their letters
        new(name, "--with", ",".join(PIECES), into=tmp_path)
        new(f"{name[:29]}_f", "--single-file", "--with", "settings,route,admin,job,slot", into=tmp_path)
    run(["ruff", "check", "--no-cache", "."], tmp_path)
    run(["ruff", "format", "--no-cache", "--check", "."], tmp_path)
    for name in ("blogengine-whole-pack", "blogengine-whole-file"):
        run(["mypy", "--cache-dir", str(tmp_path / "mypy")], tmp_path / name)


def test_a_new_plugin_is_installed_and_built_by_its_own_project_file(tmp_path: Path) -> None:
    new("Reading time", into=tmp_path)
    project = tmp_path / "blogengine-reading-time"
    assert "blogengine plugins enable short" in new("short", "--single-file", into=tmp_path)
    for name in ("blogengine-reading-time", "blogengine-short"):
        words: list[str | Path] = [
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "-w",
            tmp_path / "built",
        ]
        run([*words, tmp_path / name], tmp_path)
    assert len(list((tmp_path / "built").iterdir())) == 2
    assert (project / ".github" / "workflows" / "test.yml").is_file()


def commands(workflow: Path) -> list[tuple[str, dict[str, str]]]:
    """Return the commands of a workflow in their order, each with the environment that it says."""
    found = re.findall(
        r"^      - run: (.+)\n(?:        env:\n((?:          .+\n)+))?", workflow.read_text(), re.MULTILINE
    )
    return [(words, dict(re.findall(r"^ +(\w+): (.+)$", said, re.MULTILINE))) for words, said in found]


def test_the_workflows_of_a_new_plugin_run_as_they_are_written(
    tmp_path: Path, make_database: Callable[..., str]
) -> None:
    """In a new environment that has this engine, where `BLOGENGINE_WORKFLOWS` is set; else what needs no network."""
    new("Reading time", "--with", "settings,table,route", into=tmp_path)
    project = tmp_path / "blogengine-reading-time"
    found = [
        command
        for name in ("test", "publish")
        for command in commands(project / f".github/workflows/{name}.yml")
    ]
    assert len(found) == 7
    environment = {**os.environ, "CI": "true"}
    programs = Path(sys.executable).parent
    if os.environ.get("BLOGENGINE_WORKFLOWS"):
        for name in ("PYTHONPATH", "VIRTUAL_ENV"):
            environment.pop(name, None)
        programs = tmp_path / "venv" / "bin"
        venv.create(tmp_path / "venv", with_pip=True)
        environment["BLOGENGINE_TEST_POSTGRESQL"] = make_database("postgresql", empty=True)
        found.insert(0, (f"python -m pip install -q '{ROOT}'", {}))
    else:
        found = [(words, said) for words, said in found if words.startswith("ruff")]
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    for words, said in found:
        known = {name: environment.get(name, value) for name, value in said.items()}
        done = subprocess.run(
            ["bash", "-e", "-c", words],
            cwd=project,
            env={**environment, **known},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{words}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
        print(words, done.stdout[-200:])
    if os.environ.get("BLOGENGINE_WORKFLOWS"):
        assert sorted(file.suffix for file in (project / "dist").iterdir()) == [".gz", ".whl"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Reading time", ("reading_time", "Reading time", "blogengine-reading-time")),
        ("blogengine-reading-time", ("reading_time", "Reading time", "blogengine-reading-time")),
        ("Café  society", ("cafe_society", "Café society", "blogengine-cafe-society")),
        ("  x2 ", ("x2", "X2", "blogengine-x2")),
    ],
)
def test_a_name_is_one_in_every_spelling(typed: str, names: tuple[str, str, str]) -> None:
    name = scaffold.name_for(typed)
    assert (name.id, name.title, name.distribution) == names


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("admin", "belongs to the engine"),
        ("core", "belongs to the engine"),
        ("moderation", "There is a plugin moderation here already"),
        ("1st", "No plugin can be called '1st'"),
        ("a", "No plugin can be called 'a'"),
        ("", "No plugin can be called ''"),
        ("x" * 32, "No plugin can be called"),
        ("../../etc", "No plugin can be called"),
        ("a/b", "No plugin can be called"),
        ("blogengine", "belongs to the engine"),
    ],
)
def test_a_bad_name_is_refused_with_a_sentence_and_nothing_is_written(
    typed: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        new(typed, into=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "blogengine-mine").mkdir()
    (tmp_path / "blogengine-mine" / "kept").write_text("kept")
    with pytest.raises(Refused, match=r"blogengine-mine is there already; nothing was written"):
        new("mine", into=tmp_path)
    assert [file.name for file in tmp_path.rglob("*")] == ["blogengine-mine", "kept"]


def test_what_cannot_be_had_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"--with does not know setings\. Did you mean settings\?"):
        new("mine", "--with", "setings", into=tmp_path)
    with pytest.raises(Refused, match="a plugin of one file cannot hold"):
        new("mine", "--with", "slot, theme", "--single-file", into=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        new("mine", into=tmp_path / "file")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
