"""Who may write: the first owner, passwords, signing in and out."""

import contextlib
import functools
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta

import argon2
import sqlalchemy as sa

from blogengine import attempts
from blogengine import clock
from blogengine import db as database
from blogengine.config import Config
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import AuthSession
from blogengine.models import User
from blogengine.text import accept_text
from blogengine.text import fold

PASSWORD_MINIMUM = 8
PASSWORD_MAXIMUM = 128
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
UNSET = "!"
"""Begins what is stored in place of the hash while a person has chosen no password."""

# argon2id with 19 MiB: 43 ms where the library's default takes 339 ms (OWASP's minimum for it)
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hasher = HASHER
_hashing = threading.Semaphore(2)


@functools.cache
def _nobody() -> str:
    """Return the hash that is checked for people who are not there, which takes as long as any other."""
    return hash_password("nobody has this password")


def has_owner() -> bool:
    """Whether the first owner has been made."""
    return db.session.execute(sa.select(User.id).where(User.role == "owner").limit(1)).first() is not None


def setup_token(config: Config) -> str:
    """Return the word in the one-time set-up link; it opens nothing once there is an owner."""
    return hmac.digest(config.secret_key.encode(), b"first owner", "sha256").hex()[:32]


def create_owner(name: str, email: str, password: str) -> User:
    """Make the first owner. Raises `Invalid` for fields that do not fit and `Refused` when there is an owner."""
    values, problems = checked(name, email)
    problem = password_problem(password)
    if problem:
        problems["password"] = problem
    if problems:
        raise Invalid(problems)
    hashed = hash_password(password)

    def change(tx: Transaction) -> User:
        if tx.session.execute(sa.select(User.id).where(User.role == "owner").limit(1)).first() is not None:
            raise Refused("This blog has an owner already.", code="has_owner", hint="Sign in instead.")
        user = User(
            name=values["name"],
            email=values["email"],
            email_key=fold(values["email"]),
            password_hash=hashed,
            role="owner",
            created_at=clock.now(),
        )
        tx.session.add(user)
        return user

    return database.write(change)


def checked(name: str, email: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return a person's name and address as they are stored, and what is wrong with them, by field."""
    problems = {}
    values = {"name": name, "email": email}
    for key in values:
        try:
            values[key] = accept_text(values[key], limit=200, multiline=False).strip()
        except Refused as refusal:
            problems[key] = str(refusal)
    if not values["name"]:
        problems.setdefault("name", "Write the name that stands under the posts.")
    before, _, after = values["email"].partition("@")
    if not before or "." not in after or any(character.isspace() for character in values["email"]):
        problems.setdefault("email", "Write an e-mail address like ann@example.org.")
    return values, problems


def password_problem(password: str) -> str:
    """Return why a password cannot be used, or an empty text."""
    if len(password) < PASSWORD_MINIMUM:
        return f"Use at least {PASSWORD_MINIMUM} characters; 15 or more are better."
    if len(password) > PASSWORD_MAXIMUM:
        return f"Use at most {PASSWORD_MAXIMUM} characters."
    if len(set(password)) < 4 or fold(password) in (
        "password",
        "passwort",
        "12345678",
        "123456789",
        "qwertyuiop",
    ):
        return "This password is among the first that anybody would try; choose another."
    return ""


def use_hasher(hasher: argon2.PasswordHasher) -> argon2.PasswordHasher:
    """Hash passwords with `hasher` from now on; return the one used before. What others hashed goes on being right."""
    global _hasher
    before = _hasher
    _hasher = hasher
    return before


def hash_password(password: str) -> str:
    """Return what is stored of a password; takes 40 ms, so never inside a write."""
    with _hashing:
        return _hasher.hash(password)


def is_password(user: User, password: str) -> bool:
    """Whether this is the password of a person; takes 40 ms, so never inside a write."""
    return not user.password_hash.startswith(UNSET) and _verify(
        user.password_hash, password[: PASSWORD_MAXIMUM + 1]
    )


def set_password(email: str, password: str) -> None:
    """Give a user a new password and sign out all browsers."""
    problem = password_problem(password)
    if problem:
        raise Invalid({"password": problem})
    hashed = hash_password(password)

    def change(tx: Transaction) -> None:
        user = tx.session.scalars(sa.select(User).where(User.email_key == fold(email))).first()
        if user is None:
            raise Refused("Nobody has this e-mail address here.")
        user.password_hash, user.link = hashed, ""
        tx.session.execute(sa.delete(AuthSession).where(AuthSession.user_id == user.id))

    database.write(change)


def sign_in(email: str, password: str, address_key: str, user_agent: str, known: str = "") -> str:
    """Return the token of a new sign-in session. Raises `Refused`: `wrong` (never says which part), or `slow_down`.

    `known` is what the browser kept of being signed in before (`attempts.known_mark`): its own tries are counted then, so
    that nobody waits because strangers guess.
    """
    email_key = fold(email)[:400]
    user = db.session.scalars(sa.select(User).where(User.email_key == email_key)).first()
    own = attempts.known_key(known, user.id) if user is not None else ""
    keys = [own or attempts.key_of("account", email_key), attempts.key_of("address", address_key)]
    attempts.check(keys, "Too many sign-ins failed.")
    attempts.note(keys)  # before the password is looked at, so that guesses at the same time count as well
    has_password = user is not None and not user.password_hash.startswith(UNSET)
    stored = user.password_hash if user is not None and has_password else _nobody()
    is_right = _verify(stored, password[: PASSWORD_MAXIMUM + 1])
    if user is None or not has_password or not is_right:
        raise Refused("The e-mail address or the password is wrong.", code="wrong")
    rehashed = hash_password(password) if _hasher.check_needs_rehash(stored) else None
    user_id = user.id

    def change(tx: Transaction) -> None:
        attempts.forget(tx, keys)
        if rehashed is not None:
            tx.session.execute(sa.update(User).where(User.id == user_id).values(password_hash=rehashed))

    return _begin_session(user_id, user_agent, change)


def sign_in_owner(user_agent: str) -> str:
    """Return the token of a new sign-in session of the owner, for whoever may have it. Raises `Refused` without an owner."""
    owner_id = db.session.execute(
        sa.select(User.id).where(User.role == "owner").order_by(User.id).limit(1)
    ).scalar()
    if owner_id is None:
        raise Refused(
            "Nobody owns this blog yet.", hint="Set it up first: `blogengine serve` prints the link."
        )
    return _begin_session(owner_id, user_agent, lambda tx: None)


def _begin_session(user_id: int, user_agent: str, also: Callable[[Transaction], None]) -> str:
    token = secrets.token_urlsafe(32)

    def change(tx: Transaction) -> None:
        now = clock.now()
        tx.session.execute(sa.delete(AuthSession).where(AuthSession.seen_at < now - IDLE))
        also(tx)
        tx.session.add(
            AuthSession(
                token_digest=_digest(token),
                user_id=user_id,
                created_at=now,
                seen_at=now,
                user_agent=user_agent[:200],
            )
        )

    database.write(change)
    return token


def user_of(token: str) -> User | None:
    """Return who is signed in with `token`, or None; notes once an hour that the session is used."""
    row = db.session.execute(
        sa.select(AuthSession, User)
        .join(User, User.id == AuthSession.user_id)
        .where(AuthSession.token_digest == _digest(token))
    ).first()
    if row is None:
        return None
    session, user = row
    now = clock.now()
    if now - session.seen_at > IDLE or now - session.created_at > ABSOLUTE:
        return None
    if now - session.seen_at > timedelta(hours=1):
        session_id = session.id
        user_id = user.id

        def change(tx: Transaction) -> None:
            tx.session.execute(sa.update(AuthSession).where(AuthSession.id == session_id).values(seen_at=now))

        with contextlib.suppress(Busy):  # a full disk stops no reader
            database.write(change)
        return db.session.get(User, user_id)
    return user


def sign_out(token: str) -> None:
    """End the session of `token` everywhere at once."""

    def change(tx: Transaction) -> None:
        tx.session.execute(sa.delete(AuthSession).where(AuthSession.token_digest == _digest(token)))

    database.write(change)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(stored: str, password: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
