"""What goes into the package: the engine, its plugins and themes, and nothing of this checkout's own blog."""

import configparser
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def files_under(top: str) -> set[str]:
    return {
        str(path.relative_to(ROOT / top))
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_file_of_the_engine(names: set[str]) -> None:
    assert {f"blogengine/{name}" for name in files_under("blogengine")} <= names


def test_the_wheel_has_every_file_of_the_bundled_plugins(names: set[str]) -> None:
    assert files_under("plugins") <= names


def test_the_wheel_has_the_themes_inside_the_engine(names: set[str]) -> None:
    assert {f"blogengine/_bundled/themes/{name}" for name in files_under("themes")} <= names
    assert "blogengine/_bundled/themes/classic/theme.toml" in names


def test_the_wheel_has_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    plugins = {path.name for path in (ROOT / "plugins").iterdir() if path.name != "__pycache__"}
    assert tops == {"blogengine", f"blogengine-{PROJECT['project']['version']}.dist-info", *plugins}


def test_every_bundled_plugin_is_announced_like_a_stranger_s(wheel: Path) -> None:
    announced = PROJECT["project"]["entry-points"]["blogengine.plugins"]
    packages = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    assert set(announced.values()) == packages
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        parser = configparser.ConfigParser()
        parser.read_string(archive.read(name).decode())
    assert dict(parser["blogengine.plugins"]) == announced


def test_the_sdist_builds_and_leaves_the_instance_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.tar.gz")
    listing = subprocess.run(
        ["tar", "-tzf", built], capture_output=True, text=True, check=True
    ).stdout.split()
    inside = {name.split("/", 1)[1].split("/")[0] for name in listing}
    assert {"blogengine", "plugins", "themes", "pyproject.toml", "LICENSE", "requirements.lock"} <= inside
    assert "instance" not in inside


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.split(" ")[0].split("==") for line in lines if line and line[0].isalnum()]
    return dict(pins)


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert text.count("==") <= text.count("--hash=sha256:")
        assert "://" not in text
        assert "index-url" not in text


def test_tests_run_on_the_versions_that_the_blog_runs_on() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_the_lock_has_every_dependency_that_the_project_names() -> None:
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    have = locked("requirements-dev.lock")
    for requirement in wanted:
        package = requirement.split("[")[0].split(">")[0].split("=")[0].strip().lower()
        assert package in have, f"{package} is not in requirements-dev.lock: run `make lock`"
