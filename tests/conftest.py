"""Fixtures that all tests share, and the rule that nothing needed is skipped unseen."""

import os
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright
import pytest

from tests.need import HOW_TO
from tests.need import find_browser

pytest_plugins = ["blogengine.testing", "pytester"]

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_needed_but_skipped: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright's event loop stays in this thread, and `asyncio.run` refuses it.

    Where processes share the tests (pytest-xdist), one drives the only browser, and servers are started one by one.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.get_closest_marker("server") is not None:
            item.add_marker(pytest.mark.xdist_group("server"))
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped, but for the samples, which a clone does not have."""
    if report.skipped and not hasattr(report, "wasxfail") and "samples" not in str(report.longrepr):
        _needed_but_skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped a browser or database test."""
    if IN_CI and _needed_but_skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a run in CI without a failed test is red."""
    if IN_CI and _needed_but_skipped:
        terminalreporter.section("skipped, which CI must not", red=True)
        for name in _needed_but_skipped:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of real exports, or a skip where there is none."""
    if not SAMPLES.is_dir():
        pytest.skip("the samples of real exports are not here")
    return SAMPLES


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Runs a test once on each engine."""
    return str(request.param)


@pytest.fixture
def empty_database_url(engine_name: str, make_database: Callable[..., str]) -> str:
    """URL of a database without a table; the test runs once on each engine."""
    return make_database(engine_name, empty=True)


@pytest.fixture
def sqlite_url(make_database: Callable[..., str]) -> str:
    """URL of a migrated SQLite database of this test's own."""
    return make_database("sqlite")


@pytest.fixture
def postgresql_url(make_database: Callable[..., str]) -> str:
    """URL of a migrated PostgreSQL database of this test's own."""
    return make_database("postgresql")


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright.Browser]:
    """A Chromium without a window."""
    found = find_browser()
    if found is None:
        if IN_CI:
            pytest.fail(HOW_TO)
        pytest.skip(HOW_TO)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A tab of its own. The test fails when a page asks another machine for something, or complains."""
    context = browser.new_context()
    complaints: list[str] = []

    def stay_home(route: playwright.Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "about:")):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    def listen(message: playwright.ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            complaints.append(message.text)

    context.route("**/*", stay_home)
    tab = context.new_page()
    tab.on("console", listen)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert not complaints, "The browser complained: " + "; ".join(complaints)
