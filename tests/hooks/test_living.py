"""The life of a plugin: installed once, started in each process, stopped when it is gone, removed without a trace."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from blogengine import db as database
from blogengine import installing
from blogengine import jobs
from blogengine import restoring
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.meta import write_meta
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.upgrading import install_pending
from tests.plugin_files import drop_in
from tests.plugin_files import run

DIARY = """
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

PLUGIN = {"version": "VERSION"}

def make(op):
    op.create_table("p_diary_day", sa.Column("id", BigId, primary_key=True), sa.Column("text", sa.Text))

tables = Tables("diary", migrations=[make])

class Day(tables.Base):
    __tablename__ = "p_diary_day"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)

@hookimpl
def register_tables():
    return tables

@hookimpl
def register_jobs():
    return {"write": print}

@hookimpl
def installed(tx, from_version):
    tx.session.add(Day(text=f"from {from_version!r}, {len(posts.newest(1).posts)} posts"))
    enqueue(tx, "diary.write", {})
    if from_version == "FAIL":
        raise Refused("The diary is locked.")

@hookimpl
def uninstalling(tx):
    rows = session().scalars(sa.select(Day.text)).all()
    write_meta(tx, "post", 1, "other", "last_words", rows)
    REFUSE

@hookimpl
def listing_footer_html(page):
    return Markup("<p>Diary: {}</p>").format("; ".join(session().scalars(sa.select(Day.text))))
"""


def diary(version: str = "1", fail: str = "never", refuse: str = "pass") -> str:
    return DIARY.replace("VERSION", version).replace("FAIL", fail).replace("REFUSE", refuse)


def dump(blog: BlogKit) -> dict[str, Any]:
    """Return names of everything in the database and all rows, but for what every change moves."""
    with blog.site.engine.connect() as connection:
        inspector = sa.inspect(connection)
        found: dict[str, Any] = {}
        for name in inspector.get_table_names():
            if name in ("cache_seq", "cache_tag") or name.startswith("sqlite_"):
                continue
            table = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
            indexes = sorted(str(index["name"]) for index in inspector.get_indexes(name))
            found[name] = (indexes, sorted(map(str, connection.execute(sa.select(table)))))
        tags = connection.scalars(sa.text("SELECT tag FROM cache_tag WHERE tag LIKE 't:%'")).all()
        return {**found, "tags": list(tags)}


def test_hook_installed(blog: BlogKit, client: Visitor) -> None:
    before = dump(blog)
    drop_in(blog, "diary", diary(fail=""))
    with pytest.raises(Refused, match="The diary is locked"):
        blog.enable("diary")
    assert dump(blog) == before
    run(blog, "diary", diary())
    assert "Diary: from &#39;&#39;, 0 posts</p>" in client.get("/").text
    blog.disable("diary")
    blog.enable("diary")
    assert client.get("/").text.count("from") == 1
    drop_in(blog, "diary", diary("2", fail="1"))
    with pytest.raises(Refused, match="The diary is locked"):
        blog.enable("diary")
    run(blog, "diary", diary("2"))
    assert "from &#39;&#39;, 0 posts; from &#39;1&#39;, 0 posts</p>" in client.get("/").text


def test_hook_installed_runs_before_the_server_starts(blog: BlogKit, client: Visitor) -> None:
    run(blog, "diary", diary())
    drop_in(blog, "diary", diary("2"))
    blog.site.forget_app()
    assert "from &#39;1&#39;" not in client.get("/").text
    assert install_pending(blog.site) == []
    assert "from &#39;1&#39;" in client.get("/").text
    assert blog.site.current().blog.pending == []


def test_hook_uninstalling(blog: BlogKit, client: Visitor) -> None:
    blog.write_post()
    before = dump(blog)
    run(blog, "diary", diary(refuse="raise ValueError('not now')"))
    with blog.app() as app:
        database.write(lambda tx: write_meta(tx, "post", 1, "diary", "mood", "good"))
        with pytest.raises(Refused, match="not now"):
            app.blog.remove_plugin("diary", False)
    assert "Diary:" in client.get("/").text
    run(blog, "diary", diary())
    with blog.app() as app:
        copy = app.blog.remove_plugin("diary", False)
    assert "Diary" not in client.get("/").text
    kept = json.loads(copy.read_text())
    assert kept["tables"]["p_diary_day"] == [{"id": 1, "text": "from '', 1 posts"}]
    assert kept["meta"] == [{"owner_kind": "post", "owner_id": 1, "key": "mood", "value": "good"}]
    assert copy.stat().st_mode & 0o077 == 0
    after = dump(blog)
    assert [row for row in after["meta"][1] if "last_words" in row]
    after["meta"] = before["meta"]
    assert after == before
    blog.enable("diary")
    assert "Diary: from &#39;&#39;, 1 posts</p>" in client.get("/").text


def test_what_is_left_of_a_plugin_that_is_gone_can_be_removed(blog: BlogKit, client: Visitor) -> None:
    before = dump(blog)
    file = run(blog, "diary", diary())
    client.get("/")
    file.unlink()
    with blog.app() as app:
        assert app.blog.plugins.statuses["diary"].state == "active"
    blog.site.forget_app()
    assert client.get("/").status_code == 200
    with blog.app() as app:
        assert app.blog.plugins.statuses["diary"].state == "missing"
        app.blog.remove_plugin("diary", False)
    assert dump(blog) == before
    with blog.app() as app, pytest.raises(NotFound):
        app.blog.remove_plugin("diary", False)


PULSE = """
import json, pathlib
notes = pathlib.Path(r"FILE")

def note(word):
    notes.write_text(notes.read_text() + word + " ")

@hookimpl
def startup():
    note("start" + VERSION)
    FAIL

@hookimpl
def shutdown():
    note("stop" + VERSION)
    raise ValueError("too late")

@hookimpl
def listing_footer_html(page):
    return "pulse"
"""


def pulse(file: Any, version: str = "1", fail: str = "pass") -> str:
    return PULSE.replace("FILE", str(file)).replace("VERSION", repr(version)).replace("FAIL", fail)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_hook_startup(blog: BlogKit, client: Visitor, site: Site, tmp_path: Any) -> None:
    file = tmp_path / "notes"
    file.write_text("")
    run(blog, "pulse", pulse(file))
    assert "pulse" in client.get("/").text
    blog.change_settings(title="Another")
    client.get("/")
    assert file.read_text() == "start1 "
    run(blog, "pulse", pulse(file, "2"))
    client.get("/")
    assert file.read_text() == "start1 stop1 start2 "
    run(blog, "pulse", pulse(file, "3", "raise ValueError('no pulse')"))
    assert "pulse" not in client.get("/").text
    status = site.current().blog.plugins.statuses["pulse"]
    assert (status.state, status.reason) == ("broken", "It could not start: ValueError: no pulse")
    assert "no pulse" in status.traceback
    assert {failure.hook for failure in site.failures.take()} == {"startup", "shutdown"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_hook_shutdown(blog: BlogKit, client: Visitor, site: Site, tmp_path: Any) -> None:
    file = tmp_path / "notes"
    file.write_text("")
    run(blog, "pulse", pulse(file))
    client.get("/")
    blog.disable("pulse")
    assert client.get("/").status_code == 200
    assert file.read_text() == "start1 stop1 "
    blog.enable("pulse")
    client.get("/")
    site.close()
    assert file.read_text() == "start1 stop1 start1 stop1 "


def test_an_owner_removes_a_plugin_in_the_browser(blog: BlogKit, owner_client: Visitor) -> None:
    run(blog, "diary", diary())
    page = owner_client.get("/admin/plugins/diary/remove").text
    assert "p_diary_day (1)" in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = owner_client.send("/admin/plugins/diary/remove", {"csrf_token": token})
    assert answer.status_code == 303
    assert "diary is removed" in owner_client.get("/admin/plugins").text
    assert not [name for name in sa.inspect(blog.site.engine).get_table_names() if name.startswith("p_")]
    with blog.app():
        assert jobs.next_due() is None


ALBUM = """
import sqlalchemy as sa
from sqlalchemy import LargeBinary

columns = [
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", UTCDateTime),
    sa.Column("raw", LargeBinary),
    sa.Column("facts", JSONValue),
]

def make(op):
    op.create_table("p_album_page", *[column._copy() for column in columns])

tables = Tables("album", migrations=[make])
pages = sa.Table("p_album_page", tables.metadata, *[column._copy() for column in columns])

@dataclass(frozen=True)
class Settings:
    size: int = option(3, "Size")

@hookimpl
def register_settings():
    return Settings

@hookimpl
def register_tables():
    return tables

@hookimpl
def register_routes():
    web = Blueprint("album", __name__)

    @web.get("/add")
    def add():
        row = {"at": now(), "raw": b"\\x00\\xff", "facts": {"a": [1, None]}}
        write(lambda tx: tx.session.execute(sa.insert(pages), [row]) and None)
        return "stored"

    @web.get("/show")
    def show():
        return str(session().execute(sa.select(pages).order_by(pages.c.id)).all())

    return web
"""


def test_what_was_removed_can_be_put_back(blog: BlogKit, client: Visitor) -> None:
    run(blog, "album", ALBUM)
    blog.change_plugin("album", size="7")
    client.get("/-/album/add")
    client.get("/-/album/add")
    before = client.get("/-/album/show").text
    assert before.count("tzinfo") == 2
    with blog.app() as app:
        copy = app.blog.remove_plugin("album", False)
    with blog.app(), pytest.raises(Refused, match="does not run"):
        restoring.restore(copy)
    blog.enable("album")
    with blog.app():
        assert restoring.restore(copy) == ("album", 2)
    assert client.get("/-/album/show").text == before
    with blog.app() as app:
        assert app.blog.plugins.settings("album").size == 7
    client.get("/-/album/add")
    assert client.get("/-/album/show").text.startswith(before[:-1])
    wrong = copy.with_name("wrong.json")
    wrong.write_text('{"plugin": 3}')
    with blog.app(), pytest.raises(Refused, match="is no file that"):
        restoring.restore(wrong)
    wrong.write_text(copy.read_text().replace('"0001"', '"0002"'))
    with blog.app(), pytest.raises(Refused, match=r"at step 0002 .* at step 0001 here"):
        restoring.restore(wrong)
    wrong.write_text(copy.read_text().replace('"at":', '"att":'))
    with blog.app(), pytest.raises(Refused, match="has no column att"):
        restoring.restore(wrong)
    assert client.get("/-/album/show").text.startswith(before[:-1])


def test_two_processes_install_a_plugin_once(blog: BlogKit, client: Visitor) -> None:
    run(blog, "diary", diary())
    drop_in(blog, "diary", diary("2"))
    blog.site.forget_app()
    blog.site.current()
    first, second = (blog.site.build(also="diary") for _ in range(2))
    for app in (first, second):
        with app.app_context():
            installing.install("diary", enable=False)
    assert client.get("/").text.count("from &#39;1&#39;") == 1
