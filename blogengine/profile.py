"""What people change about themselves: name, address and password, the latter two with the password they have."""

import sqlalchemy as sa

from blogengine import accounts
from blogengine import attempts
from blogengine import browsers
from blogengine import db as database
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.models import User
from blogengine.text import fold


def change(user_id: int, name: str, email: str, present: str) -> None:
    """Give a person another name or address; another address takes the `present` password.

    Posts that are there keep the name they were written under until they are saved again. Raises `Invalid`, and `Refused`
    (`slow_down`) after many wrong passwords.
    """
    values, problems = accounts.checked(name, email)
    user = _user(user_id)
    key = fold(values["email"])
    if not problems and key != user.email_key:
        problems.update(_check_present(user, present))
    if problems:
        raise Invalid(problems)

    def write(tx: Transaction) -> None:
        person = tx.session.get(User, user_id)
        other = tx.session.scalar(sa.select(User.id).where(User.email_key == key, User.id != user_id))
        if other is not None:
            raise Invalid({"email": "Somebody with this address is here already."})
        if person is not None:
            if person.email_key != key:
                person.link = ""  # it may have gone to the address before
            person.name, person.email, person.email_key = values["name"], values["email"], key

    database.write(write)


def change_password(user_id: int, present: str, password: str, again: str, token: str) -> int:
    """Give a person a new password, and sign out all browsers but the one with `token`; return how many those were.

    Links to choose a password end. Raises `Invalid`, and `Refused` (`slow_down`) after many wrong passwords.
    """
    problems = {}
    if weak := accounts.password_problem(password):
        problems["password"] = weak
    elif password != again:
        sentence = "This is not the same password. Please type both again."
        problems["password_again"] = sentence
    problems = _check_present(_user(user_id), present) or problems
    if problems:
        raise Invalid(problems)
    hashed = accounts.hash_password(password)

    def write(tx: Transaction) -> int:
        person = tx.session.get(User, user_id)
        if person is not None:
            person.password_hash, person.link = hashed, ""
        return browsers.end_others(tx, user_id, token)

    return database.write(write)


def _check_present(user: User, present: str) -> dict[str, str]:
    """Return what is wrong with the password that somebody who is signed in typed, by field; guesses are slowed down."""
    keys = [attempts.key_of("present", str(user.id))]
    if not present:
        return {"present": "Type the password that you have now."}
    attempts.check(keys, "Too many tries with a wrong password.")
    attempts.note(keys)
    if not accounts.is_password(user, present):
        return {"present": "This is not your present password."}
    database.write(lambda tx: attempts.forget(tx, keys))
    return {}


def _user(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("This person is not here any more.")
    return user
