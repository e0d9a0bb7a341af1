"""Keys in the queue, in a real browser: they move, choose, decide and take back, and stay out of what is typed."""

from collections.abc import Iterator

import playwright.sync_api as playwright
import pytest

from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from tests.admin.test_comments import hold
from tests.listening import listening

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


@pytest.fixture
def address(blog: BlogKit) -> Iterator[str]:
    """A blog that listens, with three comments that wait."""
    blog.add_owner()
    post_id = blog.write_post("Fog")
    for number in range(3):
        hold(blog, post_id, f"Number {number}.")
    with listening(blog.site) as address:
        yield address


def test_keys_move_choose_decide_and_take_back(address: str, page: playwright.Page) -> None:
    page.goto(f"{address}/admin/login")
    page.fill("input[name=email]", OWNER["email"])
    page.fill("input[name=password]", OWNER["password"])
    page.click("main button")
    page.goto(f"{address}/admin/comments")
    rows = page.locator("ol.comments > .row")
    here = page.locator(".row.here .body")
    for key, text in (
        ("j", "Number 2."),
        ("j", "Number 1."),
        ("j", "Number 0."),
        ("j", "Number 0."),
        ("k", "Number 1."),
    ):
        page.keyboard.press(key)
        playwright.expect(here).to_have_text(text)
    page.keyboard.press("x")
    playwright.expect(page.locator(".row.here input[type=checkbox]")).to_be_checked()
    page.keyboard.press("a")
    playwright.expect(page.locator(".notice")).to_contain_text("Published: 1 comment.")
    playwright.expect(rows).to_have_count(2)
    page.wait_for_load_state()  # until then the script that knows the keys may not have run
    page.keyboard.press("u")
    playwright.expect(page.locator(".notice")).to_contain_text("Taken back")
    playwright.expect(rows).to_have_count(3)
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("jas")
    playwright.expect(page.locator("#q")).to_have_value("jas")
    playwright.expect(rows).to_have_count(3)
