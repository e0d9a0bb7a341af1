"""The theme paper comes with its plugin and goes with it; the blog says so."""

import pytest

from blogengine.testing import BlogKit
from blogengine.testing import Visitor

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def test_the_blog_wears_paper_while_the_plugin_runs(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    assert "Paper" in owner_client.get("/admin/themes").text
    blog.change_settings(theme="paper")
    assert "/paper.css" in client.get("/").text
    blog.disable("paper")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "/plain.css" in answer.text
    said = owner_client.get("/admin/").text
    assert (
        "There is no theme &#39;paper&#39;; a plugin that brought it may be off. The theme plain stands in"
        in said
    )
    blog.enable("paper")
    assert "/paper.css" in client.get("/").text
