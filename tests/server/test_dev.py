"""`blogengine dev` follows what is saved, in a real process, and says what went wrong in the page and in the terminal."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from blogengine.cli import dev_pages
from blogengine.cli.dev_pages import Trouble
from blogengine.cli.dev_watching import Watcher
from tests.plugin_files import install

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds after which something that should have happened will not."""
GOOD = """
from markupsafe import Markup
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl

@hookimpl
def footer_html(page):
    return fragment("@worked/line.html", words="one")
"""


class Dev:
    """A running `blogengine dev`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.log = folder / "dev.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*self.words(), "dev", "--port", str(self.port)],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self.environment,
                cwd=folder,
            )

    def words(self) -> list[str]:
        return [sys.executable, "-m", "blogengine", "--instance", str(self.folder / "instance")]

    def command(self, *words: str) -> None:
        subprocess.run(
            [*self.words(), *words], check=True, capture_output=True, env=self.environment, cwd=self.folder
        )

    def get(self, path: str = "/") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def wait(self, is_so: Callable[[str], bool]) -> str:
        """Ask for the first page until it is as it should be; return it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            _, text = self.get()
            if is_so(text):
                return text
            assert time.monotonic() < deadline, text + self.log.read_text()
            time.sleep(0.05)

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(PATIENCE)


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    """`blogengine dev` on a blog of its own."""
    started = Dev(tmp_path)
    yield started
    started.end()


def test_what_is_saved_is_loaded_and_what_is_broken_is_shown_until_it_is_mended(dev: Dev) -> None:
    dev.wait(lambda text: "</html>" in text)
    said = dev.log.read_text()
    assert f"The blog is at http://127.0.0.1:{dev.port}/" in said
    assert "/admin/setup?token=" in said
    plugin = dev.folder / "instance" / "plugins" / "worked"
    (plugin / "templates").mkdir(parents=True)
    (plugin / "__init__.py").write_text(GOOD)
    (plugin / "templates" / "line.html").write_text("<p>line {{ words }}</p>")
    dev.command("plugins", "enable", "worked")
    assert "blogengine-dev" not in dev.wait(lambda text: "<p>line one</p>" in text)

    (plugin / "templates" / "line.html").write_text("<p>new line {{ words }}</p>")
    dev.wait(lambda text: "<p>new line one</p>" in text)

    (plugin / "__init__.py").write_text(GOOD + "\nwhat is this")
    text = dev.wait(lambda text: "blogengine-dev" in text)
    assert "worked/__init__.py, line 10" in text
    assert "new line one" in text, "the site goes on with what was loaded before"
    assert f'<link rel="stylesheet" href="{dev_pages.SHEET}">' in text
    assert dev.get(dev_pages.SHEET) == (200, dev_pages.CSS)
    dev.wait(lambda _: "worked/__init__.py, line 10" in dev.log.read_text())

    (plugin / "__init__.py").write_text(GOOD.replace('words="one"', "words=page.nothing"))
    text = dev.wait(lambda text: "Traceback" in text)
    assert "worked failed in footer_html" in text
    assert "words=page.nothing" in text
    assert dev.get()[0] == 200
    dev.wait(lambda _: "AttributeError" in dev.log.read_text())

    (plugin / "__init__.py").write_text(GOOD.replace("one", "two"))
    text = dev.wait(lambda text: "new line two" in text)
    assert "blogengine-dev" not in text

    # A process that ends is stood in for, and comes back by itself.
    (plugin / "__init__.py").write_text("import os\nos._exit(9)\n")
    text = dev.wait(lambda text: "process ended (9)" in text)
    assert dev.get()[0] == 500
    (plugin / "__init__.py").write_text(GOOD.replace("one", "three"))
    dev.wait(lambda text: "three" in text or "worked" in text)
    os.kill(dev.process.pid, signal.SIGTERM)
    assert dev.process.wait(PATIENCE) in (0, 130, -signal.SIGTERM)
    assert dev.get() == (0, "")


EDITABLE = """
import os
from blogengine.plugin import hookimpl

@hookimpl
def footer_html(page):
    return f"says {words()} in process {os.getpid()}."

def words():
    return "one"
"""


def test_a_change_to_the_engine_or_to_an_editable_package_starts_the_process_again_and_loses_no_request(
    tmp_path: Path,
) -> None:
    for name in ("blogengine", "plugins", "themes"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    install(tmp_path / "package", "worked", EDITABLE)
    package = tmp_path / "package" / "worked_plugin.py"
    path = os.pathsep.join(str(tmp_path / name) for name in (".", "plugins", "package"))
    dev = Dev(tmp_path, PYTHONPATH=path)

    def process(words: str, other_than: str = "") -> str:
        """Wait for a process that says these words and is another one than before."""
        found = re.compile(rf"says {words} in process (\d+)")
        text = dev.wait(
            lambda text: text != "" and (now := found.search(text)) is not None and now[1] != other_than
        )
        return str(found.findall(text)[0])

    try:
        dev.wait(lambda text: "</html>" in text)
        dev.command("plugins", "enable", "worked")
        first = process("one")
        answered: list[int] = []
        is_over = threading.Event()

        def ask() -> None:
            while not is_over.is_set():
                answered.append(dev.get()[0])

        asking = threading.Thread(target=ask)
        asking.start()
        engine = tmp_path / "blogengine" / "clock.py"
        engine.write_text(engine.read_text() + "\n# A change.\n")
        second = process("one", first)
        package.write_text(EDITABLE.replace('"one"', '"two"'))
        process("two", second)
        is_over.set()
        asking.join()
        assert set(answered) == {200}
        said = dev.log.read_text()
        assert "clock.py: starting again" in said
        assert "worked_plugin.py: starting again" in said
    finally:
        dev.end()


def test_the_watcher_sees_what_came_went_and_was_saved(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    for name in ("kept.py", "gone.html", "saved.css"):
        (tmp_path / name).write_text("a")
    watcher = Watcher(lambda: [tmp_path, tmp_path / "not there"])
    assert watcher.changes() == []
    (tmp_path / "gone.html").unlink()
    (tmp_path / "saved.css").write_text("ab")
    (tmp_path / "new.toml").write_text("")
    (tmp_path / "data.db").write_text("")
    (tmp_path / "__pycache__" / "kept.py").write_text("")
    assert [path.name for path in watcher.changes()] == ["gone.html", "new.toml", "saved.css"]
    assert watcher.changes() == []


def test_a_box_escapes_what_it_shows_and_stands_first_in_the_body() -> None:
    html = b"<html><head></head><body class='x'><p>text</p></body></html>"
    assert dev_pages.put_in(html, []) == html
    shown = dev_pages.put_in(html, [Trouble("Here", "<b>bad</b>", "a < b")]).decode()
    assert "<body class='x'><aside" in shown
    assert "&lt;b&gt;bad&lt;/b&gt;" in shown
    assert "a &lt; b" in shown
    assert b"<aside" in dev_pages.put_in(b"no html at all", [Trouble("Here", "bad")])
