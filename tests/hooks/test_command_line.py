"""Hooks that reach the command line: commands of plugins and their health checks."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine.cli.main import group
from blogengine.testing import BlogKit
from blogengine.testing import Visitor

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

HEAD = """
from blogengine.plugin import Health
from blogengine.plugin import HealthCheck
from blogengine.plugin import hookimpl
from blogengine.plugin import posts
from blogengine.plugin import PostQuery
import click
"""


def run(blog: BlogKit, *words: str) -> tuple[int, str]:
    """Give a command on the blog's instance; return its exit code and what it said."""
    result = CliRunner().invoke(group, ["--instance", str(blog.site.config.instance), *words])
    return result.exit_code, result.output


@pytest.fixture
def instance(blog: BlogKit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands work on this test's database."""
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", blog.site.config.database_url)
    return blog.site.config.instance


def test_hook_register_commands_runs_inside_the_blog(blog: BlogKit, instance: Path) -> None:
    blog.write_post("Only one")
    blog.add_plugin(
        "counter",
        HEAD
        + '''
@click.command()
@click.argument("word")
def count(word):
    """Count posts."""
    click.echo(f"{word}: {posts.query(PostQuery()).total}")

@hookimpl
def register_commands():
    return [count]
''',
    )
    assert run(blog, "x", "counter", "count", "posts")[1].endswith("posts: 1\n")
    assert "counter" in run(blog, "x")[1]
    assert "Count posts." in run(blog, "x", "counter", "--help")[1]
    code, said = run(blog, "x", "nobody", "count")
    assert code == 2
    assert "No such command 'nobody'" in said


def test_hook_register_health_checks_is_asked_by_the_doctor_and_the_plugins_page(
    blog: BlogKit, instance: Path, owner_client: Visitor
) -> None:
    blog.add_plugin(
        "ill",
        HEAD
        + """
def fail():
    raise ValueError("from the check")

@hookimpl
def register_health_checks():
    return [
        HealthCheck("one", lambda: Health("warn", "It limps.")),
        HealthCheck("two", fail),
        HealthCheck("three", lambda: "nonsense"),
        HealthCheck("four", lambda: None),
    ]
""",
    )
    code, said = run(blog, "doctor")
    assert code == 1
    assert "warn Plugin ill: It limps." in said
    assert "fail Plugin ill: the check two raised ValueError: from the check" in said
    assert "fail Plugin ill: the check three must return Health or None, not 'nonsense'" in said
    page = owner_client.get("/admin/plugins/ill")
    assert page.status_code == 200
    assert '<span class="badge warn">look at it</span> It limps.' in page.text
    assert "the check two raised ValueError: from the check" in page.text
    assert page.text.count("does not work") == 2
    assert "What it says about itself" not in owner_client.get("/admin/plugins/atom").text


def test_a_plugin_that_offers_nonsense_to_the_command_line_is_broken(blog: BlogKit, instance: Path) -> None:
    for plugin_id, hook, value in (
        ("one", "register_commands", "'no list'"),
        ("two", "register_commands", "[1]"),
        ("three", "register_health_checks", "[lambda: None]"),
    ):
        with pytest.raises(Exception, match=f"{hook} must return a list"):
            blog.add_plugin(plugin_id, f"{HEAD}\n@hookimpl\ndef {hook}():\n    return {value}\n")


def test_the_index_is_made_from_the_command_line(blog: BlogKit, instance: Path) -> None:
    for number in range(3):
        blog.write_post(f"Number {number}")
    blog.enable("search")
    assert "0 of 3 posts and pages are in the index" in run(blog, "doctor")[1]
    assert "3 posts and pages are in the index." in run(blog, "x", "search", "index")[1]
    assert "All 3 posts and pages are in the index." in run(blog, "doctor")[1]
