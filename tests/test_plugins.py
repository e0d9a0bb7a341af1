"""Plugins: found in three places, contained when they fail, gone without a trace when they are disabled."""

import importlib.metadata
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from blogengine import comments
from blogengine import hookspecs
from blogengine import posts
from blogengine import settings
from blogengine.db import db
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.meta import read_meta
from blogengine.models import Comment
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.pages import PostDraft
from blogengine.plugins import discovery
from blogengine.plugins import guards
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import HEAD
from tests.plugin_files import drop_in
from tests.plugin_files import force
from tests.plugin_files import install
from tests.plugin_files import run
from tests.plugin_files import state

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

GREETER = """
@hookimpl
def listing_footer_html(page):
    return Markup("<p>greeted by {}</p>").format(__name__.rpartition(".")[2])
"""


def candidates(blog: BlogKit) -> dict[str, discovery.Candidate]:
    return discovery.find(blog.site.config.drop_in_folder)


def fail(blog: BlogKit, client: Visitor, times: int, path: str = "/") -> None:
    """Render `path` so often, and store what plugins did wrong."""
    for _ in range(times):
        blog.site.cache.clear()
        assert client.get(path).status_code == 200
    with blog.app():
        settings.store_failures(blog.site.failures.take())


# Where they are found


def test_a_file_dropped_in_is_found_and_runs_once_enabled(blog: BlogKit, client: Visitor) -> None:
    drop_in(blog, "greeter", GREETER)
    assert candidates(blog)["greeter"].origin == "drop-in"
    assert "greeted" not in client.get("/").text
    blog.enable("greeter")
    assert "greeted by greeter" in client.get("/").text


def test_a_folder_dropped_in_is_found_with_its_parts_and_its_templates(
    blog: BlogKit, client: Visitor
) -> None:
    folder = blog.site.config.drop_in_folder / "boxes"
    (folder / "templates").mkdir(parents=True)
    (folder / "plugin.toml").write_text('name = "Boxes"\nversion = "1.2"\nsummary = "Boxes on pages."')
    (folder / "words.py").write_text('WORDS = "from a part"')
    (folder / "templates" / "box.html").write_text("<aside>{{ words }} & more</aside>")
    (folder / "__init__.py").write_text(
        HEAD + "from .words import WORDS\n"
        "@hookimpl\ndef listing_footer_html(page):\n    return fragment('@boxes/box.html', words=WORDS)\n"
    )
    manifest = candidates(blog)["boxes"].manifest
    assert (manifest.name, manifest.version, manifest.summary) == ("Boxes", "1.2", "Boxes on pages.")
    blog.enable("boxes")
    assert "<aside>from a part" in client.get("/").text


def test_a_part_of_a_folder_that_was_edited_is_read_again(blog: BlogKit, client: Visitor) -> None:
    folder = blog.site.config.drop_in_folder / "boxes"
    folder.mkdir(parents=True)
    (folder / "words.py").write_text('WORDS = "old words"')
    (folder / "__init__.py").write_text(
        HEAD + "from .words import WORDS\n@hookimpl\ndef listing_footer_html(page):\n    return WORDS\n"
    )
    blog.enable("boxes")
    assert "old words" in client.get("/").text
    (folder / "words.py").write_text('WORDS = "new words, and more of them"')
    os.utime(folder / "words.py", (2_000_000_000, 2_000_000_000))
    blog.disable("boxes")
    blog.enable("boxes")
    assert "new words" in client.get("/").text


def test_an_installed_distribution_is_found_by_its_entry_point(
    blog: BlogKit, client: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "lib", "shiny", 'PLUGIN = {"summary": "Shines."}\n' + HEAD + GREETER)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    found = candidates(blog)["shiny"]
    assert (found.origin, found.manifest.summary, found.manifest.version) == ("installed", "Shines.", "3.1")
    blog.enable("shiny")
    assert "greeted by" in client.get("/").text
    del sys.modules["shiny_plugin"]


def test_a_drop_in_stands_before_an_installed_one_and_says_so(
    blog: BlogKit, client: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "lib", "glossy", HEAD)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    run(blog, "glossy", GREETER)
    assert candidates(blog)["glossy"].shadows == ("installed glossy_plugin",)
    assert "greeted by glossy" in client.get("/").text


def test_an_entry_point_without_its_module_is_a_broken_plugin(
    blog: BlogKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "lib", "absent", "")
    (tmp_path / "lib" / "absent_plugin.py").unlink()
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    assert "cannot be found" in candidates(blog)["absent"].problem


def test_bundled_plugins_come_through_the_same_door(blog: BlogKit) -> None:
    points = {point.name for point in importlib.metadata.entry_points(group=discovery.GROUP)}
    bundled = {found.id for found in candidates(blog).values() if found.origin == "bundled"}
    assert {"also_on", "atom", "import_blogger", "moderation"} <= bundled <= points


def test_finding_a_plugin_runs_none_of_its_code(blog: BlogKit) -> None:
    drop_in(blog, "bomb", "raise SystemExit('boom')")
    assert candidates(blog)["bomb"].problem == ""


def test_files_that_are_no_plugins_are_left_alone(blog: BlogKit) -> None:
    folder = blog.site.config.drop_in_folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("README.md", "_helper.py", ".hidden.py", "notes.txt"):
        (folder / name).write_text("")
    (folder / "empty").mkdir()
    assert not {found.id for found in candidates(blog).values() if found.origin == "drop-in"}


# What their manifests say wrong


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('PLUGIN = {"version": 1}', "version must be text, not 1"),
        ('PLUGIN = {"root_routes": "/x"}', "root_routes must be a list of texts"),
        ('PLUGIN = {"root_routes": ["x"]}', "must begin with a slash"),
        ('PLUGIN = {"default": "maybe"}', 'default must be "on", "new" or "off"'),
        ("PLUGIN = ['x']", "the manifest must be a table"),
        ("PLUGIN = dict(name='x')", "plain dictionary"),
        ("def broken(:\n    pass", "line"),
        ("PLUGIN = {'name': name}", "plain dictionary"),
    ],
)
def test_a_wrong_manifest_is_named_in_a_sentence(blog: BlogKit, source: str, sentence: str) -> None:
    drop_in(blog, "wrong", source)
    problem = candidates(blog)["wrong"].problem
    assert sentence in problem
    assert problem.endswith(".")
    with pytest.raises(Refused, match="was not enabled"):
        blog.enable("wrong")


def test_a_manifest_that_is_not_toml_is_named_in_a_sentence(blog: BlogKit) -> None:
    folder = blog.site.config.drop_in_folder / "boxes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "plugin.toml").write_text("name = ")
    assert "is not TOML" in candidates(blog)["boxes"].problem


@pytest.mark.parametrize(
    "name", ["Upper.py", "with-dash.py", "1st.py", "x.py", "ä_plugin.py", "a" * 40 + ".py"]
)
def test_a_name_that_is_no_id_is_named_in_a_sentence(blog: BlogKit, name: str) -> None:
    folder = blog.site.config.drop_in_folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    assert "is no plugin name" in candidates(blog)[name.removesuffix(".py")].problem


def test_a_null_byte_in_a_file_is_a_problem_and_no_crash(blog: BlogKit) -> None:
    drop_in(blog, "nul", "x = 1\0")
    assert candidates(blog)["nul"].problem


# What is refused at load


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("@hookimpl\ndef post_footer(post): pass", "does not exist. Did you mean post_footer_html?"),
        ("@hookimpl\ndef judge_coment(comment): pass", "Did you mean judge_comment?"),
        (
            "@hookimpl\ndef post_footer_html(pots): pass",
            "asks for 'pots', which the hook does not have. Did you mean post?",
        ),
        ("@hookimpl\ndef post_footer_html(post, request): pass", "asks for 'request'"),
        ("@hookimpl\ndef post_footer_html(post=None): pass", "has a default for post"),
        ("@hookimpl(wrapper=True)\ndef post_footer_html(post): yield", "wrappers are not supported"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("raise SystemExit('no')", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
        ("@hookimpl\ndef register_settings(): return int", "must be a dataclass"),
        ("@hookimpl\ndef register_settings(): raise ValueError('x')", "ValueError"),
        (
            "@hookimpl\ndef register_settings():\n    @dataclass\n    class S:\n        x: list = None\n    return S",
            "settings are",
        ),
        ("@hookimpl\ndef register_routes(): raise ValueError('x')", "register_routes raised ValueError: x"),
        ("@hookimpl\ndef register_jobs(): raise SystemExit(1)", "register_jobs raised SystemExit"),
    ],
)
def test_a_plugin_that_cannot_work_is_refused_with_the_reason(
    blog: BlogKit, source: str, sentence: str
) -> None:
    drop_in(blog, "wrong", source)
    before = blog.site.current()
    with pytest.raises(Refused) as refusal:
        blog.enable("wrong")
    assert sentence in str(refusal.value)
    assert blog.site.current() is before
    with blog.app():
        assert db.session.get(PluginState, "wrong") is None


@pytest.mark.parametrize(
    "source",
    [
        "import no_such_module",
        "raise SystemExit('no')",
        "@hookimpl\ndef nonsense(): pass",
        "@hookimpl\ndef register_settings(): raise SystemExit('no')",
        "@hookimpl\ndef register_routes(): raise ValueError('x')",
        "@hookimpl\ndef register_routes(): return 'routes'",
        "b = Blueprint('b', __name__)\nb.add_url_rule('x', 'x', str)\n@hookimpl\ndef register_routes(): return b",
        "b = Blueprint('b', __name__)\nb.before_app_request(str)\n@hookimpl\ndef register_routes(): return b",
        "@hookimpl\ndef register_jobs(): return 'jobs'",
        "@hookimpl\ndef register_jobs(): return {'work': 'not callable'}",
        "@hookimpl\ndef register_importers(): return 7",
        "@hookimpl\ndef register_importers(): return ['importer']",
        "@hookimpl\ndef register_admin_pages(): return 'pages'",
        "@hookimpl\ndef register_admin_pages(): return engine.AdminPages('pages', 'Label')",
        "@hookimpl\ndef register_admin_pages(): raise SystemExit(1)",
    ],
)
def test_a_plugin_that_breaks_later_is_a_state_and_the_others_run(
    blog: BlogKit, client: Visitor, source: str
) -> None:
    drop_in(blog, "wrong", source)
    run(blog, "greeter", GREETER)
    force(blog, "wrong")
    assert "greeted by greeter" in client.get("/").text
    assert state(blog, "wrong").startswith("broken: ")
    assert len(state(blog, "wrong")) > 20


def test_a_plugin_that_is_enabled_but_not_there_any_more_is_said_to_be_missing(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "greeter", GREETER).unlink()
    blog.change_settings(title="Renamed")
    assert client.get("/").status_code == 200
    assert state(blog, "greeter").startswith("missing: ")
    blog.disable("greeter")
    assert "greeter" not in blog.site.current().blog.plugins.statuses


def test_nobody_enables_or_disables_a_plugin_that_was_never_there(blog: BlogKit) -> None:
    for act in (blog.enable, blog.disable):
        with pytest.raises(NotFound):
            act("never")


def test_a_plugin_that_was_disabled_leaves_nothing(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "whole",
        """
        @dataclass(frozen=True)
        class Settings:
            words: str = option("greeted", "Words")

        @hookimpl
        def register_settings(): return Settings

        @hookimpl
        def register_jobs(): return {"work": print}

        @hookimpl
        def register_routes():
            pages = Blueprint("whole", __name__)
            pages.add_url_rule("/page", "page", lambda: "a page")
            return pages

        @hookimpl
        def listing_footer_html(page): return settings_of("whole").words
        """,
    )
    assert client.get("/-/whole/page").text == "a page"
    assert "greeted" in client.get("/").text
    blog.change_plugin("whole", words="hello again")
    blog.disable("whole")
    assert client.get("/-/whole/page").status_code == 404
    assert "hello again" not in client.get("/").text
    app = blog.site.current()
    assert "whole" not in app.blog.plugins.statuses
    assert "whole.work" not in app.blog.jobs
    blog.enable("whole")
    assert "hello again" in client.get("/").text


def test_safe_mode_runs_no_plugin_and_keeps_the_choices(blog: BlogKit) -> None:
    run(blog, "greeter", GREETER)
    config = blog.site.config
    safe = Site(type(config)(config.instance, config.database_url, config.secret_key, safe_mode=True))
    try:
        assert "greeted" not in Visitor(safe).get("/").text
    finally:
        safe.close()
    assert "greeted" in Visitor(blog.site).get("/").text


# What happens when they fail

EVERY_HOOK = "\n".join(
    f"@hookimpl\ndef {name}({', '.join(arguments)}): raise ValueError('from {name}')\n"
    for name, arguments in (
        (name, hook.__code__.co_varnames[: hook.__code__.co_argcount])
        for name, hook in hookspecs.known().items()
        if not name.startswith("register_") and name not in ("installed", "startup")  # it would not run
    )
)


def test_a_plugin_that_fails_in_every_hook_stops_no_page_and_no_other_plugin(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    run(blog, "bad", EVERY_HOOK)
    run(blog, "greeter", GREETER)
    post_id = blog.write_post("A post", "Text.\n\n[[card: this]]\n\nMore.")
    path = blog.path_of(post_id)
    for page in ("/", path, "/search/label/none", "/2020/", "/nothing"):
        assert client.get(page).status_code in (200, 404)
    assert "[[card: this]]" in client.get(path).text
    assert "greeted by greeter" in client.get("/").text
    answer = client.comment(path, "Hello.")
    assert answer.status_code == 303
    with blog.app():
        settings.store_failures(blog.site.failures.take())
        hooks = {failure.hook for failure in settings.failures_of("bad")}
        assert db.session.scalars(sa.select(Comment.status)).all() == ["pending"]
    assert {"post_saved", "prepare_meta", "post_footer_html", "listing_footer_html"} <= hooks
    assert {"comment_form_html", "comments_footer_html", "markers_html", "judge_comment"} <= hooks


@pytest.mark.parametrize("result", ["7", "['x']", "object()", "{'a': 1}", "b'x'", "lambda: 1"])
def test_a_plugin_that_answers_nonsense_in_every_hook_stops_no_page(
    blog: BlogKit, client: Visitor, result: str
) -> None:
    run(blog, "bad", EVERY_HOOK.replace("raise ValueError", f"return ({result}); raise ValueError"))
    path = blog.path_of(blog.write_post("A post", "Text.\n\n[[card: this]]\n\nMore."))
    for page in ("/", path, "/nothing"):
        assert client.get(page).status_code in (200, 404)
    assert client.comment(path, "Hello.").status_code == 303
    with blog.app():
        assert db.session.scalars(sa.select(Comment.status)).all() == ["pending"]


def test_a_plugin_that_wants_to_end_the_process_does_not(blog: BlogKit, client: Visitor) -> None:
    run(blog, "bad", "@hookimpl\ndef listing_footer_html(page): raise SystemExit(1)")
    assert client.get("/").status_code == 200


def test_failures_at_one_place_are_one_row_with_a_count_and_a_traceback(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "bad", "@hookimpl\ndef listing_footer_html(page):\n    raise ValueError('how')")
    fail(blog, client, 3)
    with blog.app():
        (failure,) = settings.failures_of("bad")
        assert (failure.count, failure.hook, failure.message) == (3, "listing_footer_html", "ValueError: how")
        assert "raise ValueError('how')" in failure.traceback
        settings.forget_failures("bad")
        assert settings.failures_of("bad") == []


def test_a_plugin_is_switched_off_after_five_failures_with_the_reason(blog: BlogKit, client: Visitor) -> None:
    run(blog, "bad", "@hookimpl\ndef listing_footer_html(page): raise ValueError('how')")
    run(blog, "greeter", GREETER)
    fail(blog, client, guards.FAILURES - 1)
    assert state(blog, "bad") == "active: "
    fail(blog, client, 1)
    assert "bad" not in blog.site.current().blog.plugins.statuses
    with blog.app():
        off = settings.states()["bad"]
        assert not off.enabled
        assert off.off_reason == "Switched off because listing_footer_html kept failing: ValueError: how"
    assert "greeted by greeter" in client.get("/").text
    blog.enable("bad")
    with blog.app():
        assert settings.states()["bad"].off_reason == ""


def test_a_hook_that_failed_five_times_is_not_called_for_a_while(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(blog, "bad", "calls = []\n@hookimpl\ndef listing_footer_html(page):\n    calls.append(1)\n    1 / 0")
    calls = module_of(blog, "bad", "listing_footer_html")["calls"]
    now = [1000.0]
    monkeypatch.setattr("blogengine.plugins.guards.time.monotonic", lambda: now[0])
    for _ in range(guards.FAILURES + 4):
        blog.site.cache.clear()
        client.get("/")
    assert len(calls) == guards.FAILURES
    now[0] += guards.WINDOW + 1
    blog.site.cache.clear()
    client.get("/")
    assert len(calls) == guards.FAILURES + 1


def module_of(blog: BlogKit, plugin_id: str, hook: str) -> dict[str, list[int]]:
    """Return the names of a drop-in's module."""
    facade = blog.site.current().blog.plugins.pluggy_manager.get_plugin(plugin_id)
    function: Callable[..., object] = getattr(facade, hook).__wrapped__
    return function.__globals__


def test_failures_far_apart_switch_nothing_off(
    blog: BlogKit, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(blog, "bad", "@hookimpl\ndef listing_footer_html(page): 1 / 0")
    now = [1000.0]
    monkeypatch.setattr("blogengine.plugins.guards.time.monotonic", lambda: now[0])
    for _ in range(12):
        now[0] += guards.WINDOW / 3
        fail(blog, client, 1)
    assert state(blog, "bad") == "active: "


def test_a_judge_that_fails_goes_on_holding_comments(blog: BlogKit, client: Visitor) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): raise ValueError('how')")
    path = blog.path_of(blog.write_post())
    for number in range(guards.FAILURES + 3):
        client.comment(path, f"Comment {number}.")
        with blog.app():
            settings.store_failures(blog.site.failures.take())
    with blog.app():
        assert set(db.session.scalars(sa.select(Comment.status))) == {"pending"}
        assert settings.states()["judge"].enabled


def test_a_plugin_that_judges_is_not_switched_off_for_another_hook(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "judge",
        """
        @hookimpl
        def judge_comment(comment): return Verdict(HOLD, "always")
        @hookimpl
        def listing_footer_html(page): 1 / 0
        """,
    )
    fail(blog, client, guards.FAILURES + 1)
    client.comment(blog.path_of(blog.write_post()), "Hello.")
    with blog.app():
        assert settings.states()["judge"].enabled
        assert db.session.scalars(sa.select(Comment.status)).all() == ["pending"]


@pytest.mark.parametrize("how", ["broken", "missing"])
def test_comments_wait_while_a_plugin_that_may_judge_them_does_not_run(
    blog: BlogKit, client: Visitor, how: str
) -> None:
    if how == "missing":
        run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return None").unlink()
        blog.change_settings(title="Renamed")
    else:
        drop_in(blog, "judge", "import no_such_module")
        force(blog, "judge")
    client.comment(blog.path_of(blog.write_post()), "Hello.")
    with blog.app():
        (comment,) = db.session.scalars(sa.select(Comment)).all()
        assert comment.status == "pending"
        assert "judge" in comment.held_reason


def test_what_a_plugin_wrote_with_a_post_is_taken_back_when_it_fails_and_the_post_is_saved(
    blog: BlogKit,
) -> None:
    run(
        blog,
        "bad",
        """
        from blogengine.models import Setting

        @hookimpl
        def post_saved(post_id, tx):
            tx.session.add(Setting(key="half", value="done"))
            tx.session.flush()
            raise ValueError("how")
        """,
    )
    run(
        blog,
        "good",
        "@hookimpl\ndef post_saved(post_id, tx):\n    write_meta(tx, 'post', post_id, 'good', 'seen', True)",
    )
    post_id = blog.write_post("Saved")
    with blog.app():
        assert posts.get(post_id).title == "Saved"
        assert db.session.get(Setting, "half") is None
        assert read_meta("post", [post_id], "good")[post_id] == {"seen": True}


def test_a_plugin_whose_statement_the_database_refuses_does_not_cost_the_post(blog: BlogKit) -> None:
    run(
        blog,
        "bad",
        """
        from blogengine.models import Setting

        @hookimpl
        def post_saved(post_id, tx):
            tx.session.add(Setting(key="_blog_id", value="taken"))
        """,
    )
    post_id = blog.write_post("Saved")
    with blog.app():
        posts.save(PostDraft(title="Saved again"), post_id=post_id)
        assert posts.get(post_id).title == "Saved again"


# Whose address it is

PAGE = """
PLUGIN = {{"root_routes": ["{rule}"]}}

@hookimpl
def register_routes():
    pages = Blueprint("pages", __name__)
    pages.add_url_rule("{rule}", "page", lambda **values: "from {name}")
    return pages
"""


def test_two_plugins_that_claim_one_address_do_not_both_get_it(blog: BlogKit, client: Visitor) -> None:
    run(blog, "first", PAGE.format(rule="/mine", name="first"))
    drop_in(blog, "second", PAGE.format(rule="/mine", name="second"))
    with pytest.raises(Refused, match="belongs to the plugin first"):
        blog.enable("second")
    force(blog, "second")
    assert client.get("/mine").text == "from first"
    assert state(blog, "first") == "active: "
    assert state(blog, "second").startswith("broken: The route /mine belongs to the plugin first")


@pytest.mark.parametrize(
    "rule",
    [
        "/",
        "/search",
        "/search/label/news",
        "/p/about.html",
        "/2020/",
        "/<int:number>/",
        "/p/<name>.html",
        "/admin/",
    ],
)
def test_a_plugin_cannot_take_an_address_of_the_core(blog: BlogKit, client: Visitor, rule: str) -> None:
    drop_in(blog, "thief", PAGE.format(rule=rule, name="thief"))
    force(blog, "thief")
    blog.write_post("About", kind="page", labels=["news"])
    for path in ("/", "/search", "/search/label/news", "/p/about.html", "/2020/", "/admin/"):
        assert "from thief" not in client.get(path).text
    assert state(blog, "thief").startswith("broken: The route")


def test_a_rule_that_was_not_declared_stays_below_the_plugins_own_path(
    blog: BlogKit, client: Visitor
) -> None:
    source = PAGE.format(rule="/mine", name="first").replace('["/mine"]', "[]")
    run(blog, "first", source)
    assert client.get("/mine").status_code == 404
    assert client.get("/-/first/mine").text == "from first"


def test_what_a_blueprint_brings_along_holds_for_its_own_pages_only(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "guarded",
        """
        from flask import abort, request

        @hookimpl
        def register_routes():
            pages = Blueprint("guarded", __name__)

            @pages.before_request
            def check():
                if request.args.get("word") != "open": abort(403)

            @pages.errorhandler(403)
            def refused(error): return "say the word", 403

            @pages.get("/page")
            def page(): return "inside"

            return pages
        """,
    )
    assert client.get("/-/guarded/page").text == "say the word"
    assert client.get("/-/guarded/page?word=open").text == "inside"
    assert client.get("/").status_code == 200


def test_a_form_of_a_plugin_needs_a_token_and_runs_for_no_other_method(
    blog: BlogKit, client: Visitor
) -> None:
    run(
        blog,
        "form",
        """
        ran = []

        @hookimpl
        def register_routes():
            pages = Blueprint("form", __name__)

            @pages.post("/send")
            def send():
                ran.append(1)
                return "sent"

            return pages
        """,
    )
    ran = blog.site.current().view_functions["form.send"].__globals__["ran"]
    assert client.send("/-/form/send", {}).status_code == 400
    assert client.options("/-/form/send").status_code == 200
    assert client.get("/-/form/send").status_code == 405
    assert ran == []


def test_the_number_of_comments_that_wait_is_known_to_the_owner_only(blog: BlogKit, client: Visitor) -> None:
    run(blog, "judge", "@hookimpl\ndef judge_comment(comment): return Verdict(HOLD)")
    post_id = blog.write_post()
    blog.write_comment(post_id, "Held back.")
    with blog.app():
        assert comments.counts() == {"pending": 1}
    for page in ("/", blog.path_of(post_id)):
        assert "Held back." not in client.get(page).text
        assert "1 Comment" not in client.get(page).text
