"""Where addresses lead: what plugins answer for addresses that are not there."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an address leads: a path of this blog (`/2020/01/x.html`) or an absolute http(s) address.

    Raises `ValueError` for anything else, so that a rule cannot send visitors where its author did not mean.
    """

    target: str
    permanent: bool = True

    def __post_init__(self) -> None:
        """Check the target."""
        if not is_target(self.target):
            raise ValueError(f"{self.target!r} is no path of this blog and no http(s) address")


def is_target(address: str) -> bool:
    """Whether visitors may be sent to `address`: a path of this blog or an absolute http(s) address, without spaces."""
    if not address.isprintable() or " " in address or "\\" in address:
        return False
    if address.startswith("/"):
        return not address.startswith("//")
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
