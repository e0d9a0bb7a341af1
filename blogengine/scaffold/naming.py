"""What a new plugin is called, in each of the places where it has a name."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from blogengine.errors import Refused
from blogengine.plugins.discovery import ID
from blogengine.plugins.discovery import RESERVED

LONGEST = 31
"""Characters of a plugin's id."""


@dataclass(frozen=True, slots=True)
class Name:
    """A plugin's names."""

    id: str
    """`reading_time`: of the entry point, the settings, the tables, the addresses."""
    title: str
    """`Reading time`: in lists."""

    @property
    def module(self) -> str:
        """What is imported: `blogengine_reading_time`."""
        return f"blogengine_{self.id}"

    @property
    def distribution(self) -> str:
        """What is installed: `blogengine-reading-time`."""
        return self.module.replace("_", "-")


def name_for(typed: str, taken: Collection[str] = ()) -> Name:
    """Return the names for what was typed: `Reading time`, `reading-time` and `blogengine-reading-time` are one.

    Raises `Refused` with a sentence where no plugin can be called that; `taken` are ids that are in use.
    """
    plain = unicodedata.normalize("NFKD", typed.strip())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = re.sub(r"^blogengine[-_. ]+", "", plain, flags=re.IGNORECASE)
    plugin_id = re.sub(r"[\s._-]+", "_", words).strip("_").lower()
    if not ID.fullmatch(plugin_id):
        raise Refused(
            f"No plugin can be called {typed!r}: a name begins with a letter and has letters, digits, spaces and hyphens, "
            f"2 to {LONGEST} in all.",
            hint="For example: blogengine plugins new reading-time",
        )
    if plugin_id in RESERVED or plugin_id in ("blogengine", "plugin", "plugins", "testing"):
        raise Refused(f"The name {plugin_id} belongs to the engine.", hint="Give the plugin another name.")
    if plugin_id in taken:
        raise Refused(f"There is a plugin {plugin_id} here already.", hint="Give yours another name.")
    title = re.sub(
        r"[\s._-]+", " ", re.sub(r"^blogengine[-_. ]+", "", typed.strip(), flags=re.IGNORECASE)
    ).strip()
    return Name(plugin_id, title[:1].upper() + title[1:])
