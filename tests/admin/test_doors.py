"""Getting in and out: the set-up link, signing in, signing out, and that nobody else gets anything."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from blogengine import accounts
from blogengine import attempts
from blogengine import db as database
from blogengine import layout
from blogengine.app import BlogFlask
from blogengine.db import Transaction
from blogengine.models import User
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of

SECRET = "a secret that only the owner may read"

SETUP: dict[str, Any] = {
    "name": "Ines Vale",
    "email": "ines@example.org",
    "password": "seven small boats",
    "password_again": "seven small boats",
    "title": "Harbour Notes",
    "time_zone": "Europe/Lisbon",
}


ABROAD = [
    "//evil.example",
    "///evil.example",
    "////evil.example/admin/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http://evil.example",
    "http:evil.example",
    "http:/evil.example",
    "https://evil.example/admin/",
    "HTTPS://evil.example",
    "//localhost@evil.example",
    "http://localhost@evil.example/admin/",
    "javascript:alert(1)",
    "data:text/html,x",
    "admin/",
    "/admin\\@evil.example",
    "/admin/\\evil.example",
    "/admin//evil.example",
    "/admin/..//evil.example",
    "/admin/%2e%2e//evil.example",
    "/admin.evil.example",
    "/admin@evil.example",
    "/admin/\r\nLocation: http://evil.example",
    "/administrator",
    "/%09/evil.example",
    "/admin/é",
    "?next=//evil.example",
]


def setup_link(blog: BlogKit) -> str:
    with blog.app() as app:
        return f"/admin/setup?token={accounts.setup_token(app.blog.config)}"


def sign_in(client: Visitor, **changes: str) -> Any:
    page = client.get("/admin/login")
    return send(client, page, "login", **{"email": OWNER["email"], "password": OWNER["password"], **changes})


def admin_rules(app: BlogFlask) -> list[tuple[str, str, str]]:
    """Return (endpoint, method, path with made-up values) of every rule below /admin."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin"):
            path = re.sub(r"<[^>]*int[^>]*>", "1", rule.rule)
            path = re.sub(r"<[^>]*>", "atom", path)
            found += [
                (rule.endpoint, method, path) for method in sorted((rule.methods or set()) - {"OPTIONS"})
            ]
    return found


def test_the_set_up_link_makes_the_owner_and_signs_in(blog: BlogKit, client: Visitor) -> None:
    page = client.get(setup_link(blog))
    assert form_in(page.text, "setup").fields["url"] == ["http://localhost"]
    answer = send(client, page, "setup", **SETUP)
    assert "Welcome" in text_of(follow(client, answer))
    with blog.app() as app:
        assert app.blog.site.title == "Harbour Notes"
        assert app.blog.site.time_zone == "Europe/Lisbon"


def test_the_set_up_link_works_once(blog: BlogKit, client: Visitor) -> None:
    page = client.get(setup_link(blog))
    send(client, page, "setup", **SETUP)
    late = Visitor(blog.site)
    assert late.get(setup_link(blog)).status_code == 404
    assert send(late, page, "setup", **{**SETUP, "email": "x@example.org"}).status_code == 404


def test_a_wrong_set_up_link_opens_nothing(client: Visitor) -> None:
    for token in ("", "x", "0" * 32, "é"):
        assert client.get(f"/admin/setup?token={token}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "ines"}, "email"),
        ({"name": " "}, "name"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "something else"}, "password_again"),
        ({"title": " "}, "title"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"url": "ftp://x"}, "url"),
    ],
)
def test_set_up_keeps_what_was_typed_but_for_passwords(
    blog: BlogKit, client: Visitor, changes: dict[str, str], field: str
) -> None:
    answer = send(client, client.get(setup_link(blog)), "setup", **{**SETUP, **changes})
    assert answer.status_code == 422
    assert f'id="field-{field}-problem"' in answer.text
    form = form_in(answer.text, "setup").fields
    for name in ("name", "email", "title", "time_zone"):
        assert form[name] == [{**SETUP, **changes}[name]]
    assert form["password"] == [""]
    with blog.app():
        assert not accounts.has_owner()


def test_signing_in_leads_to_the_page_that_was_wanted(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    asked = client.get("/admin/comments?status=spam&q=x+y")
    page = follow(client, asked)
    answer = send(client, page, "login", email="OLIVE@example.org", password=OWNER["password"])
    assert answer.headers["Location"] == "/admin/comments?status=spam&q=x+y"
    cookie = next(
        value for value in answer.headers.getlist("Set-Cookie") if value.startswith("blog_session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert follow(client, answer).status_code == 200


def test_the_cookie_of_a_blog_with_https_is_bound_to_its_host(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    blog.change_settings(url="https://blog.example")
    at = {"base_url": "https://blog.example", "headers": {"Origin": "https://blog.example"}}
    page = client.get("/admin/login", base_url="https://blog.example")
    form = {**form_in(page.text, "login").fields, "email": OWNER["email"], "password": OWNER["password"]}
    answer = client.send("/admin/login", form, **at)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if "blog_session=" in value)
    assert cookie.startswith("__Host-blog_session=")
    assert "Secure" in cookie


def test_a_wrong_password_keeps_the_address_and_does_not_say_which_was_wrong(
    client: Visitor, owner_client: Visitor
) -> None:
    wrong = sign_in(client, password="no")
    nobody = sign_in(client, email="nobody@example.org")
    assert wrong.status_code == nobody.status_code == 403
    assert form_in(wrong.text, "login").fields["email"] == [OWNER["email"]]
    assert form_in(wrong.text, "login").fields["password"] == [""]
    assert text_of(wrong) == text_of(nobody)


def test_guessing_is_slowed_down_and_says_for_how_long(
    client: Visitor, owner_client: Visitor, clock: FrozenClock
) -> None:
    for _ in range(attempts.FREE):
        sign_in(client, password="no")
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "wait 6 seconds" in text_of(answer)
    clock.tick(minutes=10)
    assert sign_in(client).status_code == 303


def test_signing_in_with_what_is_no_text_is_refused_with_a_page(
    client: Visitor, owner_client: Visitor
) -> None:
    for email in ("\x00", "a\x00@b.c", "\u202e", "x" * 5000):
        assert sign_in(client, email=email).status_code == 403


def test_next_never_leaves_the_owners_pages(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    for wish in ABROAD:
        page = client.get("/admin/login", query_string={"next": wish})
        assert form_in(page.text, "login").fields["next"] == ["/admin/"], wish
        assert sign_in(Visitor(blog.site), next=wish).headers["Location"] == "/admin/", wish


def test_next_leads_to_any_of_the_owners_pages(blog: BlogKit, owner_client: Visitor) -> None:
    for wish in ("/admin/", "/admin/posts/12", "/admin/?status=draft", "/admin/-/x/?a=%2F%2Fb"):
        assert sign_in(Visitor(blog.site), next=wish).headers["Location"] == wish


def test_a_copy_of_the_cookie_is_useless_after_signing_out(blog: BlogKit, owner_client: Visitor) -> None:
    cookie = owner_client.get_cookie("blog_session")
    assert cookie is not None
    thief = Visitor(blog.site)
    thief.set_cookie("blog_session", cookie.value)
    assert thief.get("/admin/").status_code == 200
    page = owner_client.get("/admin/")
    after = follow(owner_client, press(owner_client, page, "/admin/logout"))
    assert "You are signed out." in text_of(after)
    assert owner_client.get_cookie("blog_session") is None
    assert thief.get("/admin/").status_code == 303


def test_signing_out_needs_the_token(owner_client: Visitor) -> None:
    assert owner_client.send("/admin/logout", {}).status_code == 400
    assert owner_client.get("/admin/").status_code == 200


def test_every_admin_page_is_denied_to_visitors(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    post_id = blog.write_post(SECRET, SECRET)
    assert post_id == 1
    blog.write_comment(post_id, SECRET)
    with blog.app() as app:
        rules = admin_rules(app)
    assert len(rules) > 30
    token = form_in(client.get("/admin/login").text, "login").fields["csrf_token"]
    for endpoint, method, path in rules:
        form = {"csrf_token": token, "action": "publish", "title": "taken over"} if method == "POST" else None
        answer = client.open(path, method=method, data=form)
        assert SECRET not in answer.text, path
        if endpoint.startswith(
            ("admin.login", "admin.setup", "admin.rescue", "admin.welcome", "admin.forgotten")
        ):
            continue
        if method == "POST":
            assert answer.status_code == 403, path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/admin/login?next=/admin/"), path
    assert client.get(blog.path_of(post_id)).status_code == 200


def test_every_admin_form_needs_the_token(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = blog.write_post(SECRET, SECRET)
    blog.write_comment(post_id)
    with blog.app() as app:
        layout.add("gadgets.archive", "sidebar")
        rules = admin_rules(app)
    for endpoint, method, path in rules:
        if method == "POST" and not endpoint.startswith(
            ("admin.login", "admin.setup", "admin.rescue", "admin.welcome", "admin.forgotten")
        ):
            answer = owner_client.send(path, {"action": "trash", "title": "taken over", "csrf_token": "x"})
            assert answer.status_code == 400, path
    assert SECRET in owner_client.get(blog.path_of(post_id)).text
    assert owner_client.get("/admin/").status_code == 200


def test_a_form_from_elsewhere_is_refused_even_with_the_token(owner_client: Visitor) -> None:
    form = form_in(owner_client.get("/admin/settings").text, "settings")
    headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (
        owner_client.send(form.action, {**form.fields, "title": "Taken"}, headers=headers).status_code == 403
    )


def test_an_author_writes_but_does_not_change_the_blog(blog: BlogKit, owner_client: Visitor) -> None:
    def demote(tx: Transaction) -> None:
        tx.session.scalars(sa.select(User)).one().role = "author"

    with blog.app():
        database.write(demote)
    page = owner_client.get("/admin/posts/new")
    assert "Settings" not in text_of(page)
    assert send(owner_client, page, "editor", title="Mine", action="publish").status_code == 303
    for path in ("/admin/settings", "/admin/themes", "/admin/plugins", "/admin/plugins/atom"):
        assert owner_client.get(path).status_code == 403
    token = {"csrf_token": form_in(page.text, "editor").fields["csrf_token"]}
    assert owner_client.send("/admin/plugins/atom/disable", token).status_code == 403


def test_what_the_owner_sees_is_never_stored(owner_client: Visitor) -> None:
    for path in ("/admin/", "/admin/posts/new", "/admin/login"):
        assert owner_client.get(path).headers["Cache-Control"] == "no-store"


def test_signing_in_without_cookies_says_so(client: Visitor, owner_client: Visitor) -> None:
    form = form_in(client.get("/admin/login").text, "login")
    bare = Visitor(owner_client.application, use_cookies=False)
    answer = bare.send(
        "/admin/login", {**form.fields, "email": OWNER["email"], "password": OWNER["password"]}
    )
    assert answer.status_code == 400
    assert "sent no cookie" in text_of(answer)
    assert form_in(answer.text, "login").fields["email"] == [OWNER["email"]]
