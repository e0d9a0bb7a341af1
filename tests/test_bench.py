"""The benchmarks run: a short trial of the part whose figures no noise changes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measuring import Row
from bench.report import Table
from bench.report import table

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the results of a trial."""
    folder = tmp_path_factory.mktemp("bench")
    command = [sys.executable, "-m", "bench", "--quick", "--only", "counts"]
    done = subprocess.run(
        [*command, "--work", str(folder / "work"), "--output", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "RESULTS.md").is_file(), done.stderr
    return folder


def test_a_trial_measures_every_figure_it_names(trial: Path) -> None:
    text = (trial / "RESULTS.md").read_text()
    assert "could not be measured" not in text
    assert "post page with 50 comments, made anew" in text


def test_a_kept_page_calls_no_hook_and_reads_nothing_but_the_validity_check(trial: Path) -> None:
    kept = [line for line in (trial / "RESULTS.md").read_text().splitlines() if ", kept |" in line]
    assert len(kept) == 3
    assert all("0 statements, 0 hook calls, 0 validity checks" in line for line in kept)


def test_no_statement_is_for_a_single_comment(trial: Path) -> None:
    series = json.loads((trial / "results.json").read_text())["series"]
    few, many = (
        [_shape(sql) for sql in series[f"post page with {number} comments, made anew, counts"]["sql"]]
        for number in ("50", "5,000")
    )
    assert few == many
    assert len(few) <= 12


def _shape(sql: str) -> str:
    """Return the part of a statement before its first condition, which has no values in it."""
    return re.split(r"\sWHERE\s", sql)[0]


def test_a_trial_leaves_the_recorded_results_alone(trial: Path) -> None:
    assert "a quick trial" in (trial / "RESULTS.md").read_text()
    recorded = ROOT / "bench" / "RESULTS.md"
    assert not recorded.exists() or "a quick trial" not in recorded.read_text()


def test_a_missed_bar_is_said_to_be_missed() -> None:
    text = table(Table("T", "About.", [Row("a page", "3 µs", "≤ 2 µs", False), Row("b | c", "1")]))
    assert "| a page | ≤ 2 µs | **no** | 3 µs |  |" in text
    assert r"| b \| c |  |  | 1 |  |" in text
