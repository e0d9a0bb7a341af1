"""What the owner decided about the same site and about almost the same words: said at once, without learning from many."""

import zlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from blogengine_antispam.bayes import Counts

SKETCH = 6
"""Marks of a text: the smallest of the numbers that its groups of words have, which texts with most words in common share
(Broder 1997)."""
GROUP = 3
"""Words of a group."""
FEWEST = 8
"""Words below which a text is nobody's: a word of thanks is the same everywhere."""
LONGEST = 400
"""Words of a text that are looked at."""
SAME = 4.0
"""Points of almost the same words."""
SITE = 2.0
MOST_FOR_SITE = 5.0


def sketch(units: Sequence[str]) -> list[str]:
    """Return the marks of a text by which it is known again, changed a little; `units` are its words in order."""
    if len(units) < FEWEST:
        return []
    some = units[:LONGEST]
    groups = {" ".join(some[place : place + GROUP]) for place in range(len(some) - GROUP + 1)}
    numbers = sorted({zlib.crc32(group.encode("utf-8", "replace")) for group in groups})
    return [f"={number}" for number in numbers[:SKETCH]]


def points(words: Mapping[int, str], counts: Counts) -> Iterator[tuple[float, str]]:
    """Yield points with their reasons for what was marked as spam before and never approved."""
    marks = 0
    for number, word in words.items():
        spam, ham = counts.get(number, (0, 0))
        if not spam or ham:
            continue
        if word[0] == "=":
            marks += 1
        elif word[0] == "@":
            yield min(SITE + spam, MOST_FOR_SITE), f"You marked as spam before what leads to {word[1:]}."
    if marks >= SKETCH // 2:
        yield SAME, "You marked almost the same words as spam before."
