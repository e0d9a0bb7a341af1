"""The editor: write, preview, save, publish, schedule, take back; whatever goes wrong, the text stays."""

from datetime import datetime
from typing import Any

from flask import Response
from flask import redirect
from flask import request
from flask import url_for

from blogengine import clock
from blogengine import posts as service
from blogengine.admin import drafts
from blogengine.admin import pictures
from blogengine.admin import preview
from blogengine.admin.drafts import EditorForm
from blogengine.admin.frame import admin
from blogengine.admin.frame import complain
from blogengine.admin.frame import number
from blogengine.admin.frame import require
from blogengine.admin.frame import say
from blogengine.admin.frame import show
from blogengine.admin.frame import shows_again
from blogengine.admin.posts import ID
from blogengine.admin.posts import named
from blogengine.admin.posts import say_trashed
from blogengine.errors import Busy
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.runtime import blog
from blogengine.web import access
from blogengine.web import moments
from blogengine.web import security
from blogengine.web.rendering import assets

ACTIONS = {
    "": ("save", "publish", "schedule"),
    "draft": ("save", "publish", "schedule", "trash"),
    "scheduled": ("save", "publish", "schedule", "unpublish", "trash"),
    "published": ("save", "publish", "schedule", "unpublish", "trash"),
    "trashed": ("save", "restore"),
}
"""What can be done to a post by its status; a new post has none."""
PUBLISHING = ("publish", "schedule", "unpublish")
DELETING = ("trash", "restore")


@admin.get("/posts/new", permission="post.write")
def new_post() -> Response:
    """An empty editor."""
    kind = "page" if request.args.get("kind") == "page" else "post"
    return _editor(
        EditorForm(kind=kind, comment_mode="hide" if kind == "page" else blog().site.comments), None
    )


@admin.get(f"/posts/<{ID}:post_id>", permission="post.write")
def post(post_id: int) -> Response:
    """A post in the editor."""
    stored = _mine(post_id)
    return _editor(drafts.stored_form(stored), stored)


@admin.post("/posts/new", endpoint="new_post_sent", permission="post.write", largest=pictures.LARGEST)
def take_new() -> Any:
    """Take what was written as a new post."""
    return _take(None)


@admin.post(f"/posts/<{ID}:post_id>", endpoint="post_sent", permission="post.write", largest=pictures.LARGEST)
def take(post_id: int) -> Any:
    """Take what was written into a post."""
    return _take(_mine(post_id))


def _mine(post_id: int) -> Post:
    """Return a post that who is signed in may change."""
    stored = service.get(post_id)
    require("post.write", stored)
    return stored


def _actions(stored: Post | None) -> list[str]:
    """Return what who is signed in may do to a post; what is public is changed only by those who may publish."""
    status = stored.status if stored is not None else ""
    resource = access.about(stored) if stored is not None else None
    kept = [one for one in ACTIONS[status] if one not in (*PUBLISHING, *DELETING)]
    if access.can("post.publish", resource):
        kept += [one for one in ACTIONS[status] if one in PUBLISHING]
    elif status in ("published", "scheduled"):
        kept = []
    if access.can("post.delete", resource):
        kept += [one for one in ACTIONS[status] if one in DELETING]
    return kept


@shows_again("admin.new_post_sent", "admin.post_sent")
def _again(message: str) -> Response:
    post_id = (request.view_args or {}).get("post_id")
    return _editor(drafts.sent_form(), _mine(post_id) if post_id else None, message, status=400)


def _take(stored: Post | None) -> Any:
    form = drafts.sent_form()
    action = request.form.get("action", "save")
    if action == "edit":
        return _editor(form, stored)
    if action == "picture":
        return _insert_pictures(form, stored)
    if ":" in action:
        return _ask_plugins(form, stored, action)
    before = (stored.status, stored.published_at) if stored is not None else ("", None)
    try:
        draft = drafts.draft_from(form, stored)
        if action == "preview":
            return preview.page_of(form, draft, stored)
        if action not in ACTIONS[before[0]]:
            raise Refused(
                f"There is nothing called {action!r} to do with this {form.kind}.", hint="Nothing was saved."
            )
        if action not in _actions(stored):
            wanted = "post.delete" if action in DELETING else "post.publish"
            raise Refused(access.denied(wanted), hint="Nothing was saved.")
        _check_time(action, before, draft.published_at)
        version = number(request.form, "overwrite") or number(request.form, "version") or 0
        post_id = service.save(
            draft,
            post_id=stored.id if stored is not None else None,
            author=security.current_user(),
            version=version if stored is not None else None,
        )
    except Invalid as invalid:
        message = "Nothing was saved yet. Please mend what is marked."
        return _editor(form, stored, message, invalid.problems, 422)
    except Refused as refusal:
        is_conflict = refusal.code == "conflict"
        return _editor(
            form, stored, str(refusal), status=409 if is_conflict else 422, is_conflict=is_conflict
        )
    except Busy as busy:
        return _editor(form, stored, str(busy), status=503)
    return _go_on(action, post_id, draft.published_at, *before)


def _check_time(action: str, before: tuple[str, datetime | None], at: datetime | None) -> None:
    """Refuse a time that would do something else than the button says, before anything is stored."""
    status, stored_at = before
    is_future = at is not None and at > clock.now()
    if action == "schedule" and at is None:
        raise Invalid({"published_at": "Choose the time to publish at first."})
    if action == "schedule" and not is_future:
        raise Invalid({"published_at": "This time has passed. Choose a later one, or publish now."})
    if action == "save" and status == "published" and is_future and at != stored_at:
        sentence = "This time is still to come. To take the post back until then, press Take back until then."
        raise Invalid({"published_at": sentence})
    if action == "save" and status == "scheduled" and at is not None and not is_future and at != stored_at:
        raise Invalid({"published_at": "This time has passed. Choose a later one, or press Publish now."})


def _go_on(action: str, post_id: int, at: datetime | None, status: str, stored_at: datetime | None) -> Any:
    """Do what the button says to the post that is now stored; when that fails, say that the text is safe."""
    title = named(service.get(post_id))
    try:
        if action == "trash":
            service.trash(post_id)
            say_trashed(post_id, title)
            return redirect(
                url_for("admin.posts", kind="page" if request.form.get("kind") == "page" else None), 303
            )
        if action == "publish":
            _published(service.publish(post_id, at=_publish_time(status, at)), post_id)
        elif action == "schedule" and at is not None:
            _published(service.schedule(post_id, at), post_id)
        elif action == "unpublish":
            service.unpublish(post_id)
            say(f"{title} is a draft again: readers do not see it any more.")
        elif action == "restore":
            say(f"Brought {title} back: it is {service.restore(post_id)} now.")
        elif at is not None and at != stored_at and status in ("published", "scheduled"):
            _published(service.publish(post_id, at=at), post_id)
        else:
            _saved(post_id, status)
    except (Refused, Busy) as error:
        complain(f"Your text is saved, but that is all. {error}")
    return redirect(url_for("admin.post", post_id=post_id), 303)


def _publish_time(status: str, at: datetime | None) -> datetime | None:
    """Return the time to publish at: what is scheduled for later and published now gets the present time."""
    return None if status == "scheduled" and at is not None and at > clock.now() else at


def _saved(post_id: int, status: str) -> None:
    if status == "published":
        say("Saved. Readers see it now.", url=service.get(post_id).path or "", url_text="View it")
    else:
        say("Saved." if status in ("scheduled", "trashed") else "Saved as a draft: only you see it.")


def _published(status: str, post_id: int) -> None:
    stored = service.get(post_id)
    if status == "scheduled" and stored.published_at is not None:
        say(f"Scheduled for {moments.dateline(stored.published_at)} ({blog().zone.key}).")
    else:
        say(f"Published {named(stored)}.", url=stored.path or "", url_text="View it")


def _ask_plugins(form: EditorForm, stored: Post | None, action: str) -> Response:
    """Let plugins change the text in the editor; nothing is saved."""
    draft: PostDraft = drafts.draft_without_time(form)
    blog().hook.prepare_draft(draft=draft, action=action, values=request.form.to_dict())
    changed = drafts.form_of(draft, form.version)
    changed.published_at = form.published_at
    return _editor(changed, stored)


def _insert_pictures(form: EditorForm, stored: Post | None) -> Response:
    """Put pictures into the text in the editor; they are stored, the text is not."""
    try:
        cursor = pictures.insert(form)
    except Invalid as invalid:
        kept = number(request.form, "cursor")
        return _editor(form, stored, "Your text is as it was.", invalid.problems, 422, cursor=kept)
    except Busy as busy:
        return _editor(form, stored, str(busy), status=503)
    return _editor(form, stored, cursor=cursor)


def _editor(
    form: EditorForm,
    stored: Post | None,
    message: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
    *,
    is_conflict: bool = False,
    cursor: int | None = None,
) -> Response:
    assets.need(["editor.js"])
    what = "page" if form.kind == "page" else "post"
    return show(
        "editor.html",
        status,
        heading=f"Edit {what}" if stored is not None else f"New {what}",
        form=form,
        post=stored,
        actions=_actions(stored),
        draft=drafts.draft_without_time(form),
        message=message,
        problems=problems or {},
        is_conflict=is_conflict,
        overwrite=request.form.get("overwrite", ""),
        zone=blog().zone.key,
        now=clock.now(),
        accept=pictures.ACCEPT,
        cursor=cursor,
        alt=request.form.get("picture_alt", "") if problems else "",
    )
