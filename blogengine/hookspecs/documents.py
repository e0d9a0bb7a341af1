"""`prepare_*`: documents that a plugin may change before they are used."""

from collections.abc import Mapping
from collections.abc import Sequence

from blogengine.documents import Document
from blogengine.feeds import FeedEntry
from blogengine.feeds import FeedView
from blogengine.head import Meta
from blogengine.hookspecs.marks import hookspec
from blogengine.interchange import ImportBatch
from blogengine.interchange import ImportSource
from blogengine.pages import CommentFormView
from blogengine.pages import Page
from blogengine.pages import PostDraft
from blogengine.pages import PostView


@hookspec
def prepare_draft(draft: PostDraft, action: str, values: Mapping[str, str]) -> None:
    """Change the text in the editor when a plugin's button was pressed.

    :param draft: the text as it stands; change it in place.
    :param action: what follows `<plugin id>:` in the button's value, with the id: `also_on:insert`.
    :param values: all fields of the form.

    Called before the editor is shown again; nothing is saved. Since 0.1.
    """


@hookspec
def prepare_source(document: Document) -> None:
    """Change the source of a post or static page before it becomes HTML.

    :param document: change its `source` or `format` in place, and keep facts in its `data`.

    What you make may depend on the document, your settings and your code, on nothing else: when one of these changes,
    all posts are made again, when they are read and by a job. A plugin that raises, or leaves what no author could
    have typed, is left out. Called when a post is saved, imported or previewed, never when a page is shown. Since 0.1.
    """


@hookspec
def prepare_html(document: Document) -> None:
    """Change the clean HTML of a post or static page as a tree.

    :param document: change its `tree` in place, and keep facts in its `data`.

    The tree is one for all plugins, in their order; afterwards everything is cleaned again, so that scripts, styles and
    unknown attributes do not stay. What you make may depend on the document, your settings and your code, on
    nothing else. A plugin that raises, or makes the text too long, is left out. Called after `prepare_source`, at the
    same times. Since 0.1.
    """


@hookspec
def prepare_meta(meta: Meta, page: Page) -> None:
    """Change what goes into the head of a page: title, canonical address, description, links, OpenGraph, JSON-LD.

    :param meta: change it in place.
    :param page: the page, complete but for its rendered text.

    Called once for each public page that is rendered. Since 0.1.
    """


@hookspec
def prepare_comment_form(form: CommentFormView, post: PostView) -> None:
    """Ask commenters one thing more.

    :param form: add fields with `form.add(Field("<plugin id>.<word>", "Label"))`; visitors have no `signed_in_name`.
        `form.asks_email = True` asks for an address, which the engine keeps with the comment.
    :param post: the post to be commented on.

    `form.challenge` is there where a judge asks for one more press, and when that press arrives. What was typed is kept on
    preview and error and arrives in `facts.fields["<plugin id>.<word>"]` of `judge_comment`. Called once for each page with
    a comment form, and when a comment arrives. Since 0.1.
    """


@hookspec
def prepare_feed_entries(entries: Sequence[FeedEntry], feed: FeedView) -> None:
    """Change the entries of a feed before it is written: titles, texts, links, enclosures, elements of other vocabularies.

    :param entries: change each in place; none is added or taken away.
    :param feed: the feed that they are in, to read; only its `links` may be added to.

    Each entry knows the `post` or `comment` that it was made from. Called once for each feed that is made, never
    when a kept one is sent. Since 0.1.
    """


@hookspec
def prepare_import(batch: ImportBatch, source: ImportSource) -> None:
    """Change or skip what is imported, before it is stored or, in a dry run, counted.

    :param batch: change its `records` in place, `batch.skip(record, "why")`, add to its `notes`.
    :param source: what the importer opened; an importer's own plugin may know more of it.

    What is there already comes by again in a second run and stays as it is stored. Called for each batch of up to 100
    records of one type. Since 0.1.
    """
