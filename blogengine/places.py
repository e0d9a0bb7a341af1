"""The places of a page that plugins fill: slots, areas for gadgets, fields of the comment form, style sheets and scripts.

`SLOTS` and `AREAS` are the contract with themes: `blogengine themes check` proves that a theme shows each of them.
"""

import re
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in templates. The hook `<name>_html` fills it; it has the same arguments."""

    name: str
    arguments: tuple[str, ...]
    where: str
    templates: tuple[str, ...]
    """Templates that must show it; `*` stands for every page."""
    is_batch: bool = False
    """Whether it is filled for all items of a list at once: `batch_slot` gives HTML by the item's id."""


SLOTS: Mapping[str, Slot] = {
    slot.name: slot
    for slot in (
        Slot("header", ("page",), "in the header of every page, under title and description", ("*",)),
        Slot("footer", ("page",), "in the footer of every page", ("*",)),
        Slot("listing_header", ("page",), "before the posts of a list", ("listing.html",)),
        Slot(
            "listing_posts",
            ("posts",),
            "in the footer of each post of a list",
            ("listing.html",),
            is_batch=True,
        ),
        Slot("listing_footer", ("page",), "after the pager of a list", ("listing.html",)),
        Slot("post_header", ("post",), "under title and dateline of a post", ("post.html",)),
        Slot("post_footer", ("post",), "under the text of a post", ("post.html",)),
        Slot(
            "comments_header", ("post",), "between the number of comments and the first one", ("post.html",)
        ),
        Slot(
            "comment_authors",
            ("comments",),
            "before the name of each comment's author",
            ("post.html", "comment_answer.html"),
            is_batch=True,
        ),
        Slot(
            "comments",
            ("comments", "signed_in"),
            "under each comment of a post",
            ("post.html",),
            is_batch=True,
        ),
        Slot(
            "comment_form",
            ("post", "signed_in"),
            "in the comment form, before its buttons",
            ("post.html", "comment_answer.html"),
        ),
        Slot(
            "comment_answer",
            ("page",),
            "under the words that say what became of a comment",
            ("comment_answer.html",),
        ),
        Slot("comments_footer", ("post",), "after comments and form", ("post.html",)),
        Slot(
            "error",
            ("page",),
            "under the words of an error page, but not where the blog itself failed",
            ("error.html",),
        ),
        Slot("editor", ("draft",), "beside the text in the editor", ("admin/editor.html",)),
        Slot(
            "moderation",
            ("comment_ids",),
            "beside the buttons of each comment in the owner's list",
            ("admin/comments.html", "admin/comment.html"),
            is_batch=True,
        ),
        Slot("dashboard", (), "on the first page that signed-in authors see", ("admin/posts.html",)),
    )
}

AREAS: Mapping[str, str] = {
    "sidebar": "Beside the posts; below them where the window is narrow.",
    "footer": "At the bottom of every page.",
}
"""Where gadgets can be put, with a sentence for the owner."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{1,30}\.[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Gadget:
    """A box that the owner may put into an area of the theme, as often as they like, each with settings of its own.

    `html` is given the settings of one such box (None without a class) and the `Page` it stands on, and returns clean
    HTML; None or an empty text leaves the box out. `settings` is a frozen dataclass made with `option`.
    """

    name: str
    label: str
    html: Callable[[Any, Any], Markup | None]
    settings: type | None = None
    summary: str = ""
    """A sentence for the owner."""

    def __post_init__(self) -> None:
        """Refuse what cannot be stored or shown."""
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise ValueError(f"the name of a gadget is small letters, digits and _, not {self.name!r}")
        if not (isinstance(self.label, str) and self.label.strip()):
            raise ValueError(f"the gadget {self.name} needs a label")
        if not callable(self.html):
            raise ValueError(f"the gadget {self.name} needs a function html(settings, page)")


@dataclass(frozen=True, slots=True)
class Asset:
    """A style sheet or script of the plugin's `static` folder for all public pages, all the owner's, or the editor.

    What belongs to one fragment is named there instead: `fragment("@id/box.html", assets=["box.css"])`.
    """

    file: str
    where: Literal["public", "admin", "editor"] = "public"


@dataclass(slots=True)
class Field:
    """A field that a plugin adds to the comment form. `name` is `<plugin id>.<word>`; `value` is what was typed.

    A `checkbox` has the value `on` or nothing. A `hidden` one starts with `value` and may come back changed: sign it
    where that matters.
    """

    name: str
    label: str = ""
    kind: Literal["text", "checkbox", "hidden", "email"] = "text"
    help: str = ""
    required: bool = False
    value: str = ""
    needs_email: bool = False
    """Whether who fills it in must give an e-mail address as well: the form must ask for one (`asks_email`)."""

    def __post_init__(self) -> None:
        """Refuse what no form can show."""
        if not _FIELD.fullmatch(self.name):
            raise ValueError(
                f"a field is called <plugin id>.<word>, like moderation.answer, not {self.name!r}"
            )
        if self.kind not in ("text", "checkbox", "hidden", "email"):
            raise ValueError(f"the field {self.name} is a text, checkbox, hidden or email, not {self.kind!r}")
        if self.kind != "hidden" and not self.label:
            raise ValueError(f"the field {self.name} needs a label")

    @property
    def id(self) -> str:
        """The id of its element."""
        return f"comment-{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A gadget that the owner has put into an area. `gadget` is `<plugin id>.<name>`."""

    id: int
    gadget: str
    area: str
    title: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def plugin_id(self) -> str:
        """The plugin that makes it."""
        return self.gadget.partition(".")[0]

    def stored(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "id": self.id,
            "gadget": self.gadget,
            "area": self.area,
            "title": self.title,
            "settings": dict(self.settings),
        }


def read_layout(stored: Any) -> tuple[tuple[Placed, ...], list[str]]:
    """Return the gadgets that are stored, in order, and a sentence about each that cannot be read."""
    placed: list[Placed] = []
    problems: list[str] = []
    if not isinstance(stored, list):
        return (), ["The layout is not a list; no gadget is shown."] if stored is not None else []
    for number, item in enumerate(stored, 1):
        values = item if isinstance(item, Mapping) else {}
        kinds = {"id": int, "gadget": str, "area": str, "title": str, "settings": Mapping}
        fits = all(isinstance(values.get(key), kind) for key, kind in kinds.items())
        if not fits or values["area"] not in AREAS or values["id"] in {one.id for one in placed}:
            problems.append(f"Gadget {number} of the layout cannot be read; it is left out.")
            continue
        placed.append(Placed(**{key: values[key] for key in kinds}))
    return tuple(placed), problems
