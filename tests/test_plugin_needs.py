"""What plugins need of each other and of the engine, in which order they are called, and hooks of their own."""

import dataclasses

import pytest

from blogengine import inventory
from blogengine import settings
from blogengine.errors import Refused
from blogengine.plugins import ordering
from blogengine.plugins.discovery import Candidate
from blogengine.plugins.manifest import Manifest
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.documents import ROOT
from tests.documents import files
from tests.plugin_files import as_in_a_new_process
from tests.plugin_files import drop_in
from tests.plugin_files import force
from tests.plugin_files import run
from tests.plugin_files import state

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

SPEAKS = """
@hookimpl
def listing_footer_html(page): return "<{name}>"
"""


def plugin(name: str, manifest: str = "", code: str = "") -> str:
    """Return the source of a plugin that says its name under lists."""
    return f"PLUGIN = {{'version': '1.5', {manifest}}}\n" + SPEAKS.format(name=name) + code


def called(client: Visitor) -> list[str]:
    """Return the names of the plugins above in the order in which they were called."""
    html = client.get("/").text
    names = ["alpha", "beta", "gamma", "delta"]
    return sorted(
        (name for name in names if f"&lt;{name}&gt;" in html), key=lambda n: html.index(f"&lt;{n}&gt;")
    )


# Requirements


@SQLITE
def test_a_plugin_is_not_enabled_before_what_it_requires_and_waits_while_that_does_not_run(
    blog: BlogKit, client: Visitor
) -> None:
    drop_in(blog, "alpha", plugin("alpha", "'requires': ['beta>=1.5,<2']"))
    with pytest.raises(
        Refused, match=r"It needs the plugin beta>=1.5,<2, which is not installed. Install it"
    ):
        blog.enable("alpha")
    file = drop_in(blog, "beta", plugin("beta").replace("1.5", "1.4"))
    with pytest.raises(Refused, match=r"needs the plugin beta>=1.5,<2, and beta 1.4 is there"):
        blog.enable("alpha")
    drop_in(blog, "beta", plugin("beta"))
    with pytest.raises(Refused, match=r"beta, which is off. Run: blogengine plugins enable beta"):
        blog.enable("alpha")
    blog.enable("beta")
    blog.enable("alpha")
    assert called(client) == ["alpha", "beta"]
    plugins = blog.site.current().blog.plugins
    assert plugins.start_order.index("beta") < plugins.start_order.index("alpha")
    file.unlink()
    blog.change_settings(title="Another app")
    assert called(client) == []
    assert state(blog, "alpha").startswith(
        "waiting: It needs the plugin beta>=1.5,<2, which is not installed."
    )
    drop_in(blog, "beta", plugin("beta", code="import no_such_module"))
    as_in_a_new_process()
    blog.change_settings(title="A third app")
    assert client.get("/").status_code == 200
    assert state(blog, "beta").startswith("broken: ")
    assert "It needs the plugin beta, which is broken: ModuleNotFoundError" in state(blog, "alpha")


@SQLITE
def test_those_who_need_a_plugin_wait_when_it_breaks_late_and_nothing_of_either_is_left(
    blog: BlogKit, client: Visitor
) -> None:
    late = "@hookimpl\ndef register_jobs(): return {'work': print}\n@hookimpl\ndef register_importers(): return 7\n"
    drop_in(
        blog,
        "alpha",
        plugin("alpha", "'requires': ['beta']", "@hookimpl\ndef register_jobs(): return {'x': print}"),
    )
    drop_in(blog, "beta", plugin("beta", code=late))
    force(blog, "alpha")
    force(blog, "beta")
    assert called(client) == []
    assert state(blog, "beta") == "broken: register_importers must return a list of Importer."
    assert state(blog, "alpha").startswith("waiting: It needs the plugin beta, which is broken")
    assert not {"alpha.x", "beta.work"} & set(blog.site.current().blog.jobs)


@SQLITE
def test_a_ring_of_requirements_is_named_and_stops_nobody_else(blog: BlogKit, client: Visitor) -> None:
    for name, need in (("alpha", "beta"), ("beta", "gamma"), ("gamma", "alpha")):
        drop_in(blog, name, plugin(name, f"'requires': ['{need}']"))
        force(blog, name)
    run(blog, "delta", plugin("delta"))
    assert called(client) == ["delta"]
    for name in ("alpha", "beta", "gamma"):
        assert state(blog, name) == (
            "waiting: The requirements go round in a circle, so none of these can start: gamma needs alpha, "
            "alpha needs beta, beta needs gamma. One must give up its own."
        )


@SQLITE
def test_a_plugin_that_others_need_is_disabled_with_them_or_not_at_all(
    blog: BlogKit, client: Visitor
) -> None:
    run(blog, "gamma", plugin("gamma"))
    run(blog, "beta", plugin("beta", "'requires': ['gamma']"))
    run(blog, "alpha", plugin("alpha", "'requires': ['beta']"))
    with pytest.raises(
        Refused, match=r"beta, alpha cannot run without it. Disable them too: .*--with-dependants"
    ):
        blog.disable("gamma")
    assert called(client) == ["alpha", "beta", "gamma"]
    with blog.app():
        assert inventory.plugin("gamma").needed_by == ("beta", "alpha")
        assert settings.disable("gamma", with_dependants=True) == ["gamma", "beta", "alpha"]
    assert called(client) == []
    with blog.app():
        assert {inventory.plugin(name).state for name in ("alpha", "beta", "gamma")} == {"off"}


@SQLITE
def test_plugins_that_do_not_run_beside_each_other_do_not(blog: BlogKit, client: Visitor) -> None:
    run(blog, "alpha", plugin("alpha"))
    drop_in(blog, "beta", plugin("beta", "'conflicts': ['alpha<2', 'none']"))
    drop_in(blog, "gamma", plugin("gamma", "'conflicts': ['alpha>=2']"))
    with pytest.raises(
        Refused, match=r"It does not run beside the plugin alpha. Run: blogengine plugins disable alpha"
    ):
        blog.enable("beta")
    blog.enable("gamma")
    force(blog, "beta")
    assert called(client) == ["alpha", "gamma"]
    assert state(blog, "beta").startswith("waiting: It does not run beside the plugin alpha")
    blog.disable("alpha")
    assert called(client) == ["beta", "gamma"]
    with pytest.raises(Refused, match="does not run beside the plugin beta"):
        blog.enable("alpha")


@SQLITE
def test_a_plugin_for_another_engine_is_incompatible(blog: BlogKit, client: Visitor) -> None:
    drop_in(blog, "alpha", plugin("alpha", "'engine': '>=9'", "raise SystemExit('never run')"))
    drop_in(blog, "beta", plugin("beta", "'requires': ['alpha']"))
    with pytest.raises(Refused, match=r"alpha 1.5 runs with versions >=9 of the engine, and this is 0.1"):
        blog.enable("alpha")
    force(blog, "alpha")
    force(blog, "beta")
    assert called(client) == []
    assert state(blog, "alpha").startswith("incompatible: ")
    assert state(blog, "beta").startswith("waiting: It needs the plugin alpha, which is incompatible")


# Order


def order(chosen: list[str], **hints: dict[str, tuple[str, ...]]) -> ordering.Order:
    """Return the order of plugins with these hints."""
    return ordering.call_order(
        [Candidate(name, "drop-in", "", Manifest(name, **words)) for name, words in hints.items()],  # type: ignore[arg-type]
        chosen,
    )


def test_the_owners_order_stands_before_hints_and_hints_before_ids() -> None:
    assert order([], b={}, a={}, c={}).ids == ("a", "b", "c")
    assert order([], a={"after": ("c",)}, b={}, c={}).ids == ("b", "c", "a")
    assert order([], a={}, b={}, c={"before": ("a", "absent")}).ids == ("b", "c", "a")
    assert order(["a", "c"], a={"after": ("c",)}, b={}, c={}).ids == ("a", "c", "b")
    assert order(["b", "c", "a"], a={}, b={}, c={}, d={"before": ("c",)}).ids == ("b", "d", "c", "a")
    assert order(["gone", "b", "b"], a={}, b={}).ids == ("b", "a")


def test_hints_that_go_round_in_a_circle_are_named_and_ids_decide() -> None:
    found = order([], a={"after": ("b",)}, b={"after": ("c",)}, c={"after": ("a",)}, d={"before": ("a",)})
    assert found.ids == ("b", "c", "d", "a")
    assert set(found.problems) == {"a", "b", "c"}
    assert "a before c" in found.problems["a"]
    assert "Set an order: blogengine plugins order" in found.problems["a"]
    against = order(["a", "b"], a={}, b={}, c={"after": ("b",), "before": ("a",)})
    assert against.ids.index("a") < against.ids.index("b")
    assert against.problems


@SQLITE
def test_the_owner_sets_the_order_and_takes_it_back(blog: BlogKit, client: Visitor) -> None:
    run(blog, "alpha", plugin("alpha", "'after': ['beta']"))
    run(blog, "beta", plugin("beta"))
    run(blog, "gamma", plugin("gamma"))
    assert called(client) == ["beta", "alpha", "gamma"]
    with blog.app():
        settings.save_order(["gamma", "alpha", "beta"])
    assert called(client) == ["gamma", "alpha", "beta"]
    with blog.app():
        now = inventory.order()
        assert (now.ids[:3], now.chosen) == (("gamma", "alpha", "beta"), ("gamma", "alpha", "beta"))
        for wrong, sentence in ((["alhpa"], "Did you mean alpha?"), (["beta", "beta"], "named twice")):
            with pytest.raises(Refused, match=sentence):
                settings.save_order(wrong)
        settings.save_order([])
    assert called(client) == ["beta", "alpha", "gamma"]


# Hooks of their own

DECLARES = """
class Own:
    @hookspec
    def alpha_words(self, page): pass

    @hookspec(firstresult=True)
    def alpha_first(self): pass

@hookimpl
def register_hooks(): return Own

@hookimpl
def listing_header_html(page):
    return f"{call_hook('alpha_words', page=page)} {call_hook('alpha_first')}"
"""


@SQLITE
def test_an_optional_implementation_runs_without_its_hook_and_another_waits_for_it(
    blog: BlogKit, client: Visitor
) -> None:
    drop_in(blog, "alpha", DECLARES)
    words = "@hookimpl(optionalhook=True)\ndef alpha_words(): return 'optional'\n"
    run(blog, "beta", plugin("beta", code=words))
    drop_in(blog, "gamma", plugin("gamma", code="@hookimpl\ndef alpha_first(): return 'first'\n"))
    with pytest.raises(
        Refused, match=r"needs the plugin alpha, which is off. Run: blogengine plugins enable alpha"
    ):
        blog.enable("gamma")
    blog.enable("alpha")
    assert "[&#39;optional&#39;] None" in client.get("/").text
    blog.enable("gamma")
    assert "[&#39;optional&#39;] first" in client.get("/").text
    with pytest.raises(Refused, match="gamma cannot run without it"):
        blog.disable("alpha")
    with blog.app():
        assert inventory.contents("alpha")["own_hooks"] == ["alpha_first", "alpha_words"]
        settings.disable("alpha", reason="The engine did it.")
    assert called(client) == ["beta"]
    assert state(blog, "gamma").startswith("waiting: It needs the plugin alpha, which is off.")


@SQLITE
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "@hookimpl\ndef register_hooks(): return 7",
            "must return a module or a class with @hookspec functions, not 7",
        ),
        ("@hookimpl\ndef register_hooks(): return int", "returned nothing that is marked @hookspec"),
        ("@hookimpl\ndef register_hooks(): raise ValueError('x')", "ValueError: x"),
        (
            DECLARES.replace("alpha_words(self", "words(self"),
            "declares words: the names .* begin with alpha_",
        ),
        (DECLARES.replace("alpha_words(self, page)", "alpha_words(page)"), "give it the first argument self"),
        (DECLARES.replace("self, page", "self, *pages"), r"with \*arguments; name them"),
        (DECLARES.replace("firstresult", "historic"), "as historic, which is not supported"),
        ("@hookimpl\ndef alpha_wrods(): pass", "implements the hook alpha_wrods, which does not exist"),
    ],
)
def test_hooks_that_cannot_be_declared_are_refused_with_the_reason(
    blog: BlogKit, source: str, sentence: str
) -> None:
    drop_in(blog, "alpha", source)
    with pytest.raises(Refused, match=sentence):
        blog.enable("alpha")


@SQLITE
def test_a_wrong_call_of_a_hook_says_what_was_meant(blog: BlogKit) -> None:
    run(blog, "alpha", DECLARES)
    plugins = blog.site.current().blog.plugins
    with pytest.raises(LookupError, match=r"declares the hook alpha_wrods. Did you mean alpha_words?"):
        plugins.call("alpha_wrods", {})
    with pytest.raises(TypeError, match="alpha_words takes page, not none"):
        plugins.call("alpha_words", {})
    with pytest.raises(LookupError, match="The plugin alhpa does not run"):
        plugins.settings("alhpa")
    with pytest.raises(LookupError, match="The plugin alpha has no settings"):
        plugins.settings("alpha")
    with pytest.raises(LookupError, match=r"Did you mean also_on?"):
        plugins.settings("also_onn")


# Warnings


@SQLITE
def test_what_works_and_is_not_meant_is_a_warning(blog: BlogKit, client: Visitor) -> None:
    run(
        blog,
        "alpha",
        """
        PLUGIN = {"root_routes": ["/alpha.txt", "/other.txt"], "nmae": "x"}

        def listing_footer_html(page): return "never"

        @hookimpl(optionalhook=True)
        def post_fotoer_html(post): return "never"

        @hookimpl
        def register_routes():
            pages = Blueprint("alpha", __name__)
            pages.add_url_rule("/alpha.txt", "page", lambda: "a page")
            return pages
        """,
    )
    run(blog, "beta", "")
    run(blog, "gamma", "")
    with blog.app():
        alpha = "\n".join(inventory.plugin("alpha").warnings)
        assert inventory.contents("alpha")["routes"] == ["/alpha.txt"]
        beta = inventory.plugin("beta").warnings
    assert "there is no key nmae; it is left out. Did you mean name?" in alpha
    assert (
        "listing_footer_html (alpha.py, line 9) is named like a hook and never called: write @hookimpl"
        in alpha
    )
    assert "has the hook post_fotoer_html (alpha.py, line 11). Did you mean post_footer_html?" in alpha
    assert "has the root route /other.txt" in alpha
    assert "/alpha.txt" not in alpha
    assert beta == ("It has no function marked @hookimpl, so nothing ever calls it.",)


@SQLITE
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "@dataclass(frozen=True)\nclass S: pass\n@hookimpl\ndef register_settings(): return S()",
            "return S.",
        ),
        ("@hookimpl\ndef listing_footer_html(*args): pass", "is given what it names and nothing else"),
        ("def inner(): return {}['x']\nvalue = inner()", r"KeyError: 'x' \(alpha.py, line 6: def inner\(\)"),
        (
            "import json\njson.loads('{')",
            r"\(alpha.py, line 7: json.loads\('\{'\); raised in decoder.py, line \d+\)",
        ),
        ("x = option(1, 'A', maximun=3)", "Did you mean maximum?"),
    ],
)
def test_a_refusal_shows_the_line_and_what_was_meant(blog: BlogKit, source: str, sentence: str) -> None:
    drop_in(blog, "alpha", source)
    with pytest.raises(Refused, match=sentence):
        blog.enable("alpha")


# The page for authors


@SQLITE
def test_the_plugins_of_the_page_about_manifests_work(blog: BlogKit, client: Visitor) -> None:
    shown = files(ROOT / "docs" / "plugins" / "manifest.md")
    assert len(shown) == 3
    for name, text in shown.items():
        file = blog.site.config.drop_in_folder / name.removeprefix("instance/plugins/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="kitchen, which is off"):
        blog.enable("recipes")
    blog.enable("kitchen")
    blog.enable("recipes")
    path = blog.path_of(blog.write_post("Breakfast", "Now:\n\n[[cook: Eggs]]\n\n[[cook: Tea]]"))
    html = client.get(path).text
    assert "<p>Eggs: 7 min</p>" in html
    assert "[[cook: Tea]]" in html
    with blog.app():
        assert inventory.plugin("recipes").warnings == inventory.plugin("kitchen").warnings == ()


def test_the_page_about_manifests_names_every_key_and_every_state() -> None:
    page = (ROOT / "docs" / "plugins" / "manifest.md").read_text(encoding="utf-8")
    words = {field.name for field in dataclasses.fields(Manifest)} | set(inventory.STATES)
    assert not {word for word in words if f"`{word}`" not in page}
