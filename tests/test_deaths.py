"""Deaths of processes, counted by what they were doing; and what an import changes for everybody."""

import locale
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from blogengine.plugins import deaths
from blogengine.plugins.breadcrumbs import SLOTS
from blogengine.plugins.breadcrumbs import Crumb
from blogengine.plugins.breadcrumbs import Crumbs
from blogengine.plugins.breadcrumbs import left_by
from blogengine.plugins.breadcrumbs import left_by_the_dead
from blogengine.plugins.breadcrumbs import record
from blogengine.plugins.breadcrumbs import silence_of
from blogengine.plugins.calls import Ledger
from blogengine.plugins.guards import guarded
from blogengine.server.keeper import Keeper
from blogengine.testing import BlogKit
from tests.plugin_files import run
from tests.running import RunningBlog

IMPORT, HOOK = Crumb("bad", "import"), Crumb("bad", "post_footer_html")
GONE = 2**22 + 1
"""No process has this number: it is above what Linux gives."""


def test_a_plugin_is_condemned_at_its_second_death_at_the_same_place(tmp_path: Path) -> None:
    assert deaths.note(tmp_path, [IMPORT], "it died") == []
    assert deaths.note(tmp_path, [HOOK], "it died") == []
    assert deaths.sentences(tmp_path) == []
    assert deaths.note(tmp_path, [IMPORT, Crumb("other", "import")], "it died") == ["bad"]
    (sentence,) = deaths.sentences(tmp_path)
    assert sentence.reason == "Switched off because twice, while it was imported, it died."
    deaths.carried_out(tmp_path, [sentence])
    assert deaths.sentences(tmp_path) == []
    assert deaths.note(tmp_path, [IMPORT], "it died") == []


def test_a_death_is_forgotten_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaths.note(tmp_path, [HOOK], "it died")
    later = time.time() + deaths.MEMORY + 1
    monkeypatch.setattr("blogengine.plugins.deaths.time.time", lambda: later)
    assert deaths.note(tmp_path, [HOOK], "it died") == []
    assert deaths.note(tmp_path, [HOOK], "it died") == ["bad"]


@pytest.mark.parametrize(
    "content", ["", "null", "[]", '{"deaths": 7}', '{"deaths": {"x": 1}, "sentences": 2}', "\0"]
)
def test_a_damaged_file_of_deaths_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "deaths.json").write_text(content)
    assert deaths.sentences(tmp_path) == []
    assert deaths.note(tmp_path, [HOOK], "it died") == []
    assert deaths.note(tmp_path, [HOOK], "it died") == ["bad"]


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("")
    assert deaths.note(folder, [HOOK], "it died") == []
    assert deaths.sentences(folder) == []
    crumbs = Crumbs()
    crumbs.open(folder)
    crumbs.put(crumbs.slot(), record("bad", "import"))
    crumbs.close()


def test_crumbs_are_read_by_another_and_more_threads_than_slots_share_them(tmp_path: Path) -> None:
    crumbs = Crumbs()
    crumbs.open(tmp_path)
    slots = [crumbs.slot() for _ in range(SLOTS + 1)]
    crumbs.put(slots[0], record("bad", "import"))
    crumbs.put(slots[1], record("x" * 200, "import"))
    silence, running = silence_of(tmp_path, os.getpid())
    assert 0 <= silence < 60
    assert running == [IMPORT]
    assert slots[SLOTS] == slots[0]
    path = tmp_path / f"crumbs-{os.getpid()}"
    path.rename(tmp_path / f"crumbs-{GONE}")
    assert left_by(tmp_path, os.getpid()) == []
    assert left_by_the_dead(tmp_path) == [IMPORT]
    assert left_by_the_dead(tmp_path) == []
    assert silence_of(tmp_path, GONE) == (0.0, [])


def test_crumbs_say_whether_the_process_had_come_back_from_there_before(tmp_path: Path) -> None:
    ledger, seen = Ledger(), []
    ledger.calls.crumbs.open(tmp_path)
    hook = guarded("bad", HOOK.place, lambda: seen.extend(silence_of(tmp_path, os.getpid())[1]), ledger)
    for _ in range(2):
        hook()
    for place in ("the job count", "the job count", "import", "import"):
        with ledger.calls.at("bad", place):
            seen.extend(silence_of(tmp_path, os.getpid())[1])
    job = Crumb("bad", "the job count")
    assert seen == [HOOK, replace(HOOK, came_back=True), job, replace(job, came_back=True), IMPORT, IMPORT]
    ledger.calls.crumbs.close()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock for deaths: its only element is what time it is."""
    now = [time.time()]
    monkeypatch.setattr("blogengine.plugins.deaths.time.time", lambda: now[0])
    return now


def kill(folder: Path, crumb: Crumb, signal_number: int = signal.SIGKILL) -> bool:
    """Let a keeper find that a worker was killed at a place; return whether it knows the cause."""
    (folder / f"crumbs-{GONE}").write_bytes(record(crumb.plugin_id, crumb.place, came_back=crumb.came_back))
    return Keeper(folder, 10).died(GONE, -signal_number)


def test_workers_that_are_killed_from_outside_condemn_no_plugin_that_had_come_back(
    tmp_path: Path, wall: list[float]
) -> None:
    for _ in range(100):
        wall[0] += 10
        assert kill(tmp_path, replace(HOOK, came_back=True))
    assert deaths.sentences(tmp_path) == []


def test_workers_that_are_killed_together_count_once(tmp_path: Path, wall: list[float]) -> None:
    for _ in range(2):
        wall[0] += 10
        for _ in range(8):
            kill(tmp_path, HOOK)
    assert deaths.sentences(tmp_path) == []
    wall[0] += 10
    kill(tmp_path, HOOK)
    (sentence,) = deaths.sentences(tmp_path)
    assert sentence.reason == (
        "Switched off because three times, while it was in post_footer_html, its process ended with the signal SIGKILL."
    )


@pytest.mark.parametrize("fault", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_fault_counts_wherever_it_was(tmp_path: Path, fault: signal.Signals) -> None:
    kill(tmp_path, replace(HOOK, came_back=True), fault)
    kill(tmp_path, HOOK, fault)
    (sentence,) = deaths.sentences(tmp_path)
    assert fault.name in sentence.reason


@pytest.mark.server
def test_a_death_at_an_import_that_nobody_saw_is_looked_into_and_no_verdict(tmp_path: Path) -> None:
    running = RunningBlog(tmp_path / "instance")
    try:
        running.enable("good", "")
        folder = running.site.config.run_folder
        folder.mkdir(exist_ok=True)
        for _ in range(2):
            (folder / f"crumbs-{GONE}").write_bytes(record("good", "import"))
            running.command("plugins", "list")
        assert running.plugin("good") == (True, "")
        running.enable("bad", "import os; os._exit(3)")
        (folder / f"crumbs-{GONE}").write_bytes(record("good", "import"))
        running.command("plugins", "list")
        assert running.plugin("good") == (True, "")
        assert "exit code 3" in running.plugin("bad")[1]
    finally:
        running.close()


CHANGES = {
    "the working folder": "import os; os.chdir('/')",
    "the locale": "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "the time limit of all sockets": "import socket; socket.setdefaulttimeout(0.5)",
    "the recursion limit": "import sys; sys.setrecursionlimit(5000)",
    "the standard input or output, which it closed": "import os; kept = os.dup(0); os.close(0)",
    "what happens at SIGTERM": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_an_import_changes_for_everybody_is_put_back_and_noted(blog: BlogKit) -> None:
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    standard = os.dup(0)
    before = (
        os.getcwd(),
        locale.setlocale(locale.LC_ALL),
        socket.getdefaulttimeout(),
        sys.getrecursionlimit(),
    )
    try:
        run(blog, "rude", "\n".join(CHANGES.values()))
        blog.site.current()
        after = (
            os.getcwd(),
            locale.setlocale(locale.LC_ALL),
            socket.getdefaulttimeout(),
            sys.getrecursionlimit(),
        )
        assert after == before
        os.fstat(0)
    finally:
        os.dup2(standard, 0)
        os.close(standard)
    noted = {failure.message for failure in blog.site.failures.take() if failure.plugin_id == "rude"}
    assert noted == {f"It changed {what} for everybody; that was put back." for what in CHANGES}
