"""Plugin live_comments in a real browser: quicker with the script, the same truth without it, all by keyboard."""

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright
import pytest

import blogengine_live_comments
from blogengine.testing import BlogKit
from tests.listening import listening

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

FOCUSED = "document.activeElement"


@pytest.fixture
def served(blog: BlogKit) -> Iterator[tuple[BlogKit, str]]:
    """A blog that listens, and the address of a post with two comments."""
    blog.enable("live_comments")
    blog.change_settings(comment_rate=0)
    post_id = blog.write_post("A post")
    for text in ("First.", "Second."):
        blog.write_comment(post_id, text, name=f"Writer of {text}")
    with listening(blog.site) as address:
        yield blog, f"{address}{blog.path_of(post_id)}"


def press(page: playwright.Page, selector: str) -> None:
    """Reach something with the keyboard alone, and press it."""
    page.focus(selector)
    page.keyboard.press("Enter")


def test_the_script_is_small(blog: BlogKit) -> None:
    blog.enable("live_comments")
    script = Path(blogengine_live_comments.__file__).parent / "static" / "comments.js"
    assert script.stat().st_size < 6144


def test_a_comment_appears_in_its_place_without_a_reload(
    served: tuple[BlogKit, str], page: playwright.Page
) -> None:
    _, address = served
    page.goto(address)
    page.evaluate("window.same = true")
    page.fill("#comment-text", "Third & <b>last</b>.")
    page.fill("#comment-name", "Rita")
    preview = page.locator(".live-preview .comment-body")
    playwright.expect(preview).to_have_text("Third & last.")
    assert preview.locator("b").count() == 1
    press(page, "button[value=post]")
    playwright.expect(page.locator("#c3 .comment-body")).to_have_text("Third & last.")
    playwright.expect(page.locator("[role=status]")).to_have_text("Your comment is published.")
    assert page.evaluate(f"{FOCUSED}.id") == "c3"
    assert page.evaluate("[window.same, location.hash]") == [True, "#c3"]
    assert page.input_value("#comment-text") == ""
    assert "3 Comments" in page.inner_text("#comments")
    page.reload()
    assert page.input_value("#comment-text") == ""


def test_an_answer_is_written_under_what_it_answers_by_keyboard(
    served: tuple[BlogKit, str], page: playwright.Page
) -> None:
    _, address = served
    page.goto(address)
    page.fill("#comment-text", "Typed before")
    press(page, "#c1 .comment-reply")
    playwright.expect(page.locator("li:has(> #c1) > .post-a-comment .replying")).to_contain_text(
        "Writer of First."
    )
    assert page.evaluate(f"{FOCUSED}.id") == "comment-text"
    assert page.input_value("#comment-text") == "Typed before"
    press(page, ".replying a")
    playwright.expect(page.locator(".replying")).to_have_count(0)
    assert page.evaluate(f"{FOCUSED}.className") == "comment-reply"
    assert page.input_value("#comment-text") == "Typed before"
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".replying")).to_have_count(1)
    page.keyboard.type(", and after.")
    press(page, "button[value=post]")
    answer = page.locator("li:has(> #c1) > ol #c3 .comment-body")
    playwright.expect(answer).to_have_text("Typed before, and after.")
    assert page.evaluate(f"{FOCUSED}.id") == "c3"
    assert page.locator(".post-a-comment").count() == 1
    assert page.locator("li > .post-a-comment").count() == 0


def test_a_draft_is_there_again_after_a_reload(served: tuple[BlogKit, str], page: playwright.Page) -> None:
    _, address = served
    page.goto(address)
    page.fill("#comment-text", "Not sent yet.")
    page.reload()
    assert page.input_value("#comment-text") == "Not sent yet."
    page.fill("#comment-text", "")
    page.reload()
    assert page.input_value("#comment-text") == ""


def test_a_comment_that_waits_leads_to_its_private_address(
    served: tuple[BlogKit, str], page: playwright.Page
) -> None:
    blog, address = served
    blog.change_plugin("moderation", mode="always")
    page.goto(address)
    page.fill("#comment-text", "It waits.")
    press(page, "button[value=post]")
    page.wait_for_url("**/-/comments/answer/*")
    assert "Your comment is waiting" in page.inner_text("main")
    page.goto(address)
    assert page.input_value("#comment-text") == ""


def test_what_is_refused_is_said_and_the_text_kept(
    served: tuple[BlogKit, str], browser: playwright.Browser
) -> None:
    _, address = served
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.fill("#comment-text", "My text.")
    page.fill("#comment-website", "not an address")
    press(page, "button[value=post]")
    playwright.expect(page.locator(".live-comments [role=alert]")).to_contain_text(
        "Please look at this again"
    )
    assert page.evaluate(f"{FOCUSED}.id") == "comment-website"
    assert page.input_value("#comment-text") == "My text."
    page.fill("#comment-website", "")
    context.set_offline(True)
    press(page, "button[value=post]")
    playwright.expect(page.locator(".live-comments [role=status]")).to_contain_text("Your text is kept")
    assert page.input_value("#comment-text") == "My text."
    context.set_offline(False)
    press(page, "button[value=post]")
    playwright.expect(page.locator("#c3 .comment-body")).to_have_text("My text.")
    context.close()


def test_all_of_it_works_without_scripts(served: tuple[BlogKit, str], browser: playwright.Browser) -> None:
    _, address = served
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    press(page, "#c1 .comment-reply")
    page.wait_for_url("**?replyTo=1*")
    assert "Writer of First." in page.inner_text(".replying")
    page.fill("#comment-text", "Without a script.")
    press(page, "button[value=preview]")
    assert "Without a script." in page.inner_text(".answer .comment-body")
    press(page, "button[value=post]")
    page.wait_for_url("**#c3")
    assert page.inner_text("li:has(> #c1) > ol #c3 .comment-body") == "Without a script."
    context.close()
