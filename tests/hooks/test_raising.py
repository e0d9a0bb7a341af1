"""Hooks that raise while an app is built: every page is there, other plugins run, and the owner reads who failed where."""

import inspect

import pytest

from blogengine import hookspecs
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import drop_in
from tests.plugin_files import force
from tests.plugin_files import run

HOOKS = [name for name in hookspecs.known() if name.startswith("register_")]
RAISES = ["raise LookupError('not today')", "raise SystemExit('not today')"]
GOOD = """
@hookimpl
def register_routes():
    pages = Blueprint("good", __name__)
    pages.add_url_rule("/", "index", lambda: "still here")
    return pages

@hookimpl
def listing_footer_html():
    return Markup("<p>fine</p>")
"""


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_any_hook_that_registers_may_raise(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    path = blog.path_of(blog.write_post("A post"))
    run(blog, "good", GOOD)
    for number, hook in enumerate(HOOKS):
        plugin_id = f"bad_{number}"
        arguments = ", ".join(inspect.signature(hookspecs.known()[hook]).parameters)
        source = f"@hookimpl\ndef {hook}({arguments}): {RAISES[number % 2]}\n"
        drop_in(blog, plugin_id, source + "@hookimpl\ndef listing_footer_html(): return 'half a plugin'\n")
        force(blog, plugin_id)
        home = client.get("/")
        assert (home.status_code, client.get(path).status_code) == (200, 200), hook
        assert "<p>fine</p>" in home.text
        assert "half a plugin" not in home.text
        assert client.get("/-/good/").text == "still here"
        said = owner_client.get(f"/admin/plugins/{plugin_id}")
        assert said.status_code == 200
        assert f"in {hook}" in said.text, hook
        assert "not today" in said.text
        assert f">{plugin_id}</a>" in owner_client.get("/admin/plugins").text
        force(blog, plugin_id, enabled=False)
