"""Each contract test can fail: for each there is a plugin so bad that exactly that test finds it."""

import re
import textwrap

import pytest

from blogengine.testing import PluginContract
from blogengine.testing.contract.traces import shape

GOOD = '''
    """A plugin that uses much and does nothing wrong."""

    from dataclasses import dataclass

    import sqlalchemy as sa
    from flask import Blueprint
    from flask import render_template

    from markupsafe import Markup

    from blogengine.plugin import *

    pages = Blueprint("good", __name__)

    @dataclass(frozen=True)
    class Settings:
        words: str = option("Hello", "Words")
        times: int = option(1, "Times", minimum=1, maximum=3)

    @hookimpl
    def register_settings():
        return Settings

    @hookimpl
    def register_routes():
        return pages

    @pages.get("/")
    @cacheable()
    def index():
        return "Hello"

    @hookimpl
    def register_jobs():
        return {"look": lambda payload: None}

    @hookimpl
    def post_saved(post_id, tx):
        enqueue(tx, "good.look", {"post_id": post_id})

    @hookimpl
    def post_footer_html(post):
        settings = settings_of("good")
        return Markup("<p>{}</p>").format(settings.words * settings.times)

    @hookimpl
    def listing_footer_html(page):
        wanted = sa.text("SELECT title FROM post WHERE id IN :ids").bindparams(sa.bindparam("ids", expanding=True))
        session().scalars(wanted, {"ids": [post.id for post in page.posts]}).all()

    @hookimpl
    def judge_comment(comment):
        return None
'''

HEAD = """
from dataclasses import dataclass
from flask import Blueprint, request
from markupsafe import Markup
from blogengine.plugin import *
"""

BAD: dict[str, tuple[str, str | dict[str, str]]] = {
    "a warning": (
        "test_it_loads_without_a_warning",
        "import warnings\nwarnings.warn('old', DeprecationWarning)",
    ),
    "an unknown hook": ("test_it_loads_without_a_warning", "@hookimpl\ndef post_foter_html(post): ..."),
    "a connection": (
        "test_its_import_is_quick_and_touches_nothing",
        "import socket\nwith socket.socket(socket.AF_UNIX) as s: s.connect_ex('/nowhere')",
    ),
    "a written file": (
        "test_its_import_is_quick_and_touches_nothing",
        "import os\nos.close(os.open(os.devnull, os.O_WRONLY))",
    ),
    "a slow import": (
        "test_its_import_is_quick_and_touches_nothing",
        "import time\nend = time.process_time() + 0.6\nwhile time.process_time() < end: pass",
    ),
    "a private import": ("test_it_imports_nothing_private", "from blogengine import settings as private"),
    "a failing hook": (
        "test_nothing_it_does_fails",
        "@hookimpl\ndef editor_html(draft): return Markup(1 / 0)",
    ),
    "a failing job": (
        "test_nothing_it_does_fails",
        "@hookimpl\ndef register_jobs(): return {'look': lambda payload: 1 / 0}\n"
        "@hookimpl\ndef post_saved(tx): enqueue(tx, 'bad.look', {})",
    ),
    "an open element": (
        "test_its_html_is_whole",
        "@hookimpl\ndef post_footer_html(): return Markup('<section><p>open</p>')",
    ),
    "an id twice": (
        "test_its_html_is_whole",
        '@hookimpl\ndef post_footer_html(): return Markup(\'<p id="comments"></p><p id="comments"></p>\')',
    ),
    "an inline style": (
        "test_its_pages_keep_the_content_security_policy",
        "@hookimpl\ndef post_footer_html(): return Markup('<p style=\"color: red\">red</p>')",
    ),
    "a script from elsewhere": (
        "test_its_pages_keep_the_content_security_policy",
        "@hookimpl\ndef listing_footer_html(): return Markup('<script src=\"//a.example/a.js\"></script>')",
    ),
    "a header of its own": (
        "test_its_pages_keep_the_content_security_policy",
        "pages = Blueprint('bad', __name__)\n"
        "@pages.get('/')\ndef index(): return 'x', {'Content-Security-Policy': \"default-src *\"}\n"
        "@hookimpl\ndef register_routes(): return pages",
    ),
    "a look at the visitor": (
        "test_what_it_shows_is_the_same_for_every_visitor_and_until_it_said",
        "@hookimpl\ndef post_footer_html(): return Markup('<p>{}</p>').format(request.user_agent.string)",
    ),
    "a look at the clock": (
        "test_what_it_shows_is_the_same_for_every_visitor_and_until_it_said",
        "@hookimpl\ndef post_footer_html(): return Markup('<p>{}</p>').format(now().minute)",
    ),
    "a setting that breaks a hook": (
        "test_its_settings_refuse_nonsense",
        "@dataclass(frozen=True)\nclass Settings:\n    size: str = option('1', 'Size')\n"
        "@hookimpl\ndef register_settings(): return Settings\n"
        "@hookimpl\ndef post_footer_html(): return Markup('<p></p>') * int(settings_of('bad').size)",
    ),
    "a page that needs a hook": (
        "test_a_failure_of_any_of_its_hooks_is_contained",
        "pages = Blueprint('bad', __name__)\n"
        "@pages.get('/')\ndef index(): return known['title']\n"
        "known = {}\n"
        "@hookimpl\ndef register_routes(): known.clear(); return pages\n"
        "@hookimpl\ndef prepare_meta(meta): known['title'] = meta.title",
    ),
    "something not noted": (
        "test_kept_pages_are_true",
        "seen = []\n"
        "@hookimpl\ndef judge_comment(): seen.append(1)\n"
        "@hookimpl\ndef post_footer_html(): return Markup('<p>{}</p>').format(len(seen))",
    ),
    "a route more each time": (
        "test_enabling_it_again_leaves_no_trace",
        "routes = []\n"
        "@hookimpl\ndef register_jobs():\n"
        "    routes.append(1)\n    return {f'look{n}': lambda payload: None for n in range(len(routes))}",
    ),
    "a changed engine": (
        "test_enabling_it_again_leaves_no_trace",
        "import markupsafe\n@hookimpl\ndef register_jobs():\n"
        "    markupsafe.escape_silent = lambda text: text\n    return {}",
    ),
    "a query for each post": (
        "test_it_asks_no_more_of_a_larger_blog",
        "import sqlalchemy as sa\n@hookimpl\ndef listing_footer_html(page):\n"
        "    for post in page.posts: session().scalar(sa.text('SELECT id FROM post WHERE id = :id'), {'id': post.id})",
    ),
    "a secret on a page": (
        "test_its_secrets_are_shown_nowhere",
        "@dataclass(frozen=True)\nclass Settings:\n    token: Secret = option(Secret(), 'Token')\n"
        "@hookimpl\ndef register_settings(): return Settings\n"
        "@hookimpl\ndef post_footer_html(): return Markup('<p>{}</p>').format(settings_of('bad').token.reveal())",
    ),
    "a name kept and never shown": (
        "test_what_it_keeps_about_a_person_is_shown_and_erased",
        "@hookimpl\ndef comment_saved(comment_id, tx):\n"
        "    view, _ = comments.own_comment(comment_id)\n"
        "    write_meta(tx, 'bad', comment_id, 'bad', 'who', view.author_name)",
    ),
    "a name shown and never erased": (
        "test_what_it_keeps_about_a_person_is_shown_and_erased",
        "@hookimpl\ndef comment_published(comment_id, event):\n"
        "    view = comments.by_id(comment_id)\n"
        "    write(lambda tx: write_meta(tx, 'bad', 1, 'bad', 'who', [view.author_name]))\n"
        "@hookimpl\ndef export_personal_data(person): return read_meta('bad', [1], 'bad')[1]",
    ),
    "an address of a visitor": (
        "test_what_it_keeps_about_a_person_is_shown_and_erased",
        "@hookimpl\ndef comment_saved(tx):\n"
        "    if request: write_meta(tx, 'bad', 1, 'bad', 'from', request.remote_addr)",
    ),
    "a side that is always the same": (
        "test_it_is_at_home_in_pages_from_right_to_left",
        {
            "__init__.py": "",
            "static/a.css": "@media (width > 9em) { p { color: teal; margin-left: 1em } }",
        },
    ),
    "words that fail in Arabic": (
        "test_it_is_at_home_in_pages_from_right_to_left",
        "@hookimpl\ndef listing_footer_html(): return {'en': 'Hello'}[blog().site.language]",
    ),
    "a step that cannot be taken back": (
        "test_its_tables_go_up_down_and_up_again",
        "import sqlalchemy as sa\n"
        "def make(op): op.create_table('p_bad_note', sa.Column('id', sa.Integer, primary_key=True))\n"
        "tables = Tables('bad', migrations=[make])\n"
        "@hookimpl\ndef register_tables(): return tables",
    ),
    "a farewell that fails": (
        "test_removed_it_leaves_nothing",
        "@hookimpl\ndef uninstalling(tx): 1 / 0",
    ),
    "data under another name": (
        "test_removed_it_leaves_nothing",
        "@hookimpl\ndef post_saved(tx): write_meta(tx, 'post', 1, 'another', 'x', 1)",
    ),
}

TEMPLATE = {
    "__init__.py": "from blogengine.plugin import *\n@hookimpl\ndef post_footer_html(): return fragment('@bad/a.html')",
    "templates/a.html": "<p title=\"{{ _('Fine') }}\">\n{{ _('Fine') }} {# a note #}</p><p>Not fine</p>",
}

ERRORS = re.compile(r"^(FAILED|ERROR) \S+::(\w+)::(\w+)", re.MULTILINE)  # a parametrised test twice


TESTS = [name for name in vars(PluginContract) if name.startswith("test_")]


def contract(number: int, plugin_id: str, source: object, only: str = "") -> str:
    """Return a class of contract tests; `only` leaves the other tests out."""
    lines = [
        f"class Test{number}(PluginContract):",
        f"    plugin_id = {plugin_id!r}",
        f"    source = {source!r}",
    ]
    lines += [f"    {test} = None" for test in TESTS if only not in ("", test)]
    return "\n".join(lines)


def test_each_contract_test_finds_what_is_bad_and_no_other_does(pytester: pytest.Pytester) -> None:
    plugins: list[tuple[str, str, object, str]] = [("the good one", "good", textwrap.dedent(GOOD), "")]
    plugins += [
        (name, "bad", HEAD + source if isinstance(source, str) else source, wanted)
        for name, (wanted, source) in BAD.items()
    ]
    plugins.append(("a text that stands there", "bad", TEMPLATE, "test_its_texts_can_be_translated"))
    seen: set[str] = set()
    tests = ["from blogengine.testing import PluginContract"]
    for number, (_, plugin_id, source, wanted) in enumerate(plugins):
        # The first for each test goes through all tests, the others through that test: all through all takes minutes.
        tests.append(contract(number, plugin_id, source, wanted if wanted in seen else ""))
        seen.add(wanted)
    pytester.makepyfile("\n\n".join(tests))
    done = pytester.runpytest_inprocess("-p", "blogengine.testing", "-rfE", "--tb=line")
    failed: dict[str, list[str]] = {name: [] for name, *_ in plugins}
    for _, number, test in ERRORS.findall(done.stdout.str()):
        tests_of = failed[plugins[int(number.removeprefix("Test"))][0]]
        tests_of += [test] if test not in tests_of else []
    assert failed == {name: [wanted] if wanted else [] for name, *_, wanted in plugins}


def test_every_contract_test_has_a_bad_plugin() -> None:
    assert set(TESTS) == {test for test, _ in BAD.values()} | {"test_its_texts_can_be_translated"}


@pytest.mark.parametrize("one", ["?", "%s", "%(id_1_1)s", "%(id_1_1)s::BIGINT"])
def test_a_list_of_values_is_one_statement_whatever_its_length(one: str) -> None:
    few, many = (f"SELECT a FROM t\nWHERE id IN ({', '.join([one] * count)}) AND b = ?" for count in (1, 9))
    assert shape(few) == shape(many)
    assert shape(few) != shape(few.replace("b", "c"))
    assert shape(few) != shape(few.replace("id IN", "key IN"))
