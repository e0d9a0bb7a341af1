"""Every hook with a plugin that raises or answers nonsense: the page is there, the others run, the failure has a name."""

import inspect

import pytest

from blogengine import hookspecs
from blogengine import posts
from blogengine import settings
from blogengine.hookspecs import living
from blogengine.pages import PostDraft
from blogengine.plugins.guards import fallback_for
from blogengine.settings.plugin_states import set_state
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.verdicts import HOLD
from tests.plugin_files import drop_in
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

KNOWN = hookspecs.known()
BUILDING = [name for name in KNOWN if name.startswith("register_")]
LATER = set(hookspecs.told_later())
GUARDED = [name for name in KNOWN if name not in BUILDING and name not in LATER and name not in living.HOOKS]


def implementation(hook: str, body: str) -> str:
    arguments = ", ".join(inspect.signature(KNOWN[hook]).parameters)
    return f"@hookimpl\ndef {hook}({arguments}):\n    {body}\n"


def implementations(body: str, hooks: list[str] | None = None) -> str:
    return "\n".join(implementation(hook, body) for hook in GUARDED if hooks is None or hook in hooks)


def visit_everything(blog: BlogKit, client: Visitor, owner: Visitor) -> dict[str, int]:
    """Do what fires hooks, each once; return the statuses of all answers."""
    post_id = blog.write_post("A post", "Text.\n\n[[card: this]]\n\nMore.", labels=["red"])
    path = blog.path_of(post_id)
    feeds = ["/feeds/posts/default", "/feeds/comments/default", "/robots.txt", "/sitemap.xml"]
    pages = ["/", path, "/search/label/red", "/2020/", "/nothing", "/search?q=text", *feeds]
    statuses = {page: client.get(page).status_code for page in pages}
    statuses["comment"] = client.comment(path, "A comment by a visitor.").status_code
    statuses |= {f"owner {page}": owner.get(page).status_code for page in ("/", path)}
    admin = [
        "/admin/posts",
        "/admin/posts/new",
        f"/admin/posts/{post_id}",
        "/admin/comments",
        "/admin/plugins",
    ]
    statuses |= {page: owner.get(page).status_code for page in admin}
    with blog.app():
        posts.save(PostDraft(title="Changed", source="Other."), post_id=post_id)
        posts.trash(post_id)
    blog.run_jobs()
    return statuses


def is_fine(statuses: dict[str, int]) -> bool:
    return all(status in (200, 303, 404) for status in statuses.values())


RAISES = {
    "an error": "raise ValueError('how')",
    "the end of the process": "raise SystemExit(3)",
    "an interruption in a thread": "raise BaseException('how')",
    "too deep": "def deeper(): deeper()\n    deeper()",
    "no memory": "raise MemoryError",
    "an error without words": "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()",
}


@SQLITE
@pytest.mark.parametrize("how", RAISES)
def test_a_plugin_that_raises_in_every_hook_stops_no_page_and_no_other_plugin(
    blog: BlogKit, client: Visitor, owner_client: Visitor, how: str
) -> None:
    run(blog, "bad", implementations(RAISES[how]))
    run(blog, "good", implementation("listing_footer_html", "return Markup('<p>fine</p>')"))
    statuses = visit_everything(blog, client, owner_client)
    assert is_fine(statuses), statuses
    assert "<p>fine</p>" in client.get("/").text
    failed = {failure.hook for failure in blog.site.failures.take() if failure.plugin_id == "bad"}
    assert {
        "prepare_meta",
        "post_footer_html",
        "listing_footer_html",
        "judge_comment",
        "judge_permission",
        "editor_html",
    } <= failed
    assert failed <= set(KNOWN)


NONSENSE: dict[str, str] = {
    "a number": "7",
    "not a number": "float('nan')",
    "bytes": "b'x'",
    "a list": "['x']",
    "a mapping": "{'a': 1, 0: object()}",
    "a class": "str",
    "an object": "object()",
    "a function": "lambda: 1",
    "a generator": "(1 / 0 for _ in range(3))",
    "half a pair": "'\\ud800'",
    "text that is HTML by itself": "type('Odd', (str,), {'__html__': lambda self: 1 / 0})('x')",
    "something that cannot be shown": "type('Odd', (), {'__repr__': lambda self: 1 / 0, '__iter__': lambda self: 1 / 0})()",
    "an error": "ValueError('x')",
    "a verdict of nothing": "Verdict('high', 7)",
}


@SQLITE
@pytest.mark.parametrize("how", NONSENSE)
def test_a_plugin_that_answers_nonsense_in_every_hook_stops_no_page(
    blog: BlogKit, client: Visitor, owner_client: Visitor, how: str
) -> None:
    run(blog, "bad", implementations(f"return {NONSENSE[how]}"))
    statuses = visit_everything(blog, client, owner_client)
    assert is_fine(statuses), statuses
    failures = blog.site.failures.take()
    assert {failure.plugin_id for failure in failures} == {"bad"}
    failed = {failure.hook for failure in failures}
    assert {"post_footer_html", "listing_footer_html", "judge_comment", "judge_permission"} <= failed or (
        how == "a verdict of nothing" and "judge_comment" in failed
    )
    with blog.app():
        settings.store_failures(failures)
        assert settings.failure_counts()["bad"] >= 1


LEFT = {
    "a field of the wrong kind": "setattr(document, name, object())",
    "a list full of nonsense": "isinstance(getattr(document, name), list) and getattr(document, name).append(object())",
    "half a pair": "setattr(document, name, '\\ud800')",
    "nothing": "setattr(document, name, None)",
}


SPOIL = """
def spoil(arguments):
    for argument in arguments:
        for document in argument if isinstance(argument, list) else [argument]:
            if dataclasses.is_dataclass(document):
                for field in dataclasses.fields(document):
                    name = field.name
                    try:
                        HOW
                    except dataclasses.FrozenInstanceError:
                        pass
"""


@SQLITE
@pytest.mark.parametrize("how", LEFT)
def test_documents_that_are_left_with_nonsense_in_them_are_put_back(
    blog: BlogKit, client: Visitor, owner_client: Visitor, how: str
) -> None:
    """Break each field of each argument that is a dataclass, in each hook that is given one to change."""
    source = "import dataclasses\n"
    for hook in [name for name in GUARDED if name.startswith("prepare_")]:
        source += implementation(hook, f"spoil([{', '.join(inspect.signature(KNOWN[hook]).parameters)}])")
    run(blog, "bad", source + SPOIL.replace("HOW", LEFT[how]))
    statuses = visit_everything(blog, client, owner_client)
    assert is_fine(statuses), statuses
    assert "Something went wrong" not in client.get("/").text


@SQLITE
@pytest.mark.parametrize(
    "how", ["raise ValueError('how')", "return 7", "return [object()]", "raise SystemExit(3)"]
)
def test_a_plugin_that_registers_nonsense_is_broken_and_the_site_is_up(
    blog: BlogKit, client: Visitor, how: str
) -> None:
    broken = {}
    for hook in BUILDING:
        plugin_id = hook.removeprefix("register_")[:20] + "_x"
        drop_in(blog, plugin_id, implementation(hook, how))
        with blog.app():
            set_state(plugin_id, enabled=True, source="drop-in")
        broken[hook] = plugin_id
    run(blog, "good", implementation("listing_footer_html", "return Markup('<p>fine</p>')"))
    assert "<p>fine</p>" in client.get("/").text
    statuses = blog.site.current().blog.plugins.statuses
    for hook, plugin_id in broken.items():
        status = statuses[plugin_id]
        assert (status.state, bool(status.reason)) == ("broken", True), (hook, status)


def test_a_muted_judge_and_a_failed_one_mean_hold() -> None:
    assert fallback_for("judge_comment", "x").level == HOLD
    assert all(fallback_for(hook, "x") is None for hook in GUARDED if hook != "judge_comment")
