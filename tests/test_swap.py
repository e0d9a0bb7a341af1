"""One app replaced by another: every process at its next request, no request cut off, nothing left behind."""

import gc
import threading
import weakref

import pytest

from blogengine import settings
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import drop_in
from tests.plugin_files import run
from tests.processes import Process
from tests.processes import Talk

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

GREETER = """
@hookimpl
def listing_footer_html(page):
    return Markup("<p>greeted</p>")
"""


def serve(site: Site, talk: Talk) -> None:
    """Fetch each path that the test names, as a worker of the server would."""
    talk.say("ready")
    visitor = Visitor(site)
    while True:
        path = talk.hear()
        if path is None:
            return
        answer = visitor.get(path)
        talk.say((answer.status_code, answer.text))


def test_two_processes_see_an_enabled_plugin_at_their_next_request(blog: BlogKit) -> None:
    drop_in(blog, "greeter", GREETER)
    with Process(blog.site.config, serve) as first, Process(blog.site.config, serve) as second:
        for process in (first, second):
            process.hear()
            assert "greeted" not in process.tell("/")[1]
        blog.enable("greeter")
        for process in (first, second):
            assert "greeted" in process.tell("/")[1]
        blog.disable("greeter")
        for process in (first, second):
            assert "greeted" not in process.tell("/")[1]


def test_two_processes_never_answer_with_what_was_true_before_an_acknowledged_write(blog: BlogKit) -> None:
    post_id = blog.write_post("The post")
    path = blog.path_of(post_id)
    with Process(blog.site.config, serve) as first, Process(blog.site.config, serve) as second:
        first.hear()
        second.hear()
        for number in range(40):
            blog.write_comment(post_id, f"Comment number {number}.")
            for process in (first, second):
                assert f"Comment number {number}." in process.tell(path)[1]


def test_a_changed_setting_is_seen_by_another_process_at_its_next_request(blog: BlogKit) -> None:
    with Process(blog.site.config, serve) as other:
        other.hear()
        other.tell("/")
        blog.change_settings(title="Renamed")
        assert "Renamed" in other.tell("/")[1]


def test_no_request_fails_while_plugins_are_switched_on_and_off(blog: BlogKit) -> None:
    drop_in(blog, "greeter", GREETER)
    path = blog.path_of(blog.write_post())
    over = threading.Event()
    answers: list[tuple[int, str]] = []

    def read(number: int) -> None:
        visitor = Visitor(blog.site)
        while True:
            last = over.is_set()
            for page in ("/", path, f"/?updated-max=2030-01-01T00:00:0{number}Z"):
                answers.append((visitor.get(page).status_code, page))
            if last:
                return

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    apps = set()
    for switch in range(20):
        (blog.disable if switch % 2 else blog.enable)("greeter")
        apps.add(blog.site.current().blog.setup.generation)
    over.set()
    for thread in threads:
        thread.join(60)
    assert len(apps) == 20
    assert len(answers) >= 12
    assert [answer for answer in answers if answer[0] != 200] == []


@SQLITE
def test_an_app_that_was_replaced_is_not_kept_in_memory(blog: BlogKit, client: Visitor) -> None:
    drop_in(blog, "greeter", GREETER)
    gone = []
    for number in range(6):
        client.get("/")
        gone.append(weakref.ref(blog.site.current()))
        blog.change_settings(title=f"Title {number}")
        if number % 2:
            blog.disable("greeter")
        else:
            blog.enable("greeter")
    client.get("/")
    gc.collect()
    assert [app() for app in gone] == [None] * 6


@SQLITE
def test_a_request_in_flight_ends_on_the_app_it_began_with(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "slow",
        """
        import threading
        entered, go = threading.Event(), threading.Event()

        @hookimpl
        def register_routes():
            pages = Blueprint("slow", __name__)

            @pages.get("/page")
            def page():
                entered.set()
                go.wait(10)
                return f"served by {blog().site.title}"

            return pages
        """,
    )
    app = blog.site.current()
    module = app.view_functions["slow.page"].__globals__
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(Visitor(blog.site).get("/-/slow/page").text))
    thread.start()
    assert module["entered"].wait(10)
    blog.change_settings(title="Renamed")
    blog.disable("slow")
    assert client.get("/-/slow/page").status_code == 404
    module["go"].set()
    thread.join(10)
    assert answers == ["served by My blog"]


@SQLITE
def test_an_app_is_built_once_by_many_who_ask_for_it_at_once(blog: BlogKit) -> None:
    blog.change_settings(title="Renamed")
    apps: list[object] = []
    threads = [threading.Thread(target=lambda: apps.append(blog.site.current())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(apps) == 12
    assert len(set(map(id, apps))) == 1


def test_a_write_that_changes_no_setting_builds_no_new_app(blog: BlogKit, client: Visitor) -> None:
    before = blog.site.current()
    post_id = blog.write_post()
    blog.write_comment(post_id)
    client.get("/")
    assert blog.site.current() is before


@SQLITE
def test_the_same_setup_has_the_same_fingerprint_and_another_has_another(blog: BlogKit) -> None:
    first = blog.site.current().blog.setup
    blog.change_settings(title="Renamed")
    second = blog.site.current().blog.setup
    blog.change_settings(title="My blog")
    third = blog.site.current().blog.setup
    assert first.fingerprint == third.fingerprint != second.fingerprint
    assert first.generation < second.generation < third.generation


@SQLITE
def test_a_setup_that_cannot_be_built_leaves_the_blog_readable(blog: BlogKit, client: Visitor) -> None:
    path = blog.path_of(blog.write_post("Still here"))
    with blog.app():
        settings.save_site(type(blog.site.current().blog.site)(theme="no such theme"))
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Still here" in answer.text
