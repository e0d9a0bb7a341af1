"""From a comment to what the filter counts: words, pairs of characters where there are no spaces, and marks of its form."""

import hashlib
import re

from blogengine_antispam import memory
from blogengine_antispam.features import Seen
from blogengine_antispam.features import marks

MOST = 300
"""Different words of a comment that count."""
_ALONE = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Letters of scripts without spaces: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""


def tokens(seen: Seen, links_allowed: int) -> dict[int, str]:
    """Return what the filter counts of a comment: words by their ids."""
    found = dict.fromkeys(marks(seen, links_allowed))
    found.update(dict.fromkeys(f"name:{word}" for word in seen.name.lower().split()[:8]))
    units = _units(seen.words)
    found.update(dict.fromkeys(memory.sketch(units)))
    found.update(dict.fromkeys(unit for unit in units if len(unit) > 1))
    return {id_of(word): word for word in list(found)[:MOST]}


def _units(words: list[str]) -> list[str]:
    """Return words as they are, and in their place pairs of characters where a script has no spaces."""
    units: list[str] = []
    for word in words:
        if _ALONE.search(word):
            units += [word[place : place + 2] for place in range(max(1, len(word) - 1))]
        else:
            units.append(word)
    return units


def id_of(word: str) -> int:
    """Return the number under which a word is counted; 0 is nobody's."""
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 1) or 1
