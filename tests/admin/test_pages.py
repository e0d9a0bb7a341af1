"""What holds for every page of the owner: sound HTML, usable by keyboard and without scripts, readable in both modes."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import playwright.sync_api as playwright
import pytest

from blogengine import accounts
from blogengine import people
from blogengine import posts
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import form_in
from tests.admin.forms import parse
from tests.admin.forms import send
from tests.admin.forms import words
from tests.listening import listening

PAGES = [
    "/admin/",
    "/admin/?kind=page",
    "/admin/?status=trashed",
    "/admin/?q=nothing",
    "/admin/posts/new",
    "/admin/posts/new?kind=page",
    "/admin/posts/1",
    "/admin/posts/2",
    "/admin/posts/3",
    "/admin/posts/4",
    "/admin/posts/4/delete",
    "/admin/comments",
    "/admin/comments?status=all",
    "/admin/comments?status=all&post=1&q=one",
    "/admin/comments?status=spam",
    "/admin/people",
    "/admin/people/1",
    "/admin/people/2",
    "/admin/people/1/remove",
    "/admin/people/authors",
    "/admin/settings",
    "/admin/themes",
    "/admin/plugins",
    "/admin/plugins/moderation",
    "/admin/plugins/also_on",
    "/admin/-/moderation/",
    "/admin/posts/999",
]
TITLE = "A <title> & one very-long-word-" + "that-does-not-end-" * 12


@pytest.fixture
def full_blog(blog: BlogKit) -> BlogKit:
    """A blog with a post in each status, two comments, and somebody who was invited."""
    with blog.app():
        people.invite("N" * 90, "x" * 80 + "@example.org", "author")
    blog.write_post(TITLE, labels=["one & only", "x" * 90])
    blog.write_post("Unfinished", publish=False)
    with blog.app():
        later = posts.save(posts.draft_of(posts.get(2)))
        posts.schedule(later, posts.get(1).created_at + timedelta(days=900))
    posts_gone = blog.write_post("Gone")
    with blog.app():
        posts.trash(posts_gone)
    blog.write_comment(
        1, "One comment " + "withoutspaces" * 40, name="N" * 90, website="https://example.org/" + "x" * 90
    )
    blog.write_comment(1, "<blockquote>Two</blockquote> <a href='https://e.org/'>comments</a>")
    return blog


def inputs(form: Element) -> Iterator[Element]:
    for element in form.iter():
        if element.tag in ("textarea", "select") or (
            element.tag == "input" and element.get("type") not in ("hidden",)
        ):
            yield element


def faults(html: str) -> list[str]:
    """Return what a person with a keyboard, a screen reader or no scripts would stumble over."""
    tree = parse(html)
    found = []
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    found += [f"the id {name} is there {count} times" for name, count in ids.items() if count > 1]
    headings = [int(element.tag[1]) for element in tree.iter() if element.tag in ("h1", "h2", "h3", "h4")]
    if headings.count(1) != 1:
        found.append(f"{headings.count(1)} headings of the first level")
    labelled = {element.get("for") for element in tree.iter("label")}
    for element in inputs(tree):
        if element.get("id") not in labelled and not element.get("aria-label"):
            found.append(f"the field {element.get('name')} has no label")
        for name in (element.get("aria-describedby") or "").split():
            if name not in ids:
                found.append(f"{element.get('name')} is described by {name}, which is not there")
    for element in tree.iter():
        found += [
            f"{element.tag} has {name}" for name in element.attrib if name.startswith("on") or name == "style"
        ]
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            found.append(f"an inline {element.tag}")
        if element.tag in ("a", "button") and not words(element) and not element.get("aria-label"):
            found.append(f"an empty {element.tag}")
    for form in tree.iter("form"):
        sent = [element.get("name") for element in form.iter("input")]
        if form.get("method") == "post" and "csrf_token" not in sent:
            found.append(f"the form to {form.get('action')} has no token")
    if tree.find(".//a[@class='skip-link']") is None or ids["main"] != 1:
        found.append("no way past the menu")
    return found


def test_every_page_is_sound_html_that_a_keyboard_can_use(full_blog: BlogKit, owner_client: Visitor) -> None:
    for path in PAGES:
        answer = owner_client.get(path)
        assert answer.status_code == (404 if "999" in path else 200), path
        assert faults(answer.text) == [], path


def test_the_doors_and_the_pages_after_errors_are_sound_too(
    full_blog: BlogKit, owner_client: Visitor
) -> None:
    new = owner_client.get("/admin/posts/new")
    seen = [
        send(owner_client, new, "editor", published_at="x", action="save"),
        send(owner_client, new, "editor", csrf_token="x"),
        send(owner_client, owner_client.get("/admin/posts/1"), "editor", version="x"),
        send(owner_client, owner_client.get("/admin/settings"), "settings", time_zone="x", title="y" * 300),
        send(owner_client, new, "editor", title=TITLE, source="x\n\ny", action="preview"),
    ]
    visitor = Visitor(full_blog.site)
    door = visitor.get("/admin/login")
    seen += [
        door,
        send(visitor, door, "login", email="x"),
        visitor.send("/admin/posts/new", form_in(new.text, "editor").fields),
    ]
    for answer in seen:
        assert faults(answer.text) == [], answer.request.path


def test_the_set_up_page_is_sound(blog: BlogKit, client: Visitor) -> None:
    with blog.app() as app:
        token = accounts.setup_token(app.blog.config)
    page = client.get(f"/admin/setup?token={token}")
    assert faults(page.text) == []
    assert faults(send(client, page, "setup", email="x").text) == []


def test_every_page_names_itself_in_the_tab_and_the_menu(full_blog: BlogKit, owner_client: Visitor) -> None:
    seen: Counter[str] = Counter()
    for path in ("/admin/", "/admin/comments", "/admin/themes", "/admin/plugins", "/admin/settings"):
        tree = parse(owner_client.get(path).text)
        title, heading = tree.find(".//title"), tree.find(".//h1")
        assert title is not None
        assert heading is not None
        assert words(title) == f"{words(heading)} – My blog"
        (here,) = [link for link in tree.findall(".//nav[@class='menu']//a") if link.get("aria-current")]
        assert words(here).startswith(words(heading))
        seen[words(title)] += 1
    assert len(seen) == 5


CSS = (Path(__file__).parents[2] / "blogengine/static/admin.css").read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_of_text_can_be_read_on_its_grounds(dark: bool) -> None:
    colours: dict[str, str] = {}
    for block in re.findall(r":root \{([^}]*)\}", CSS)[: 2 if dark else 1]:
        colours.update(re.findall(r"--([\w-]+): (#\w+);", block))
    pairs = [(text, ground) for text in ("ink", "muted", "accent", "bad") for ground in ("paper", "back")]
    pairs += [("ink", f"{name}-tint") for name in ("good", "warn", "bad")]
    pairs += [("good", "good-tint"), ("warn", "warn-tint"), ("bad", "bad-tint"), ("ink", "tint")]
    pairs += [("accent", "good-tint"), ("accent", "warn-tint"), ("on-accent", "accent"), ("paper", "bad")]
    for text, ground in pairs:
        high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


@pytest.fixture
def address(blog: BlogKit) -> Iterator[str]:
    """The blog on a port of this machine."""
    with listening(blog.site) as address:
        yield address


@pytest.fixture
def engine_name() -> str:
    """One engine is enough for what only the browser shows."""
    return "sqlite"


def test_a_post_is_written_and_published_with_the_keyboard_alone_and_without_scripts(
    blog: BlogKit, owner_client: Visitor, address: str, browser: playwright.Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/admin/posts/new")

    def go_to(name: str) -> None:
        for _ in range(60):
            tab.keyboard.press("Tab")
            if tab.locator("*:focus").evaluate("e => e.id || e.value || e.textContent") == name:
                return
        raise AssertionError(f"{name} cannot be reached with the Tab key")

    go_to("email")
    tab.keyboard.type(OWNER["email"])
    go_to("password")
    tab.keyboard.type(OWNER["password"])
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{address}/admin/posts/new")
    go_to("title")
    tab.keyboard.type("Written blind")
    go_to("source")
    tab.keyboard.type("With *nothing* but keys.")
    go_to("publish")
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/admin/posts/\d+$"))
    context.close()
    assert "<em>nothing</em>" in owner_client.get(blog.path_of(1)).text


def test_no_page_is_wider_than_a_phone(
    full_blog: BlogKit, owner_client: Visitor, address: str, page: playwright.Page
) -> None:
    cookie = owner_client.get_cookie("blog_session")
    assert cookie is not None
    page.context.add_cookies([{"name": "blog_session", "value": cookie.value, "url": address}])
    page.set_viewport_size({"width": 360, "height": 740})
    for path in PAGES:
        page.goto(address + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, (path, width)
