"""What an app is made from: the blog's settings, its plugins, its theme, frozen, with a fingerprint."""

import hashlib
import json
import zoneinfo
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal
from urllib.parse import urlsplit

from blogengine.errors import Refused
from blogengine.schema import option

VERSION = "0.1.0"


def check_zone(name: str) -> str:
    """Accept a time zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"There is no time zone {name!r}; write one like Europe/Berlin or UTC.") from error
    return name


def check_url(address: str) -> str:
    """Accept the blog's absolute address without path: `https://example.org`; empty is accepted."""
    address = address.rstrip("/")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.path or parts.query)
        fits = fits and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise Refused("The address must look like https://example.org, without a path.")
    return address.lower()


def check_language(tag: str) -> str:
    """Accept a language tag such as `en` or `pt-BR`."""
    parts = tag.replace("_", "-").split("-")
    if not (
        2 <= len(parts[0]) <= 3
        and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    ):
        raise Refused("The language must be a tag like en, de or pt-BR.")
    return "-".join([parts[0].lower(), *parts[1:]])


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The blog's own settings."""

    title: str = option("My blog", "Title", max_length=200)
    description: str = option("", "Description", multiline=True, max_length=500)
    url: str = option(
        "",
        "Address",
        help="Absolute, like https://example.org. Links in feeds and mails use it.",
        check=check_url,
    )
    language: str = option(
        "en", "Language", help="A tag like en, de or pt-BR.", max_length=35, check=check_language
    )
    time_zone: str = option("UTC", "Time zone", help="Like Europe/Berlin.", max_length=60, check=check_zone)
    posts_per_page: int = option(7, "Posts per page", minimum=1, maximum=100)
    theme: str = option("classic", "Theme", max_length=60)
    comments: Literal["allow", "existing", "hide"] = option(
        "allow",
        "Comments on new posts",
        choices={"allow": "Allow", "existing": "Show existing only", "hide": "Hide"},
    )
    comment_message: str = option("", "Text above the comment form", multiline=True, max_length=1000)
    comment_rate: int = option(
        10, "Comments per address in 10 minutes", help="0 lifts the limit.", minimum=0, maximum=10_000
    )


@dataclass(frozen=True, slots=True)
class PluginSetup:
    """A plugin that shall run, with what the owner stored for it."""

    id: str
    version: str
    settings: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that a Flask app is built from; another setup means another app."""

    generation: int
    """Number in the commit-ordered sequence at which this setup became true."""
    site: SiteSettings
    plugins: tuple[PluginSetup, ...]
    blog_id: str
    """Random, made with the database; part of feed ids."""
    theme_settings: dict[str, Any] = field(default_factory=dict, hash=False)
    """What the owner chose of the present theme's settings."""
    blog_created: str = ""
    """Date (`2026-01-31`) used in `tag:` ids."""
    problems: tuple[str, ...] = ()
    """Sentences about stored settings that could not be used."""

    @property
    def fingerprint(self) -> str:
        """Digest of all that changes what pages look like."""
        facts = [VERSION, asdict(self.site), [asdict(plugin) for plugin in self.plugins], self.blog_id]
        facts.append(self.theme_settings)
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]
