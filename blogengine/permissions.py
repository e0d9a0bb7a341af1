"""Permissions: what the owner can leave to others, who is judged, and what a judge may say."""

import enum
import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROLES = ("owner", "author")
OWNER, AUTHOR = ROLES
_NAME = re.compile("[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*")


class Judgement(enum.Enum):
    """What a judge says about a permission: `ALLOW` or `DENY`."""

    ALLOW = "allow"
    DENY = "deny"


ALLOW = Judgement.ALLOW
DENY = Judgement.DENY


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that people may do: `<area>.<action>`, of a plugin `<plugin id>.<action>`.

    Owners have every permission. `roles` says who has it beside them while the owner has chosen nothing: `("author",)` or
    nobody. `label` stands beside the box that the owner ticks under People, `help` below it.
    """

    name: str
    label: str
    help: str = ""
    roles: Sequence[str] = (AUTHOR,)

    def problem(self, plugin_id: str) -> str:
        """Return why a plugin cannot offer this, or an empty text."""
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            return f"The permission {self.name!r} must be called like {plugin_id}.read, in small letters."
        if self.name.partition(".")[0] != plugin_id or self.name in {one.name for one in CORE}:
            return f"The permission {self.name} must begin with {plugin_id}. and have a name of its own."
        if not (isinstance(self.label, str) and self.label and isinstance(self.help, str)):
            return f"The permission {self.name} needs a label, and help that is text."
        if isinstance(self.roles, str) or not set(self.roles) <= set(ROLES):
            return f'The roles of the permission {self.name} must be ("author",) or ().'
        return ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a permission is wanted for: `Resource("post", 42, author_id=7)`; `kind` may be a plugin's own word.

    Wanted for the blog as a whole, it is `Resource()`. For comments it is the post that they are under.
    """

    kind: str = "blog"
    id: int = 0
    author_id: int | None = None
    """Who wrote the post, where that is known."""


BLOG = Resource()


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who is signed in; `role` is `owner` or `author`."""

    id: int
    name: str
    email: str
    role: str

    @property
    def is_owner(self) -> bool:
        """Whether the blog is theirs."""
        return self.role == OWNER


USE_PLUGINS = "plugins.use"
"""What pages of plugins ask for that name nothing else."""
CORE = (
    Permission("post.write", "Write posts and pages", "Also change what others wrote, and see all drafts."),
    Permission(
        "post.publish",
        "Publish",
        "Also schedule, take back, and change what readers see already. Without it, what they write is a draft until "
        "somebody else publishes it.",
    ),
    Permission("post.delete", "Delete posts and pages", "Also bring them back from the trash."),
    Permission("media.delete", "Delete pictures", "For good; who writes posts may add pictures."),
    Permission("comment.read", "See all comments", "Also those that wait, and spam."),
    Permission("comment.moderate", "Decide about comments", "Approve, mark as spam, remove, delete."),
    Permission(USE_PLUGINS, "Use the pages of plugins", "Those that ask for no permission of their own."),
    Permission("design.change", "Change layout and theme", roles=()),
    Permission("settings.change", "Change the settings of the blog", "Its mail server included.", roles=()),
    Permission("jobs.manage", "Look after jobs", "Try work in the background again, or delete it.", roles=()),
    Permission("privacy.manage", "Show and erase personal data", roles=()),
    Permission("plugins.manage", "Manage plugins", roles=()),
    Permission("people.manage", "Manage people", roles=()),
)
"""What the core asks for, in the order in which the owner sees it."""
KEYS = frozenset({"plugins.manage", "people.manage"})
"""The owner's keys: no judge takes them from an owner, and no box gives them to authors, who could take the rest."""


def check_judgement(given: Any) -> Any:
    """Return what a judge gave, a mapping copied. Raises `TypeError` for anything but its own words."""
    if isinstance(given, Judgement):
        return given
    if isinstance(given, Mapping):
        copy = dict(given)
        if all(isinstance(key, Resource) for key in copy) and all(
            value is None or isinstance(value, Judgement) for value in copy.values()
        ):
            return copy
    raise TypeError("judge_permission must return ALLOW, DENY, {resource: ALLOW or DENY}, or None")
