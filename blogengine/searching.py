"""How a plugin finds posts for the engine: it says which match, the engine says which of them are public."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Search:
    """Finds posts by words.

    `matching(q)` returns a select of two columns, the id of each matching post and its rank (a number, the highest stand
    first), or None when it cannot answer just now; then the engine looks through the texts itself. Drafts and deleted posts
    may be among them: they are left out, and posts of one rank stand with the newest first.
    """

    matching: Callable[[str], "sa.Select[Any] | None"]
