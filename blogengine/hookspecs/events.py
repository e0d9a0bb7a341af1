"""Past participles and the other verbs: what plugins hear of, and what they are asked when nobody else answers.

An event with `tx` is heard inside the transaction; one with `event` after it, in a job, at least once.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from blogengine.db import Transaction
from blogengine.hookspecs.marks import hookspec
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.pageviews import PageView
from blogengine.redirects import Redirect
from blogengine.work import Event


@hookspec
def post_saved(post_id: int, draft: PostDraft, tx: Transaction) -> None:
    """Hear that a post was saved, inside the same transaction.

    :param post_id: the post's id.
    :param draft: what was saved.
    :param tx: write your own rows with it; put anything slow off with `enqueue`.

    Each plugin runs in a savepoint of its own: when it raises, its rows are taken back and the post is saved. Since 0.1.
    """


@hookspec
def post_published(post_id: int, event: Event) -> None:
    """Hear that a post or page became public: published, reached its scheduled time, or came back from the trash.

    :param post_id: the post's id; it may not be public any more when you hear of it.
    :param event: its id and time.

    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def post_unpublished(post_id: int, status: str, event: Event) -> None:
    """Hear that a post or page is no longer public.

    :param post_id: the post's id.
    :param status: what it became: `draft`, `scheduled` or `trashed`.
    :param event: its id and time.

    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def post_deleted(post_id: int, kind: str, path: str, title: str, event: Event) -> None:
    """Hear that a post or page was deleted for good, with its comments.

    :param post_id: the id it had; no other post will ever have it.
    :param kind: `post` or `page`.
    :param path: its permalink, `/2020/01/x.html`; empty when it never was public.
    :param title: its title.
    :param event: its id and time.

    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def comment_saved(comment_id: int, status: str, facts: CommentFacts, tx: Transaction) -> None:
    """Hear that a visitor's comment was stored, or changed (`facts.is_edit`), inside the same transaction.

    :param comment_id: the comment's id.
    :param status: what became of it: `published`, `pending` or `spam`.
    :param facts: as `judge_comment` had them: what was typed into your fields is in `facts.fields`; keep what you need.
    :param tx: write your own rows with it; put anything slow off with `enqueue`.

    Each plugin runs in a savepoint of its own: when it raises, its rows are taken back and the comment is stored. Since 0.1.
    """


@hookspec
def comment_published(comment_id: int, post_id: int, event: Event) -> None:
    """Hear that a comment became public: at once, by the owner's approval, or because a decision was undone.

    :param comment_id: the comment's id; it may not be public any more when you hear of it.
    :param post_id: the post it stands under.
    :param event: its id and time.

    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def comment_removed(comment_id: int, post_id: int, status: str, was_public: bool, event: Event) -> None:
    """Hear that a comment was taken out.

    :param comment_id: the comment's id.
    :param post_id: the post it stood under.
    :param status: `spam`, `removed-by-author`, `removed-by-admin`, `pending` (an approval was undone) or `deleted` for good.
    :param was_public: whether readers saw it until then.
    :param event: its id and time.

    A post that is deleted takes its comments along without a word of each. Called in a job after the commit, at least
    once; what raises is called again later. Since 0.1.
    """


@hookspec
def comment_decided(comment_id: int, post_id: int, before: str, status: str, event: Event) -> None:
    """Hear that an author of the blog decided on a comment, or took a decision back.

    :param comment_id: the comment's id.
    :param post_id: the post it stands under.
    :param before: the status it had.
    :param status: the status it got: `published`, `spam`, `removed-by-admin`, or `pending` when a decision was taken back.
    :param event: its id and time.

    What was published or held without anybody's decision is not told here, so this is what a filter may learn from.
    `comments.get(comment_id)` has the comment as it is now, and in `status_before` whether its last decision stands.
    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def media_saved(media_id: int, event: Event) -> None:
    """Hear that an author stored a new picture.

    :param media_id: the picture's id, for `media.get`.
    :param event: its id and time.

    Called in a job after the commit, at least once; what raises is called again later. Since 0.1.
    """


@hookspec
def settings_changed(plugin_id: str, old: Mapping[str, Any], new: Mapping[str, Any], event: Event) -> None:
    """Hear that the owner changed settings of a plugin, or of the blog.

    :param plugin_id: whose settings; empty for the blog's own.
    :param old: what differed from the defaults before, by name, without secrets.
    :param new: what differs from them now; both are alike when only a secret changed.
    :param event: its id and time.

    A change of the environment is none: it is read anew at each start. Called in a job after the commit, at least once
    for each change; what raises is called again later. Since 0.1.
    """


@hookspec(firstresult=True)
def answer_not_found(path: str, query: str) -> Redirect:  # type: ignore[empty-body]
    """Say where an address leads at which the blog has nothing; stops at the first answer.

    :param path: the path that was asked for, decoded, with a slash at its start.
    :param query: the query as it was sent, without `?`; empty where there was none.

    Returns `Redirect(target, permanent)`, or None. A permanent answer is kept with the tags of what was read for it. The
    core's own redirects and pages come first. Called for each GET that would be answered 404. Since 0.1.
    """


@hookspec
def page_viewed(views: Sequence[PageView]) -> None:
    """Hear which pages were read, those that were sent from memory too.

    :param views: the views of one process since the last call, in order; at most 20,000.

    Pages are what is sent as HTML with status 200, or 304 to somebody who has it already; views of signed-in authors,
    of HEAD and of what a browser loads ahead are left out. Called about every five seconds in a thread of its own while
    there are views, and when the process ends in good order; what a killed process had noted is lost. Since 0.1.
    """
