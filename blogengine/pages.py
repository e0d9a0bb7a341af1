"""The values that templates, hooks and feeds are given: documented, tested and versioned.

Row-level values (`PostView`, `CommentView`) are plain slotted dataclasses because a page may hold
hundreds of them; nobody writes to them after the service has made them, except through `prepare_*` hooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from flask import Blueprint
from markupsafe import Markup

from blogengine.head import Meta
from blogengine.permissions import USE_PLUGINS
from blogengine.places import Field

PAGES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink: `url` is a path on this blog or an absolute address."""

    url: str
    text: str


@dataclass(slots=True)
class PostView:
    """A post or static page as it is read. Times are aware UTC; `url` is a path such as `/2020/01/x.html`."""

    id: int
    kind: str
    """`post` or `page`."""
    title: str
    url: str
    """Empty while the post was never published."""
    status: str
    """`draft`, `scheduled`, `published` or `trashed`."""
    published_at: datetime | None
    updated_at: datetime | None
    """When the text was last changed after publication; None when it was not."""
    modified_at: datetime
    """When anything readers see was last changed (the feed's `updated`)."""
    author_name: str
    author_url: str
    html: str
    """Clean HTML with markers (`[[name: …]]`) still in it; templates show `body`."""
    body: Markup
    """Clean HTML with markers replaced; empty until rendering has filled it."""
    labels: list[str]
    comment_count: int
    comment_mode: str
    """`allow`, `existing` (shown, no new ones) or `hide`."""
    description: str = ""
    """Search description, may be empty."""
    title_link: str = ""
    """Blogger's title link, may be empty."""
    atom_id: str = ""
    """`tag:` address of the feed entry; never changes."""
    author_id: int | None = None
    language: str = ""

    @property
    def shows_comments(self) -> bool:
        """Whether comments are shown."""
        return self.comment_mode != "hide"

    @property
    def takes_comments(self) -> bool:
        """Whether new comments are taken."""
        return self.comment_mode == "allow"


@dataclass(frozen=True, slots=True)
class AnsweredView:
    """The comment that another one answers, named where the order of the page does not show it."""

    url: str
    """`#c41` on the same page, else its permalink."""
    author_name: str
    """Empty for an anonymous comment, and for one that was removed."""
    is_removed: bool = False


@dataclass(slots=True)
class CommentView:
    """A comment as it is read. `depth` is 0 for an answer to the post and at most 6."""

    id: int
    post_id: int
    parent_id: int | None
    author_name: str
    author_url: str
    """Website of the author, http or https, or empty."""
    body: Markup
    published_at: datetime
    depth: int
    status: str
    """`published`, `pending`, `spam`, `removed-by-author` or `removed-by-admin`."""
    url: str = ""
    """Permalink: `/2020/01/x.html?showComment=1577932200000#c42` finds the comment on whatever page it stands."""
    post_title: str = ""
    atom_id: str = ""
    by_author: bool = False
    """Whether a signed-in author of the blog wrote it."""
    edited_at: datetime | None = None
    """When its text was last changed after it was sent."""
    email_key: str = ""
    """Keyed digest of the writer's mail address, or empty: it says who is the same, and is not to be shown."""
    answered: AnsweredView | None = None
    """What it answers, where that is on an earlier page, or answers are too deep to be shown as such."""
    has_answers: bool = False
    """Whether a list of answers begins under it, on this page."""
    closes: int = 0
    """How many lists of answers end after it."""
    kind: str = "comment"
    """`comment` for what was typed into the form, else the word of the plugin that received it, such as `webmention`."""
    source_url: str = ""
    """Where on the web it stands, http or https, when it came from elsewhere; empty for a comment."""

    @property
    def is_removed(self) -> bool:
        """Whether only the place is kept and the text is gone."""
        return self.status.startswith("removed")


@dataclass(frozen=True, slots=True)
class BlogView:
    """The blog itself."""

    title: str
    description: str
    language: str
    """BCP 47 tag such as `en` or `pt-BR`."""
    direction: str
    """`ltr` or `rtl`."""
    home_url: str = "/"
    url: str = ""
    """Absolute address without a slash at the end."""


@dataclass(slots=True)
class Page:
    """What every page has. Each template begins with a comment that names its own page dataclass."""

    blog: BlogView
    meta: Meta
    signed_in: bool
    """Whether a signed-in author reads: such a response is never cached."""
    flashes: list[str]


@dataclass(slots=True)
class ListingPage(Page):
    """`listing.html`: home, label, year and month archive."""

    kind: str
    """`home`, `label`, `year` or `month`."""
    heading: str
    """Empty on the first page of home."""
    posts: list[PostView]
    newer: Link | None
    older: Link | None
    pages: list[Link]
    """The blog's static pages, for the navigation."""


@dataclass(slots=True)
class CommentFormView:
    """The comment form's values, as sent or empty; `problems` maps field names to sentences."""

    action: str
    token: str
    name: str = ""
    website: str = ""
    text: str = ""
    reply_to: CommentView | None = None
    problems: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""
    """Only for a signed-in author."""
    signed_in_name: str = ""
    message: str = ""
    """The owner's text above the form, may be empty."""
    max_length: int = 8000
    fields: list[Field] = field(default_factory=list)
    """What plugins ask beside name, website and text."""
    asks_email: bool = False
    """Whether the form asks for an e-mail address, which readers never see; a plugin that has a use for it says so in
    `prepare_comment_form`. The engine shows, checks and stores it."""
    email: str = ""
    challenge: str = ""
    """Signed text, where a judge asks for one more press (`ASK`): a script may work on it, and what the form brings
    back is in `facts.challenge`."""

    def add(self, item: Field) -> None:
        """Ask the visitor one thing more."""
        if item.name in {other.name for other in self.fields}:
            raise ValueError(f"the field {item.name} is there already")
        self.fields.append(item)


@dataclass(slots=True)
class PostPage(Page):
    """`post.html`: one post with its comments and the form."""

    post: PostView
    comments: list[CommentView]
    form: CommentFormView | None
    """None where the post takes no comments."""
    older_comments: Link | None
    newer_comments: Link | None
    older_post: Link | None
    newer_post: Link | None
    pages: list[Link]
    edit_url: str = ""
    comment_pages: list[Link] = field(default_factory=list)
    """The thread's pages by number, where it has several: the present one has no `url`, and `…` stands for a gap."""


@dataclass(slots=True)
class CommentAnswerPage(Page):
    """`comment_answer.html`: what happened to a comment, and the form with its text where it was not taken."""

    outcome: str
    """`waiting`, `published`, `asked` (for one more press), `preview`, `refused`, `stale` or `invalid`."""
    heading: str
    message: str
    comment: CommentView | None
    form: CommentFormView | None
    post: PostView
    back: Link


@dataclass(slots=True)
class ErrorPage(Page):
    """`error.html`: 4xx and 5xx answers; says what happened and what to do."""

    status: int
    heading: str
    message: str
    detail: str = ""
    kept_text: str = ""
    """Text the visitor sent, shown so that it is not lost."""


@dataclass(frozen=True, slots=True)
class CommentFacts:
    """What `judge_comment` may know about the sender beside the text. No address: only its keyed digest."""

    has_origin_evidence: bool
    """False when the browser sent neither Origin nor Sec-Fetch-Site."""
    address_key: str
    honeypot_filled: bool
    signed_in: bool
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What was typed into fields of plugins, by `<plugin id>.<word>`; all that the form has are there, also empty."""
    is_edit: bool = False
    """Whether a comment that was sent before is changed; then no field of a plugin was asked."""
    challenge: str = ""
    """The signed text of the page on which the commenter looked at these words before this press, or empty. It was made for
    this post, name, website and text, some seconds to an hour ago."""


@dataclass(slots=True)
class PostDraft:
    """A post as it is being written. Times are aware UTC."""

    title: str = ""
    source: str = ""
    source_format: str = "markdown"
    """`markdown` or `html`."""
    kind: str = "post"
    labels: list[str] = field(default_factory=list)
    custom_slug: str = ""
    """Wish for the last part of the permalink; without effect after first publication."""
    comment_mode: str = "allow"
    description: str = ""
    title_link: str = ""
    published_at: datetime | None = None
    """The time to publish at, or None for now."""


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """A visitor's comment after the shape check, before the rules."""

    text: str
    name: str = ""
    website: str = ""
    parent_id: int | None = None
    html: str = ""
    """The text as clean HTML; empty where nobody has made it yet."""
    email: str = ""
    """The commenter's address, which readers never see, or empty."""
    kind: str = "comment"
    """`comment` for what was typed into the form, else a word such as `webmention`: see `comments.received`."""
    source_url: str = ""
    """Where on the web it stands, when it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class AdminPages:
    """A plugin's pages for signed-in authors and their menu entry."""

    blueprint: Blueprint
    label: str
    endpoint: str = "index"
    permission: str = USE_PLUGINS
    """What people need to reach the pages and to see their entry: a name of `register_permissions` or of the core."""
