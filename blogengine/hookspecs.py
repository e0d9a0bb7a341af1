"""The hooks: what a plugin may add, change, judge and hear of.

Families: `register_*` collect things when an app is built; `*_html` fill places in templates; `prepare_*` hand over
a document to change; `judge_*` collect verdicts; past participles are events.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import pluggy
from flask import Blueprint
from markupsafe import Markup

from blogengine.db import Transaction
from blogengine.interchange import Importer
from blogengine.markup import Marker
from blogengine.pages import AdminPages
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import ListingPage
from blogengine.pages import Meta
from blogengine.pages import Page
from blogengine.pages import PostDraft
from blogengine.pages import PostView
from blogengine.pages import Verdict

if TYPE_CHECKING:
    Job = Callable[[dict[str, Any]], None]

NAMESPACE = "blogengine"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)


@hookspec
def register_settings() -> type:  # type: ignore[empty-body]
    """Declare the plugin's settings as a frozen dataclass made with `option`.

    Returns the class. The owner edits it under Plugins; read it with `settings_of("<plugin id>")`.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_routes() -> Blueprint:  # type: ignore[empty-body]
    """Add public pages.

    Returns a Flask blueprint named like the plugin. It is mounted under `/-/<plugin id>/`; rules listed as
    `root_routes` in the manifest are mounted as they are written. A rule of the core always wins.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_admin_pages() -> AdminPages:  # type: ignore[empty-body]
    """Add pages for signed-in authors.

    Returns `AdminPages(blueprint, label)`; the blueprint is mounted under `/admin/-/<plugin id>/`, only signed-in
    people reach it, every form in it needs the CSRF token, and `label` becomes an entry of the admin menu.
    Called once when an app is built. Since 0.1.
    """


@hookspec
def register_importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Add formats that `blogengine import <format> FILE` reads.

    Returns importers. Called once when an app is built. Since 0.1.
    """


@hookspec
def register_jobs() -> Mapping[str, "Job"]:  # type: ignore[empty-body]
    """Name the work that `enqueue(tx, "<plugin id>.<name>", {...})` puts off until after the commit.

    Returns functions by name; each is given the payload. A job runs at least once, outside any transaction, and is
    tried again when it raises; it may use the network. Called once when an app is built. Since 0.1.
    """


@hookspec
def markers_html(markers: Sequence[Marker]) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Replace the markers `[[name: arguments]]` that authors wrote on lines of their own.

    :param markers: all markers of all posts of one page or feed, in order.

    Returns clean HTML by position in `markers`, only for names that are yours; an empty text takes the marker away.
    What nobody answers stays as the author typed it. Called once for each page that is rendered. Since 0.1.
    """


@hookspec
def post_footer_html(post: PostView) -> Markup:  # type: ignore[empty-body]
    """Fill the place under the text of a post.

    :param post: the post that is shown.

    Returns clean HTML, or None. Called once for each post page that is rendered. Since 0.1.
    """


@hookspec
def comment_form_html(post: PostView, signed_in: bool) -> Markup:  # type: ignore[empty-body]
    """Fill the place inside the comment form, before its buttons.

    :param post: the post to be commented on.
    :param signed_in: whether an author of the blog is signed in; their comments are not judged.

    Returns clean HTML, or None. Called once for each page with a comment form. Since 0.1.
    """


@hookspec
def comments_footer_html(post: PostView) -> Markup:  # type: ignore[empty-body]
    """Fill the place under the comments and their form.

    :param post: the post that is shown.

    Returns clean HTML, or None. Called once for each post page that is rendered. Since 0.1.
    """


@hookspec
def listing_footer_html(page: ListingPage) -> Markup:  # type: ignore[empty-body]
    """Fill the place under a list of posts.

    :param page: the listing that is shown.

    Returns clean HTML, or None. Called once for each listing that is rendered. Since 0.1.
    """


@hookspec
def editor_html(draft: PostDraft) -> Markup:  # type: ignore[empty-body]
    """Fill the place beside the text field of the editor, inside its form.

    :param draft: the text as it stands in the editor.

    Returns clean HTML, or None. A button named `action` with the value `<plugin id>:<word>` sends the form to
    `prepare_draft` without saving. Called each time the editor is shown. Since 0.1.
    """


@hookspec
def prepare_draft(draft: PostDraft, action: str, values: Mapping[str, str]) -> None:
    """Change the text in the editor when a plugin's button was pressed.

    :param draft: the text as it stands; change it in place.
    :param action: what follows `<plugin id>:` in the button's value, with the id: `also_on:insert`.
    :param values: all fields of the form.

    Called before the editor is shown again; nothing is saved. Since 0.1.
    """


@hookspec
def prepare_meta(meta: Meta, page: Page) -> None:
    """Change what goes into the head of a page: title, description, links.

    :param meta: change it in place.
    :param page: the page, complete but for its rendered text.

    Called once for each public page that is rendered. Since 0.1.
    """


@hookspec
def judge_comment(comment: CommentDraft, post: PostView, facts: CommentFacts) -> Verdict:  # type: ignore[empty-body]
    """Judge a comment before it is stored.

    :param comment: the checked draft.
    :param post: the post it answers.
    :param facts: what is known about the sender beside the text.

    Returns `Verdict(level, reason)` with PUBLISH, HOLD, SPAM or REJECT, or None. The highest level of all plugins wins. A
    plugin that fails counts as HOLD, also while it is muted. Called once for each comment by a visitor. Since 0.1.
    """


@hookspec
def post_saved(post_id: int, draft: PostDraft, tx: Transaction) -> None:
    """Hear that a post was saved, inside the same transaction.

    :param post_id: the post's id.
    :param draft: what was saved.
    :param tx: write your own rows with it; put anything slow off with `enqueue`.

    Each plugin runs in a savepoint of its own: when it raises, its rows are taken back and the post is saved. Since 0.1.
    """
