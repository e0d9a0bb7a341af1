"""Bringing a database up to date: whole or not at all, once, with a copy of what was there."""

import concurrent.futures
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from blogengine import migrations
from blogengine.db import Base
from blogengine.db import make_engine
from blogengine.errors import ConfigError
from blogengine.migrations import running
from blogengine.setup import NEW_BLOG

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.fixture
def empty(empty_database_url: str) -> sa.Engine:
    return make_engine(empty_database_url)


def test_an_empty_database_becomes_what_the_models_say(empty: sa.Engine) -> None:
    assert migrations.upgrade(empty)
    assert not migrations.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
        keys = set(connection.scalars(sa.select(Base.metadata.tables["setting"].c.key)))
    assert keys == {"_blog_id", "_blog_created", NEW_BLOG}
    empty.dispose()


def test_a_database_that_many_bring_up_to_date_at_once_is_made_once(empty: sa.Engine) -> None:
    def upgrade(number: int) -> bool:
        engine = make_engine(empty.url.render_as_string(hide_password=False))
        try:
            return migrations.upgrade(engine)
        finally:
            engine.dispose()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(upgrade, range(4)))
    assert sorted(done) == [False, False, False, True]
    with empty.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM cache_seq")) == 1
    empty.dispose()


def test_a_database_of_a_newer_engine_is_refused_with_what_to_do(empty: sa.Engine) -> None:
    migrations.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(ConfigError, match="newer version") as error:
        migrations.upgrade(empty)
    assert "restore" in str(error.value)
    assert revision(empty) == "from_the_future"
    empty.dispose()


def test_a_step_that_fails_half_way_leaves_the_old_schema(
    empty: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: sa.Connection, *, is_new: bool) -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr(running, "_seed", fail)
    with pytest.raises(RuntimeError, match="half-way"):
        migrations.upgrade(empty)
    with empty.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    monkeypatch.undo()
    assert migrations.upgrade(empty)
    empty.dispose()


@SQLITE
def test_a_database_that_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path, engine_name: str) -> None:
    file = tmp_path / "blog.db"
    file.write_bytes(b"this is not a database" * 100)
    for path in (file, tmp_path / "no folder" / "blog.db"):
        engine = make_engine(f"sqlite:///{path}")
        with pytest.raises(ConfigError):
            migrations.upgrade(engine)
        engine.dispose()


@SQLITE
def test_foreign_keys_hold_again_after_an_upgrade(empty: sa.Engine) -> None:
    migrations.upgrade(empty)
    for _ in range(3):
        with empty.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    empty.dispose()


@SQLITE
def test_the_database_is_copied_before_it_is_changed(
    empty: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(empty)
    path = Path(str(empty.url.database))
    running.copy(path, "0001")
    copy = path.with_name(f"{path.name}.before-upgrade-from-0001")
    engine = make_engine(f"sqlite:///{copy}")
    assert revision(engine) == revision(empty)
    engine.dispose()
    empty.dispose()


def test_every_step_has_a_number_of_its_own_and_the_last_one_is_the_head() -> None:
    files = (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py")
    numbers = sorted(path.name.partition("_")[0] for path in files)
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers[-1] == migrations.HEAD
