"""Every page below /admin needs the one permission that it declares, by whatever method or spelling it is asked for."""

import re
from collections.abc import Iterable

import pytest

from blogengine import access
from blogengine.admin.frame import ANYONE
from blogengine.admin.frame import SIGNED_IN
from blogengine.admin.frame import permission_of
from blogengine.app import BlogFlask
from blogengine.permissions import KEYS
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
STRANGER = """
PLUGIN = {"root_routes": ["/admin/stranger"]}
pages = Blueprint("stranger", __name__)
own = Blueprint("own", __name__)

@pages.get("/admin/stranger")
def page():
    return "a page that declares nothing"

@own.get("/")
def index():
    return "a page for those who may"

@own.post("/press")
def press():
    return "pressed"

@hookimpl
def register_routes():
    return pages

@hookimpl
def register_admin_pages():
    return AdminPages(own, "Own", permission="stranger.read")

@hookimpl
def register_permissions():
    return [Permission("stranger.read", "Read what is strange", roles=())]
"""


def rules_of(app: BlogFlask) -> list[tuple[str, str, str]]:
    """Return (permission, method, path with made-up values) for every rule below /admin."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin"):
            path = re.sub(r"<[^>]*int[^>]*>", "999", rule.rule)
            path = re.sub(r"<[^>]*>", "atom", path)
            permission = permission_of(rule.endpoint)
            found += [(permission, method, path) for method in sorted(rule.methods or ())]
    return found


def give(blog: BlogKit, permissions: Iterable[str]) -> None:
    with blog.app():
        access.save_author_permissions(set(permissions))


def is_denied(visitor: Visitor, method: str, path: str) -> bool:
    answer = visitor.open(path, method=method)  # a form without its token: whoever may is told so with 400
    if answer.status_code == 303 and path in ("/admin", "/admin/"):
        return True  # shown the first page that they may open
    assert answer.status_code != 500, (method, path)
    return answer.status_code == 403


@SQLITE
def test_each_route_below_admin_needs_exactly_the_permission_that_it_declares(
    blog: BlogKit, client: Visitor, owner_client: Visitor, author_client: Visitor
) -> None:
    run(blog, "stranger", STRANGER)
    with blog.app() as app, app.test_request_context():
        rules = rules_of(app)
        known = set(app.blog.permissions)
    assert len(rules) > 100
    undeclared = {path for permission, _, path in rules if not permission}
    assert undeclared == {"/admin/stranger"}, "nobody gets in there, the owner included"
    assert {permission for permission, _, _ in rules} <= {*known, ANYONE, SIGNED_IN, ""}

    for path in {path for _, _, path in rules}:
        for method in ("PUT", "DELETE", "PATCH"):
            assert owner_client.open(path, method=method).status_code == 405, (method, path)

    for permission, method, path in rules:
        other = path[:-1] if path.endswith("/") else f"{path}/"
        for visitor in (client, author_client, owner_client):
            status = visitor.open(other, method=method).status_code
            assert status in (303, 308, 403, 404, 405) or other == "/admin", (method, other, status)
        if permission == ANYONE:
            continue
        answer = client.open(path, method=method)
        if method in ("GET", "HEAD", "OPTIONS"):
            assert answer.headers["Location"].startswith("/admin/login?next="), (method, path)
        else:
            assert answer.status_code == 403, (method, path)
        assert is_denied(owner_client, method, path) == (path in undeclared), (method, path)

    declared = sorted({permission for permission, _, _ in rules} & known)
    for wanted in declared:
        mine = [(method, path) for permission, method, path in rules if permission == wanted]
        give(blog, {wanted})
        assert {is_denied(author_client, *one) for one in mine} == {wanted in KEYS}, wanted
        give(blog, known - {wanted})
        assert {is_denied(author_client, *one) for one in mine} == {True}, wanted
    give(blog, ())
    for permission, method, path in rules:
        if permission == SIGNED_IN:
            assert not is_denied(author_client, method, path)


@SQLITE
def test_the_menu_leads_where_people_may_go_and_signing_in_to_the_first_of_it(
    blog: BlogKit, author_client: Visitor
) -> None:
    blog.enable("stats")
    menu = r'<nav class="menu".*?</nav>'

    def entries() -> list[str]:
        page = author_client.get("/admin/", follow_redirects=True).text
        found = re.search(menu, page, re.DOTALL)
        return re.findall(r'href="([^"]+)"', found[0]) if found else []

    assert {"/admin/", "/admin/comments", "/admin/-/stats/"} <= set(entries())
    assert not {"/admin/settings", "/admin/plugins", "/admin/-/redirects/"} & set(entries())
    give(blog, {"comment.read", "settings.change"})
    assert entries() == ["/admin/comments", "/admin/-/moderation/", "/admin/settings"]
    assert author_client.get("/admin/").headers["Location"] == "/admin/comments"
    give(blog, ())
    answer = author_client.get("/admin/")
    assert (answer.status_code, "“Write posts and pages” (post.write)" in text_of(answer)) == (403, True)
    assert 'action="/admin/logout"' in answer.text, "they can leave"


@SQLITE
def test_who_may_not_publish_writes_drafts_and_leaves_what_is_public_alone(
    blog: BlogKit, author_client: Visitor
) -> None:
    give(blog, {"post.write"})
    page = author_client.get("/admin/posts/new")
    assert 'value="publish"' not in page.text
    refused = send(author_client, page, "editor", title="Mine", source="My words", action="publish")
    assert refused.status_code == 422
    assert "“Publish” (post.publish)" in text_of(refused)
    assert "My words" in refused.text
    assert send(author_client, page, "editor", title="Mine", action="save").status_code == 303

    public = blog.write_post("Public", "Old words")
    page = author_client.get(f"/admin/posts/{public}")
    assert 'value="save"' not in page.text
    assert 'value="trash"' not in page.text
    assert (
        send(author_client, page, "editor", source="New words", action="save", version="1").status_code == 422
    )
    assert "Old words" in author_client.get(blog.path_of(public)).text
    token = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]}
    assert author_client.send(f"/admin/posts/{public}/trash", token).status_code == 403


@SQLITE
def test_nobody_is_led_to_what_they_may_not_mend(blog: BlogKit, author_client: Visitor) -> None:
    page = author_client.get("/admin/")
    assert "does not know its address yet" not in page.text
    give(blog, {"post.write", "settings.change"})
    assert "does not know its address yet" in author_client.get("/admin/").text
    give(blog, {"comment.read"})
    post_id = blog.write_post("A post", "Text")
    assert f"/admin/posts/{post_id}" not in author_client.get(blog.path_of(post_id)).text


@SQLITE
def test_the_owner_is_led_on_after_signing_in(owner_client: Visitor) -> None:
    assert follow(owner_client, owner_client.get("/admin/login")).status_code == 200


@SQLITE
def test_a_trial_is_kept_only_by_who_may_change_what_is_in_it(blog: BlogKit, author_client: Visitor) -> None:
    give(blog, {"post.write", "design.change"})
    token = {
        "csrf_token": form_in(author_client.get("/admin/").text, action="/admin/logout").fields["csrf_token"]
    }
    assert author_client.send("/admin/try/theme", {**token, "theme": "plain"}).status_code == 303
    give(blog, {"post.write", "settings.change"})
    assert author_client.send("/admin/try/keep", token).status_code == 403
    assert blog.site.current().blog.site.theme == "classic"
    assert author_client.send("/admin/try/plugin", {**token, "plugin": "stats"}).status_code == 403
    give(blog, {"design.change"})
    assert author_client.send("/admin/try/keep", token).status_code == 303
    assert blog.site.current().blog.site.theme == "plain"
