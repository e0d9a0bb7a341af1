"""The page People: links that work once, roles, signing out, removing; and never a blog without an owner."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from blogengine import access
from blogengine import accounts
from blogengine import people
from blogengine.cli.main import group
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.people import VALID
from blogengine.testing import AUTHOR
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
ANN = {"name": "Ann Äpfel", "email": "ann@example.org", "role": "author"}
PASSWORD = {"password": "nine green bottles", "password_again": "nine green bottles"}


def link_in(html: str) -> str:
    """Return path and query of the link that the page of a person shows."""
    found = re.search(r"<textarea[^>]*>(http://[^<]+)</textarea>", html)
    assert found is not None, "this page shows no link"
    parts = urlsplit(found[1])
    return f"{parts.path}?{parts.query}"


def test_a_new_author_comes_in_by_the_link_once_and_does_what_authors_may(
    blog: BlogKit, client: Visitor, owner_client: Visitor
) -> None:
    added = send(owner_client, owner_client.get("/admin/people"), "invite", **ANN)
    page = follow(owner_client, added)
    link = link_in(page.text)
    assert "has no password yet" in text_of(owner_client.get("/admin/people"))
    with blog.app(), pytest.raises(Refused, match="wrong"):
        accounts.sign_in(ANN["email"], "", "x", "")

    door = client.get(link)
    wrong = send(client, door, "welcome", password="nine green bottles", password_again="other words")
    assert (wrong.status_code, form_in(wrong.text, "welcome").fields["name"]) == (422, ["Ann Äpfel"])
    weak = send(client, door, "welcome", name="Anna", password="short", password_again="short")
    assert 'id="field-password-problem"' in weak.text
    home = follow(client, send(client, door, "welcome", name="Anna", **PASSWORD))
    assert "Welcome to My blog." in text_of(home)
    assert client.get("/admin/people").status_code == 403
    late = Visitor(blog.site)
    assert late.get(link).status_code == 404
    assert send(late, door, "welcome", **PASSWORD).status_code == 404
    with blog.app():
        assert people.by_email("ANN@example.org").name == "Anna"
        assert accounts.sign_in(ANN["email"], PASSWORD["password"], "x", "")


@SQLITE
def test_links_end_with_their_time_with_a_new_one_and_when_they_were_made_up(
    blog: BlogKit, clock: FrozenClock, owner_client: Visitor
) -> None:
    with blog.app():
        person_id = people.invite("Ann", "ann@example.org", "author")
        old = people.new_link(person_id).token
        assert people.invited(old).id == person_id
    page = owner_client.get(f"/admin/people/{person_id}")
    new = link_in(press(owner_client, page, f"/admin/people/{person_id}/link").text).partition("token=")[2]
    with blog.app():
        for made_up in (
            old,
            "",
            "1",
            "1.2",
            "1.2.3",
            f"{new}0",
            "9" * 40,
            "é.é.é",
        ):
            with pytest.raises(NotFound, match="used already"):
                people.invited(made_up)
        assert people.invited(new).id == person_id
    clock.tick(seconds=int((VALID + timedelta(seconds=2)).total_seconds()))
    with blog.app(), pytest.raises(NotFound, match="too old"):
        people.invited(new)


@SQLITE
def test_a_form_with_mistakes_keeps_its_text(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    page = owner_client.get("/admin/people")
    for changes, field in (
        ({"email": "ann"}, "email"),
        ({"email": "ARNO@example.org"}, "email"),
        ({"name": " "}, "name"),
        ({"role": "god"}, "role"),
    ):
        answer = send(owner_client, page, "invite", **{**ANN, **changes})
        assert answer.status_code == 422
        assert f'id="field-{field}-problem"' in answer.text
        if field != "email":
            assert form_in(answer.text, "invite").fields["email"] == [ANN["email"]]
    stale = owner_client.send("/admin/people", {**ANN, "csrf_token": "x"})
    assert (stale.status_code, form_in(stale.text, "invite").fields["name"]) == (400, [ANN["name"]])
    with blog.app():
        assert len(people.listed()[0]) == 2


def test_a_blog_is_never_without_an_owner_who_can_sign_in(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    with blog.app():
        olive, arno = (one.id for one in people.listed()[0])
        people.invite("Ivo", "ivo@example.org", "owner")  # has chosen no password, so does not count
    page = owner_client.get(f"/admin/people/{olive}")
    refused = follow(owner_client, press(owner_client, page, f"/admin/people/{olive}/role"))
    assert "only owner who can sign in" in text_of(refused)
    sure = owner_client.get(f"/admin/people/{olive}/remove")
    refused = follow(owner_client, press(owner_client, sure, f"/admin/people/{olive}/remove"))
    assert "only owner who can sign in" in text_of(refused)
    with blog.app():
        assert people.get(olive).role == "owner"

    page = owner_client.get(f"/admin/people/{arno}")
    press(owner_client, page, f"/admin/people/{arno}/role")
    assert author_client.get("/admin/people").status_code == 200
    answer = press(owner_client, owner_client.get(f"/admin/people/{olive}"), f"/admin/people/{olive}/role")
    assert answer.headers["Location"] == "/admin/"
    assert owner_client.get("/admin/people").status_code == 403


def test_who_is_removed_is_out_at_once_and_their_posts_stay(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    author_client.fill_in("/admin/posts/new", "editor", title="By Arno", source="Words", action="publish")
    with blog.app():
        arno = people.by_email(AUTHOR["email"]).id
        path = people.get(arno)
    assert path.posts == 1
    page = owner_client.get(f"/admin/people/{arno}")
    assert "1 browser" in text_of(page)
    press(owner_client, page, f"/admin/people/{arno}/sign-out")
    assert author_client.get("/admin/").status_code == 303
    sure = owner_client.get(f"/admin/people/{arno}/remove")
    assert "1 post stays" in text_of(sure)
    gone = follow(owner_client, press(owner_client, sure, f"/admin/people/{arno}/remove"))
    assert "Arno Author is removed." in text_of(gone)
    assert owner_client.get(f"/admin/people/{arno}").status_code == 404
    assert "Arno Author" in Visitor(blog.site).get("/").text


@SQLITE
def test_the_owner_ticks_what_authors_may_do(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    page = owner_client.get("/admin/people/authors")
    ticked = form_in(page.text, "authors").fields["permission"]
    assert "post.publish" in ticked
    assert "stats.read" not in page.text
    assert "people.manage" not in page.text
    blog.enable("stats")
    page = owner_client.get("/admin/people/authors")
    assert "See how often pages are read" in text_of(page)
    chosen = ["post.write", "settings.change", "people.manage", "no.such"]
    assert "Saved." in text_of(follow(owner_client, send(owner_client, page, "authors", permission=chosen)))
    assert author_client.get("/admin/settings").status_code == 200
    assert author_client.get("/admin/-/stats/").status_code == 403
    assert author_client.get("/admin/people").status_code == 403
    stale = owner_client.send("/admin/people/authors", {"permission": ["jobs.manage"], "csrf_token": "x"})
    assert (stale.status_code, form_in(stale.text, "authors").fields["permission"]) == (400, ["jobs.manage"])
    with blog.app():
        assert access.author_permissions()["jobs.manage"] is False


@SQLITE
def test_many_people_are_shown_in_pages(blog: BlogKit, owner_client: Visitor) -> None:
    with blog.app():
        for number in range(53):
            people.invite(f"Person {number}", f"p{number}@example.org", "author")
    first = owner_client.get("/admin/people")
    more = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert more is not None
    second = owner_client.get(more[1].replace("&amp;", "&"))
    shown = [re.findall(r"p\d+@example.org", page.text) for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), len({*shown[0], *shown[1]})) == (49, 4, 53)
    assert "Nobody else is here." in text_of(owner_client.get("/admin/people?after=99999"))


def run(blog: BlogKit, *words: str) -> tuple[int, str]:
    config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key)
    runner = CliRunner(env={"BLOGENGINE_DATABASE_URL": config.database_url})
    done = runner.invoke(group, ["--instance", str(config.instance), "people", *words])
    return done.exit_code, done.stdout + (str(done.exception) if done.exception else "")


@SQLITE
def test_people_on_the_command_line(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    status, link = run(blog, "add", "Ann", "ann@example.org")
    assert status == 0
    parts = urlsplit(link.split()[0])
    assert client.get(f"{parts.path}?{parts.query}").status_code == 200
    status, text = run(blog, "list")
    assert "ann@example.org" in text
    assert "invited" in text
    assert "an owner now" in run(blog, "role", "ann@example.org", "owner")[1]
    assert "only owner" in run(blog, "role", "olive@example.org", "author")[1], "Ann has no password"
    assert "1 browser was signed out" in run(blog, "sign-out", "olive@example.org")[1]
    assert "Ann is removed." in run(blog, "remove", "ann@example.org", "--yes")[1]
    assert "Nobody has the e-mail address" in run(blog, "why", "ann@example.org", "post.write")[1]
    told = run(blog, "why", "olive@example.org", "post.write")[1]
    assert "plugin moderation: no opinion" in told
    assert told.endswith("An owner has every permission.\nYes: Olive Owner (owner), post.write.\n")
    post = str(blog.write_post("A post", "Text"))
    told = run(blog, "why", "olive@example.org", "post.write", "--post", post)[1]
    assert f"post.write for the post {post}." in told
    assert "Did you mean post.write?" in run(blog, "why", "olive@example.org", "post.writ")[1]
