"""Who can sign in: invited by a link that works once, made owner or author, signed out, removed; never without an owner."""

import hmac
import secrets
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from blogengine import accounts
from blogengine import clock
from blogengine import db as database
from blogengine.accounts import UNSET
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import AuthSession
from blogengine.models import Post
from blogengine.models import User
from blogengine.permissions import OWNER
from blogengine.permissions import ROLES
from blogengine.runtime import blog
from blogengine.text import fold

VALID = timedelta(days=7)
"""How long a link to choose a password can be used."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in. `browsers` are those signed in now, `seen_at` is the last time one of them was used."""

    id: int
    name: str
    email: str
    role: str
    is_invited: bool
    """Whether they have chosen no password yet."""
    browsers: int
    seen_at: datetime | None
    posts: int


@dataclass(frozen=True, slots=True)
class Link:
    """A way to choose a password: `token` is the word in its address."""

    token: str
    until: datetime


def listed(*, after_id: int = 0, limit: int = 50) -> tuple[list[Person], bool]:
    """Return people in the order they came, and whether more follow."""
    rows = db.session.scalars(sa.select(User).where(User.id > after_id).order_by(User.id).limit(limit + 1))
    found = list(rows)
    return _persons(found[:limit]), len(found) > limit


def get(person_id: int) -> Person:
    """Return a person. Raises `NotFound`."""
    return _persons([_user(person_id)])[0]


def by_email(email: str) -> User:
    """Return who signs in with this address. Raises `NotFound`."""
    user = db.session.scalars(sa.select(User).where(User.email_key == fold(email))).first()
    if user is None:
        raise NotFound(f"Nobody has the e-mail address {email} here.", hint="See: blogengine people list")
    return user


def invite(name: str, email: str, role: str) -> int:
    """Add a person, who chooses a password by a `new_link`; return the id. Raises `Invalid` for fields that do not fit."""
    values, problems = accounts.checked(name, email)
    if role not in ROLES:
        problems["role"] = f"Choose one of: {', '.join(ROLES)}."
    if problems:
        raise Invalid(problems)

    def change(tx: Transaction) -> int:
        email_key = fold(values["email"])
        if tx.session.scalars(sa.select(User.id).where(User.email_key == email_key)).first() is not None:
            raise Invalid({"email": "Somebody with this address is here already."})
        user = User(
            name=values["name"],
            email=values["email"],
            email_key=email_key,
            password_hash=UNSET + secrets.token_urlsafe(16),
            role=role,
            created_at=clock.now(),
        )
        tx.session.add(user)
        tx.session.flush()
        return user.id

    return database.write(change)


def link_of(person_id: int, *, at_least: timedelta = timedelta(0)) -> Link | None:
    """Return the link with which a person chooses a password, once, or None where there is none that works for so long."""
    user = _user(person_id)
    until = _until(user)
    return Link(_token(user), until) if until is not None and until - clock.now() > at_least else None


def new_link(person_id: int, life: timedelta = VALID) -> Link:
    """Make a new link for a person; the one before opens nothing any more."""

    def change(tx: Transaction, user: User) -> None:
        user.link = f"{int(clock.timestamp() + life.total_seconds())}.{secrets.token_urlsafe(12)}"

    _change(person_id, change)
    user = _user(person_id)
    return Link(_token(user), clock.now() + life)


def invited(token: str) -> User:
    """Return whose link has this word. Raises `NotFound` when it is too old, was used, was replaced, or was made up."""
    number = token.partition(".")[0]
    is_number = number.isascii() and number.isdigit() and len(number) < 16
    user = db.session.get(User, int(number), populate_existing=True) if is_number else None
    until = _until(user) if user is not None else None
    is_right = user is not None and hmac.compare_digest(token.encode(), _token(user).encode())
    if user is None or until is None or not is_right or until < clock.now():
        raise NotFound(
            "This link is too old, or was used already, or there is a newer one.",
            hint="Ask the owner of the blog for another.",
        )
    return user


def accept(token: str, name: str, password: str) -> None:
    """Give the person of a link their name and password, and sign all of their browsers out.

    Raises `NotFound` for a link that opens nothing, `Invalid` for fields that do not fit.
    """
    user = invited(token)
    values, problems = accounts.checked(name, user.email)
    if weak := accounts.password_problem(password):
        problems["password"] = weak
    if problems:
        raise Invalid(problems)
    hashed = accounts.hash_password(password)

    def change(tx: Transaction) -> None:
        person = invited(token)  # looked at again where nobody else writes: a link works once
        person.name, person.password_hash, person.link = values["name"], hashed, ""
        tx.session.execute(sa.delete(AuthSession).where(AuthSession.user_id == person.id))

    database.write(change)


def change_role(person_id: int, role: str) -> None:
    """Make a person owner or author. Raises `Refused` where no owner would be left."""
    if role not in ROLES:
        raise Refused(f"There is no role {role!r}; there are {' and '.join(ROLES)}.")

    def change(tx: Transaction, user: User) -> None:
        if role != OWNER:
            _check_owners(tx, user)
        user.role = role

    _change(person_id, change)


def sign_out(person_id: int) -> int:
    """Sign all browsers of a person out; return how many there were."""

    def change(tx: Transaction, user: User) -> int:
        done = tx.session.execute(sa.delete(AuthSession).where(AuthSession.user_id == user.id))
        return int(getattr(done, "rowcount", 0))

    return int(_change(person_id, change))


def remove(person_id: int) -> None:
    """Remove a person: they are signed out for good, and their posts stay under their name.

    Raises `Refused` where no owner would be left.
    """

    def change(tx: Transaction, user: User) -> None:
        _check_owners(tx, user)
        tx.session.delete(user)

    _change(person_id, change)


def _change(person_id: int, change: Callable[[Transaction, User], Any]) -> Any:
    def in_transaction(tx: Transaction) -> Any:
        user = tx.session.get(User, person_id, populate_existing=True)
        if user is None:
            raise NotFound("This person is not here any more.")
        return change(tx, user)

    return database.write(in_transaction)


def _check_owners(tx: Transaction, user: User) -> None:
    """Raise `Refused` when nobody else owns the blog who can sign in."""
    others = sa.select(User.id).where(
        User.role == OWNER, User.id != user.id, ~User.password_hash.startswith(UNSET, autoescape=True)
    )
    is_owner = user.role == OWNER and not user.password_hash.startswith(UNSET)
    if is_owner and tx.session.execute(others.limit(1)).first() is None:
        raise Refused(
            f"{user.name} is the only owner who can sign in.",
            code="last_owner",
            hint="Make somebody else an owner first: a blog is never without one.",
        )


def _persons(users: Sequence[User]) -> list[Person]:
    ids = [user.id for user in users]
    sessions = sa.select(AuthSession.user_id, sa.func.count(), sa.func.max(AuthSession.seen_at)).where(
        AuthSession.user_id.in_(ids), AuthSession.seen_at > clock.now() - accounts.IDLE
    )
    seen = {row[0]: row for row in db.session.execute(sessions.group_by(AuthSession.user_id))}
    written = sa.select(Post.author_id, sa.func.count()).where(Post.author_id.in_(ids))
    posts = {row[0]: row[1] for row in db.session.execute(written.group_by(Post.author_id))}
    return [
        Person(
            user.id,
            user.name,
            user.email,
            user.role,
            user.password_hash.startswith(UNSET),
            seen[user.id][1] if user.id in seen else 0,
            seen[user.id][2] if user.id in seen else None,
            posts.get(user.id, 0),
        )
        for user in users
    ]


def _user(person_id: int) -> User:
    user = db.session.get(User, person_id)
    if user is None:
        raise NotFound("This person is not here any more.")
    return user


def _until(user: User) -> datetime | None:
    until, _, mark = user.link.partition(".")
    return datetime.fromtimestamp(int(until), UTC) if mark else None


def _token(user: User) -> str:
    """Return the word in a person's link; what is stored of the password is in it, so that choosing one ends it."""
    text = f"person:{user.id}:{user.link}:{user.password_hash}"
    signature = hmac.digest(blog().config.secret_key.encode(), text.encode(), "sha256").hex()[:32]
    return f"{user.id}.{signature}"
