"""The blog's settings: stored as differences, read into a setup whatever is in the database."""

import pytest
import sqlalchemy as sa

from blogengine import db as database
from blogengine import settings
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.setup import SiteSettings
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

COUNTING = """
@dataclass(frozen=True)
class Settings:
    number: int = option(3, "Number", minimum=1, maximum=9)

@hookimpl
def register_settings(): return Settings

@hookimpl
def listing_footer_html(page): return f"number {settings_of('counting').number}"
"""


def store(blog: BlogKit, **values: object) -> None:
    """Put values into the database that no form would have let through."""

    def change(tx: Transaction) -> None:
        for key, value in values.items():
            tx.session.merge(Setting(key=key, value=value))
        tx.bump(settings.SETUP_TAG)

    with blog.app():
        database.write(change)


def test_only_what_differs_is_stored_and_the_blogs_own_facts_stay(blog: BlogKit) -> None:
    blog.change_settings(title="Renamed", posts_per_page=3)
    blog.change_settings(title="Renamed", posts_per_page=7)
    with blog.app():
        stored = {row.key: row.value for row in db.session.scalars(sa.select(Setting))}
        assert settings.is_blank() is False
    assert set(stored) == {"_blog_id", "_blog_created", "_new", "title"}
    assert blog.site.current().blog.setup.blog_id == stored["_blog_id"]


def test_a_new_blog_is_blank(blog: BlogKit) -> None:
    with blog.app():
        assert settings.is_blank()
    assert blog.site.current().blog.site == SiteSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("posts_per_page", "many"),
        ("posts_per_page", 10**12),
        ("posts_per_page", True),
        ("time_zone", "Mars/Phobos"),
        ("language", 7),
        ("title", None),
        ("title", ["x"]),
        ("theme", {"id": "classic"}),
        ("comments", "sometimes"),
        ("url", "nonsense"),
    ],
)
@SQLITE
def test_a_stored_value_that_cannot_be_used_is_named_and_the_blog_runs(
    blog: BlogKit, client: Visitor, name: str, value: object
) -> None:
    store(blog, **{name: value})
    assert client.get("/").status_code == 200
    (problem,) = blog.site.current().blog.setup.problems
    assert problem.startswith(f"Setting {name}: ")
    assert problem.endswith("is used.")


@SQLITE
def test_a_stored_value_that_no_engine_knows_is_left_alone(blog: BlogKit, client: Visitor) -> None:
    store(blog, from_the_future={"a": 1})
    blog.change_settings(title="Renamed")
    assert blog.site.current().blog.setup.problems == ()
    with blog.app():
        assert db.session.get(Setting, "from_the_future") is not None


@SQLITE
def test_a_plugins_settings_are_read_whatever_is_stored(blog: BlogKit, client: Visitor) -> None:
    run(blog, "counting", COUNTING)
    for stored, shown in (
        ({"number": 5}, 5),
        ({"number": "x"}, 3),
        ({"other": 1}, 3),
        ([], 3),
        ("text", 3),
        (None, 3),
    ):

        def change(tx: Transaction, stored: object = stored) -> None:
            tx.session.get_one(PluginState, "counting").settings = stored
            tx.bump(settings.SETUP_TAG)

        with blog.app():
            database.write(change)
        assert f"number {shown}" in client.get("/").text, stored


def test_a_plugins_settings_are_checked_and_unknown_ones_kept(blog: BlogKit, client: Visitor) -> None:
    run(blog, "counting", COUNTING)

    def change(tx: Transaction) -> None:
        tx.session.get_one(PluginState, "counting").settings = {"of_a_newer_version": 1}

    with blog.app():
        database.write(change)
    blog.change_plugin("counting", number="4")
    with pytest.raises(Invalid):
        blog.change_plugin("counting", number="10")
    with pytest.raises(NotFound):
        blog.change_plugin("nobody", number="4")
    with blog.app():
        assert settings.states()["counting"].settings == {
            "of_a_newer_version": 1,
            "number": 4,
            "_version": "0",
        }
    assert "number 4" in client.get("/").text


@SQLITE
def test_what_was_chosen_for_a_plugin_outlives_disabling_it(blog: BlogKit, client: Visitor) -> None:
    run(blog, "counting", COUNTING)
    blog.change_plugin("counting", number="4")
    blog.disable("counting")
    blog.enable("counting")
    assert "number 4" in client.get("/").text
