"""What plugins cost: how often hooks are called, how long they take, and which lines keep pages from being kept."""

import json

import pytest
from click.testing import CliRunner

from blogengine import comments
from blogengine import settings
from blogengine.cli.main import group
from blogengine.plugins.costs import PAGES
from blogengine.plugins.costs import Cost
from blogengine.plugins.costs import Personal
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

CALLS = 40
"""Hook calls that a post page with all bundled plugins may cost."""


def calls_of(blog: BlogKit, client: Visitor, path: str) -> dict[str, int]:
    """Return how often each hook of each plugin is called while `path` is answered."""
    blog.site.ledger.costs.take()
    assert client.get(path).status_code == 200
    costs, _ = blog.site.ledger.costs.take()
    return {f"{cost.hook} of {cost.plugin_id}": cost.calls for cost in costs if cost.plugin_id != PAGES}


@SQLITE
def test_a_post_page_calls_few_hooks_none_for_each_comment_and_a_kept_one_none(
    blog: BlogKit, client: Visitor
) -> None:
    quiet_post = blog.write_post("Quiet", labels=["red"])
    quiet = blog.path_of(quiet_post)
    busy_post = blog.write_post("Busy", labels=["red"])
    made = [blog.write_comment(busy_post, f"Comment {number}.").comment_id for number in range(500)]
    made.append(blog.write_comment(quiet_post, "The only one.").comment_id)
    with blog.app() as app:
        comments.approve(made)
        for candidate in app.blog.plugins.candidates.values():
            if not candidate.problem and candidate.origin == "bundled":
                settings.enable(candidate.id)
    blog.site.current()
    few = calls_of(blog, client, quiet)
    many = calls_of(blog, client, blog.path_of(busy_post))
    assert few == many
    assert 0 < sum(few.values()) <= CALLS, few
    assert set(few.values()) == {1}
    assert calls_of(blog, client, quiet) == {}


def test_costs_of_all_processes_are_summed_and_can_be_forgotten(blog: BlogKit) -> None:
    first, second, page = Cost("slow", "prepare_meta"), Cost("slow", "prepare_meta"), Cost(PAGES, "page")
    first.calls, first.total, first.longest, first.errors = 2, 6_000_000, 5_000_000, 1
    second.calls, second.total, second.longest = 1, 2_000_000, 2_000_000
    page.calls, page.total = 4, 16_000_000
    place = Personal("slow", "cookies", "slow.py", 7, "/one")
    with blog.app():
        settings.store_costs([first, page], {place: 2})
        settings.store_costs([second], {place: 3})
        (row,) = settings.costs()
        facts = (row.plugin_id, row.hook, row.calls, row.total, row.longest, row.errors, row.share)
        assert facts == ("slow", "prepare_meta", 3, 8000, 5000, 1, 0.5)
        assert round(row.mean) == 2667
        (line,) = settings.personal_pages("slow")
        assert (line.what, line.file, line.line, line.path, line.count) == (
            "cookies",
            "slow.py",
            7,
            "/one",
            5,
        )
        assert not settings.costs("other")
        assert not settings.personal_pages("other")
        settings.forget_costs()
        assert not settings.costs()
        assert not settings.personal_pages()


@SQLITE
def test_the_command_shows_what_was_counted(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(blog, "greeter", "@hookimpl\ndef listing_footer_html(page): return 'x'")
    client.get("/")
    blog.site.warden.store(costs=True)
    config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key)
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", config.database_url)
    words = ["--instance", str(config.instance), "plugins", "costs"]
    lines = CliRunner().invoke(group, words).stdout.splitlines()
    assert ["greeter", "listing_footer_html", "1", "calls"] in [line.split()[:4] for line in lines]
    said = CliRunner().invoke(group, [*words, "--json"]).stdout
    hooks = {(row["plugin_id"], row["hook"]): row["calls"] for row in json.loads(said)["hooks"]}
    assert hooks["greeter", "listing_footer_html"] == 1


PERSONAL = {
    "cookies": "from flask import request\n    name = request.cookies.get('name', '')",
    "session": "from flask import session\n    name = session.get('name', '')",
}


@SQLITE
@pytest.mark.parametrize("what", PERSONAL)
def test_a_hook_that_looks_at_the_visitor_is_named_with_its_line_and_the_page_is_not_kept(
    blog: BlogKit, client: Visitor, what: str
) -> None:
    file = run(
        blog,
        "nosy",
        f"@hookimpl\ndef listing_footer_html(page):\n    {PERSONAL[what]}\n    return f'for {{name}}'\n",
    )
    client.set_cookie("name", "Ann")
    answer = client.get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    if what == "cookies":
        assert "for Ann" in answer.text
    assert "for Ann" not in Visitor(blog.site).get("/").text
    assert len(blog.site.cache) == 0
    _, personal = blog.site.ledger.costs.take()
    (place,) = personal
    assert (place.plugin_id, place.what, place.file, place.path) == ("nosy", what, "nosy.py", "/")
    assert "name" in file.read_text().splitlines()[place.line - 1]
    assert personal[place] >= 2


@SQLITE
def test_a_view_that_sets_a_cookie_on_a_page_that_could_be_kept_is_named(
    blog: BlogKit, client: Visitor
) -> None:
    run(
        blog,
        "nosy",
        """
        @hookimpl
        def register_routes():
            from flask import make_response
            pages = Blueprint("nosy", __name__)

            @pages.get("/cookie")
            @cacheable()
            def cookie():
                response = make_response("for you")
                response.set_cookie("you", "1")
                return response

            return pages
        """,
    )
    client.get("/-/nosy/cookie")
    _, personal = blog.site.ledger.costs.take()
    assert [(place.plugin_id, place.what) for place in personal] == [("nosy", "set-cookie")]


@SQLITE
def test_pages_of_the_core_are_kept_while_somebody_has_cookies(blog: BlogKit, client: Visitor) -> None:
    client.set_cookie("name", "Ann")
    client.get("/")
    assert len(blog.site.cache) == 1
    assert blog.site.ledger.costs.take()[1] == {}
