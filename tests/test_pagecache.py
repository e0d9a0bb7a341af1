"""Keeping whole pages: what is kept, for how long, for whom, and at what price."""

import concurrent.futures
import gzip
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from blogengine import clock
from blogengine import comments
from blogengine import db as database
from blogengine import keeping
from blogengine import markup
from blogengine import migrations
from blogengine import posts
from blogengine import site as sites
from blogengine.comments import threads
from blogengine.models import Comment
from blogengine.pages import PostDraft
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.full import every_plugin
from tests.full import is_full
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

GREETER = """
@hookimpl
def post_footer_html(post):
    return Markup("<p>greeted</p>")

@hookimpl
def register_routes():
    pages = Blueprint("greeter", __name__)

    @pages.get("/cookie")
    @cacheable()
    def cookie():
        from flask import make_response
        response = make_response("for you")
        response.set_cookie("you", "1")
        return response

    @pages.get("/session")
    @cacheable()
    def session():
        from flask import session
        return f"hello {session.get('name', '')}"

    @pages.get("/plain")
    def plain():
        return "not marked"

    return pages
"""


GADGETS = ("archive", "labels", "comments", "text", "links")


@pytest.fixture
def database_url(engine_name: str, make_database: Callable[..., str], request: pytest.FixtureRequest) -> str:
    prepared = {"prepare": every_plugin} if "everything" in request.fixturenames else {}
    return make_database(engine_name, **prepared)


@pytest.fixture
def everything(blog: BlogKit) -> None:
    """All bundled plugins, and a gadget of each kind."""
    assert is_full(blog)
    for number, name in enumerate(GADGETS):
        blog.place_gadget(f"gadgets.{name}", area=("sidebar", "footer")[number % 2])
    blog.change_plugin("gadgets", announcement="Hear, hear", attribution="By Olive")
    assert is_full(blog)


class Statements:
    """The statements that reach the database."""

    def __init__(self, blog: BlogKit) -> None:
        self.seen: list[str] = []
        self._engine = blog.site.engine

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self.seen.append(statement)


def misses(blog: BlogKit, look: Callable[[], object]) -> int:
    before = blog.site.cache.misses
    look()
    return blog.site.cache.misses - before


def test_a_hit_asks_the_database_only_whether_it_is_still_true_and_no_plugin_anything(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "greeter", GREETER)
    path = blog.path_of(blog.write_post())
    assert "greeted" in client.get(path).text
    app = blog.site.current()
    calls: list[str] = []
    stop = app.blog.plugins.pluggy_manager.add_hookcall_monitoring(
        lambda name, impls, arguments: calls.append(name), lambda outcome, name, impls, arguments: None
    )
    asked: list[str] = []
    own = blog.site.sequence._connection
    if hasattr(own, "set_trace_callback"):
        own.set_trace_callback(asked.append)
    with Statements(blog) as statements:
        assert "greeted" in client.get(path).text
    stop()
    if hasattr(own, "set_trace_callback"):
        own.set_trace_callback(None)
        assert statements == []
        assert set(asked) <= {"PRAGMA data_version"}
    else:
        assert {" ".join(statement.split()) for statement in statements} == {
            "SELECT cache_seq.seq FROM cache_seq"
        }
    assert calls == []


@pytest.mark.parametrize("number", [1, 60])
def test_a_post_page_costs_twelve_statements_whatever_stands_on_it(
    blog: BlogKit, everything: None, client: Visitor, number: int
) -> None:
    for name in ("first", "second", "third"):
        run(blog, name, GREETER)
    for other in range(5):
        blog.write_post(f"Other {other}", labels=["red", "green"])
    post_id = blog.write_post("Read me", labels=["red", "green", "blue"])
    parent = None
    for comment in range(number):
        made = blog.write_comment(post_id, f"Comment {comment}.", parent_id=parent)
        with blog.app():
            comments.approve([made.comment_id])
        parent = made.comment_id if comment % 7 else None
    path = blog.path_of(post_id)
    blog.site.current()
    with Statements(blog) as statements:
        assert client.get(path).text.count("Comment ") >= number
    rendering = [statement for statement in statements if not statement.startswith("SELECT cache_")]
    rendering = [statement for statement in rendering if not statement.startswith("BEGIN")]
    assert len(rendering) <= 12, "\n".join(rendering)


@SQLITE
def test_a_post_page_calls_at_most_forty_hooks_and_none_for_a_comment(
    blog: BlogKit, everything: None, client: Visitor
) -> None:
    post_id = blog.write_post("Read me", "# One\n\nText.[^1]\n\n[[toc]]\n\n[^1]: A note.", labels=["red"])
    blog.write_post("Another", labels=["red"])
    path = blog.path_of(post_id)
    calls: list[str] = []
    stop = blog.site.current().blog.plugins.pluggy_manager.add_hookcall_monitoring(
        lambda name, impls, arguments: calls.append(name), lambda outcome, name, impls, arguments: None
    )
    called: list[list[str]] = []
    for number in (5, 495):
        add_comments(blog, post_id, number)
        client.get(path)  # what plugins keep in memory is there
        blog.site.cache.clear()
        calls.clear()
        assert client.get(path).text.count("Comment ") >= 5
        called.append(list(calls))
        calls.clear()
        assert client.get(path).status_code == 200
        assert calls == []
    stop()
    few, many = called
    assert 0 < len(few) <= 40, few
    assert few == many


def add_comments(blog: BlogKit, post_id: int, number: int) -> None:
    """Store published comments at once."""

    def change(tx: database.Transaction) -> None:
        (before,) = tx.session.execute(sa.select(sa.func.count()).select_from(Comment)).one()
        moment = clock.now()
        rows = [
            {
                "post_id": post_id,
                "thread_key": threads.next_thread_key("", moment + timedelta(seconds=before + at)),
                "depth": 0,
                "status": "published",
                "author_name": "Rita Reader",
                "author_url": "",
                "source": f"Comment {before + at}.",
                "html": f"<p>Comment {before + at}.</p>",
                "pipeline": markup.PIPELINE,
                "created_at": moment,
                "published_at": moment,
                "modified_at": moment,
                "digest": f"digest {before + at}",
                "atom_id": f"tag:example.org,2020:{before + at}",
            }
            for at in range(number)
        ]
        tx.session.execute(sa.insert(Comment), rows)
        tx.bump("comments", f"comments:{post_id}")

    with blog.app():
        database.write(change)


@SQLITE
def test_many_who_ask_at_once_for_a_page_that_is_not_kept_share_one_render(
    blog: BlogKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = blog.path_of(blog.write_post())
    blog.site.current()
    call = keeping.ask
    renders: list[str] = []
    all_here = threading.Event()

    def slow(app: Any, environ: Any) -> Any:
        renders.append(environ["PATH_INFO"])
        all_here.wait(5)
        return call(app, environ)

    monkeypatch.setattr(sites, "ask", slow)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(lambda: Visitor(blog.site).get(path).text) for _ in range(50)]
        all_here.set()
        texts = {job.result() for job in waiting}
    assert renders == [path]
    assert len(texts) == 1


def test_a_page_rendered_while_somebody_wrote_is_not_kept(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_id = blog.write_post("Before")
    path = blog.path_of(post_id)
    call = keeping.ask

    def write_meanwhile(app: Any, environ: Any) -> Any:
        answer = call(app, environ)
        monkeypatch.setattr(sites, "ask", call)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(retitle).result()
        return answer

    def retitle() -> None:
        with blog.app():
            posts.save(PostDraft(title="After", source="x"), post_id=post_id)

    monkeypatch.setattr(sites, "ask", write_meanwhile)
    assert "Before" in client.get(path).text
    assert "After" in client.get(path).text


@pytest.mark.parametrize("moment", ["before the render", "after the render"])
def test_a_page_of_an_app_that_is_replaced_meanwhile_is_not_kept(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = blog.path_of(blog.write_post())
    call = keeping.ask

    def replace_meanwhile(app: Any, environ: Any) -> Any:
        monkeypatch.setattr(sites, "ask", call)
        if moment == "before the render":
            swap()
        answer = call(app, environ)
        if moment == "after the render":
            swap()
        return answer

    def swap() -> None:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(blog.change_settings, title="New name").result()
            pool.submit(blog.site.current).result()

    monkeypatch.setattr(sites, "ask", replace_meanwhile)
    assert "My blog" in client.get(path).text
    assert "New name" in client.get(path).text


def test_a_setup_that_changes_between_choosing_the_app_and_the_render_leaves_no_old_page(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = blog.path_of(blog.write_post())
    old = blog.site.current()
    blog.change_settings(title="New name")
    monkeypatch.setattr(blog.site, "current", lambda: old)
    assert "My blog" in client.get(path).text
    monkeypatch.undo()
    assert "New name" in client.get(path).text


@SQLITE
def test_a_page_that_is_only_taken_packed_is_kept_packed_only(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    entry = blog.site.cache.get((path, b""))
    assert entry is not None
    assert entry.plain is None
    whole = client.get(path)
    again = blog.site.cache.get((path, b""))
    assert again is entry
    assert whole.data == gzip.decompress(packed.data) == again.plain
    assert whole.headers["ETag"] == packed.headers["ETag"]
    assert whole.headers["Content-Length"] == str(len(whole.data))
    assert client.get(path, headers={"Accept-Encoding": "gzip"}).data == packed.data


@SQLITE
def test_what_is_kept_is_sent_whole_packed_or_not_at_all(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("A post", "Many words. " * 100))
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.data == plain.data
    again = client.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    head = client.head(path)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(plain.data))


@SQLITE
def test_an_answer_with_a_cookie_or_a_session_is_not_kept(blog: BlogKit, client: Visitor) -> None:
    run(blog, "greeter", GREETER)
    for name in ("cookie", "session", "plain"):
        assert client.get(f"/-/greeter/{name}").status_code == 200
        assert misses(blog, lambda name=name: client.get(f"/-/greeter/{name}")) > 0, name  # type: ignore[misc]


@SQLITE
def test_the_owner_sees_private_pages_that_no_visitor_is_given(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    path = blog.path_of(blog.write_post())
    own = owner_client.get(path)
    assert "/admin" in own.text
    assert own.headers["Cache-Control"] == "no-store"
    public = client.get(path)
    assert "/admin" not in public.text
    assert "csrf_token" not in public.text
    assert "/admin" in owner_client.get(path).text
    assert "Set-Cookie" not in public.headers


@SQLITE
def test_a_query_that_no_page_depends_on_does_not_fill_the_cache(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    wanted = client.get(path).text
    size = len(blog.site.cache)
    for query in ("utm_source=x", "commentPage=1&x=1", "m=1", "a", "%FF=1"):
        assert client.get(f"{path}?{query}").status_code == 200
    for query in ("&", "&&", "commentPage=1", "commentPage=1&commentPage=2", "=", "commentPage"):
        client.get(f"{path}?{query}")
    assert client.get(path).text == wanted
    assert len(blog.site.cache) <= size + 3


@SQLITE
def test_no_header_changes_a_page_for_the_next_visitor(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    names = ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-URL", "X-Rewrite-URL", "Accept"]
    names += [
        "Accept-Language",
        "User-Agent",
        "Referer",
        "Origin",
        "Range",
        "If-Range",
        "X-HTTP-Method-Override",
    ]
    names += ["Authorization", "Forwarded", "X-Preview", "Cookie", "Content-Type", "Transfer-Encoding"]
    wanted = client.get(path)
    for name in names:
        blog.site.cache.clear()
        poisoned = Visitor(blog.site).get(path, headers={name: "evil.example"})
        assert poisoned.status_code in (200, 400), name
        assert "evil.example" not in poisoned.text, name
        after = Visitor(blog.site).get(path)
        assert after.text.split('name="ft"')[0] == wanted.text.split('name="ft"')[0], name
        assert after.headers["Content-Type"] == wanted.headers["Content-Type"], name


@SQLITE
def test_the_cache_stays_within_its_bytes(blog: BlogKit, client: Visitor) -> None:
    cache = blog.site.cache
    cache._limit = 60_000
    for number in range(30):
        client.get(blog.path_of(blog.write_post(f"Post {number}", "Words. " * 200)))
        assert cache._size <= 60_000
    assert 1 < len(cache) < 30


@SQLITE
def test_a_form_on_a_kept_page_can_always_still_be_sent(
    blog: BlogKit, client: Visitor, clock: FrozenClock
) -> None:
    path = blog.path_of(blog.write_post())
    client.get(path)
    for _ in range(10):
        clock.tick(hours=23)
        assert client.comment(path, f"At {clock.moment}.").status_code == 303


def test_a_number_is_given_to_each_write_in_the_order_of_commits(blog: BlogKit) -> None:
    def bump(tag: str) -> int:
        with blog.app():
            database.write(lambda tx: tx.bump(tag))
        return blog.site.sequence.refresh()

    numbers = [bump(f"tag{number % 3}") for number in range(6)]
    assert numbers == list(range(numbers[0], numbers[0] + 6))
    assert blog.site.sequence.tags["tag2"] == numbers[-1]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_kept_page_outlives_a_restart_of_the_database_server(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post())
    wanted = client.get(path).text
    with blog.site.engine.connect() as connection:
        others = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        connection.execute(others)
    assert client.get(path).text == wanted
    assert client.get("/").status_code == 200


TRY_LOCK = """
import fcntl, sys
path, start, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except OSError:
        print("held")
    else:
        print("free")
"""
SHARED_LOCK = (0x40000002, 510)
"""Bytes of the database that a connection in WAL mode holds (SQLite os.h, SHARED_FIRST and SHARED_SIZE)."""
DEAD_MANS_SWITCH = (128, 1)
"""Byte of the log's index that says it is in use: who gets it alone may cut the file (SQLite os_unix.c)."""


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_reading_the_index_of_the_log_drops_no_lock_that_sqlite_holds(
    blog: BlogKit, client: Visitor, engine_name: str
) -> None:
    path = str(blog.site.config.database_url).removeprefix("sqlite:///")
    client.get("/")
    migrations.upgrade(blog.site.engine)
    client.get("/")
    blog.write_post()
    client.get("/")

    def tried(name: str, lock: tuple[int, int]) -> str:
        command = [sys.executable, "-c", TRY_LOCK, name, *map(str, lock)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    assert tried(path, SHARED_LOCK) == "held"
    assert tried(f"{path}-shm", DEAD_MANS_SWITCH) == "held"
