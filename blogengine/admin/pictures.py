"""Pictures: the list, adding and deleting them, and putting one into the text of the editor."""

from dataclasses import dataclass
from html import escape
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.datastructures import FileStorage

from blogengine import media as service
from blogengine import pictures as files
from blogengine import posts
from blogengine.admin.drafts import EditorForm
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import say
from blogengine.admin.frame import searched
from blogengine.admin.frame import show
from blogengine.admin.posts import ID
from blogengine.admin.posts import named
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import Media
from blogengine.runtime import blog
from blogengine.web import access

PAGE = 24
LARGEST = files.MAX_BYTES + 2_000_000
"""Bytes of a form with a picture and a long text."""
MOST = 50
"""Pictures of one form: each may take a second to be made smaller."""
USES = 5
"""Posts that are named before a picture is deleted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A picture in the list, with the line that shows it in a post written in Markdown."""

    media: Media
    url: str
    markdown: str
    kilobytes: int


@admin.get("/pictures", permission="post.write")
def pictures() -> Response:
    """All pictures, newest first."""
    q, before = searched(), number(request.args, "before")
    found, has_more = service.listed(q=q, before_id=before, limit=PAGE)
    return show(
        "pictures.html",
        q=q,
        rows=[_row(one) for one in found],
        can_delete=access.can("media.delete"),
        first_url=_list_url(q) if before is not None else "",
        more_url=_list_url(q, found[-1].id) if has_more else "",
        accept=ACCEPT,
        largest=files.MAX_BYTES // 1_000_000,
    )


@admin.post("/pictures", permission="post.write", largest=LARGEST)
def add_pictures() -> Any:
    """Store the pictures that were sent; those that cannot be stored are named, with why."""
    sent = [one for one in request.files.getlist("picture") if one.filename]
    if not sent:
        complain("No picture was chosen. Choose one or more, then press the button again.")
        return redirect(_list_url(), 303)
    stored, refused = [], []
    if len(sent) > MOST:
        refused.append(f"Only the first {MOST} pictures were looked at. Send the others once more.")
    for file in sent[:MOST]:
        try:
            stored.append(_store(file))
        except Refused as refusal:
            refused.append(f"{file.filename}: {refusal}")
    if stored:
        say(f"Stored: {_count(len(stored))}.")
    for sentence in refused:
        complain(sentence)
    return redirect(_list_url(), 303)


@admin.get(f"/pictures/<{ID}:media_id>/delete", permission="media.delete")
def ask_delete_picture(media_id: int) -> Response:
    """Ask before a picture is deleted, and say where it is used."""
    media = service.get(media_id)
    used = posts.showing(service.url(media), limit=USES + 1)
    where = ", ".join(named(post) for post in used[:USES]) + (" and others" if len(used) > USES else "")
    return show(
        "confirm.html",
        heading="Delete this picture?",
        message=f"“{media.title or media.name}” will be gone, for good. "
        + (f"It is in {where}: there, readers will see a gap." if used else "No post shows it."),
        action=url_for("admin.delete_picture", media_id=media_id),
        fields=[],
        button="Delete for good",
        cancel_url=_list_url(),
    )


@admin.post(f"/pictures/<{ID}:media_id>/delete", permission="media.delete")
def delete_picture(media_id: int) -> Any:
    """Delete a picture and its file."""
    media = service.delete(media_id, folder=blog().config.media_folder)
    say(f"Deleted “{media.title or media.name}”.")
    return redirect(_list_url(), 303)


ACCEPT = ",".join(mime for mime, _ in files.FORMATS.values())
"""What file fields offer; telephones turn their own formats into one of these then."""


def insert(form: EditorForm) -> int:
    """Store pictures sent with the editor and put them into the text, where the cursor was or at the end.

    Return the place in the text behind them. Raises `Invalid` for what is no picture; the text does not change then.
    """
    sent = [one for one in request.files.getlist("picture") if one.filename]
    if not sent:
        raise Invalid({"picture": "Choose a picture first."})
    if len(sent) > MOST:
        raise Invalid(
            {"picture": f"These are {len(sent)} pictures; choose {MOST} at most, and then the others."}
        )
    try:
        stored = [_store(file) for file in sent]
    except Refused as refusal:
        raise Invalid({"picture": str(refusal)}) from refusal
    lines = "\n\n".join(_line(one, form.source_format, request.form.get("picture_alt", "")) for one in stored)
    place = number(request.form, "cursor")
    place = len(form.source) if place is None else min(place, len(form.source))
    before, after = form.source[:place].rstrip("\n"), form.source[place:].lstrip("\n")
    head = f"{before}\n\n{lines}\n\n" if before else f"{lines}\n\n"
    form.source = head + after
    return len(head)


def _store(file: FileStorage) -> Media:
    picture = files.for_readers(files.examine(file.stream))
    try:
        return service.store(picture, file.filename or "", folder=blog().config.media_folder)
    except OSError as error:
        raise Refused(f"The picture could not be written to the disk: {error.strerror}.") from error


def _line(media: Media, source_format: str, alt: str) -> str:
    """Return what shows a picture in a text; its size is given where that is written in HTML."""
    alt = " ".join(alt.split())
    if source_format == "html":
        size = f' width="{media.width}" height="{media.height}"' if media.width and media.height else ""
        return f'<p><img src="{service.url(media)}" alt="{escape(alt)}"{size}></p>'
    for sign in "\\[]":
        alt = alt.replace(sign, f"\\{sign}")
    return f"![{alt}]({service.url(media)})"


def _row(media: Media) -> Row:
    return Row(media, service.url(media), _line(media, "markdown", ""), max(1, media.size // 1000))


def _list_url(q: str = "", before: int | None = None) -> str:
    return url_for("admin.pictures", q=q or None, before=before)


def _count(amount: int) -> str:
    return "1 picture" if amount == 1 else f"{amount} pictures"
