"""The ground that other tests stand on: databases of one's own, and a browser."""

from collections.abc import Iterator
from contextlib import contextmanager

import playwright.sync_api as playwright
import sqlalchemy as sa

from blogengine.db import make_engine
from blogengine.models import Setting


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def test_a_database_has_all_tables_and_takes_rows(database_url: str) -> None:
    with connected(database_url) as connection:
        assert "post" in sa.inspect(connection).get_table_names()
        connection.execute(sa.insert(Setting).values(key="left", value="behind"))


def test_a_database_has_nothing_of_the_test_before(database_url: str) -> None:
    with connected(database_url) as connection:
        assert connection.scalar(sa.select(Setting.value).where(Setting.key == "left")) is None


def test_an_empty_database_has_no_table(empty_database_url: str) -> None:
    with connected(empty_database_url) as connection:
        assert sa.inspect(connection).get_table_names() == []


def test_the_browser_draws_a_page(page: playwright.Page) -> None:
    page.set_content("<h1>Hello</h1>")
    assert page.get_by_role("heading").inner_text() == "Hello"
