"""Permissions: what plugins offer, what judges say, and that an owner is never locked out."""

from pathlib import Path

import pytest

from blogengine import access
from blogengine import removing
from blogengine import restoring
from blogengine.access import actor_of
from blogengine.permissions import Actor
from blogengine.permissions import Resource
from blogengine.settings import save_plugin_settings
from blogengine.testing import BlogKit
from blogengine.testing import HookRecorder
from blogengine.testing import Visitor
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import text_of
from tests.documents import ROOT
from tests.documents import files
from tests.plugin_files import run
from tests.plugin_files import state

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
OWNER = Actor(1, "Olive", "olive@example.org", "owner")
AUTHOR = Actor(2, "Arno", "arno@example.org", "author")
JUDGE = """
@hookimpl
def judge_permission(actor, permission, resources):
    {body}
"""


def kinds(blog: BlogKit, actor: Actor, permission: str) -> str:
    """Return for which of the resources a, b, ab and none `actor` has the permission."""
    with blog.app():
        found = access.allowed(actor, permission, [Resource(kind, 1) for kind in ("a", "b", "ab", "none")])
    return " ".join(sorted(one.kind for one in found))


@SQLITE
def test_hook_register_permissions(blog: BlogKit, author_client: Visitor) -> None:
    run(
        blog,
        "shop",
        """
        pages = Blueprint("shop", __name__)

        @pages.get("/")
        def index():
            return "sold" if can("shop.sell") else "shown"

        @hookimpl
        def register_permissions():
            return [Permission("shop.read", "Read"), Permission("shop.sell", "Sell", roles=())]

        @hookimpl
        def register_admin_pages():
            return AdminPages(pages, "Shop", permission="shop.read")
        """,
    )
    assert author_client.get("/admin/-/shop/").text == "shown"
    with blog.app():
        assert access.author_permissions()["shop.sell"] is False
        access.save_author_permissions({"shop.read", "shop.sell"})
    assert author_client.get("/admin/-/shop/").text == "sold"
    blog.disable("shop")
    with blog.app():
        assert "shop.sell" not in access.author_permissions()
        access.save_author_permissions(set())
    blog.enable("shop")
    with blog.app():
        assert access.author_permissions()["shop.sell"], "what was chosen for a plugin that is off is kept"


@SQLITE
@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ('Permission("post.write", "Mine")', "must begin with shop."),
        ('Permission("shop", "Mine")', "must be called like shop.read"),
        ('Permission("shop.Read", "Mine")', "must be called like shop.read"),
        ('Permission("shop.read", "")', "needs a label"),
        ('Permission("shop.read", "Mine", roles="author")', "roles"),
        ('Permission("shop.read", "Mine", roles=("reader",))', "roles"),
        ('Permission("shop.read", "A"), Permission("shop.read", "B")', "two permissions"),
        ('"shop.read"', "list of Permission"),
    ],
)
def test_a_permission_that_cannot_be_used_is_refused_with_a_sentence(
    blog: BlogKit, offered: str, said: str
) -> None:
    with pytest.raises(Exception, match=said):
        run(blog, "shop", f"@hookimpl\ndef register_permissions():\n    return [{offered}]\n")


@SQLITE
def test_pages_that_need_an_unknown_permission_are_refused(blog: BlogKit) -> None:
    source = """
        pages = Blueprint("shop", __name__)

        @pages.get("/")
        def index():
            return ""

        @hookimpl
        def register_admin_pages():
            return AdminPages(pages, "Shop", permission="comment.raed")
        """
    with pytest.raises(Exception, match=r"Did you mean comment\.read\?"):
        run(blog, "shop", source)


@SQLITE
def test_hook_judge_permission(blog: BlogKit) -> None:
    by_kind = "return {{one: {verdict} for one in resources if '{letter}' in one.kind.split('n')[0]}}"
    run(blog, "allows", JUDGE.format(body=by_kind.format(verdict="ALLOW", letter="a")))
    run(blog, "denies", JUDGE.format(body=by_kind.format(verdict="DENY", letter="b")))
    assert kinds(blog, AUTHOR, "settings.change") == "a", "any DENY wins, then any ALLOW, then the table"
    assert kinds(blog, AUTHOR, "post.write") == "a none"
    assert kinds(blog, OWNER, "settings.change") == "a none", "a plugin that works may deny an owner"
    assert kinds(blog, OWNER, "plugins.manage") == "a ab b none", "but not the keys of the house"
    assert kinds(blog, AUTHOR, "no.such") == ""
    assert kinds(blog, OWNER, "no.such") == "", "what is unknown is denied"
    with blog.app():
        told = access.explain(AUTHOR, "post.write", Resource("ab", 1))
        judges = [("allows", "allow"), ("denies", "deny"), ("moderation", "no opinion")]
        assert (told.is_allowed, list(told.judges)) == (False, judges)
        assert told.reason == "The plugin denies denies it."
        assert (
            access.explain(AUTHOR, "post.write", Resource("none", 1)).reason
            == "Authors have it: the default under People."
        )
        assert access.explain(OWNER, "people.manage").is_allowed
    blog.disable("denies")
    assert kinds(blog, AUTHOR, "settings.change") == "a ab"


FAILURES = {
    "raises": "raise ValueError('how')",
    "ends the process": "raise SystemExit(3)",
    "asks itself": "return DENY if can(permission) is None else None",
    "nonsense": "return True",
    "a word": "return 'deny'",
    "a mapping of nonsense": "return {one: 'deny' for one in resources}",
    "other resources": "return {Resource('x', 9): DENY}",
}


@SQLITE
def test_a_judge_that_fails_abstains_and_locks_nobody_out(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    for number, body in enumerate(FAILURES.values()):
        run(blog, f"bad{number}", JUDGE.format(body=body))
    with blog.app():
        judges = dict(access.explain(AUTHOR, "post.write").judges)
    assert judges["bad0"] == "failed, which counts as no opinion"
    assert judges["bad2"] == "no opinion"
    for _ in range(2):
        assert owner_client.get("/admin/settings").status_code == 200
        assert author_client.get("/admin/posts/new").status_code == 200
        assert author_client.get("/admin/settings").status_code == 403
    failed = {failure.plugin_id for failure in blog.site.failures.take()}
    assert failed == {"bad0", "bad1", "bad3", "bad4", "bad5"}


@SQLITE
def test_an_owner_whom_a_plugin_denies_everything_can_switch_it_off(
    blog: BlogKit, owner_client: Visitor
) -> None:
    run(blog, "no", JUDGE.format(body="return DENY"))
    answer = owner_client.get("/admin/settings")
    assert (answer.status_code, "(settings.change)" in text_of(answer)) == (403, True)
    assert owner_client.get("/admin/").headers["Location"] == "/admin/plugins"
    page = owner_client.get("/admin/plugins/no")
    answer = press(owner_client, page, "/admin/plugins/no/disable")
    assert (page.status_code, answer.status_code) == (200, 303)
    assert owner_client.get("/admin/settings").status_code == 200


@SQLITE
def test_judges_are_asked_once_in_a_request_with_all_that_it_is_about(
    blog: BlogKit, hooks: HookRecorder, owner_client: Visitor
) -> None:
    for number in range(3):
        post_id = blog.write_post(f"Post {number}", "Text")
        for words in ("One.", "Two."):
            blog.write_comment(post_id, f"{words} {number}")
    run(blog, "watch", JUDGE.format(body="return None"))
    assert owner_client.get("/admin/comments?status=all").status_code == 200
    calls = [call.arguments for call in hooks.calls("judge_permission") if call.plugin_id == "watch"]
    asked = [(call["permission"], call["resources"]) for call in calls]
    assert len(asked) == len(set(asked))
    of_posts = [resources for permission, resources in asked if permission == "comment.moderate"]
    assert [len(resources) for resources in of_posts] == [3]


@SQLITE
def test_visitors_and_work_in_the_background_may_nothing_and_no_judge_is_asked(
    blog: BlogKit, client: Visitor, hooks: HookRecorder
) -> None:
    run(
        blog,
        "gate",
        JUDGE.format(body="return ALLOW")
        + """
@hookimpl
def listing_footer_html():
    return Markup("<p>may</p>") if can("post.write") else Markup("<p>may not</p>")

@hookimpl
def post_saved(post_id, tx):
    assert not can("post.write")
""",
    )
    post_id = blog.write_post("A post", "Text")
    assert "<p>may not</p>" in client.get("/").text
    assert post_id
    assert not hooks.calls("judge_permission")
    assert state(blog, "gate").startswith("active")
    assert not blog.site.failures.take()


@SQLITE
def test_moderation_lets_authors_decide_under_their_own_posts(blog: BlogKit, author_client: Visitor) -> None:
    author_client.fill_in("/admin/posts/new", "editor", title="Mine", source="x", action="publish")
    with blog.app():
        access.save_author_permissions({"post.write", "comment.read"})
    others = blog.write_post("Others", "Text")  # the post before it is the author's own
    mine = others - 1
    theirs = blog.write_comment(others, "Under theirs").comment_id
    own = blog.write_comment(mine, "Under mine").comment_id

    def decide(comment_id: int) -> int:
        form = {"one": f"spam:{comment_id}"}
        return author_client.fill_in(
            "/admin/comments?status=all", "comments", status="all", **form
        ).status_code

    assert decide(own) == decide(theirs) == 403
    with blog.app():
        save_plugin_settings("moderation", {"own_posts": True})
    page = author_client.get("/admin/comments?status=all")
    assert f"spam:{own}" in page.text
    assert f"spam:{theirs}" not in page.text
    assert decide(theirs) == 403
    assert decide(own) == 303


def test_an_actor_is_what_judges_need_to_know(blog: BlogKit) -> None:
    user = blog.add_author()
    assert actor_of(user) == Actor(user.id, "Arno Author", "arno@example.org", "author")


@SQLITE
def test_the_plugins_that_the_guide_shows_work(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    for name, source in files(ROOT / "docs" / "plugins" / "permissions.md").items():
        blog.add_plugin(Path(name).stem, source)
    page = author_client.get("/admin/-/recipes/")
    assert "Pumpkin soup" in text_of(page)
    assert "strike" not in page.text
    token = form_in(page.text, action="/admin/logout").fields["csrf_token"]
    refused = author_client.send("/admin/-/recipes/strike", {"csrf_token": token})
    assert (refused.status_code, "not yours to do" in refused.text) == (400, True)
    assert owner_client.fill_in("/admin/-/recipes/", "strike").status_code == 303
    assert "Nothing is left" in text_of(author_client.get("/admin/-/recipes/"))

    theirs = blog.write_post("Somebody's", "Text")
    assert author_client.get(f"/admin/posts/{theirs}").status_code == 403
    assert owner_client.get(f"/admin/posts/{theirs}").status_code == 200
    author_client.fill_in("/admin/posts/new", "editor", title="Mine", source="x", action="publish")
    assert author_client.get(f"/admin/posts/{theirs + 1}").status_code == 200
    listed = author_client.get("/admin/").text
    assert f"/admin/posts/{theirs}/trash" not in listed
    assert f"/admin/posts/{theirs + 1}/trash" in listed


def test_what_was_chosen_for_a_plugin_goes_with_it_and_comes_back_from_the_copy(blog: BlogKit) -> None:
    blog.enable("stats")
    with blog.app():
        had = {name for name, value in access.author_permissions().items() if value}
        access.save_author_permissions(had - {"stats.read", "post.delete"})
        file = removing.remove("stats")
    assert blog.site.current().blog.setup.author_permissions == {"post.delete": False}
    blog.enable("stats")
    with blog.app():
        assert access.author_permissions()["stats.read"]
        restoring.restore(file)
    with blog.app():
        assert not access.author_permissions()["stats.read"]
        assert not access.author_permissions()["post.delete"]
