"""The page of a post or static page with its comments, and the files of the blog."""

import re
from typing import Any

from flask import Blueprint
from flask import Response
from flask import abort
from flask import redirect
from flask import request
from flask import send_file
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound as HTTPNotFound

from blogengine import clock
from blogengine import comments
from blogengine import posts
from blogengine.head import Meta
from blogengine.pagecache import expires
from blogengine.pages import CommentFormView
from blogengine.pages import CommentView
from blogengine.pages import Link
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.runtime import blog
from blogengine.web import access
from blogengine.web import frame
from blogengine.web import rendering
from blogengine.web import security
from blogengine.web.caching import cacheable

pages = Blueprint("pages", __name__)

FORM_KEPT = 24 * 3600
"""Seconds after which a page with a comment form is made anew, half the form's life."""
_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


@pages.get("/<int(fixed_digits=4):year>/<int(fixed_digits=2):month>/<slug>.html")
@cacheable("commentPage")
def post_page(year: int, month: int, slug: str) -> Any:
    """A post with its comments."""
    return _single()


@pages.get("/p/<slug>.html")
@cacheable("commentPage")
def static_page(slug: str) -> Any:
    """A static page with its comments."""
    return _single()


@pages.get("/media/<path:name>")
def media_file(name: str) -> Response:
    """A picture or other file of the blog."""
    folder = blog().config.media_folder
    if len(name.encode()) > 255:  # no file system has it, and asking for it is an error
        abort(404)
    path = (folder / name).resolve()
    if path.parent != folder.resolve() or not path.is_file():
        abort(404)
    response = send_file(path, conditional=True, max_age=31536000)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _single() -> Any:
    path = request.path
    post = posts.by_path(path)
    if post is None:
        target = posts.redirect_for(path)
        if target is None:
            raise HTTPNotFound
        return redirect(target[0], 301 if target[1] else 302)
    if "showComment" in request.args:
        return redirect(comments.address_at(post, request.args["showComment"]), 302)
    number = request.args.get("commentPage", "1")
    if not _NUMBER.fullmatch(number):
        abort(404, "There is no such page of comments.")
    return show_post(post, int(number))


def show_post(
    post: PostView, number: int, form: CommentFormView | None = None, status: int = 200
) -> Response:
    """Answer with the page of `post` and page `number` of its comments; `form` stands in for the empty form."""
    views, has_more = comments.thread(post.id, post.url, number) if post.shows_comments else ([], False)
    if number > 1 and not views:
        abort(404, "There is no such page of comments.")
    user = security.current_user()
    if form is None and post.takes_comments:
        form = empty_form(post)
        form.reply_to = answered(request.args.get("replyTo", ""), post)
    rendering.fill_bodies([post])
    older, newer = posts.neighbours(post) if post.kind == "post" else (None, None)
    expires(clock.timestamp() + FORM_KEPT)
    page = PostPage(
        blog=frame.blog_view(),
        meta=_meta(post, number),
        signed_in=user is not None,
        flashes=[],
        post=post,
        comments=views,
        form=form,
        older_comments=Link(_comment_page(post, number - 1), "Older comments") if number > 1 else None,
        newer_comments=Link(_comment_page(post, number + 1), "Newer comments") if has_more else None,
        older_post=Link(*older) if older else None,
        newer_post=Link(*newer) if newer else None,
        pages=frame.static_links(),
        edit_url=f"/admin/posts/{post.id}" if access.can("post.write", access.about(post)) else "",
        comment_pages=_numbers(post, number) if number > 1 or has_more else [],
    )
    return rendering.respond("post.html", page, status)


def _meta(post: PostView, number: int) -> Meta:
    """Return the head of a page: further pages of comments hold what is nowhere else, so each has an address of its own."""
    if number == 1:
        return frame.meta(post.title, post.url, description=post.description)
    return frame.meta(f"{post.title}: comments, page {number}", comments.page_address(post.url, number))


def empty_form(post: PostView, challenge: str = "") -> CommentFormView:
    """Return the comment form of `post` without anything typed; with a `challenge` where one more press is asked for."""
    user = security.current_user()
    form = CommentFormView(
        action=f"/-/comments/{post.id}",
        token=challenge or security.form_token(post.id),
        message=blog().site.comment_message,
        max_length=comments.TEXT_LIMIT,
        csrf_token=generate_csrf() if user is not None else "",
        signed_in_name=user.name if user is not None else "",
        challenge=challenge,
    )
    blog().hook.prepare_comment_form(form=form, post=post)
    return form


def answered(typed: str, post: PostView) -> CommentView | None:
    """Return the comment under `post` with the id `typed`, if it can be answered."""
    if not typed.isdecimal() or len(typed) > 15:
        return None
    comment = comments.by_id(int(typed))
    fits = comment is not None and comment.post_id == post.id and not comment.is_removed
    return comment if fits else None


def _comment_page(post: PostView, number: int) -> str:
    return f"{comments.page_address(post.url, number)}#comments"


def _numbers(post: PostView, number: int) -> list[Link]:
    """Return the first and the last page of the comments and those around page `number`, with gaps between them."""
    last = max(comments.count_pages(post.id), number)
    links: list[Link] = []
    before = 0
    for page in sorted({1, last, *range(max(1, number - 2), min(last, number + 2) + 1)}):
        if page - before == 2:
            links.append(Link(_comment_page(post, page - 1), str(page - 1)))
        elif page - before > 2:
            links.append(Link("", "…"))
        links.append(Link("" if page == number else _comment_page(post, page), str(page)))
        before = page
    return links
