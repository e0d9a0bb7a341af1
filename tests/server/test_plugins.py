"""Plugins that end, stop or slow down the process they run in: the blog is served, and the plugin is switched off."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugin_files import HEAD
from tests.plugin_files import install
from tests.running import RunningBlog
from tests.running import until

pytestmark = pytest.mark.server


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningBlog]:
    blog = RunningBlog(tmp_path / "instance")
    yield blog
    blog.close()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os; os._exit(3)", "the process ended with exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "the process ended with SIGSEGV"),
        ("while True: pass", "while it was imported, the process had not come back after 2 seconds"),
    ],
    ids=["exit", "segfault", "hang"],
)
def test_the_server_starts_without_a_plugin_that_does_not_survive_its_import(
    running: RunningBlog, source: str, reason: str
) -> None:
    running.enable("bad", source)
    running.serve()
    assert running.status(running.post) == 200
    enabled, why = running.plugin("bad")
    assert not enabled
    assert reason in why


def test_a_plugin_whose_file_was_edited_under_a_running_server_does_not_end_it(running: RunningBlog) -> None:
    file = running.enable("bad", "")
    running.serve()
    assert running.status("/") == 200
    file.write_text("import os; os._exit(3)")
    running.rename("Renamed")
    until(lambda: running.status(running.post) == 200 and not running.plugin("bad")[0], running.log)
    assert "Renamed" in running.get("/")[1]
    assert running.is_running()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import os; os._exit(3)", "its process ended with exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "its process ended with the signal SIGSEGV"),
        # The kernel may let this thread go on for a while after it was told to kill the process.
        (
            "import os, time; os.kill(os.getpid(), 9); time.sleep(60)",
            "its process ended with the signal SIGKILL",
        ),
    ],
    ids=["exit", "segfault", "kill"],
)
def test_a_hook_that_ends_its_process_again_and_again_is_switched_off_and_the_server_goes_on(
    running: RunningBlog, body: str, reason: str
) -> None:
    running.enable("bad", f"@hookimpl\ndef post_footer_html(post):\n    {body}\n")
    running.serve()
    until(lambda: running.status(running.post) == 200, running.log)
    enabled, why = running.plugin("bad")
    assert not enabled
    assert f"while it was in post_footer_html, {reason}" in why
    assert running.is_running()
    assert running.status("/") == 200


HANGS = {
    "sleep": "import time; time.sleep(1000)",
    "loop": "while True: pass",
    "regex": "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
}


@pytest.mark.parametrize("how", HANGS)
def test_a_hook_that_hangs_is_switched_off_and_others_are_answered(running: RunningBlog, how: str) -> None:
    running.enable("bad", f"@hookimpl\ndef post_footer_html(post):\n    {HANGS[how]}\n")
    running.serve(workers=2)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(running.status(running.post)), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    until(lambda: running.status("/") == 200, running.log)
    until(lambda: not running.plugin("bad")[0], running.log)
    until(lambda: running.status(running.post) == 200, running.log)
    reason = running.plugin("bad")[1]
    assert "post_footer_html" in reason
    if how != "regex":
        (error,) = [error for error in running.errors("bad") if "not come back" in error.message]
        assert "bad.py" in error.traceback
        assert HANGS[how].rpartition("; ")[2].partition(":")[0] in error.traceback


def test_a_worker_whose_threads_all_hang_is_replaced(running: RunningBlog) -> None:
    running.enable(
        "bad",
        """
        import time

        @hookimpl
        def register_routes():
            pages = Blueprint("bad", __name__)
            pages.add_url_rule("/<int:number>", "page", lambda number: blog().hook.post_footer_html(post=None))
            return pages

        @hookimpl
        def post_footer_html(post):
            time.sleep(1000)
        """,
    )
    running.serve(workers=1)
    before = running.workers()
    for number in range(4):
        threading.Thread(target=running.status, args=(f"/-/bad/{number}",), daemon=True).start()
    until(lambda: running.workers() not in ([], before), running.log)
    until(lambda: running.status(running.post) == 200, running.log)
    assert not running.plugin("bad")[0]
    assert "it is replaced" in running.log()


def test_a_job_that_hangs_in_the_middle_of_a_write_does_not_stop_writing_for_ever(
    running: RunningBlog,
) -> None:
    running.enable(
        "bad",
        """
        import time

        @hookimpl
        def register_jobs():
            return {"save": lambda payload: posts.save(engine.PostDraft(title="Made by a job"))}

        @hookimpl
        def post_saved(post_id, tx):
            time.sleep(1000)
        """,
    )
    running.enqueue("bad.save")
    running.serve(workers=1)
    until(lambda: not running.plugin("bad")[0], running.log)
    running.rename("Written")
    until(lambda: running.status("/") == 200, running.log)
    assert "Written" in running.get("/")[1]


NAMES_ITS_PROCESS = """
import os

@hookimpl
def listing_footer_html(page):
    return f"process {os.getpid()}."
"""


def test_four_workers_see_at_their_next_request_that_a_plugin_was_switched(running: RunningBlog) -> None:
    running.enable("who", NAMES_ITS_PROCESS)
    greeter = running.enable("greeter", "")
    running.command("plugins", "disable", "greeter")
    greeter.write_text(HEAD + "@hookimpl\ndef listing_header_html(page): return 'greeted by a plugin'\n")
    running.serve(workers=4)

    def ask_each() -> list[str]:
        """Ask until each of the four has answered; return the answers."""
        answers: dict[str, list[str]] = {}

        def ask() -> bool:
            text = running.get("/")[1]
            answers.setdefault(re.findall(r"process (\d+)", text)[0], []).append(text)
            return len(answers) == 4

        until(ask, running.log)
        return [text for texts in answers.values() for text in texts]

    assert not any("greeted" in text for text in ask_each())
    for _ in range(2):
        running.command("plugins", "enable", "greeter")
        assert all("greeted by a plugin" in text for text in ask_each())
        running.command("plugins", "disable", "greeter")
        assert not any("greeted" in text for text in ask_each())


RUDE = """
import locale, os, socket, sys, threading
os.chdir("/")
locale.setlocale(locale.LC_ALL, "C")
socket.setdefaulttimeout(0.001)
sys.setrecursionlimit(200)
os.closerange(0, 3)
threading.Thread(target=lambda: 1 / 0).start()

@hookimpl
def listing_footer_html(page):
    return "rude but running"
"""

RAISING = {
    "exit": "import sys; sys.exit(3)",
    "interrupt": "raise KeyboardInterrupt",
    "base": "raise BaseException('how')",
    "memory": "raise MemoryError",
    "deep": "def deeper(): deeper()\ndeeper()",
    "syntax": "def (",
    "never": "from never import again",
}


def test_the_server_runs_with_plugins_that_change_everything_or_raise_anything_at_import(
    running: RunningBlog,
) -> None:
    files = {name: running.enable(name, "") for name in ["rude", *RAISING]}
    for name, source in {"rude": HEAD + RUDE, **RAISING}.items():
        files[name].write_text(source)
    running.serve()
    status, text = running.get("/")
    assert status == 200
    assert "rude but running" in text
    assert running.status(running.post) == 200
    assert running.is_running()


def test_enabling_says_that_the_running_server_has_loaded_an_older_version_of_a_package(
    tmp_path: Path,
) -> None:
    packages = tmp_path / "packages"
    running = RunningBlog(tmp_path / "instance", PYTHONPATH=str(packages))
    try:
        install(packages, "greeter", HEAD + says("first"))
        assert "restart" not in running.command("plugins", "enable", "greeter")
        running.serve()
        assert "first" in running.get("/")[1]
        (packages / "greeter_plugin.py").write_text(HEAD + says("the second"))
        assert "other files of it: restart it" in running.command("plugins", "enable", "greeter")
        assert "first" in running.get("/")[1], "a module is loaded once"
    finally:
        running.close()


def says(words: str) -> str:
    """Return the source of a plugin that says something under lists."""
    return f"@hookimpl\ndef listing_footer_html(page): return '{words}'\n"
