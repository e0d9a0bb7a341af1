"""What an app is made from: the blog's settings, its plugins, its theme, frozen, with a fingerprint."""

import hashlib
import ipaddress
import json
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal
from urllib.parse import urlsplit

from blogengine.addresses import check_mailbox
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.places import Placed
from blogengine.schema import Given
from blogengine.schema import option
from blogengine.secret import Secret

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


def check_host(name: str) -> str:
    """Accept a machine's name or IP address, without scheme, port and path; empty is accepted."""
    bare = name.removeprefix("[").removesuffix("]").rstrip(".").lower()
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if bare and not re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", bare):
            raise Refused(
                "The server must be a name like mail.example.org, without https:// and port."
            ) from None
    return bare


def is_this_machine(host: str) -> bool:
    """Whether `host` names the machine itself, so that nobody can listen on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
    network_days: int = option(
        30,
        "Days for which the network of a comment is remembered",
        help="As a keyed digest, to know a sender again. After that it is forgotten.",
        minimum=1,
        maximum=3650,
    )
    mail_server: str = option(
        "",
        "Mail server",
        help="Like mail.example.org. Without one, mails wait.",
        max_length=253,
        check=check_host,
    )
    mail_port: int = option(587, "Port of the mail server", minimum=1, maximum=65_535)
    mail_security: Literal["starttls", "tls", "none"] = option(
        "starttls",
        "Encryption on the way to the mail server",
        choices={
            "starttls": "STARTTLS (port 587)",
            "tls": "TLS (port 465)",
            "none": "None (this machine only)",
        },
    )
    mail_user: str = option(
        "", "User name at the mail server", help="Left empty, none is given.", max_length=200
    )
    mail_password: Secret = option(Secret(), "Password at the mail server")
    mail_from: str = option(
        "",
        "Sender of mails",
        help="An address that the mail server lets you use, like My blog <blog@example.org>.",
        max_length=300,
        check=check_mailbox,
    )

    def validate(self) -> None:
        """Refuse what would send a password readable over the network."""
        if self.mail_security == "none" and self.mail_password and not is_this_machine(self.mail_server):
            raise Invalid(
                {
                    "mail_security": "The password would travel readable: choose STARTTLS or TLS, or delete the password."
                }
            )


NEW_BLOG = "_new"
"""Setting of a blog that has not started yet: the plugins that it begins with are still to be installed."""

INSTALLED = "_installed:"
"""Begin of the key of the setting that keeps which version of a plugin is at home here."""


@dataclass(frozen=True, slots=True)
class PluginSetup:
    """A plugin that shall run, with what the owner stored for it."""

    id: str
    version: str
    settings: Any = field(hash=False)
    """What is stored, its secrets opened: a table where nobody has meddled with it."""
    given: Given = field(default_factory=Given, hash=False)
    """What the environment gives for it."""
    source: str = ""
    """Where the owner enabled it from, as `Candidate.source`; empty where nothing was remembered."""
    is_trial: bool = False
    """Whether an app is built only to see if this plugin runs."""
    installed: str | None = None
    """The version whose `installed` ran here last; None while none did."""


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
    layout: tuple[Placed, ...] = ()
    """The gadgets that the owner has put into areas, in order."""
    holding: tuple[str, ...] = ()
    """Plugins that the engine switched off and that may judge: all comments are held until their owner decides."""
    problems: tuple[str, ...] = ()
    """Sentences about settings that could not be used."""
    locked: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The variable of the environment that gives a setting of the blog, by the setting's name."""
    plugin_order: tuple[str, ...] = ()
    """Ids of plugins in the order that the owner chose; empty while they have chosen none."""
    author_permissions: Mapping[str, bool] = field(default_factory=dict, hash=False)
    """Whether authors have a permission, by its name, where the owner chose other than the default."""

    @property
    def fingerprint(self) -> str:
        """Digest of all that changes what pages look like, the environment of this process included."""
        facts = [VERSION, asdict(self.site), [asdict(plugin) for plugin in self.plugins], self.blog_id]
        facts += [self.theme_settings, [placed.stored() for placed in self.layout], self.plugin_order]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=_fact).encode()).hexdigest()[:16]


def _fact(value: Any) -> str:
    """Return what stands in the digest for a value that JSON does not know."""
    if isinstance(value, Secret):
        return hashlib.sha256(value.reveal().encode("utf-8", "replace")).hexdigest()
    return str(value)
