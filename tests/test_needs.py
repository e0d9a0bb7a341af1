"""A run in CI cannot pass by leaving out what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_tests_that_skip(folder: Path, reason: str, **environment: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_skipping.py"
    file.write_text(f"import pytest\n\ndef test_nothing():\n    pytest.skip({reason!r})\n", encoding="utf-8")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            file,
        ],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skipped_browser_test_fails_a_run_in_ci(tmp_path: Path) -> None:
    done = run_tests_that_skip(tmp_path, "there is no browser", CI="true")
    assert done.returncode == 1
    assert "skipped, which CI must not" in done.stdout


def test_a_skipped_browser_test_is_only_reported_elsewhere(tmp_path: Path) -> None:
    assert run_tests_that_skip(tmp_path, "there is no browser", CI="").returncode == 0


def test_the_samples_may_be_missing_in_ci(tmp_path: Path) -> None:
    assert run_tests_that_skip(tmp_path, "the samples are not here", CI="true").returncode == 0


def test_an_installation_of_the_browser_that_fails_says_how_to_get_one(tmp_path: Path) -> None:
    program = tmp_path / "apt-get"
    program.write_text("#!/bin/sh\necho no such package\nexit 100\n", encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "tests/need.py"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "BLOGENGINE_TEST_BROWSER=" in done.stderr
