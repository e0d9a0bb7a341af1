"""Deaths of processes, counted by what they were doing; and what an import changes for everybody."""

import locale
import os
import socket
import sys
import time
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
from blogengine.testing import BlogKit
from tests.plugin_files import run

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


def test_only_imports_count_of_those_who_died_unseen(tmp_path: Path) -> None:
    (tmp_path / f"crumbs-{GONE}").write_bytes(record("bad", "post_footer_html"))
    (tmp_path / "crumbs-x").write_bytes(record("bad", "import"))
    assert left_by_the_dead(tmp_path) == []
    assert silence_of(tmp_path, GONE) == (0.0, [])


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
