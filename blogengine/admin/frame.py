"""The frame of the owner's pages: who may enter, the menu, messages, and how a page is made of a template."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TypeVar

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import flash
from flask import get_flashed_messages
from flask import redirect
from flask import request
from flask import url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Forbidden

from blogengine import comments
from blogengine import rescue
from blogengine import tryouts
from blogengine.errors import BlogError
from blogengine.errors import Busy
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.models import Post
from blogengine.pages import BlogView
from blogengine.runtime import blog
from blogengine.tryouts import Trial
from blogengine.web import access
from blogengine.web import frame as public_frame
from blogengine.web import rendering
from blogengine.web import security

ANYONE = "anyone"
"""Stands where a permission is declared for pages that people reach who are not signed in."""
SIGNED_IN = "signed-in"
"""Stands there for what everybody who is signed in may do: leave, and drop a trial of their own."""
PLUGIN_PAGES = "blogengine_plugin_pages"
"""Key in `app.extensions`: (endpoint of the first page, `AdminPages`) by the name of a plugin's mounted blueprint."""


class AdminBlueprint(Blueprint):
    """The core's own pages: each route declares the one permission it needs: `@admin.get("/x", permission="x.do")`."""

    def __init__(self) -> None:
        super().__init__("admin", __name__, url_prefix="/admin")
        self.permissions: dict[str, str] = {}
        """By endpoint."""
        self.largest: dict[str, int] = {}
        """Bytes that may be sent to an endpoint, where that is more than elsewhere."""

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *arguments: Any, **options: Any
    ) -> None:
        """Add a rule with the permission it needs, and the `largest` body in bytes where it takes pictures."""
        name = f"{self.name}.{endpoint or view_func.__name__}"
        self.permissions[name] = options.pop("permission")
        if "largest" in options:
            self.largest[name] = options.pop("largest")
        super().add_url_rule(rule, endpoint, view_func, *arguments, **options)


admin = AdminBlueprint()

R = TypeVar("R", bound=Callable[[str], Response])


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A link of the menu; `count` is shown beside it when it is not 0."""

    url: str
    text: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Flash:
    """What the last request did: `kind` is `done` or `problem`. Its button sends `undo_fields` to `undo_url`."""

    text: str
    kind: str = "done"
    url: str = ""
    url_text: str = ""
    undo_url: str = ""
    undo_fields: Sequence[Sequence[str]] = ()


@dataclass(slots=True)
class AdminPage:
    """What every page of the owner has, whatever is on it."""

    blog: BlogView
    user_name: str
    """Empty while nobody is signed in: then there is no menu either."""
    menu: list[MenuEntry] = field(default_factory=list)
    flashes: list[Flash] = field(default_factory=list)
    trial: Trial | None = None
    """What the owner tries in this browser."""
    safe_mode: str = ""
    """`mine` where only this browser sees the blog without plugins, `all` where everybody does."""


_shows_again: dict[str, Callable[[str], Response]] = {}


def shows_again(*endpoints: str) -> Callable[[R], R]:
    """Let a function answer for forms at `endpoints` that came without a valid token: with what was typed."""

    def decorate(function: R) -> R:
        _shows_again.update(dict.fromkeys(endpoints, function))
        return function

    return decorate


def admin_page() -> AdminPage:
    """Return the frame of the page being made; its messages are shown once."""
    user = security.current_user()
    page = AdminPage(public_frame.blog_view(), user.name if user is not None else "")
    page.trial = trial_here()
    page.flashes = [_flash_of(message) for message in get_flashed_messages()]
    if user is not None:
        if blog().config.safe_mode:
            page.safe_mode = "mine" if rescue.SAFE_COOKIE in request.cookies else "all"
        page.menu = menu()
    return page


def trial_here() -> Trial | None:
    """Return what the owner tries in this browser, if anything."""
    running = blog()
    sign_in = request.cookies.get(security.session_cookie(running), "")
    return tryouts.unseal(request.cookies.get(tryouts.COOKIE, ""), running.config.secret_key, sign_in)


def _flash_of(message: Any) -> Flash:
    return Flash(**message) if isinstance(message, dict) else Flash(str(message))


MENU = (
    ("admin.posts", "Posts"),
    ("admin.pictures", "Pictures"),
    ("admin.comments", "Comments"),
    ("", ""),
    ("admin.layout", "Layout"),
    ("admin.themes", "Themes"),
    ("admin.plugins", "Plugins"),
    ("admin.jobs", "Jobs"),
    ("admin.people", "People"),
    ("admin.privacy", "Personal data"),
    ("admin.settings", "Settings"),
)
"""Where the menu leads; the pages of plugins stand where there is nothing."""


def menu() -> list[MenuEntry]:
    """Return the pages that who is signed in may open."""
    entries = []
    for endpoint, text in MENU:
        if endpoint:
            entries.append((endpoint, text, admin.permissions[endpoint]))
            continue
        for first, pages in current_app.extensions[PLUGIN_PAGES].values():
            entries.append((first, pages.label, pages.permission))
    return [
        MenuEntry(url_for(endpoint), text, _is_current(endpoint), _waiting(endpoint))
        for endpoint, text, permission in entries
        if access.can(permission)
    ]


def _is_current(endpoint: str) -> bool:
    url = url_for(endpoint)
    below = "/admin/posts" if endpoint == "admin.posts" else url
    return request.path == url or (endpoint.startswith("admin.") and request.path.startswith(below))


def _waiting(endpoint: str) -> int:
    return comments.counts().get("pending", 0) if endpoint == "admin.comments" else 0


def show(template: str, status: int = 200, /, **values: Any) -> Response:
    """Answer with `admin/<template>` filled with `values`."""
    return Response(rendering.render(f"admin/{template}", **values), status, mimetype="text/html")


def say(
    text: str,
    *,
    url: str = "",
    url_text: str = "",
    undo_url: str = "",
    undo_fields: Sequence[tuple[str, str]] = (),
) -> None:
    """Show `text` on the next page, with a link or a button that takes back what was done."""
    message: Any = {"text": text, "url": url, "url_text": url_text}
    if undo_url:
        message |= {"undo_url": undo_url, "undo_fields": list(undo_fields)}
    flash(message)


def complain(error: BlogError | str) -> None:
    """Show on the next page what went wrong."""
    message: Any = {"text": str(error), "kind": "problem"}
    flash(message)


def typed() -> list[tuple[str, str]]:
    """Return the fields of the form that was sent, but for tokens and passwords."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]


def searched(name: str = "q") -> str:
    """Return what was typed into a search field, without what no text has."""
    return "".join(letter for letter in request.args.get(name, "")[:200] if letter.isprintable()).strip()


def number(values: Mapping[str, str], name: str) -> int | None:
    """Return the id sent as `name`, or None."""
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def permission_of(endpoint: str) -> str:
    """Return the permission that the pages at `endpoint` need; empty where none was declared: then nobody gets in."""
    if endpoint in admin.permissions:
        return admin.permissions[endpoint]
    _, pages = current_app.extensions[PLUGIN_PAGES].get(endpoint.partition(".")[0], ("", None))
    return pages.permission if pages is not None else ""


def guard() -> Any:
    """Let nobody through to a page below `/admin` who lacks the permission that it declares."""
    rule = request.url_rule
    if rule is None or not f"{rule.rule}/".startswith("/admin/"):
        return None
    if largest := admin.largest.get(request.endpoint or ""):
        request.max_content_length = largest
    wanted = permission_of(request.endpoint or "")
    if wanted == ANYONE:
        return None
    if security.current_user() is None:
        return _not_signed_in()
    if wanted == SIGNED_IN or access.can(wanted):
        return None
    if request.endpoint == "admin.posts" and request.method in security.SAFE:
        for entry in menu():  # where signing in leads: the first page that they may open
            return redirect(entry.url, 303)
    return _problem(403, "This is not for you", access.denied(wanted))


def require(permission: str, post: Post | None = None) -> None:
    """Raise `Forbidden` when who is signed in lacks `permission` for `post`, beyond what the page's own one says."""
    if not access.can(permission, access.about(post) if post is not None else None):
        raise Forbidden(access.denied(permission))


def _not_signed_in() -> Any:
    if request.method in security.SAFE:
        wanted = request.full_path if request.query_string else request.path
        return redirect(url_for("admin.login", next=wanted), 303)
    kept = request.endpoint in _shows_again
    return show(
        "signed_out.html",
        403,
        action=request.path,
        fields=typed() if kept else [],
        kept_text=request.form.get("source", "") if kept else "",
    )


@admin.errorhandler(CSRFError)
def _stale_form(error: CSRFError) -> Any:
    """A form without a valid token: nothing was done, and what was typed is shown again."""
    if permission_of(request.endpoint or "") != ANYONE and security.current_user() is None:
        return _not_signed_in()
    again = _shows_again.get(request.endpoint or "")
    if again is None:
        message = (
            "This form was open for too long. Nothing was changed: go back, reload the page and try again."
        )
        return _problem(400, "Please try again", message)
    message = "This form was open for too long. Nothing was saved yet; please send it once more."
    if not request.cookies:
        address = f" This blog's address is {blog().url}: open it there." if blog().url else ""
        message = (
            f"Your browser sent no cookie, and this form needs one. Allow cookies for this site.{address}"
        )
    try:
        return again(message)
    except BlogError as refusal:
        return _refused(refusal)


@admin.errorhandler(Forbidden)
def _forbidden(error: Forbidden) -> Response:
    """Somebody who is signed in lacks a permission for this one thing."""
    return _problem(403, "This is not for you", str(error.description))


@admin.errorhandler(BlogError)
def _refused(error: BlogError) -> Response:
    """A rule said no where no form could be shown again."""
    if isinstance(error, NotFound):
        return _problem(404, "This is not here", str(error))
    if isinstance(error, Busy):
        return _problem(503, "The blog is busy", str(error))
    return _problem(409 if isinstance(error, Refused) else 400, "This was not done", str(error))


def _problem(status: int, heading: str, message: str) -> Response:
    return show(
        "problem.html", status, heading=heading, message=message, kept_text=request.form.get("source", "")
    )
