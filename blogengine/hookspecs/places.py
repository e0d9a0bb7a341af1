"""`*_html`: what a plugin puts into places of templates, called while a page is rendered."""

from collections.abc import Mapping
from collections.abc import Sequence

from markupsafe import Markup

from blogengine.hookspecs.marks import hookspec
from blogengine.markup import Marker
from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentView
from blogengine.pages import ErrorPage
from blogengine.pages import ListingPage
from blogengine.pages import Page
from blogengine.pages import PostDraft
from blogengine.pages import PostView


@hookspec
def markers_html(markers: Sequence[Marker]) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Replace the markers `[[name: arguments]]` that authors wrote on lines of their own.

    :param markers: all markers of all posts of one page or feed, in order.

    Returns clean HTML by position in `markers`, only for names that are yours; an empty text takes the marker away.
    What nobody answers stays as the author typed it. Called once for each page that is rendered. Since 0.1.
    """


@hookspec
def header_html(page: Page) -> Markup:  # type: ignore[empty-body]
    """Fill the place in the header of every page, under title and description.

    :param page: the page that is shown, of any kind.

    Returns clean HTML, or None. Called once for each public page that is rendered. Since 0.1.
    """


@hookspec
def footer_html(page: Page) -> Markup:  # type: ignore[empty-body]
    """Fill the place in the footer of every page.

    :param page: the page that is shown, of any kind.

    Returns clean HTML, or None. Called once for each public page that is rendered. Since 0.1.
    """


@hookspec
def listing_header_html(page: ListingPage) -> Markup:  # type: ignore[empty-body]
    """Fill the place before a list of posts.

    :param page: the listing that is shown.

    Returns clean HTML, or None. Called once for each listing that is rendered. Since 0.1.
    """


@hookspec
def listing_posts_html(posts: Sequence[PostView]) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Fill the place in the footer of each post of a list.

    :param posts: all posts of the list.

    Returns clean HTML by the post's id, only where there is something to show. Called once for each listing with posts that
    is rendered. Since 0.1.
    """


@hookspec
def post_header_html(post: PostView) -> Markup:  # type: ignore[empty-body]
    """Fill the place under title and dateline of a post.

    :param post: the post that is shown.

    Returns clean HTML, or None. Called once for each post page that is rendered. Since 0.1.
    """


@hookspec
def comments_header_html(post: PostView) -> Markup:  # type: ignore[empty-body]
    """Fill the place between the number of comments and the first one.

    :param post: the post that is shown.

    Returns clean HTML, or None. Called once for each post page that is rendered and shows comments. Since 0.1.
    """


@hookspec
def comment_authors_html(comments: Sequence[CommentView]) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Fill the place before the name of each comment's author.

    :param comments: all comments of the page, removed ones too (`is_removed`), whose author is not named.

    Returns clean HTML of a line of text by the comment's id, only where there is something to show. Called once for each
    page with comments that is rendered, and for a preview. Since 0.1.
    """


@hookspec
def comments_html(comments: Sequence[CommentView], signed_in: bool) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Fill the place under each comment.

    :param comments: all comments of the page, removed ones too (`is_removed`).
    :param signed_in: whether an author of the blog reads; such a page is not kept.

    Returns clean HTML by the comment's id, only where there is something to show. Called once for each post page with
    comments that is rendered. Since 0.1.
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
def comment_answer_html(page: CommentAnswerPage) -> Markup:  # type: ignore[empty-body]
    """Fill the place under the words that say what became of a comment.

    :param page: the page that only its writer sees; `page.outcome` says what it is about: `waiting`, `published`, `refused`,
        or that the form is shown again (`page.form`). `page.comment` has no id while it is not stored.

    Returns clean HTML, or None. Called where the page is rendered, and once for each comment that is published at once:
    where a plugin has something to say, its writer comes to this page and not to the thread. Since 0.1.
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
def moderation_html(comment_ids: Sequence[int]) -> Mapping[int, Markup]:  # type: ignore[empty-body]
    """Fill the place beside the buttons of each comment, where authors of the blog decide about them.

    :param comment_ids: all comments of the list, for `comments.get`.

    Returns clean HTML by the comment's id, only where there is something to show: a link, since the list is a form.
    Called once for each list, and for the page of one comment. Since 0.1.
    """


@hookspec
def dashboard_html() -> Markup:  # type: ignore[empty-body]
    """Fill the place on the first page that signed-in authors see, above their posts.

    Returns clean HTML, or None. Called each time that page is shown. Since 0.1.
    """


@hookspec
def error_html(page: ErrorPage) -> Markup:  # type: ignore[empty-body]
    """Fill the place under the words of an error page: help for somebody who did not find what they looked for.

    :param page: the page that is shown; `page.status` is from 400 to 499.

    Returns clean HTML, or None. Not called where the blog itself failed. Called once for each such page. Since 0.1.
    """
