"""Checked at the door: a plugin runs only after another process has tried it on a copy of the database."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from blogengine import settings
from blogengine.door.process import try_plugin
from blogengine.errors import Refused
from blogengine.migrations import copying
from blogengine.plugins.door_report import NotLetIn
from blogengine.plugins.door_report import Report
from blogengine.testing import BlogKit
from tests.plugin_files import drop_in

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


def tried(blog: BlogKit, source: str, *, seconds: float = 20.0) -> Report:
    """Try `source` as the drop-in `candidate`."""
    drop_in(blog, "candidate", source)
    return try_plugin(blog.site.config, "candidate", seconds=seconds)


def facts(blog: BlogKit) -> tuple[list[str], int, list[str]]:
    """Return what a trial must leave as it was: tables, the newest number, schemas or files."""
    with blog.site.engine.connect() as connection:
        tables = sorted(sa.inspect(connection).get_table_names())
        schemas = sa.inspect(connection).get_schema_names()
        number = connection.scalar(sa.text("SELECT seq FROM cache_seq"))
    left = [path.name for path in blog.site.config.instance.glob(".door-*")]
    return tables, number, [*schemas, *left]


TABLES = """
from blogengine.plugin import Tables
import sqlalchemy as sa

tables = Tables("candidate", migrations=[lambda op: op.create_table(
    "p_candidate_word",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("word", sa.Text, unique=True),
)])

class Word(tables.Base):
    __tablename__ = "p_candidate_word"
    id = sa.orm.mapped_column(sa.Integer, primary_key=True)
    word = sa.orm.mapped_column(sa.Text, unique=True)

@hookimpl
def register_tables():
    return tables

@hookimpl
def installed(tx):
    tx.session.add(Word(word="here"))

@hookimpl
def post_footer_html(post):
    return f"{post.comment_count} comments and {len(session().scalars(sa.select(Word.word)).all())} word"

@hookimpl
def register_routes():
    pages = Blueprint("candidate", __name__)
    pages.add_url_rule("/all", "all", lambda: " ".join(session().scalars(sa.select(Word.word))))
    return pages
"""


def test_a_good_plugin_passes_with_its_tables_and_leaves_no_trace(
    blog: BlogKit, owner_client: object
) -> None:
    post_id = blog.write_post("A post", labels=["red"])
    blog.write_post("A page", kind="page")
    blog.write_comment(post_id)
    before = facts(blog)
    report = tried(blog, TABLES)
    assert report.text() == ""
    assert report.pages > 12
    assert facts(blog) == before


def test_the_tables_of_an_upgrade_are_tried_on_the_rows_that_are_there(blog: BlogKit) -> None:
    blog.write_post()
    drop_in(blog, "candidate", TABLES)
    blog.enable("candidate")
    before = facts(blog)
    fails = TABLES.replace(
        ")])",
        '), lambda op: op.execute("INSERT INTO p_candidate_word (id, word) SELECT 7, word FROM p_candidate_word")])',
    )
    report = tried(blog, fails)
    assert len(report.problems) == 1
    assert "UNIQUE" in report.reason.upper()
    assert facts(blog) == before


CRASHES = {
    "exit": ("import os; os._exit(0)", "exit code 0 and without a word"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "the signal SIGSEGV"),
    "memory": ("kept = [bytearray(10**8) for _ in range(100)]", "MemoryError"),
    "hang": ("while True: pass", "not done after 3 seconds"),
    "stopped by a hook": (
        "import os\n@hookimpl\ndef listing_footer_html(page): os._exit(4)",
        "exit code 4",
    ),
    "no files left": ("import os; os.closerange(0, 3); raise KeyboardInterrupt", "KeyboardInterrupt"),
    "killed": ("import os, time; os.kill(os.getpid(), 9); time.sleep(60)", "the signal SIGKILL"),
}


@SQLITE
@pytest.mark.parametrize("how", CRASHES)
def test_what_ends_or_stops_the_process_of_the_trial_is_said_and_touches_nothing_else(
    blog: BlogKit, how: str
) -> None:
    source, said = CRASHES[how]
    before = facts(blog)
    report = tried(blog, source, seconds=3.0 if how == "hang" else 20.0)
    assert said in report.text()
    if how in ("exit", "segfault", "hang"):
        assert report.problems[0].where == "loading it, in import of candidate"
    if how == "stopped by a hook":
        assert report.problems[0].where == "/, in listing_footer_html of candidate"
    assert facts(blog) == before


@SQLITE
def test_the_crawl_names_page_hook_and_line_of_everything_that_fails(
    blog: BlogKit, owner_client: object
) -> None:
    blog.write_post("A post", labels=["red"])
    report = tried(
        blog,
        """
        @hookimpl
        def post_footer_html(post):
            return post.no_such_thing

        @hookimpl
        def prepare_meta(meta, page):
            meta.title = 7 if page.meta.title.endswith("red") else meta.title

        @hookimpl
        def editor_html(draft):
            return ["nonsense"]

        @hookimpl
        def register_routes():
            from flask import Response, request
            pages = Blueprint("candidate", __name__)
            pages.add_url_rule("/boom", "boom", lambda: 1 / 0)
            pages.add_url_rule("/odd", "odd", lambda: Response("x", headers={"X-Odd Name": "1"}))

            @pages.get("/mine")
            @cacheable()
            def mine():
                return f"for {request.cookies.get('name')}"

            pages.add_url_rule("/<word>", "word", lambda word: 1 / 0)
            return pages
        """,
    )
    found = {(problem.where, problem.what.partition(".")[0]) for problem in report.problems}
    post = next(where for where, _ in found if where.endswith("/a-post.html"))
    assert (post, "post_footer_html of candidate failed") in found
    assert ("/search/label/red", "prepare_meta of candidate failed") in found
    assert ("/admin/posts/new", "editor_html of candidate failed") in found
    assert ("/-/candidate/boom", "GET /-/candidate/boom of candidate failed") in found
    assert ("/-/candidate/odd", "The header 'X-Odd Name' cannot be sent as it is: '1'") in found
    trace = next(problem.trace for problem in report.problems if problem.where == post)
    assert "return post.no_such_thing" in trace
    assert any("candidate uses cookies in candidate.py, line" in warning for warning in report.warnings)


@SQLITE
def test_a_problem_of_many_pages_is_said_once_with_their_number(blog: BlogKit, owner_client: object) -> None:
    blog.write_post("A post", labels=["red"])
    report = tried(blog, "@hookimpl\ndef prepare_meta(meta): raise ValueError('no such luck')")
    (problem,) = report.problems
    assert problem.pages > 7
    assert report.reason.startswith(f"on {problem.pages} pages, first /: prepare_meta of candidate failed")
    assert report.text().count("ValueError: no such luck") == 2  # the sentence, and the traceback's last line


def test_tables_that_differ_from_the_models_are_one_problem_with_a_hint(blog: BlogKit) -> None:
    blog.write_post()
    drop_in(blog, "candidate", TABLES)
    blog.enable("candidate")
    changed = TABLES.replace("    word = sa", "    late = sa.orm.mapped_column(sa.Text)\n    word = sa")
    saving = (
        "\n@hookimpl\ndef post_saved(tx, post_id):\n    tx.session.add(Word(word=str(post_id), late='x'))\n"
    )
    report = tried(blog, changed.replace("select(Word.word)", "select(Word.late)") + saving)
    about = [problem for problem in report.problems if "late" in problem.what]
    assert len(about) == 1
    assert about[0].pages > 2
    assert about[0].what.count("The tables differ from the models: was a step changed") == 1


def test_a_post_that_is_saved_and_a_comment_that_comes_in_are_tried_too(blog: BlogKit) -> None:
    old = blog.write_post("A post")
    report = tried(
        blog,
        """
        import sqlalchemy as sa

        @hookimpl
        def post_saved(post_id, tx): 1 / 0 if posts.get(post_id).title == "A post" else None

        @hookimpl
        def judge_comment(comment): return comment.no_verdict

        @hookimpl
        def comment_saved(comment_id, tx): tx.session.execute(sa.text("SELECT * FROM nowhere"))
        """,
    )
    found = {problem.what.partition(" ")[0]: problem for problem in report.problems}
    assert {name: problem.where for name, problem in found.items()} == {
        "post_saved": "saving a post again",
        "judge_comment": "taking a comment",
        "comment_saved": "taking a comment",
    }
    assert "return comment.no_verdict" in found["judge_comment"].trace
    assert blog.post(old).title == "A post"
    assert len(blog.site.failures.take()) == 0


@SQLITE
def test_a_plugin_that_cannot_start_or_refuses_a_comment_is_told_apart(blog: BlogKit) -> None:
    report = tried(blog, "@hookimpl\ndef startup(): raise OSError('no such printer')")
    assert report.reason.startswith("It could not start: OSError: no such printer")
    report = tried(blog, "@hookimpl\ndef judge_comment(): return Verdict(REJECT, 'Not today.')")
    assert report.problems == []


@SQLITE
def test_what_was_broken_before_is_not_blamed_on_the_candidate(blog: BlogKit) -> None:
    drop_in(blog, "older", "@hookimpl\ndef listing_footer_html(page): 1 / 0")
    blog.enable("older")
    report = tried(blog, "@hookimpl\ndef listing_footer_html(page): return 'fine'")
    assert report.text() == ""
    report = tried(blog, "from flask import Flask\n@hookimpl\ndef post_footer_html(post): return 'fine'")
    assert report.problems == []


@SQLITE
def test_a_plugin_that_does_not_pass_is_not_enabled(blog: BlogKit, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_in(blog, "candidate", "@hookimpl\ndef listing_footer_html(page): 1 / 0")
    monkeypatch.setattr(blog.site, "_door", lambda site, *rest: try_plugin(site.config, *rest))
    with (
        blog.app(),
        pytest.raises(NotLetIn, match=r"was not enabled: on .* first /: listing_footer_html") as failed,
    ):
        settings.enable("candidate")
    assert "1 / 0" in failed.value.report.text()
    with blog.app():
        assert "candidate" not in settings.states()


@SQLITE
def test_a_full_disk_is_said_before_anything_is_copied(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blogengine.door.process.SPARE", 10**18)
    with pytest.raises(Refused, match="no room for a copy"):
        tried(blog, "")


@SQLITE
def test_what_a_plugin_starts_ends_with_its_trial(blog: BlogKit, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    source = f"""
    import subprocess
    open({str(sign)!r}, "w").write(str(subprocess.Popen(["sleep", "1000"]).pid))
    """
    assert tried(blog, source).problems == []
    process = Path(f"/proc/{sign.read_text()}/stat")
    ended = threading.Event()
    for _ in range(200):
        if not process.exists() or process.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        ended.wait(0.02)
    else:
        pytest.fail("the process goes on")


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_copies_that_were_left_behind_are_deleted_and_others_are_not(blog: BlogKit) -> None:
    engine = blog.site.engine
    old = f"{copying.PREFIX}1000_0123456789ab"[:40]
    copying.copy_postgresql(engine, old)
    new = copying.new_schema()
    copying.copy_postgresql(engine, new)
    copying.drop_copy(engine)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_schema_names()
    assert old not in names
    assert new in names
    copying.drop_copy(engine, new)
