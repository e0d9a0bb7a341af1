"""The page People: who can sign in and as what, a link for somebody new, and what authors may do."""

from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import access
from blogengine import people as service
from blogengine.admin import forms
from blogengine.admin.forms import FieldView
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.admin.posts import ID
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.people import Person
from blogengine.permissions import KEYS
from blogengine.runtime import blog
from blogengine.web import moments
from blogengine.web import security

PAGE = 50
MANAGE = "people.manage"
ROLES = {"author": "Author", "owner": "Owner"}


@admin.get("/people", permission=MANAGE)
def people() -> Response:
    """People in the order they came, and the form for somebody new."""
    return _list({})


@admin.post("/people", endpoint="people_sent", permission=MANAGE)
def invite() -> Any:
    """Add a person, and show the link to send them."""
    form = {name: request.form.get(name, "") for name in ("name", "email", "role")}
    try:
        person_id = service.invite(**form)
    except Invalid as invalid:
        return _list(form, invalid.problems, "Nobody was added yet. Please mend what is marked.", 422)
    service.new_link(person_id)
    say(f"{form['name'].strip()} is here now. Send them the link below: they choose a password with it.")
    return redirect(url_for("admin.person", person_id=person_id), 303)


@shows_again("admin.people_sent")
def _invite_again(message: str) -> Response:
    return _list(dict(request.form), {}, message, 400)


def _list(
    typed: dict[str, str], problems: dict[str, str] | None = None, message: str = "", status: int = 200
) -> Response:
    after = number(request.args, "after")
    found, has_more = service.listed(after_id=after or 0, limit=PAGE)
    labels = (
        ("name", "text", "Name", "It stands under their posts; they can change it when they choose a password."),
        ("email", "email", "E-mail address", "They sign in with it."),
        ("role", "choice", "Role", "Authors do what you tick under Permissions of authors; owners may do everything."),
    )  # fmt: skip
    fields = [
        FieldView(name, kind, label, typed.get(name, ""), (problems or {}).get(name, ""), text)
        for name, kind, label, text in labels
    ]
    fields[2].value = typed.get("role", "author")
    fields[2].choices = forms.choices_of(ROLES, fields[2].value)
    return show(
        "people.html",
        status,
        people=found,
        roles=ROLES,
        fields=fields,
        message=message,
        after=after,
        first_url=url_for("admin.people"),
        more_url=url_for("admin.people", after=found[-1].id) if has_more else "",
    )


@admin.get(f"/people/<{ID}:person_id>", permission=MANAGE)
def person(person_id: int) -> Response:
    """One person; with the link where they have chosen no password yet."""
    found = service.get(person_id)
    return _person(found, service.link_of(person_id) if found.is_invited else None)


@admin.post(f"/people/<{ID}:person_id>/link", permission=MANAGE)
def link_person(person_id: int) -> Response:
    """Show a new link to choose a password; the one before opens nothing any more."""
    link = service.new_link(person_id)
    return _person(service.get(person_id), link)


def _person(found: Person, made: service.Link | None) -> Response:
    link, until = "", ""
    if made is not None:
        link = (blog().url or request.host_url.rstrip("/")) + url_for("admin.welcome", token=made.token)
        until = moments.dateline(made.until)
    return show("person.html", person=found, roles=ROLES, link=link, until=until, is_me=_is_me(found.id))


@admin.post(f"/people/<{ID}:person_id>/role", permission=MANAGE)
def change_role(person_id: int) -> Any:
    """Make a person owner or author."""
    role = request.form.get("role", "")
    is_me = _is_me(person_id)
    try:
        before = service.get(person_id).role
        service.change_role(person_id, role)
        say(
            f"{service.get(person_id).name} is {'an owner' if role == 'owner' else 'an author'} now.",
            undo_url="" if is_me else url_for("admin.change_role", person_id=person_id),
            undo_fields=[("role", before)],
        )
    except Refused as refusal:
        complain(refusal)
        is_me = False
    back = url_for("admin.posts") if is_me else url_for("admin.person", person_id=person_id)
    return redirect(back, 303)


@admin.post(f"/people/<{ID}:person_id>/sign-out", permission=MANAGE)
def sign_out_person(person_id: int) -> Any:
    """End all sessions of a person at once."""
    name = service.get(person_id).name
    count = service.sign_out(person_id)
    say(f"{name}: {'1 browser was' if count == 1 else f'{count} browsers were'} signed out.")
    return redirect(url_for("admin.person", person_id=person_id), 303)


@admin.get(f"/people/<{ID}:person_id>/remove", permission=MANAGE)
def ask_remove_person(person_id: int) -> Response:
    """Ask before a person is removed."""
    found = service.get(person_id)
    posts = "1 post stays" if found.posts == 1 else f"{found.posts} posts stay"
    return show(
        "confirm.html",
        heading=f"Remove {found.name}?",
        message=f"They are signed out and cannot sign in any more. {posts}, under the name they have now. "
        "Nothing brings the sign-in back; you can add the person anew.",
        action=url_for("admin.remove_person", person_id=person_id),
        fields=[],
        button=f"Remove {found.name}",
        cancel_url=url_for("admin.person", person_id=person_id),
    )


@admin.post(f"/people/<{ID}:person_id>/remove", permission=MANAGE)
def remove_person(person_id: int) -> Any:
    """Remove a person; posts stay."""
    name = service.get(person_id).name
    is_me = _is_me(person_id)
    try:
        service.remove(person_id)
    except Refused as refusal:
        complain(refusal)
        return redirect(url_for("admin.person", person_id=person_id), 303)
    say(f"{name} is removed.")
    return redirect(url_for("admin.login" if is_me else "admin.people"), 303)


@admin.get("/people/authors", permission=MANAGE)
def authors() -> Response:
    """What authors may do, a box for each permission."""
    return _authors(access.author_permissions())


@admin.post("/people/authors", endpoint="authors_sent", permission=MANAGE)
def save_authors() -> Any:
    """Take what was ticked."""
    access.save_author_permissions(request.form.getlist("permission"))
    say("Saved. It holds from the next page that an author opens.")
    return redirect(url_for("admin.authors"), 303)


@shows_again("admin.authors_sent")
def _authors_again(message: str) -> Response:
    ticked = request.form.getlist("permission")
    return _authors({name: name in ticked for name in access.author_permissions()}, message, 400)


def _authors(ticked: dict[str, bool], message: str = "", status: int = 200) -> Response:
    known = blog().permissions.values()
    return show(
        "authors.html",
        status,
        message=message,
        permissions=[(one, ticked[one.name]) for one in known if one.name not in KEYS],
        keys=[one for one in known if one.name in KEYS],
    )


def _is_me(person_id: int) -> bool:
    user = security.current_user()
    return user is not None and user.id == person_id
