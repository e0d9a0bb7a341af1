"""Pages of every kind with something in every part of them, to try a theme with; nothing of them is stored."""

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from blogengine.comments.threads import nest
from blogengine.head import HeadLink
from blogengine.head import Meta
from blogengine.pages import AnsweredView
from blogengine.pages import BlogView
from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentFormView
from blogengine.pages import CommentView
from blogengine.pages import ErrorPage
from blogengine.pages import Link
from blogengine.pages import ListingPage
from blogengine.pages import Page
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.places import Field

AT = datetime(2020, 1, 3, 2, 55, tzinfo=UTC)
COMMENTS = 4
POSTS = 3
WORDS = (
    "The fog came in before six and took the far bank first, then the moorings, then the end of the jetty. "
)


def pages() -> Mapping[str, Page]:
    """Return a page for each template that shows one."""
    return {
        "listing.html": ListingPage(
            **_frame("Harbour Notes"),
            kind="label",
            heading="boats",
            posts=[_post(1), _post(2), _post(3, title="", labels=[], comment_mode="hide", updated_at=None)],
            newer=Link("/search?updated-min=2020", "Newer Posts"),
            older=Link("/search?updated-max=2020", "Older Posts"),
            pages=[Link("/p/about.html", "About")],
        ),
        "post.html": PostPage(
            **_frame("A morning on the water"),
            post=_post(1, comment_count=COMMENTS),
            comments=_thread(),
            form=_form(),
            older_comments=Link("/2020/01/1.html?commentPage=1", "Older comments"),
            newer_comments=Link("/2020/01/1.html?commentPage=3", "Newer comments"),
            older_post=Link("/2019/12/2.html", "Reading a tide table"),
            newer_post=Link("/2020/02/3.html", "Knots"),
            pages=[Link("/p/about.html", "About")],
            edit_url="/admin/posts/1",
            comment_pages=[
                Link("/2020/01/1.html", "1"),
                Link("", "2"),
                Link("", "…"),
                Link("/2020/01/1.html?commentPage=9", "9"),
            ],
        ),
        "comment_answer.html": CommentAnswerPage(
            **_frame("Your comment"),
            outcome="invalid",
            heading="Please look at this again",
            message="Nothing was sent yet.",
            comment=_comment(45, status="pending", url=""),
            form=_form(
                text="<b>My</b> text",
                problems={"text": "It is too long.", "probe.text": "“Town” is needed."},
                reply_to=_comment(41),
            ),
            post=_post(1),
            back=Link("/2020/01/1.html", "Back to the post"),
        ),
        "error.html": ErrorPage(
            **_frame("Page not found"),
            status=404,
            heading="Page not found",
            message="There is nothing at this address.",
            detail="Code 7",
            kept_text="my <b>long</b> comment",
        ),
    }


def fields() -> list[Field]:
    """Return a field of each kind that plugins may add to the comment form."""
    return [
        Field("probe.text", "Town", help="Any will do.", required=True),
        Field("probe.mail", "Mail", "email"),
        Field("probe.news", "Send me news", "checkbox"),
        Field("probe.sign", kind="hidden", value="signed"),
    ]


def _frame(title: str) -> dict[str, Any]:
    return {
        "blog": BlogView("Harbour Notes", "Boats & “weather”", "en", "ltr", url="https://blog.example"),
        "meta": Meta(
            f"Harbour Notes: {title}",
            canonical="https://blog.example/2020/01/1.html",
            description='Fog & "coffee"',
            robots="index",
            links=[HeadLink("alternate", "/feeds/posts/default", "application/atom+xml", "Atom")],
            names={"probe-name": "7"},
            properties={"probe:property": ["8", "9"]},
            json_ld=[{"@type": "Probe"}],
        ),
        "signed_in": False,
        "flashes": ["Something was done."],
    }


def _post(number: int, **changes: Any) -> PostView:
    values: dict[str, Any] = {
        "id": number,
        "kind": "post",
        "title": f"A morning on the water & more {number}",
        "url": f"/2020/01/{number}.html",
        "status": "published",
        "published_at": AT - timedelta(days=number),
        "updated_at": AT,
        "modified_at": AT,
        "author_name": "Ines Vale",
        "author_url": "https://ines.example/",
        "html": "",
        "body": Markup("<p>{}</p>\n<p>{}</p>").format(WORDS * 4, WORDS * 5),
        "labels": ["boats", "fog & weather"],
        "comment_count": 0,
        "comment_mode": "allow",
        "language": "en",
    }
    return PostView(**{**values, **changes})


def _thread() -> list[CommentView]:
    thread = [
        _comment(41),
        _comment(42, by_author=True, depth=1, parent_id=41, edited_at=AT),
        _comment(43, author_name="", author_url="", depth=6, answered=AnsweredView("#c42", "Ines Vale")),
        _comment(46, kind="webmention", source_url="https://tides.example/answer"),
        _comment(44, status="removed-by-admin", body=Markup("")),
    ]
    nest(thread)
    return thread


def _comment(number: int, **changes: Any) -> CommentView:
    values: dict[str, Any] = {
        "id": number,
        "post_id": 1,
        "parent_id": None,
        "author_name": "Ada",
        "author_url": "https://ada.example/",
        "body": Markup("<p>Fog is only weather that stays for breakfast.</p>"),
        "published_at": AT + timedelta(hours=number),
        "depth": 0,
        "status": "published",
        "url": f"/2020/01/1.html?showComment=1#c{number}",
    }
    return CommentView(**{**values, **changes})


def _form(**changes: Any) -> CommentFormView:
    values = {"action": "/-/comments/1", "token": "1.2.3", "message": "Be kind.", "csrf_token": "4.5"}
    form = CommentFormView(**{**values, "asks_email": True, **changes})
    for item in fields():
        form.add(item)
    return form
