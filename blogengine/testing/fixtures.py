"""The fixtures of the kit."""

import contextlib
import gc
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from pathlib import Path

import argon2
import pytest

from blogengine import accounts
from blogengine import clock as clocks
from blogengine.config import Config
from blogengine.db import make_engine
from blogengine.door.kinds import here
from blogengine.migrations import upgrade
from blogengine.plugins import manager
from blogengine.plugins.guards import guarded
from blogengine.plugins.manager import Plugins
from blogengine.site import Site
from blogengine.testing.blogs import AUTHOR
from blogengine.testing.blogs import OWNER
from blogengine.testing.blogs import BlogKit
from blogengine.testing.clocks import FrozenClock
from blogengine.testing.databases import PostgreSQL
from blogengine.testing.databases import Prepare
from blogengine.testing.databases import SQLite
from blogengine.testing.databases import Unavailable
from blogengine.testing.databases import wait_for_no_disk
from blogengine.testing.mailbox import Mailbox
from blogengine.testing.network import Network
from blogengine.testing.network import guard
from blogengine.testing.outbox import JobKit
from blogengine.testing.recorder import HookRecorder
from blogengine.testing.visitors import Visitor

MARKER = "databases(*names): run the test once on each of these database engines (`sqlite`, `postgresql`)"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker `databases` known."""
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `databases` once on each engine that the mark names."""
    mark = metafunc.definition.get_closest_marker("databases")
    if mark is not None and "engine_name" in metafunc.fixturenames:
        metafunc.parametrize("engine_name", mark.args)


def pytest_collection_finish() -> None:
    """Take modules and tests out of the search for garbage, and search less: it was a third of the making of an app."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def prepare_schema(url: str) -> None:
    """Bring the empty database at `url` to the newest schema."""
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed in a tenth of a millisecond, for every test: what guards a real blog takes 20 ms and more."""
    before = accounts.use_hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    accounts.use_hasher(before)


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The network, for every test: other machines answer only what `network.answer(url, body)` recorded."""
    made = Network()
    guard(made, lambda owner, name, value: monkeypatch.setattr(owner, name, value))
    yield made
    if made.blocked:
        pytest.fail(str(made.block(made.blocked[0])), pytrace=False)


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> SQLite:
    """Maker of SQLite databases, copied from one that is migrated once."""
    return SQLite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A PostgreSQL: that at `BLOGENGINE_TEST_POSTGRESQL`, or one of its own; a skip, in CI a failure, without either."""
    try:
        server = PostgreSQL()
    except Unavailable as reason:
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    with server:
        yield server


@pytest.fixture
def engine_name() -> str:
    """`sqlite`, or what `@pytest.mark.databases("sqlite", "postgresql")` says."""
    return "sqlite"


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes databases: `make_database("postgresql", empty=True)` returns the URL of one without a table.

    With `prepare`, a function that fills the empty database at a URL, it is a copy of what that function made once.
    """
    with contextlib.ExitStack() as made:

        def make(engine_name: str, *, empty: bool = False, prepare: Prepare = prepare_schema) -> str:
            return made.enter_context(
                new_database(engine_name, request, tmp_path, None if empty else prepare)
            )

        yield make


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str]) -> str:
    """SQLAlchemy URL of a migrated database of this test's own."""
    return make_database(engine_name)


@contextlib.contextmanager
def new_database(
    engine_name: str,
    request: pytest.FixtureRequest,
    folder: Path,
    prepare: Prepare | None = prepare_schema,
) -> Iterator[str]:
    """Make a database of this engine, an SQLite file in `folder`, and drop it at the end."""
    if engine_name == "sqlite":
        files: SQLite = request.getfixturevalue("sqlite_server")
        yield files.create(folder, prepare)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    url = server.create(prepare)
    yield url
    server.drop(url)


def open_site(folder: Path, database_url: str) -> Site:
    """Return a started site whose instance is in `folder`."""
    instance = folder / "instance"
    (instance / "plugins").mkdir(parents=True)
    made = Site(Config(instance=instance, database_url=database_url, secret_key="k" * 40), door=here)
    wait_for_no_disk(made.engine)
    upgrade(made.engine)
    made.start(work=False)
    return made


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A site with an empty blog, in this process, without the thread that does jobs."""
    made = open_site(tmp_path, database_url)
    yield made
    made.close()


@pytest.fixture
def blog(site: Site) -> BlogKit:
    """The blog to write into."""
    return BlogKit(site)


@pytest.fixture
def client(site: Site) -> Visitor:
    """An anonymous visitor."""
    return Visitor(site)


@pytest.fixture
def owner_client(blog: BlogKit) -> Visitor:
    """The owner, signed in."""
    return sign_in_owner(blog)


@pytest.fixture
def author_client(blog: BlogKit) -> Visitor:
    """An author who does not own the blog, signed in."""
    blog.add_author()
    return _signed_in(blog, AUTHOR)


def sign_in_owner(blog: BlogKit) -> Visitor:
    """Make the owner and return their browser, signed in."""
    blog.add_owner()
    return _signed_in(blog, OWNER)


def _signed_in(blog: BlogKit, person: Mapping[str, str]) -> Visitor:
    with blog.app():
        token = accounts.sign_in(person["email"], person["password"], "test", "a test")
    visitor = Visitor(blog.site)
    visitor.set_cookie("blog_session", token)
    return visitor


@pytest.fixture
def jobs(site: Site) -> JobKit:
    """The work that was put off until after the commit: nothing is done before `jobs.run_all()`."""
    return JobKit(site)


@pytest.fixture
def mailbox(jobs: JobKit) -> Mailbox:
    """The mails that were written: `mailbox.mails`. None is sent."""
    return Mailbox(jobs)


@pytest.fixture
def hooks(site: Site, monkeypatch: pytest.MonkeyPatch) -> HookRecorder:
    """Notes from here on what plugins' hooks are called with: `hooks.calls("post_saved")`."""
    recorder = HookRecorder()
    monkeypatch.setattr(manager, "guarded", recorder.watch(guarded))
    monkeypatch.setattr(Plugins, "implementation", recorder.listen(Plugins.implementation))
    site.forget_app()
    return recorder


@pytest.fixture
def clock() -> Iterator[FrozenClock]:
    """A clock that stands still at 2020-01-03 02:55 UTC; `clock.tick(minutes=32)` moves it."""
    frozen = FrozenClock(datetime(2020, 1, 3, 2, 55, tzinfo=UTC))
    before = clocks.use(frozen.read)
    yield frozen
    clocks.use(before)
