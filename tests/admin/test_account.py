"""The page Account, and links for a lost password."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from blogengine import accounts
from blogengine import attempts
from blogengine import browsers
from blogengine import lost_passwords
from blogengine import people
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.testing import AUTHOR
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.smtp import Sink
from tests.smtp import mail_server
from tests.smtp import sent
from tests.smtp import words

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
EMAIL, PASSWORD, NEW = OWNER["email"], OWNER["password"], "nine green bottles"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def change(**fields: str) -> dict[str, str]:
    return {"old_password": PASSWORD, "password": NEW, "password_again": NEW, **fields}


def signed_in(blog: BlogKit, password: str = PASSWORD, user_agent: str = LINUX) -> Visitor:
    """Return another browser of the owner's."""
    visitor = Visitor(blog.site)
    page = visitor.get("/admin/login")
    form = {**form_in(page.text, "login").fields, "email": EMAIL, "password": password}
    assert visitor.send("/admin/login", form, headers={"User-Agent": user_agent}).status_code == 303
    return visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/admin/account").status_code == 200


def test_a_new_password_takes_the_present_one_and_signs_all_other_browsers_out(
    blog: BlogKit, owner_client: Visitor
) -> None:
    other = signed_in(blog)
    with blog.app():
        link = people.new_link(people.by_email(EMAIL).id)
    page = owner_client.get("/admin/account")
    for fields, field in (
        ({"old_password": ""}, "present"),
        ({"old_password": "another one"}, "present"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "nine green battles"}, "password_again"),
    ):
        wrong = send(owner_client, page, "password", **change(**fields))
        shown = "old_password" if field == "present" else field
        assert (wrong.status_code, f'id="field-{shown}-problem"' in wrong.text) == (422, True), fields
    assert is_in(other)
    done = follow(owner_client, send(owner_client, page, "password", **change()))
    assert "Your password is changed. 1 other browser was signed out." in text_of(done)
    assert (is_in(owner_client), is_in(other)) == (True, False)
    with blog.app():
        with pytest.raises(Refused, match="wrong"):
            accounts.sign_in(EMAIL, PASSWORD, "x", "")
        assert accounts.sign_in(EMAIL, NEW, "y", "")
        with pytest.raises(NotFound):
            people.invited(link.token)


@SQLITE
def test_whoever_finds_a_signed_in_browser_guesses_the_password_slowly(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    page = owner_client.get("/admin/account")
    codes = [
        send(owner_client, page, "password", **change(old_password=f"guess {number}")).status_code
        for number in range(attempts.FREE + 5)
    ]
    assert codes == [422] * attempts.FREE + [429] * 5
    late = send(owner_client, page, "password", **change())
    assert (late.status_code, "Please wait" in text_of(late)) == (429, True)
    clock.tick(minutes=16)
    assert send(owner_client, page, "password", **change()).status_code == 303


@SQLITE
def test_name_and_address_are_changed_and_another_address_takes_the_password(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    page = owner_client.get("/admin/account")
    named = follow(owner_client, send(owner_client, page, "details", name="Olive <b>", email=EMAIL))
    assert "Olive <b>" in form_in(named.text, "details").fields["name"]
    for fields, field in (
        ({"email": "olive@new.example"}, "present_password"),
        ({"email": "olive@new.example", "present_password": "no"}, "present_password"),
        ({"email": AUTHOR["email"].upper(), "present_password": PASSWORD}, "email"),
        ({"email": "nonsense"}, "email"),
        ({"name": " "}, "name"),
    ):
        wrong = send(owner_client, page, "details", **fields)
        assert (wrong.status_code, f'id="field-{field}-problem"' in wrong.text) == (422, True), fields
        assert form_in(wrong.text, "details").fields["email"] == [fields.get("email", EMAIL)]
        assert "password" not in form_in(wrong.text, "details").fields["present_password"]
    moved = send(owner_client, page, "details", email="olive@new.example", present_password=PASSWORD)
    assert moved.status_code == 303
    stale = owner_client.send("/admin/account", {"name": "Kept words", "email": EMAIL, "csrf_token": "x"})
    assert (stale.status_code, form_in(stale.text, "details").fields["name"]) == (400, ["Kept words"])
    with blog.app():
        assert accounts.sign_in("OLIVE@new.example", PASSWORD, "x", "")
    assert author_client.get("/admin/account").status_code == 200, "authors have an account, too"


def test_browsers_are_listed_by_name_and_signed_out_one_by_one_or_all_but_this(
    blog: BlogKit, owner_client: Visitor, author_client: Visitor
) -> None:
    one, two = signed_in(blog), signed_in(blog, user_agent="<script>alert(1)</script>")
    page = owner_client.get("/admin/account")
    assert "Firefox on Linux since" in text_of(page)
    assert "A browser that does not say its name since" in text_of(page)
    assert page.text.count("this one") == 1
    ids = [int(number) for number in re.findall(r"/admin/account/browsers/(\d+)/sign-out", page.text)]
    assert len(ids) == 2, "none for the browser that asks"
    token = form_in(author_client.get("/admin/account").text, "details").fields["csrf_token"][0]
    author_client.send(f"/admin/account/browsers/{ids[0]}/sign-out", {"csrf_token": token})
    assert is_in(one), "nobody signs another person's browser out"
    assert is_in(two)
    press(owner_client, page, f"/admin/account/browsers/{min(ids)}/sign-out")
    assert (is_in(one), is_in(two)) == (False, True)
    done = send(owner_client, owner_client.get("/admin/account"), "others")
    assert "1 other browser was signed out." in text_of(follow(owner_client, done))
    assert (is_in(owner_client), is_in(two), is_in(author_client)) == (True, False, True)
    with blog.app():
        me = people.by_email(EMAIL).id
        for number in range(25):
            accounts.sign_in(EMAIL, PASSWORD, str(number), "")
        first, has_more = browsers.listed(me, "")
        rest, _ = browsers.listed(me, "", before_id=first[-1].id)
        assert (len(first), has_more, len(rest)) == (20, True, 6)
    assert "?before=" in owner_client.get("/admin/account").text


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (LINUX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on Mac"),
        ("curl/8.5.0", "curl"),
        ("", "A browser that does not say its name"),
    ],
)  # fmt: skip
def test_a_browser_is_called_by_what_it_says(line: str, name: str) -> None:
    assert browsers.name_of(line) == name


@pytest.fixture
def sink(blog: BlogKit) -> Iterator[Sink]:
    """The mail server of the blog."""
    with mail_server(blog, url="http://localhost") as running:
        yield running


def link_in(mail: EmailMessage) -> str:
    """Return path and query of the link in a mail."""
    (found,) = re.findall(r"http://localhost(/admin/welcome\?token=\S+)", words(mail))
    return str(found)


def asked(visitor: Visitor, email: str, **options: str) -> str:
    page = visitor.get("/admin/forgotten")
    form = {**form_in(page.text, "forgotten").fields, "email": email}
    answer = visitor.send("/admin/forgotten", form, environ_base=options)
    return f"{answer.status_code} {text_of(answer)}".replace(email, "…")


def test_a_lost_password_is_mended_by_a_mail_and_nobody_learns_who_is_here(
    blog: BlogKit, client: Visitor, owner_client: Visitor, sink: Sink, jobs: JobKit, clock: FrozenClock
) -> None:
    said = [asked(client, email) for email in (EMAIL.upper(), "nobody@example.org", "nonsense")]
    assert said[0].startswith("200 Look into your mail If somebody signs in here with …")
    assert said == [said[0]] * 3
    (mail,) = sent(sink, jobs)
    assert mail["To"] == EMAIL
    link = link_in(mail)
    late = Visitor(blog.site)
    door = late.get(link)
    home = send(late, door, "welcome", password=NEW, password_again=NEW)
    assert home.status_code == 303
    assert not is_in(owner_client), "all browsers are signed out"
    assert client.get(link).status_code == 404
    asked(client, EMAIL)
    link = link_in(sent(sink, jobs)[0])
    clock.tick(seconds=int(lost_passwords.LIFE.total_seconds()) + 1)
    assert client.get(link).status_code == 404
    blog.change_settings(mail_server="")
    assert "not set up to send mail" in text_of(client.get("/admin/forgotten"))


@SQLITE
def test_neither_a_network_nor_all_together_have_many_mails_sent(
    blog: BlogKit, client: Visitor, owner_client: Visitor, sink: Sink, jobs: JobKit
) -> None:
    codes = [asked(client, EMAIL)[:3] for _ in range(attempts.FREE + 2)]
    assert codes == ["200"] * attempts.FREE + ["429"] * 2
    for number in range(8):
        assert asked(client, EMAIL, REMOTE_ADDR=f"198.51.{number}.9").startswith("200")
    mails = sent(sink, jobs)
    assert len(mails) == lost_passwords.MAILS
    assert len({link_in(mail) for mail in mails}) == 1, "the first mail goes on working"


@SQLITE
def test_who_asks_for_others_ends_no_link_that_an_owner_made(
    blog: BlogKit, client: Visitor, sink: Sink, jobs: JobKit
) -> None:
    with blog.app():
        person_id = people.invite("Ann", "ann@example.org", "author")
        link = people.new_link(person_id)
    asked(client, "ann@example.org")
    assert len(sent(sink, jobs)) == 1
    with blog.app():
        assert people.invited(link.token).id == person_id
        newer = people.new_link(person_id)
        with pytest.raises(NotFound, match="newer"):
            people.invited(link.token)
        assert people.invited(newer.token).id == person_id
