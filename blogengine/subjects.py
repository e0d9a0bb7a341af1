"""Who asks for what is stored about them: the facts by which a person is known here."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from blogengine.text import fold


@dataclass(frozen=True, slots=True)
class DataSubject:
    """A person by e-mail address, name and website; what is not known is empty."""

    email: str = ""
    name: str = ""
    website: str = ""

    def wrote(self, name: str, website: str) -> bool:
        """Whether something signed with `name` and `website` is this person's: all of the two that are known must agree.

        So a name with a website finds less than the name alone, and takes nobody else's words with it. Capitals, `www.`,
        the scheme and a slash at the end make no difference. An e-mail address alone never agrees: who keeps addresses
        compares `email` by itself.
        """
        if not self.name and not self.website:
            return False
        if self.name and _name(self.name) != _name(name):
            return False
        return not self.website or _place(self.website) == _place(website)


def _name(text: str) -> str:
    return " ".join(fold(text).split())


def _place(address: str) -> str:
    address = address.strip()
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:
        return fold(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{fold(parts.netloc).removeprefix('www.')}{parts.path.rstrip('/')}{query}"
