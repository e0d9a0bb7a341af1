"""What stands in the editor, as typed: read from the form, made of a post, turned into a draft."""

from dataclasses import dataclass
from dataclasses import fields
from datetime import UTC
from datetime import datetime

from flask import request

from blogengine.errors import Invalid
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.posts import draft_of
from blogengine.runtime import blog

YEARS = range(1970, 9000)
"""Years in which a post can be dated; feeds and browsers stumble over others."""


@dataclass(slots=True)
class EditorForm:
    """The fields of the editor."""

    title: str = ""
    source: str = ""
    source_format: str = "markdown"
    labels: str = ""
    custom_slug: str = ""
    published_at: str = ""
    """Date and time in the blog's time zone, or empty."""
    comment_mode: str = "allow"
    description: str = ""
    title_link: str = ""
    kind: str = "post"
    version: str = ""
    """Of the post when it was opened; empty for a new one."""

    def pairs(self) -> list[tuple[str, str]]:
        """Return all fields by name, for a form that carries them along."""
        return [(item.name, getattr(self, item.name)) for item in fields(self)]


def sent_form() -> EditorForm:
    """Return what was sent."""
    values = {item.name: request.form.get(item.name, item.default) for item in fields(EditorForm)}
    values["source"] = str(values["source"]).replace("\r\n", "\n")
    return EditorForm(**values)  # type: ignore[arg-type]


def form_of(draft: PostDraft, version: str = "") -> EditorForm:
    """Return the editor's fields for `draft`."""
    return EditorForm(
        title=draft.title,
        source=draft.source,
        source_format=draft.source_format,
        labels=", ".join(draft.labels),
        custom_slug=draft.custom_slug,
        published_at=local_text(draft.published_at),
        comment_mode=draft.comment_mode,
        description=draft.description,
        title_link=draft.title_link,
        kind=draft.kind,
        version=version,
    )


def stored_form(post: Post) -> EditorForm:
    """Return the editor's fields for a stored post."""
    return form_of(draft_of(post), str(post.version))


def draft_from(form: EditorForm, post: Post | None) -> PostDraft:
    """Return what was typed as a draft. Raises `Invalid` for a time that is none."""
    draft = draft_without_time(form)
    draft.published_at = _moment(form.published_at, post.published_at if post is not None else None)
    return draft


def draft_without_time(form: EditorForm) -> PostDraft:
    """Return what was typed as a draft, whatever the field for the time holds."""
    return PostDraft(
        title=form.title,
        source=form.source,
        source_format=form.source_format,
        kind="page" if form.kind == "page" else "post",
        labels=[label.strip() for label in form.labels.split(",") if label.strip()],
        custom_slug=form.custom_slug,
        comment_mode=form.comment_mode,
        description=form.description,
        title_link=form.title_link.strip(),
    )


def local_text(moment: datetime | None) -> str:
    """Return a moment as a `datetime-local` field shows it, in the blog's time zone."""
    if moment is None:
        return ""
    return moment.astimezone(blog().zone).replace(tzinfo=None).isoformat(timespec="minutes")


def _moment(text: str, stored: datetime | None) -> datetime | None:
    """Return the moment typed; the stored one where the text is still its own, which has no seconds."""
    text = text.strip()
    if not text:
        return None
    if stored is not None and text == local_text(stored):
        return stored
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unusable("This is no date and time. Write them like 2026-01-31 14:30.") from None
    if moment.year not in YEARS:
        raise _unusable(f"The year must be from {YEARS.start} to {YEARS.stop - 1}.")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    found = moment.replace(tzinfo=blog().zone).astimezone(UTC)
    if found.astimezone(blog().zone).replace(tzinfo=None) != moment:
        raise _unusable(
            f"On that day there is no {moment:%H:%M} in {blog().zone.key}: the clocks are put forward. "
            "Choose another time."
        )
    return found


def _unusable(sentence: str) -> Invalid:
    return Invalid({"published_at": sentence})
