"""The owner, signing in and out, and those who guess."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from blogengine import accounts
from blogengine import attempts
from blogengine import db as database
from blogengine.db import db
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import AuthSession
from blogengine.models import LoginAttempt
from blogengine.models import User
from blogengine.signing import seal
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from blogengine.testing.visitors import hidden_fields
from tests.processes import Process
from tests.processes import Talk

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
EMAIL, PASSWORD = OWNER["email"], OWNER["password"]


@pytest.fixture
def owner(blog: BlogKit) -> None:
    with blog.app():
        accounts.create_owner(**OWNER)


def sign_in(email: str = EMAIL, password: str = PASSWORD, address: str = "here") -> str:
    return accounts.sign_in(email, password, address, "a browser")


def code_of(call: Any, *arguments: Any) -> str:
    """Return why a call was refused, or an empty text."""
    try:
        call(*arguments)
    except Refused as refusal:
        return refusal.code
    return ""


@SQLITE
def test_there_is_one_owner_and_no_default_account(blog: BlogKit) -> None:
    with blog.app():
        assert not accounts.has_owner()
        assert db.session.execute(sa.select(User)).first() is None
        accounts.create_owner(**OWNER)
        assert accounts.has_owner()
        assert code_of(accounts.create_owner, "Eve", "eve@example.org", "another good one") == "has_owner"


def make_owner(site: Any, talk: Talk, name: str) -> str:
    """Try to be the first owner at the same time as others."""
    talk.say("ready")
    talk.hear()
    with site.in_app():
        return code_of(accounts.create_owner, name, f"{name}@example.org", "correct horse battery") or "made"


def test_two_who_open_the_setup_link_at_once_do_not_both_become_the_owner(blog: BlogKit) -> None:
    config = blog.site.config
    with Process(config, make_owner, "ann") as ann, Process(config, make_owner, "bob") as bob:
        for process in (ann, bob):
            process.hear()
        for process in (ann, bob):
            process.pipe.send("go")
        assert sorted([ann.hear(), bob.hear()]) == ["has_owner", "made"]


@SQLITE
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": "nul\0"}, ["name"]),
        ({"email": "olive"}, ["email"]),
        ({"email": "@example.org"}, ["email"]),
        ({"email": "a b@example.org"}, ["email"]),
        ({"email": "olive@example"}, ["email"]),
        ({"password": "short"}, ["password"]),
        ({"password": "x" * 129}, ["password"]),
        ({"password": "password"}, ["password"]),
        ({"password": "aaaaaaaaaaaa"}, ["password"]),
        ({"name": "", "email": "", "password": ""}, ["email", "name", "password"]),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named_by_its_field(
    blog: BlogKit, fields: dict[str, str], wrong: list[str]
) -> None:
    with blog.app():
        with pytest.raises(Invalid) as error:
            accounts.create_owner(**{**OWNER, **fields})
        assert sorted(error.value.problems) == wrong
        assert not accounts.has_owner()


def test_the_right_password_opens_a_session_and_the_wrong_one_says_nothing_more(
    blog: BlogKit, owner: None
) -> None:
    with blog.app():
        token = sign_in("  OLIVE@example.org ")
        user = accounts.user_of(token)
        assert user is not None
        assert user.name == OWNER["name"]
        with pytest.raises(Refused) as wrong:
            sign_in(password="not the password")
        with pytest.raises(Refused) as unknown:
            sign_in(email="nobody@example.org")
        assert (wrong.value.code, str(wrong.value)) == (unknown.value.code, str(unknown.value))


@SQLITE
def test_neither_passwords_nor_tokens_are_stored_as_they_are(blog: BlogKit, owner: None) -> None:
    with blog.app():
        token = sign_in()
        stored = str(db.session.execute(sa.select(AuthSession.token_digest)).scalars().all())
        assert token not in stored
        assert PASSWORD not in str(db.session.execute(sa.select(User.password_hash)).scalars().all())
        assert accounts.user_of(db.session.execute(sa.select(AuthSession.token_digest)).scalar_one()) is None


@pytest.fixture
def real_hasher() -> Iterator[None]:
    before = accounts.use_hasher(accounts.HASHER)
    yield
    accounts.use_hasher(before)


@SQLITE
def test_passwords_cost_a_thief_what_owasp_asks_and_older_hashes_are_made_again(
    blog: BlogKit, owner: None, real_hasher: None
) -> None:
    with blog.app():
        stored = sa.select(User.password_hash)
        assert not str(db.session.scalars(stored).one()).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert sign_in()
        db.session.remove()
        assert str(db.session.scalars(stored).one()).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert sign_in()


@SQLITE
def test_a_session_that_was_signed_out_is_refused_at_once(blog: BlogKit, owner: None) -> None:
    with blog.app():
        token, other = sign_in(), sign_in()
    visitor = Visitor(blog.site)
    visitor.set_cookie("blog_session", token)
    assert visitor.get("/admin/").status_code == 200
    with blog.app():
        accounts.sign_out(token)
    assert visitor.get("/admin/").status_code != 200
    with blog.app():
        assert accounts.user_of(other) is not None


def test_a_new_password_ends_all_sessions(blog: BlogKit, owner: None) -> None:
    with blog.app():
        tokens = [sign_in() for _ in range(3)]
        with pytest.raises(Invalid):
            accounts.set_password(EMAIL, "short")
        accounts.set_password(EMAIL, "another horse battery")
        assert [accounts.user_of(token) for token in tokens] == [None] * 3
        assert code_of(sign_in) == "wrong"
        assert sign_in(password="another horse battery")
        with pytest.raises(Refused):
            accounts.set_password("nobody@example.org", "another horse battery")


@SQLITE
def test_a_session_ends_when_it_is_not_used_or_very_old(
    blog: BlogKit, owner: None, clock: FrozenClock
) -> None:
    with blog.app():
        idle, used = sign_in(), sign_in()
        for _ in range(6):
            clock.tick(days=13)
            assert accounts.user_of(used) is not None
        assert accounts.user_of(idle) is None
        clock.tick(days=13)
        assert accounts.user_of(used) is None


def test_guessing_is_slowed_down_and_the_owner_gets_in_afterwards(
    blog: BlogKit, owner: None, clock: FrozenClock
) -> None:
    with blog.app():
        codes = [code_of(sign_in, EMAIL, f"guess number {number}") for number in range(30)]
        assert codes[: attempts.FREE] == ["wrong"] * attempts.FREE
        assert set(codes[attempts.FREE :]) == {"slow_down"}
        assert code_of(sign_in) == "slow_down"
        clock.tick(minutes=15)
        assert sign_in()
        assert code_of(sign_in, EMAIL, "wrong again") == "wrong"


@SQLITE
def test_an_hour_of_guessing_from_everywhere_tries_few_passwords(
    blog: BlogKit, owner: None, clock: FrozenClock
) -> None:
    with blog.app():
        tried = 0
        for second in range(0, 3600, 5):
            clock.tick(seconds=5)
            tried += code_of(sign_in, EMAIL, f"guess {second}", f"address {second % 100}") == "wrong"
        assert tried < 20


def test_who_guesses_makes_no_browser_wait_that_was_signed_in_before(
    blog: BlogKit, owner: None, clock: FrozenClock
) -> None:
    with blog.app():
        user = accounts.user_of(sign_in())
        assert user is not None
        mark = attempts.known_mark(user.id)
        for number in range(20):
            code_of(sign_in, EMAIL, f"guess {number}", f"address {number}")
        assert code_of(sign_in) == "slow_down"
        assert accounts.sign_in(EMAIL, PASSWORD, "another", "", mark)
        assert code_of(sign_in) == "slow_down", "the guesses of others are still counted"


@SQLITE
def test_a_browsers_mark_is_worth_no_more_guesses_and_only_for_its_person(
    blog: BlogKit, owner: None, clock: FrozenClock
) -> None:
    with blog.app():
        user = accounts.user_of(sign_in())
        assert user is not None

        def tried(mark: str, name: str) -> int:
            guesses = [(EMAIL, f"guess {one}", f"{name} {one}", "", mark) for one in range(12)]
            return [code_of(accounts.sign_in, *guess) for guess in guesses].count("wrong")

        stolen = attempts.known_mark(user.id)
        assert tried(stolen, "stolen") == attempts.FREE
        with pytest.raises(Refused, match="Too many sign-ins"):
            accounts.sign_in(EMAIL, PASSWORD, "elsewhere", "", stolen)
        assert accounts.sign_in(EMAIL, PASSWORD, "elsewhere", "", attempts.known_mark(user.id))
        # None of these is a mark for this person: they all count as the account.
        others = [attempts.known_mark(user.id + 1), f"{stolen}x", "", "\0", "é" * 400, "x" * 9000]
        others += [seal("another purpose", [user.id, "a"]), seal("core:known browser", {"a": 1})]
        assert sum(tried(mark, f"other {number}") for number, mark in enumerate(others)) == attempts.FREE
        clock.tick(days=attempts.KNOWN.days + 1)
        assert tried(stolen, "late") == attempts.FREE
        assert code_of(sign_in) == "slow_down", "a mark that is too old is none"


@SQLITE
def test_a_known_browser_is_still_limited_by_its_network(blog: BlogKit, owner: None) -> None:
    with blog.app():
        user = accounts.user_of(sign_in())
        assert user is not None
        for _ in range(attempts.FREE):
            code_of(sign_in, "nobody@example.org", "guess", "one network")
        with pytest.raises(Refused, match="Too many sign-ins"):
            accounts.sign_in(EMAIL, PASSWORD, "one network", "", attempts.known_mark(user.id))


@SQLITE
def test_signing_in_leaves_the_mark_in_a_cookie_for_the_owners_pages_alone(
    blog: BlogKit, owner: None, client: Visitor
) -> None:
    def knock(address: str) -> int:
        client.delete_cookie("blog_session")
        form = hidden_fields(client.get("/admin/login").text, "login")
        form |= {"email": EMAIL, "password": PASSWORD}
        return client.send("/admin/login", form, environ_base={"REMOTE_ADDR": address}).status_code

    assert knock("198.51.100.1") == 303
    cookie = client.get_cookie("blog_known", path="/admin")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/admin")
    with blog.app():
        for number in range(20):
            code_of(sign_in, EMAIL, f"guess {number}", f"address {number}")
    assert knock("198.51.101.1") == 303
    client.delete_cookie("blog_known", path="/admin")
    assert knock("198.51.102.1") == 429


@SQLITE
def test_one_address_cannot_try_many_accounts(blog: BlogKit, owner: None, clock: FrozenClock) -> None:
    with blog.app():
        codes = [
            code_of(sign_in, f"user{number}@example.org", "guess", "one address") for number in range(12)
        ]
        assert codes.count("wrong") == attempts.FREE
        assert sign_in(address="another address")


@SQLITE
def test_failed_sign_ins_are_forgotten_after_a_day(blog: BlogKit, owner: None, clock: FrozenClock) -> None:
    with blog.app():
        code_of(sign_in, EMAIL, "wrong")
        clock.tick(days=2)
        code_of(sign_in, EMAIL, "wrong")
        assert len(db.session.scalars(sa.select(LoginAttempt)).all()) == 2


@SQLITE
def test_the_setup_link_is_this_installations_own(blog: BlogKit) -> None:
    config = blog.site.config
    other = type(config)(config.instance, config.database_url, "o" * 40)
    assert accounts.setup_token(config) == accounts.setup_token(config)
    assert accounts.setup_token(config) != accounts.setup_token(other)
    assert len(accounts.setup_token(config)) == 32


@SQLITE
@pytest.mark.parametrize("token", ["", "x", "\0", "ü" * 50, "a" * 5000])
def test_a_cookie_that_is_made_up_is_nobodys(blog: BlogKit, owner: None, token: str) -> None:
    with blog.app():
        assert accounts.user_of(token) is None


@SQLITE
def test_a_database_that_takes_no_writes_lets_the_signed_in_go_on_reading(
    blog: BlogKit, owner: None, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(change: object) -> None:
        raise Busy("full")

    with blog.app():
        token = sign_in()
        clock.tick(hours=2)
        monkeypatch.setattr(database, "write", busy)
        assert accounts.user_of(token) is not None
