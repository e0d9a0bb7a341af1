"""What goes into the head of a page: a part of every page value."""

import json
from dataclasses import dataclass
from dataclasses import field
from typing import Any


@dataclass(frozen=True, slots=True)
class HeadLink:
    """A `<link>` element of the head."""

    rel: str
    href: str
    type: str = ""
    title: str = ""


@dataclass(slots=True)
class Meta:
    """What goes into `<head>`; hooks `prepare_meta` may change it."""

    title: str
    canonical: str = ""
    """Absolute address, or empty."""
    description: str = ""
    robots: str = ""
    links: list[HeadLink] = field(default_factory=list)
    """Also the feeds: `HeadLink("alternate", "/feeds/…", "application/atom+xml", "…")`."""
    stylesheets: list[str] = field(default_factory=list)
    names: dict[str, str | list[str]] = field(default_factory=dict)
    """`<meta name="…" content="…">`, such as `twitter:card`; a list where there are several of one name."""
    properties: dict[str, str | list[str]] = field(default_factory=dict)
    """`<meta property="…" content="…">`: OpenGraph, such as `og:image`; a list where there are several."""
    json_ld: list[dict[str, Any]] = field(default_factory=list)
    """Structured data (JSON-LD 1.1), each an element of its own: data and no script, so the policy against scripts stays."""

    def check(self) -> None:
        """Raise an error when the structured data is no JSON."""
        if self.json_ld:
            json.dumps(self.json_ld, allow_nan=False)
