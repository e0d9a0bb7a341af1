"""Own tables of plugins: named so that they meet nobody else's, changed whole or not at all, kept while it is away."""

import contextlib
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from click.testing import CliRunner

from blogengine import db as database
from blogengine.cli.main import group
from blogengine.db import BigId
from blogengine.db import make_engine
from blogengine.errors import Refused
from blogengine.migrations import plugins as steps
from blogengine.migrations import running
from blogengine.migrations import writing
from blogengine.plugins import discovery
from blogengine.plugins import loading
from blogengine.scaffold.frame import PYPROJECT
from blogengine.tables import Tables
from blogengine.tables import owners_of
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.upgrading import install_pending
from tests.hooks.test_tables import NOTES
from tests.plugin_files import drop_in
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def schema(engine: sa.Engine) -> dict[str, Any]:
    """Return all tables with their columns, indexes and number of rows."""
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                [(column["name"], str(column["type"])) for column in inspector.get_columns(name)],
                sorted(str(index["name"]) for index in inspector.get_indexes(name)),
                connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))),
            )
            for name in inspector.get_table_names()
            if not name.startswith("sqlite_")
        }


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


# --- declared


@pytest.mark.parametrize(
    ("name", "columns", "said"),
    [
        ("diary", [], "must be named p_notes_"),
        ("p_note_x", [], "must be named p_notes_"),
        ("p_notes_", [], "must be named p_notes_"),
        ("p_notes_old_version", [], "kept for the engine"),
        ("p_notes_" + "x" * 60, [], "too long"),
        ("p_notes_a", ["post.id", None], r'tables\.reference\("post"\)'),
        ("p_notes_a", ["outbox.id", "CASCADE"], "points to outbox"),
        ("p_notes_a", ["p_other_b.id", "CASCADE"], "points to p_other_b"),
    ],
)
def test_a_table_that_would_meet_anothers_is_refused(name: str, columns: list[Any], said: str) -> None:
    tables = Tables("notes")

    def column() -> dict[str, Any]:
        return {"x": sa.Column("x", sa.ForeignKey(columns[0], ondelete=columns[1]))} if columns else {}

    with pytest.raises(ValueError, match=said):
        sa.Table(name, tables.metadata, sa.Column("id", BigId, primary_key=True), *column().values())
    assert tables.names == []
    fields = {"__tablename__": name, "id": sa.Column(BigId, primary_key=True), **column()}
    with pytest.raises(ValueError, match=said):
        type("Model", (tables.Base,), fields)


def test_only_ids_of_plugins_and_known_nouns_are_taken() -> None:
    with pytest.raises(ValueError, match="no plugin id"):
        Tables("Notes!")
    with pytest.raises(ValueError, match="post, comment, media, user, not 'label'"):
        Tables("notes").reference("label")


def test_of_two_plugins_whose_names_begin_alike_each_has_its_own_tables() -> None:
    names = ["post", "p_also_on_link", "p_also_on_version", "p_also_card", "p_also_version", "p_gone_x"]
    assert owners_of(names, ["also"]) == {
        "p_also_on_link": "also_on",
        "p_also_on_version": "also_on",
        "p_also_card": "also",
        "p_also_version": "also",
    }
    assert owners_of(names, [])["p_also_card"] == "also"


# --- changed


def make(op: Operations) -> None:
    op.create_table(
        "p_notes_note",
        sa.Column("id", BigId, primary_key=True),
        sa.Column(
            "post_id", BigId, sa.ForeignKey("post.id", ondelete="CASCADE", name="fk_p_notes_note_post_id")
        ),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_p_notes_note_post_id", "p_notes_note", ["post_id"])
    op.bulk_insert(sa.table("p_notes_note", sa.column("id"), sa.column("text")), [{"id": 1, "text": "first"}])


def unmake(op: Operations) -> None:
    op.drop_table("p_notes_note")


def widen(op: Operations) -> None:
    with op.batch_alter_table("p_notes_note", recreate="always") as batch:
        batch.add_column(sa.Column("loud", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.alter_column("text", new_column_name="words")
    op.execute("UPDATE p_notes_note SET words = upper(words)")


def narrow(op: Operations) -> None:
    with op.batch_alter_table("p_notes_note", recreate="always") as batch:
        batch.alter_column("words", new_column_name="text")
        batch.drop_column("loud")


def test_steps_lead_up_down_and_up_again_with_rows_in_place(engine: sa.Engine) -> None:
    before = schema(engine)
    first = Tables("notes", migrations=[(make, unmake)])
    both = Tables("notes", migrations=[(make, unmake), (widen, narrow)])
    steps.upgrade(engine, first)
    middle = schema(engine)
    steps.upgrade(engine, both)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT words, loud FROM p_notes_note")).all() == [("FIRST", False)]
    with pytest.raises(Refused, match="made by a newer version"):
        steps.upgrade(engine, first)
    steps.downgrade(engine, both, "0001")
    assert schema(engine) == middle
    steps.upgrade(engine, both)
    steps.downgrade(engine, both)
    assert schema(engine) == before
    steps.upgrade(engine, Tables("notes", migrations=[make]))
    with pytest.raises(Refused, match="0001 of notes cannot be taken back"):
        steps.downgrade(engine, Tables("notes", migrations=[make]))


def test_a_step_that_fails_at_any_statement_leaves_nothing(engine: sa.Engine) -> None:
    tables = Tables("notes", migrations=[make, widen])
    before = schema(engine)
    for stop in range(1, 100):
        with failing_at(engine, stop) as seen, contextlib.suppress(Refused):
            steps.upgrade(engine, tables)
        if seen[0] < stop:
            break
        assert schema(engine) == before, f"statement {stop} failed and left something"
    assert stop > 8
    assert schema(engine)["p_notes_note"][2] == 1


@contextlib.contextmanager
def failing_at(engine: sa.Engine, number: int) -> Iterator[list[int]]:
    """Let the statement of this number fail, of those that change something."""
    seen = [0]

    def look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().split(None, 1)[0] in ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"):
            seen[0] += 1
            if seen[0] == number:
                raise RuntimeError("the power failed")

    sa.event.listen(engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", look)


@SQLITE
def test_the_file_is_copied_before_a_plugin_changes_its_tables(engine: sa.Engine) -> None:
    path = Path(str(engine.url.database))
    steps.upgrade(engine, Tables("notes", migrations=[make]))
    assert not list(path.parent.glob("*before-upgrade*"))
    steps.upgrade(engine, Tables("notes", migrations=[make, widen]))
    copy = make_engine(f"sqlite:///{path}.before-upgrade-from-notes-0001")
    with copy.connect() as connection:
        assert connection.scalar(sa.text("SELECT text FROM p_notes_note")) == "first"
    copy.dispose()


def test_a_step_that_breaks_links_between_rows_is_refused(engine: sa.Engine) -> None:
    def point_nowhere(op: Operations) -> None:
        op.execute("UPDATE p_notes_note SET post_id = 4711")

    before = schema(engine)
    with pytest.raises(Refused, match=r"broken links|ForeignKeyViolation"):
        steps.upgrade(engine, Tables("notes", migrations=[make, point_nowhere]))
    assert schema(engine) == before


def of_bundled() -> list[Tables]:
    found = []
    for one in discovery.find(Path("no drop-ins")).values():
        module = importlib.import_module(one.where)
        if hasattr(module, "register_tables"):
            tables: Tables = module.register_tables()
            tables.folder = Path(str(module.__file__)).parent / "migrations"
            found.append(tables)
    return found


@pytest.mark.parametrize("tables", of_bundled(), ids=lambda tables: tables.id)
def test_the_steps_of_a_bundled_plugin_make_what_its_models_say(engine: sa.Engine, tables: Tables) -> None:
    before = schema(engine)
    steps.upgrade(engine, tables)
    with engine.connect() as connection:
        ops = writing.difference(connection, tables).upgrade_ops
        assert ops is not None
        assert ops.is_empty(), ops.as_diffs()
    steps.downgrade(engine, tables)
    assert schema(engine) == before
    steps.upgrade(engine, tables)


# --- kept


def test_the_core_and_others_upgrade_beside_the_tables_of_a_plugin_that_is_gone(
    blog: BlogKit, client: Visitor
) -> None:
    post_id = blog.write_post()
    file = run(blog, "notes", NOTES)
    with blog.app():
        note = sa.text("INSERT INTO p_notes_note (post_id, text) VALUES (:post, 'kept')")
        database.write(lambda tx: tx.session.execute(note, {"post": post_id}) and None)
    file.unlink()
    blog.site.forget_app()
    assert "Notes" not in client.get("/").text
    assert blog.site.current().blog.plugins.statuses["notes"].state == "missing"

    engine = blog.site.engine
    with running.locked(engine), running.connected(engine) as connection:
        op = Operations(MigrationContext.configure(connection))
        with op.batch_alter_table(
            "post", recreate="auto" if engine.dialect.name == "postgresql" else "always"
        ) as batch:
            batch.add_column(sa.Column("mood", sa.Text))
        connection.commit()
    steps.upgrade(
        engine,
        Tables("other", migrations=[lambda op: op.create_table("p_other_x", sa.Column("y", sa.Integer))]),
    )
    file.write_text("", encoding="utf-8")
    run(blog, "notes", NOTES)
    assert "Notes: kept" in client.get("/").text
    with blog.app():
        database.write(lambda tx: tx.session.execute(sa.text("DELETE FROM post")) and None)
    assert "Notes: </p>" in client.get("/").text


def test_a_plugin_that_is_behind_its_code_is_out_until_it_is_brought_up(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "notes", NOTES)
    later = NOTES.replace(
        'op.drop_table("p_notes_note"))]',
        'op.drop_table("p_notes_note")), lambda op: op.add_column("p_notes_note", sa.Column("more", sa.Text))]',
    )
    drop_in(blog, "notes", later)
    blog.site.forget_app()
    assert "Notes" in client.get("/").text, "the code that ran goes on"
    forget_code()
    blog.site.forget_app()
    assert "Notes" not in client.get("/").text
    status = blog.site.current().blog.plugins.statuses["notes"]
    assert status.reason.startswith(
        "Its tables are at step 0001 of 0002; run `blogengine plugins migrate notes`"
    )
    assert install_pending(blog.site) == []
    assert "Notes" in client.get("/").text
    drop_in(blog, "notes", NOTES)
    forget_code()
    blog.site.forget_app()
    assert "Notes" not in client.get("/").text
    assert "newer version" in blog.site.current().blog.plugins.statuses["notes"].reason


def forget_code() -> None:
    """Be another process, which has no older code of drop-ins to go on with."""
    for name in [name for name in sys.modules if name.startswith("blogengine_dropins")]:
        del sys.modules[name]
    loading._good.clear()


def test_a_plugin_with_models_but_no_steps_cannot_be_enabled(blog: BlogKit) -> None:
    drop_in(blog, "notes", NOTES.replace('[(make, lambda op: op.drop_table("p_notes_note"))]', "[]"))
    with pytest.raises(Refused, match="run `blogengine plugins makemigration notes -m"):
        blog.enable("notes")


# --- seen


READS = {
    "an ORM query": "session().scalars(sa.select(Note.text)).all()",
    "a Core query": "session().execute(sa.select(Note.__table__.c.text)).scalars().all()",
    "SQL as text": "session().execute(sa.text('SELECT text FROM p_notes_note')).scalars().all()",
    "a connection": "session().connection().exec_driver_sql('select text from \"p_notes_note\"').scalars().all()",
    "a subquery": "session().scalars(sa.select(sa.literal('found')).where(sa.exists().where(Note.text != ''))).all()",
}
WRITES = {
    "the ORM": "write(lambda tx: tx.session.add(Note(text=words)))",
    "Core": "write(lambda tx: tx.session.execute(sa.insert(Note).values(text=words)) and None)",
    "text": "write(lambda tx: tx.session.execute(sa.text('insert into p_notes_note (text) values (:t)'), {'t': words})"
    " and None)",
    "a connection": "write(lambda tx: tx.session.connection().execute(sa.insert(Note), [{'text': words}]) and None)",
}
READ = "for note in rows))"
WRITE = "write(lambda tx: tx.session.add(Note(text=words)))"


@SQLITE
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("write", WRITES)
def test_no_way_to_read_or_write_an_own_table_is_missed(
    blog: BlogKit, client: Visitor, read: str, write: str
) -> None:
    source = NOTES.replace(WRITE, WRITES[write])
    head, _, _ = source.partition("    rows = session()")
    run(blog, "notes", f"{head}    return Markup('<p>Notes: {{}}</p>').format(' '.join({READS[read]}))\n")
    assert "Notes: </p>" in client.get("/").text
    client.get("/-/notes/add/found")
    assert "Notes: found</p>" in client.get("/").text
    blog.site.cache.hits = 0
    client.get("/")
    assert blog.site.cache.hits == 1


def test_rows_that_go_with_a_post_or_never_count_are_known(blog: BlogKit, client: Visitor) -> None:
    first, second = blog.write_post(), blog.write_post()
    run(blog, "notes", NOTES)
    marks = blog.site.current().blog.marks
    assert marks("DELETE FROM post WHERE post.id = ?") == ("t:p_notes_note",)
    assert marks("DELETE FROM comment WHERE id = ?") == ()
    assert marks("SELECT p_notes_note.id AS p_notes_note_id FROM p_notes_note") == ("t:p_notes_note",)
    assert marks("SELECT rank FROM p_notes_fts WHERE p_notes_fts MATCH ?") == ("t:p_notes_fts",)
    assert marks("SELECT 'p_notes_other' FROM post") == ()
    assert first != second
    named = '__tablename__ = "p_notes_note"'
    quiet = NOTES.replace(named, named + '\n    __table_args__ = ({"info": {"cache": False}},)')
    run(blog, "notes", quiet)
    assert "Notes: </p>" in client.get("/").text
    client.get("/-/notes/add/one")
    assert "Notes: </p>" in client.get("/").text


# --- commands


def command(blog: BlogKit, *words: str, fails: bool = False) -> str:
    """Run `blogengine` on the blog and return what it printed."""
    config = blog.site.config
    environment = {"BLOGENGINE_DATABASE_URL": config.database_url, "BLOGENGINE_SECRET_KEY": config.secret_key}
    done = CliRunner().invoke(group, ["--instance", str(config.instance), *words], env=environment)
    assert (done.exit_code != 0) == fails, done.output
    return f"{done.output}{done.exception or ''}"


MODELS = """
import sqlalchemy as sa
from datetime import datetime
from typing import Any
from sqlalchemy.orm import Mapped, mapped_column

tables = Tables("notes")

class Note(tables.Base):
    __tablename__ = "p_notes_note"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int | None] = mapped_column(tables.reference("post", ondelete="SET NULL"), index=True)
    key: Mapped[str] = mapped_column(KeyText, unique=True)
    facts: Mapped[Any] = mapped_column(JSONValue)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    # more

@hookimpl
def register_tables():
    return tables
"""


def test_steps_are_written_from_the_models_and_removed_with_the_plugin(blog: BlogKit) -> None:
    drop_in(blog, "notes", MODELS)
    assert "0001_the_first_table.py" in command(
        blog, "plugins", "makemigration", "notes", "-m", "The first table"
    )
    assert "nothing was written" in command(blog, "plugins", "makemigration", "notes", "-m", "again")
    assert "notes is enabled" in command(blog, "plugins", "enable", "notes")
    loud = "loud: Mapped[bool] = mapped_column(sa.Boolean, server_default=sa.false())"
    drop_in(blog, "notes", MODELS.replace("# more", loud))
    written = (
        command(blog, "plugins", "makemigration", "notes", "-m", 'Say "loud"')
        .split("Wrote ")[1]
        .split("\n")[0]
    )
    text = Path(written).read_text(encoding="utf-8")
    assert (Path(written).name, "p_notes_version" in text, "loud" in text) == (
        "0002_say_loud.py",
        False,
        True,
    )
    long = "late: Mapped[int]\n    facts_again: Mapped[Any] = mapped_column(JSONValue, nullable=True)"
    drop_in(blog, "notes", MODELS.replace("# more", f"{loud}\n    {long}"))
    said = command(blog, "plugins", "makemigration", "notes", "-m", "long words " * 20)
    warning = "p_notes_note.late fails where rows are: give it a server_default, or nullable=True."
    assert f"! {warning}" in said
    folder = Path(written).parent
    third = next(folder.glob("0003_*"))
    assert f"    # {warning}" in third.read_text("utf-8")
    (folder / "pyproject.toml").write_text(
        PYPROJECT[PYPROJECT.index("[tool.ruff]") : PYPROJECT.index("[tool.mypy]")], encoding="utf-8"
    )
    for words in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    third.unlink()
    drop_in(blog, "notes", MODELS.replace("# more", loud))
    assert "0002 of 0002" in command(blog, "plugins", "migrate", "notes")
    with blog.site.engine.connect() as connection:
        assert {column["name"] for column in sa.inspect(connection).get_columns("p_notes_note")} >= {
            "loud",
            "facts",
        }
    assert "No plugin other" in command(blog, "plugins", "migrate", "other", fails=True)
    assert "p_notes_note: 0 rows" in command(blog, "plugins", "uninstall", "notes", "--yes")
    names = sa.inspect(blog.site.engine).get_table_names()
    assert not [name for name in names if name.startswith("p_notes")]
    assert "There is no plugin gone" in command(blog, "plugins", "uninstall", "gone", "--yes", fails=True)
