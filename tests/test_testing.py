"""The kit for plugin authors keeps its promises: to this project's tests and to theirs."""

import socket
import urllib.request
from datetime import UTC
from datetime import datetime

import pytest

from blogengine import fetch
from blogengine.errors import Refused
from blogengine.testing import Blocked
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import HookRecorder
from blogengine.testing import JobKit
from blogengine.testing import Network
from blogengine.testing import Visitor

PLUGIN = """
from datetime import timedelta
from blogengine.plugin import enqueue, fetch, hookimpl, now
from markupsafe import Markup

@hookimpl
def post_footer_html(post):
    return Markup("<p>{}: one</p>").format(post.title)

@hookimpl
def post_saved(post_id, tx):
    enqueue(tx, "noted.look", {"post_id": post_id}, run_at=now() + timedelta(hours=1))

@hookimpl
def register_jobs():
    return {"look": lambda payload: fetch.get("https://a.example/look")}
"""


@pytest.fixture
def engine_name() -> str:
    """Once is enough here, on SQLite."""
    return "sqlite"


def test_a_connection_to_another_machine_is_blocked_with_a_sentence(network: Network) -> None:
    with pytest.raises(Blocked, match=r"a connection to 8\.8\.8\.8, port 53.*network\.answer"):
        socket.create_connection(("8.8.8.8", 53), 1)
    with pytest.raises(Blocked, match=r"the address of a\.example"):
        urllib.request.urlopen("http://a.example/")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(Blocked):
        sender.sendto(b"x", ("8.8.8.8", 53))
    assert len(network.blocked) == 3
    network.blocked.clear()


def test_a_test_that_swallowed_a_block_fails_at_its_end(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import contextlib, socket

        def test_it():
            with contextlib.suppress(AssertionError):
                socket.create_connection(("8.8.8.8", 53), 1)
        """
    )
    done = pytester.runpytest_inprocess("-p", "blogengine.testing")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*This test asked the network: a connection to 8.8.8.8, port 53*"])


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 1).close()


def test_a_recorded_answer_comes_through_fetch_with_its_redirects_and_limits(network: Network) -> None:
    network.answer("https://a.example/old?q=ü", status=302, headers={"Location": "http://B.example/new"})
    network.answer("http://b.example/new", "größe " * 100, mime="text/plain; charset=utf-8")
    found = fetch.get("https://a.example/old?q=ü", limit=10)
    assert (found.url, found.status, found.mime, found.is_cut) == (
        "http://B.example/new",
        200,
        "text/plain",
        True,
    )
    assert [request.url for request in network.asked] == [
        "https://a.example/old?q=%C3%BC",
        "http://b.example/new",
    ]
    assert network.asked[0].headers["user-agent"].startswith("blogengine/")


def test_recorded_answers_take_nothing_from_the_guard(network: Network) -> None:
    network.answer("http://127.0.0.1/", "private")
    network.fail("https://down.example/", "No route to host")
    with pytest.raises(Refused) as refused:
        fetch.get("http://127.0.0.1/")
    assert refused.value.code == "address"
    with pytest.raises(Refused, match="No route to host") as refused:
        fetch.get("https://down.example/")
    assert refused.value.code == "unreachable"
    with pytest.raises(Blocked, match=r"GET https://down\.example/other"):
        fetch.get("https://down.example/other")
    network.blocked.clear()


def test_hooks_are_noted_with_what_they_were_given(
    blog: BlogKit, client: Visitor, hooks: HookRecorder
) -> None:
    blog.add_plugin("noted", PLUGIN)
    post_id = blog.write_post("Salt")
    (saved,) = hooks.calls("post_saved", "noted")
    assert saved.arguments["post_id"] == post_id
    hooks.clear()
    client.get(blog.path_of(post_id))
    (shown,) = hooks.calls(plugin_id="noted")
    assert (shown.hook, shown.arguments["post"].title, shown.result) == (
        "post_footer_html",
        "Salt",
        "<p>Salt: one</p>",
    )
    client.get(blog.path_of(post_id))
    assert hooks.names().count("post_footer_html") == len(hooks.calls("post_footer_html"))


def test_a_plugin_written_again_is_loaded_anew(blog: BlogKit) -> None:
    file = blog.add_plugin("noted", PLUGIN)
    view = blog.post(blog.write_post("Salt"))
    assert blog.render_slot("post_footer", post=view) == "<p>Salt: one</p>"
    assert blog.add_plugin("noted", PLUGIN.replace("one", "two")) == file
    assert blog.render_slot("post_footer", post=view) == "<p>Salt: two</p>"
    folder = {"__init__.py": PLUGIN, "templates/a.html": "a"}
    assert (blog.add_plugin("box", folder, enable=False) / "templates" / "a.html").read_text() == "a"


def test_jobs_wait_for_the_test_and_its_clock(
    blog: BlogKit, jobs: JobKit, clock: FrozenClock, network: Network
) -> None:
    blog.add_plugin("noted", PLUGIN)
    post_id = blog.write_post(publish=False)
    jobs.run_all()
    assert jobs.waiting("noted.look") == [{"post_id": post_id}]
    assert jobs.due() == datetime(2020, 1, 3, 3, 55, tzinfo=UTC)
    clock.tick(hours=1)
    network.fail("https://a.example/look")
    assert jobs.run_all() == 1
    assert "a.example" in jobs.failed("noted.look")[0]
    network.answer("https://a.example/look")
    clock.tick(hours=1)
    assert jobs.run_all() == 1
    assert not jobs.waiting()
    assert not jobs.dead()


def test_everything_a_blog_has_can_be_made(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    page = blog.write_page("About", "Me.")
    assert "Me." in client.get(blog.path_of(page)).text
    blog.edit_post(page, source="You.")
    assert "You." in client.get(blog.path_of(page)).text
    assert client.get(blog.upload("a photo.png")).mimetype == "image/png"
    assert owner_client.get("/admin/").status_code == 200


def test_a_marked_test_runs_on_each_engine_it_names(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.databases("sqlite", "postgresql")
        def test_both(engine_name, database_url):
            assert database_url.startswith(engine_name)
        """
    )
    items, _ = pytester.inline_genitems("-p", "blogengine.testing")
    assert [item.name for item in items] == ["test_both[sqlite]", "test_both[postgresql]"]
