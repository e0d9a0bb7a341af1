"""Notify and commenter_pass in a real browser, by real HTTP and real SMTP: the whole way of one commenter and one owner."""

import re
from collections.abc import Iterator

import playwright.sync_api as playwright
import pytest

from blogengine.testing import BlogKit
from blogengine.testing import JobKit
from tests.listening import listening
from tests.smtp import Sink
from tests.smtp import mail_server
from tests.smtp import words

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
ANN = "ann@mail.example"


@pytest.fixture
def served(blog: BlogKit) -> Iterator[tuple[str, Sink]]:
    """A blog that listens and sends mail: the address of its post, and its mail server."""
    for plugin_id in ("commenter_pass", "notify"):
        blog.enable(plugin_id)
    blog.add_owner()
    blog.change_plugin("notify", tell="waiting", pause="0")
    path = blog.path_of(blog.write_post("On tea"))
    with listening(blog.site) as address, mail_server(blog, url=address) as sink:
        yield f"{address}{path}", sink


def mail_to(sink: Sink, jobs: JobKit, address: str) -> str:
    """Do all jobs and return the text of the one mail that went to an address since the last call."""
    jobs.run_all()
    found = [words(mail) for mail in sink.mails() if address in str(mail["To"])]
    sink.taken.clear()
    assert len(found) == 1, found
    return found[0]


def link(text: str, what: str) -> str:
    found = re.search(rf"http://127\.0\.0\.1:\d+/-/{what}/\S*", text)
    assert found is not None
    return found[0]


def test_a_commenter_follows_changes_and_erases_and_the_owner_decides_without_a_script(
    blog: BlogKit, served: tuple[str, Sink], browser: playwright.Browser, jobs: JobKit
) -> None:
    url, sink = served
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sent: list[tuple[str, str, str]] = []
    page.on(
        "request",
        lambda asked: sent.append(
            (asked.method, asked.header_value("origin") or "", asked.header_value("referer") or "")
        ),
    )

    page.goto(url)
    page.fill("[name=text]", "My words.")
    page.fill("[name=name]", "Ann")
    page.check("[name='notify.follow']")
    page.click("text=Post Comment")
    playwright.expect(page.locator(".problems")).to_contain_text("needs your e-mail address")
    page.fill("[name=email]", ANN)
    page.click("text=Post Comment")
    playwright.expect(page.locator("#c1 .comment-body")).to_have_text("My words.")
    door = link(mail_to(sink, jobs, ANN), "notify/confirm")
    page.goto(door)
    page.click("text=Yes, send me these mails")
    playwright.expect(page.locator("main")).to_contain_text("You get a mail about each new comment")

    blog.change_plugin("moderation", mode="always")
    blog.write_comment(1, "A held answer.", name="Bob", parent_id=1)
    page.goto(link(mail_to(sink, jobs, "olive@example.org"), "notify/decide"))
    page.click("text=Approve this comment")
    playwright.expect(page.locator("main")).to_contain_text("Readers see this comment.")
    told = mail_to(sink, jobs, ANN)
    assert "> A held answer." in told
    page.goto(link(told, "notify/stop"))
    page.click("text=Stop these mails")
    playwright.expect(page.locator("main")).to_contain_text("No more mails")
    blog.change_plugin("moderation", mode="never")

    page.goto(url)
    page.click("text=have a link sent to you")
    page.fill("[name=email]", ANN)
    page.click("text=Send me a link")
    door = link(mail_to(sink, jobs, ANN), "commenter_pass")
    sent.clear()
    page.goto(door)
    page.click("text=Change")
    page.fill("[name=text]", "Better words.")
    page.click("text=Save")
    playwright.expect(page.locator("main")).to_contain_text("Your comment was changed.")
    page.click("main >> text=On tea")
    playwright.expect(page.locator("#c1 .comment-body")).to_have_text("Better words.")
    playwright.expect(page.locator("#c1 .comment-edited")).to_have_text("Edited")
    page.goto(door)
    page.click("text=Erase everything")
    page.click("button:has-text('Erase everything')")
    playwright.expect(page.locator("main")).to_contain_text("is erased")
    origin = url.partition("/20")[0]
    assert {where for method, where, _ in sent if method == "POST"} == {origin}
    token = door.rstrip("/").rpartition("/")[2]
    assert f"{origin}/" in {referer for _, _, referer in sent}
    assert not any(token in referer for _, _, referer in sent), "the address of the page went along"
    page.goto(url)
    playwright.expect(page.locator("#c1")).to_contain_text("This comment has been removed by the author.")
    playwright.expect(page.locator("#c2 .comment-body")).to_have_text("A held answer.")
    context.close()
