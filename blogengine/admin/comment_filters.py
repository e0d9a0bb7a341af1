"""Which comments are listed: read from an address or a form, and written back into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from flask import url_for

from blogengine import comments as service
from blogengine.admin.frame import number

TABS = (
    ("pending", "Waiting"),
    ("published", "Published"),
    ("spam", "Spam"),
    ("removed", "Removed"),
    ("all", "All but spam"),
)
SCORES = {
    "": "any points",
    "low": "less than 3 points",
    "middle": "3 to 8 points",
    "high": "8 points and more",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list of comments shows, and after which one it goes on."""

    status: str = "pending"
    q: str = ""
    post: int | None = None
    author: str = ""
    plugin: str = ""
    score: str = ""
    kind: str = ""
    before: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether more than the status chooses."""
        return bool(self.q or self.post or self.author or self.plugin or self.score or self.kind)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return it as fields of a form, but for the place where the list goes on."""
        values = {"status": self.status, "q": self.q, "post": self.post, "author": self.author}
        values |= {"plugin": self.plugin, "score": self.score, "kind": self.kind}
        return [(name, str(value)) for name, value in values.items() if value]

    def url(self, **changes: Any) -> str:
        """Return the address of this list, or of one that differs in something; `select="all"` ticks all boxes."""
        select = changes.pop("select", None)
        here = replace(self, **changes)
        values: dict[str, Any] = {**dict(here.fields), "before": here.before, "select": select}
        return url_for("admin.comments", **values)

    def found(self, limit: int) -> Any:
        """Return the comments with their posts, and whether more follow."""
        return service.comments_for_owner(
            status="" if self.status == "all" else self.status,
            q=self.q,
            post_id=self.post,
            before_id=self.before,
            author=self.author,
            plugin=self.plugin,
            score=self.score,
            kind=self.kind,
            limit=limit,
        )


def shown(values: Mapping[str, str]) -> Shown:
    """Return what an address or a form asks for; what makes no sense is left out."""
    status, score = values.get("status", "pending"), values.get("score", "")
    return Shown(
        status if status in dict(TABS) else "pending",
        _words(values, "q"),
        number(values, "post"),
        _words(values, "author"),
        _words(values, "plugin")[:40],
        score if score in service.SCORES else "",
        _words(values, "kind")[:31],
        number(values, "before"),
    )


def _words(values: Mapping[str, str], name: str) -> str:
    return "".join(letter for letter in values.get(name, "")[:200] if letter.isprintable()).strip()
